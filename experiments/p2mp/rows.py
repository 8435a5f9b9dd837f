# SPDX-License-Identifier: BSD-3-Clause
"""Light from one to many, and the same demands as lightpaths: what was measured, and what it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from statistics import median
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.blueprint.apn import mode_of
from apnemu.experiments.p2mp.settings import Settings
from apnemu.model.assignment import Assignment, Lightpath, LightTree
from apnemu.model.plant import Plant
from apnemu.model.reason import Reason
from apnemu.planning.wavelength_sharing import after_moving, before_moving
from apnemu.question.context import Row
from apnemu.records.query import groups
from apnemu.units import serialisation_ns

Frame = Mapping[str, Any]
IPV4_BYTES, ETHERNET_BYTES = 20, 14
STEP_NS = 1_000_000
"""Time between trains to one leaf while subcarriers are moved: how finely the instant of the move is known."""
SETTLED_STEPS = 5
"""Steps before the move, and after it."""


def frames_of(table: pa.Table, phase: str) -> Mapping[tuple[str, str], Sequence[Frame]]:
    """(light, where it arrives) -> what became of each datagram, in the order of sending."""
    return {
        (light, target): frames
        for (its_phase, light, target), frames in groups(table, "probe", "phase", "name", "target")
        if its_phase == phase
    }


def sent_by(table: pa.Table, phase: str) -> dict[str, int]:
    """Light -> frames that left its transceiver."""
    return {
        record["name"]: record["sent"]
        for record in table.to_pylist()
        if record["kind"] == "queue" and record["phase"] == phase and record["name"] != "all" and record["sent"]
    }


def wire_bytes(frame_bytes: int, mtu_bytes: int) -> int:
    """A datagram on the wire, every fragment with its headers (RFC 791: fragments are multiples of 8 bytes long).

    >>> wire_bytes(1514, 1500), wire_bytes(2994, 1500)
    (1514, 3028)
    """
    carried = frame_bytes - ETHERNET_BYTES - IPV4_BYTES
    each = (mtu_bytes - IPV4_BYTES) // 8 * 8
    fragments = 1 if carried <= mtu_bytes - IPV4_BYTES else ceil(carried / each)
    return carried + fragments * (IPV4_BYTES + ETHERNET_BYTES)


def median_delay_ns(frames: Sequence[Frame]) -> int | None:
    """The median of the frames that arrived, one way; None where none did."""
    arrived = [frame["one_way_ns"] for frame in frames if frame["one_way_ns"] is not None]
    return round(median(arrived)) if arrived else None


def lost(frames: Sequence[Frame]) -> int:
    """Frames that never arrived."""
    return sum(frame["one_way_ns"] is None for frame in frames)


def rate_gbps(frames: Sequence[Frame], datagram_bytes: int) -> float | None:
    """The rate at which a train arrives: all but the first datagram, from the first's arrival to the last's."""
    at = sorted(frame["at_ns"] + frame["one_way_ns"] for frame in frames if frame["one_way_ns"] is not None)
    if len(at) < 2 or at[-1] == at[0]:
        return None
    return float((len(at) - 1) * datagram_bytes * 8 / (at[-1] - at[0]))


def trains(frames: Sequence[Frame]) -> list[list[Frame]]:
    """Datagrams by the train that they belong to, in the order of sending."""
    by_train: dict[int, list[Frame]] = {}
    for frame in frames:
        by_train.setdefault(frame["sent"], []).append(frame)
    return list(by_train.values())


def p2mp_rows(
    table: pa.Table, plant: Plant, assignment: Assignment, settings: Settings, datagram_bytes: int
) -> list[Row]:
    """A row for each kind, number of leaves and leaf, and one for each tree that was refused.

    `transceivers wavelengths spectrum_ghz power_w hub_receivers` are of all leaves together. Spectrum is the sum of the
    slots' widths, wherever they are lit. Power, in W, is that of the transceivers by what the equipment declares of one
    in its mode (`power_w`, `hub_power_w`, `leaf_power_w`; inferred in the equipment that ships), and None where it does
    not declare it; a receiver alone counts as half a transceiver (inferred). `share_gbps` is the line rate of a tree or
    a lightpath, of which a tree's leaves all get the same, or a leaf's own subcarriers. Delays are one way.
    """
    measured = _Measurements(table, plant, settings, datagram_bytes)
    reasons = {refusal.demand: refusal.why for refusal in assignment.refusals}
    trees = {tree.name: tree for tree in assignment.trees}
    paths = {path.name: path for path in assignment.lightpaths}
    rows: list[Row] = []
    for demand in plant.trees:
        if demand.name in trees:
            rows += measured.tree_rows(trees[demand.name])
        else:
            rows.append(_refused(demand.kind, len(demand.leaves), "", reasons[demand.name]))
    there = len(plant.data_centres) - 1
    for count in settings.leaves if plant.demands else ():
        if count > there:
            continue
        wanted = plant.demands[:count]
        lit = [paths[demand.name] for demand in wanted if demand.name in paths]
        rows += [
            measured.path_row(paths[demand.name], count, lit)
            if demand.name in paths
            else _refused("p2p", count, demand.target, reasons[demand.name])
            for demand in wanted
        ]
    for kind in settings.kind:
        for count in settings.leaves:
            if count > there:
                text = f"{count} asked, {plant.name} has {there} beside the hub; ask for those"
                rows.append(_refused(kind, count, "", Reason(code="leaves", text=text)))
    return rows


def _refused(kind: str, leaves: int, leaf: str, why: Reason) -> Row:
    unknown = ("delay_ns", "predicted_delay_ns", "rate_gbps", "share_gbps")
    return {
        **{"kind": kind, "leaves": leaves, "leaf": leaf},
        **{"transceivers": 0, "wavelengths": 0, "spectrum_ghz": 0.0, "power_w": 0.0},
        **dict.fromkeys(unknown),
        "refused": str(why),
    }


def _sum_w(parts: Sequence[tuple[float, float | None]]) -> float | None:
    """How many times which power; None where one is not declared, since the sum would be too small.

    >>> _sum_w([(1.5, 20), (2, 10.0)]), _sum_w([(1, 20), (2, None)])
    (50.0, None)
    """
    known = [times * power_w for times, power_w in parts if power_w is not None]
    return sum(known) if len(known) == len(parts) else None


class _Measurements:
    """What was measured, by light and leaf, beside the plant that it was measured on."""

    def __init__(self, table: pa.Table, plant: Plant, settings: Settings, datagram_bytes: int) -> None:
        self.plant, self.settings = plant, settings
        self.delays, self.rates = frames_of(table, "delay"), frames_of(table, "rate")
        self.moving, self.left = frames_of(table, "moving"), sent_by(table, "delay")
        self.bytes = wire_bytes(datagram_bytes, plant.packet.mtu_bytes)

    def tree_rows(self, tree: LightTree) -> list[Row]:
        """A row for each leaf of a tree; the hub has one transmitter, and for every answer but one a receiver alone."""
        leaves = len(tree.branches)
        mode = mode_of(self.plant, tree.mode)
        own = self.plant.subcarriers
        shared = tree.kind == "subcarriers"
        leaf_w = own.leaf_power_w if shared and own else mode.power_w
        receivers = 0 if shared else leaves - 1
        wavelengths = 1 if shared else 1 + leaves
        means = {
            "transceivers": 1 + leaves,
            "hub_receivers": receivers,
            "wavelengths": wavelengths,
            "spectrum_ghz": wavelengths * tree.slot.width_ghz,
            "power_w": _sum_w([(1 + receivers / 2, mode.power_w), (leaves, leaf_w)]),
        }
        move = self._move(tree) if shared else {}
        return [
            {
                **{"kind": tree.kind, "leaves": leaves, "leaf": branch.leaf, **means},
                **self._measured(
                    f"{tree.name}/{branch.leaf}" if shared else tree.name,
                    branch.leaf,
                    branch.delay_ns,
                    tree.rate_gbps if shared else tree.line_rate_gbps,
                ),
                "splitting_loss_db": round(branch.splitting_loss_db, 3),
                "margin_db": round(branch.margin_db, 3),
                "return_delay_ns": None if shared else self._back(tree, branch.leaf),
                **move,
                "refused": "",
            }
            for branch in tree.branches
        ]

    def path_row(self, path: Lightpath, leaves: int, lit: Sequence[Lightpath]) -> Row:
        """The row of a lightpath to one of so many leaves; `lit` are all their lightpaths."""
        modes = [mode_of(self.plant, one.mode) for one in lit]
        return {
            **{"kind": "p2p", "leaves": leaves, "leaf": path.target},
            "transceivers": 2 * len(lit),
            "hub_receivers": 0,
            "wavelengths": len(lit),
            "spectrum_ghz": sum(one.slot.width_ghz for one in lit),
            "power_w": _sum_w([(2, mode.power_w) for mode in modes]),
            **self._measured(path.name, path.target, path.delay_ns, path.rate_gbps),
            "refused": "",
        }

    def _measured(self, light: str, leaf: str, delay_ns: int, share_gbps: float) -> Row:
        frames = self.delays.get((light, leaf), [])
        return {
            "delay_ns": median_delay_ns(frames),
            "predicted_delay_ns": delay_ns + serialisation_ns(self.settings.frame_bytes, share_gbps),
            "rate_gbps": rate_gbps(self.rates.get((light, leaf), []), self.bytes),
            "share_gbps": share_gbps,
            "sent": len(frames),
            "hub_frames": self.left.get(light, 0),
            "lost": lost(frames) + lost(self.rates.get((light, leaf), [])),
        }

    def _back(self, tree: LightTree, leaf: str) -> int | None:
        frames = self.delays.get((f"{tree.name} back", tree.source), [])
        return median_delay_ns([frame for frame in frames if frame["source"] == leaf])

    def _move(self, tree: LightTree) -> Row:
        """The time from which takers receive faster, after givers gave, in ns; and the frames that stayers lost."""
        own = self.plant.subcarriers
        assert own is not None
        leaves = [branch.leaf for branch in tree.branches]
        before = before_moving(len(leaves), own.count, own.leaf_count)
        after = after_moving(before, self.settings.move, own.leaf_count)
        kept = [leaf for leaf, few, then in zip(leaves, before, after, strict=True) if few and then]
        takers = {leaf: (few, then) for leaf, few, then in zip(leaves, before, after, strict=True) if then > few}
        frames = {leaf: self.moving.get((f"{tree.name}/{leaf}", leaf), []) for leaf in leaves}
        faster_ns = [self._faster_ns(frames[leaf], then * own.rate_gbps) for leaf, (_, then) in takers.items()]
        known = [after_ns for after_ns in faster_ns if after_ns is not None]
        return {
            "moved": sum(then - few for few, then in takers.values()),
            "moving_ns": max(known, default=0) if len(known) == len(faster_ns) else -1,
            "declared_moving_ns": own.moving_ns if takers else 0,
            "moving_step_ns": STEP_NS,
            "lost_while_moving": sum(lost(frames[leaf]) for leaf in kept),
        }

    def _faster_ns(self, frames: Sequence[Frame], then_gbps: float) -> int | None:
        """The first train at the new rate, after the last step before the move, to the lab's clock."""
        for number, train in enumerate(trains(frames), 1):
            rate = rate_gbps(train, self.bytes)
            if rate is not None and abs(rate / then_gbps - 1) < 0.01:
                return (number - SETTLED_STEPS) * STEP_NS + STEP_NS // 20
        return None
