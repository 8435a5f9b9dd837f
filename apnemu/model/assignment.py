# SPDX-License-Identifier: BSD-3-Clause
"""The outcome of planning: lightpaths, light trees and shares of them, and refusals with their reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from apnemu.model.demand import TreeKind
from apnemu.model.reason import Code, Reason
from apnemu.model.spectrum import Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class LightId:
    """Identity of a lightpath: the service or demand that it serves, and its number among all that this has had.

    Its text, which files and interfaces show, is the service's name, from the second lightpath on with the number. No
    program reads the text: what belongs to a service is told by `service`.

    >>> str(LightId(service="feed")), str(LightId(service="feed", number=2))
    ('feed', 'feed#2')
    """

    service: str
    number: int = 1

    def __str__(self) -> str:
        return self.service if self.number == 1 else f"{self.service}#{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lightpath:
    """A wavelength of one's own between two sites, the same route and slot in both directions.

    `route` names the sites passed, ends included; `fibres` the fibres between them, one fewer. `length_km` is that of
    the longer of its two ways. `delay_ns` is from `source` to `target`, transceiver to transceiver: FEC, fibres,
    amplifiers, ROADMs, and `added_delay_ns` of managed delay; serialisation is not in it. `return_delay_ns` is the same
    of the way back; None where it is equal.
    `gsnr_db` is the mean over the channels of its band, from `source` to `target`, as GNPy prints it, `return_gsnr_db`
    the same of the way back, `channel_gsnr_db` that of its own channel as it arrives. `margin_db` is the least of the
    band's channels, both ways. They are None while reach is judged by a table.
    """

    id: LightId
    source: str
    target: str
    route: tuple[str, ...]
    fibres: tuple[str, ...]
    slot: Slot
    mode: str
    rate_gbps: float
    length_km: float
    delay_ns: int
    gsnr_db: float | None = None
    margin_db: float | None = None
    added_delay_ns: int = 0
    return_delay_ns: int | None = None
    channel_gsnr_db: float | None = field(default=None, compare=False)
    return_gsnr_db: float | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if len(self.fibres) != len(self.route) - 1 or (self.source, self.target) != (self.route[0], self.route[-1]):
            raise ValueError(f"lightpath {self.name}: route {self.route} and fibres {self.fibres} do not fit")

    @property
    def name(self) -> str:
        """Text of its identity."""
        return str(self.id)

    @property
    def delay_back_ns(self) -> int:
        """Delay from `target` to `source`."""
        return self.delay_ns if self.return_delay_ns is None else self.return_delay_ns

    @property
    def round_trip_ns(self) -> int:
        """Delay there and back."""
        return self.delay_ns + self.delay_back_ns


OF_ITS_OWN = ("return_delay_ns", "channel_gsnr_db", "return_gsnr_db")
"""Attributes of a lightpath that its JSON has where they are known, or differ from the way there."""


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """Part of a light tree that leads to a leaf. `delay_ns` counts as a lightpath's; `splitting_loss_db` sums all
    splitters on the way.

    `return_slot` is the slot in which the leaf answers: the tree's own where subcarriers go both ways.
    """

    leaf: str
    route: tuple[str, ...]
    fibres: tuple[str, ...]
    length_km: float
    delay_ns: int
    splitting_loss_db: float
    gsnr_db: float
    margin_db: float
    return_slot: Slot
    return_delay_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LightTree:
    """A wavelength from a hub to many leaves, lit on every fibre of the tree; branches are in the demand's order."""

    name: str
    kind: TreeKind
    source: str
    slot: Slot
    mode: str
    rate_gbps: float
    line_rate_gbps: float
    branches: tuple[Branch, ...]

    @property
    def fibres(self) -> tuple[str, ...]:
        """Every fibre of the tree once, in the order in which the branches meet them."""
        return tuple(dict.fromkeys(name for branch in self.branches for name in branch.fibres))

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "from": self.source,
            "to": [branch.leaf for branch in self.branches],
            "slot": {"n": self.slot.n, "m": self.slot.m},
            "mode": self.mode,
            "rate_gbps": self.rate_gbps,
            "fibres": list(self.fibres),
            "branches": [
                {
                    "to": branch.leaf,
                    "route": list(branch.route),
                    "splitting_loss_db": branch.splitting_loss_db,
                    "gsnr_db": branch.gsnr_db,
                    "margin_db": branch.margin_db,
                    "delay_ns": branch.delay_ns,
                    **_told({"return_delay_ns": branch.return_delay_ns}),
                    "return_slot": {"n": branch.return_slot.n, "m": branch.return_slot.m},
                }
                for branch in self.branches
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A demand that gets no light, and why."""

    demand: str
    why: Reason

    @property
    def code(self) -> Code:
        """Class of the reason, for programs."""
        return self.why.code

    @property
    def reason(self) -> str:
        """Sentence for people: the class, the fact, the value, the limit, the way out."""
        return str(self.why)


Scheme = Literal["own", "slots", "statistical"]
"""Ways to give tenants a wavelength: `own` one each; `slots` hard time slots of one (OTN ODUflex); `statistical` one
queue before the line for the frames of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A tenant's share of a lightpath.

    `rate_gbps` is the rate at which it may send: the lightpath's, or that of its `tributary_slots`. `mapping_ns` is the
    delay, one way, of putting frames into the slots and taking them out.
    """

    tenant: str
    lightpath: str
    scheme: Scheme
    rate_gbps: float
    tributary_slots: int = 0
    mapping_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The plan: lightpaths and refusals, each in the demands' order.

    A lightpath with `shares` belongs to the tenants who have them, any other to the demand that asked for it.
    """

    lightpaths: tuple[Lightpath, ...]
    refusals: tuple[Refusal, ...]
    shares: tuple[Share, ...] = ()
    trees: tuple[LightTree, ...] = ()

    def by_pair(self) -> dict[tuple[str, str], Lightpath]:
        """(source, target) -> lightpath, in both directions; the first where several join the same sites."""
        paths: dict[tuple[str, str], Lightpath] = {}
        for path in self.lightpaths:
            paths.setdefault((path.source, path.target), path)
            paths.setdefault((path.target, path.source), path)
        return paths

    def to_json(self) -> dict[str, Any]:
        """The document that `apnemu plan --json` prints."""
        return {
            "lightpaths": [
                {
                    "name": path.name,
                    "from": path.source,
                    "to": path.target,
                    "route": list(path.route),
                    "slot": {"n": path.slot.n, "m": path.slot.m},
                    "mode": path.mode,
                    "rate_gbps": path.rate_gbps,
                    "gsnr_db": path.gsnr_db,
                    "margin_db": path.margin_db,
                    "delay_ns": path.delay_ns,
                    **_told({key: getattr(path, key) for key in OF_ITS_OWN}),
                }
                for path in self.lightpaths
            ],
            "trees": [tree.to_json() for tree in self.trees],
            "refusals": [
                {"demand": refusal.demand, "code": refusal.code, "reason": refusal.reason} for refusal in self.refusals
            ],
        }
