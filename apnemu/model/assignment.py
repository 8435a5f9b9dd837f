"""Who got which light, and who got none and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from apnemu.model.demand import TreeKind
from apnemu.model.spectrum import Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Lightpath:
    """A wavelength of one's own between two sites, the same route and slot in both directions.

    `route` names the sites passed, ends included; `fibres` the fibres between them, one fewer. `delay_ns` is one way,
    transceiver to transceiver: FEC, fibres, amplifiers, ROADMs, and `added_delay_ns` of managed delay; serialisation
    is not in it.
    `gsnr_db` and `margin_db` are None while reach is judged by a table.
    """

    name: str
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

    def __post_init__(self) -> None:
        if len(self.fibres) != len(self.route) - 1 or (self.source, self.target) != (self.route[0], self.route[-1]):
            raise ValueError(f"lightpath {self.name}: route {self.route} and fibres {self.fibres} do not fit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """What one leaf gets of a light tree. `delay_ns` as a lightpath's; `splitting_loss_db` of all splitters passed.

    `return_slot` is the wavelength by which the leaf answers; that of the tree itself where subcarriers go both ways.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LightTree:
    """One wavelength from a hub to many leaves, lit on every fibre of the tree; branches in the leaves' order."""

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
                    "return_slot": {"n": branch.return_slot.n, "m": branch.return_slot.m},
                }
                for branch in self.branches
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A demand that gets no light, and why: the fact, the value, the limit."""

    demand: str
    reason: str


Scheme = Literal["own", "slots", "statistical"]
"""A wavelength of one's own; hard time slots of one (OTN ODUflex); frames of all in one queue before the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a tenant has of a lightpath.

    `rate_gbps` is what it may send: all of the lightpath's, or what its `tributary_slots` carry. `mapping_ns` is what
    putting its frames into the slots and taking them out adds one way.
    """

    tenant: str
    lightpath: str
    scheme: Scheme
    rate_gbps: float
    tributary_slots: int = 0
    mapping_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The plan: what is lit, and what is refused. Both in the demands' order.

    With `shares` a lightpath belongs to the tenants that have one of it, else to whoever asked for it.
    """

    lightpaths: tuple[Lightpath, ...]
    refusals: tuple[Refusal, ...]
    shares: tuple[Share, ...] = ()
    trees: tuple[LightTree, ...] = ()

    def by_pair(self) -> dict[tuple[str, str], Lightpath]:
        """Both directions of every lightpath; of several between two sites the first."""
        found: dict[tuple[str, str], Lightpath] = {}
        for path in self.lightpaths:
            found.setdefault((path.source, path.target), path)
            found.setdefault((path.target, path.source), path)
        return found

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
                }
                for path in self.lightpaths
            ],
            "trees": [tree.to_json() for tree in self.trees],
            "refusals": [{"demand": refusal.demand, "reason": refusal.reason} for refusal in self.refusals],
        }
