# SPDX-License-Identifier: BSD-3-Clause
"""Moves of a day from what agents noted: what went over the network, what it took, how it is matched and paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from apnemu.model.power import Power
from apnemu.power.grid import by_area
from apnemu.power.outcome import Outcome
from apnemu.power.schedule import Move
from apnemu.units import NS_PER_S, ns_to_s

Note = Mapping[str, Any]
Key = tuple[str, str, str, int]


def moves_made(notes: Sequence[Note]) -> tuple[Move, ...]:
    """Moves that were made, with the bytes at full size that went over the network, and those that went in vain."""
    meant = {key: _meant(carried) for key, carried in _carried(notes).items()}
    return tuple(
        Move(
            work=note["job"],
            origin=note["origin"],
            target=note["target"],
            slot=note["slot"],
            share=note["share_ppm"] / 1e6 if note["moved"] else 0.0,
            bytes=float(meant.get(_key(note), 0)),
        )
        for note in notes
        if "moved" in note
    )


def move_columns(power: Power, real: Outcome, gains: Mapping[str, float], notes: Sequence[Note]) -> dict[str, Any]:
    """Columns of a day's row that are about its moves."""
    carried = list(_carried(notes).values())
    made = [note for note in notes if note.get("moved")]
    full = [each for each in carried if each.get("scale") == 1 and "rounds" in each]
    scales = [each["scale"] for each in carried if each["scale"] > 1]
    lags = [note["lag_ns"] for note in notes if note.get("lag_ns") is not None]
    roles = {party.name: party.role for party in power.parties}
    operators = {area.tso or f"tso-{area.name}" for area in power.areas}
    room = {site.name: site.room_mw for site in power.sites}
    took = [each for each in carried if "total_ns" in each]
    lit = [ns_to_s(each["lit_ns"] - each["asks_ns"]) for each in carried if "lit_ns" in each]
    return {
        "moves": len(made),
        "late_moves": sum(note.get("moved") is False for note in notes),
        "moved_bytes": sum(each.get("moved_bytes", 0) for each in carried),
        "meant_bytes": sum(_meant(each) for each in carried),
        "scale": max(scales, default=1),
        "full_size_moves": len(full),
        "full_size_rounds": full[0]["rounds"] if full else None,
        "full_size_downtime_s": ns_to_s(full[0]["downtime_ns"]) if full else None,
        "move_wh": real.move_wh,
        "longest_move_s": max((ns_to_s(each["total_ns"]) for each in took), default=None),
        "moves_beside_closed_form_percent": max(
            (100 * abs(each["total_ns"] / each["predicted_ns"] - 1) for each in took), default=None
        ),
        "moves_beyond_pacing_percent": max(map(_beyond_pacing_percent, took), default=None),
        "longest_light_s": max(lit, default=None),
        "light_left": sum("lit_ns" in each and "released_ns" not in each for each in carried),
        "control_lag_s": ns_to_s(max(lags)) if lags else None,
        "matched_percent": matched_percent(power, real),
        "tso_yen": sum(gain for party, gain in gains.items() if roles.get(party) == "power" or party in operators),
        "large_to_small": sum(room[note["origin"]] > room[note["target"]] for note in made),
        "small_to_large": sum(room[note["origin"]] < room[note["target"]] for note in made),
    }


def _beyond_pacing_percent(move: Note) -> float:
    """Difference of a move from its closed form that pacing does not explain, as a share of the form.

    Linux's TCP sends a paced flow in pieces of up to a 1,024th of a second of its rate (`sk_pacing_shift`), each at
    once; so the last piece of every round, and of what is moved after the stop, leaves by so much earlier.

    >>> _beyond_pacing_percent({"total_ns": 99_000_000, "predicted_ns": 10**8, "rounds": 1})
    0.0
    >>> _beyond_pacing_percent({"total_ns": 103_000_000, "predicted_ns": 10**8, "rounds": 1})
    3.0
    """
    off_ns: int = move["total_ns"] - move["predicted_ns"]
    early_ns: float = (move["rounds"] + 1) * NS_PER_S / 1024
    return 100 * max(off_ns, -off_ns - early_ns, 0.0) / float(move["predicted_ns"])


def matched_percent(power: Power, real: Outcome) -> float | None:
    """Share of what the sites draw that solar and wind of their area cover in the same slot, as they cover its demand.

    None where the profile does not say what solar and wind give, or nothing is drawn.
    """
    over = real.schedule.over
    made = [name for name in ("solar_mw", "wind_mw") if all(power.profile.has(a.name, name) for a in power.areas)]
    if not made or not all(power.profile.has(area.name, "demand_mw") for area in power.areas):
        return None
    drawn = by_area(over, real.grid_mw)
    total = float(drawn.sum())
    if not total:
        return None
    green = np.sum([over.of_areas(name) for name in made], axis=0)
    demand = over.of_areas("demand_mw")
    share = np.clip(np.divide(green, demand, out=np.zeros_like(green), where=demand > 0), 0.0, 1.0)
    return 100 * float((drawn * share).sum()) / total


def _carried(notes: Sequence[Note]) -> dict[Key, dict[str, Any]]:
    """What senders noted of each move, in one."""
    found: dict[Key, dict[str, Any]] = {}
    for note in notes:
        if "carries" in note:
            found.setdefault(_key(note), {}).update(note)
    return found


def _key(note: Note) -> Key:
    return note["job"], note["origin"], note["target"], note["slot"]


def _meant(carried: Note) -> int:
    """Bytes at full size that those of a move stand for."""
    return int(carried.get("moved_bytes", 0) * carried["scale"])
