# SPDX-License-Identifier: BSD-3-Clause
"""Memory of `Light`: each accepted service with its lightpaths, and the ledger in step with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from apnemu.model.assignment import LightId, Lightpath
from apnemu.model.plant import Plant
from apnemu.model.quality import Judge
from apnemu.model.reason import Reason
from apnemu.planning.online.changes import Numbers
from apnemu.planning.online.choosing import Chooser
from apnemu.planning.online.ledger import Ledger, Period
from apnemu.planning.online.service import Role, Service

ROLES: tuple[Role, ...] = ("working", "protecting")


@dataclass(slots=True, kw_only=True)
class Leg:
    """A lightpath of a service with the transceivers at its ends, or without any while it is only reserved."""

    path: Lightpath
    numbers: Numbers | None
    lit: bool = False


@dataclass(slots=True, kw_only=True)
class Kept:
    """A service that was accepted. `lost` has the reasons while nothing carries it; `spare` are the transceivers of a
    1+1 leg that has no route at present."""

    service: Service
    period: Period
    legs: dict[Role, Leg] = field(default_factory=dict)
    active: Role = "working"
    started: bool = False
    lost: tuple[Reason, ...] = ()
    protected: bool = False
    clients: Numbers | None = None
    """Transceivers by which its hosts send and receive under 1+1: always some of its own."""
    spare: Numbers | None = None
    lightpaths: int = 0
    """How many lightpaths were named for it so far."""

    @property
    def ends(self) -> tuple[str, str]:
        return self.service.source, self.service.target

    @property
    def carrying(self) -> Leg:
        return self.legs[self.active]

    @property
    def idle_role(self) -> Role:
        return "protecting" if self.active == "working" else "working"

    def new_id(self) -> LightId:
        """Identity for its next lightpath."""
        self.lightpaths += 1
        return LightId(service=self.service.name, number=self.lightpaths)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """A lightpath whose service has moved to another one: its light is on, and its transceivers are taken, until then.

    The device times that are declared say until when.
    """

    path: Lightpath
    ends: tuple[str, str]
    numbers: Numbers
    until_ns: int

    @property
    def role(self) -> str:
        """Role under which the ledger has its transceivers."""
        return f"leaving {self.path.id.number}"


class State:
    """All services in the order in which they were accepted, the ledger, and the chooser that reads it."""

    def __init__(self, plant: Plant, transceivers: Mapping[str, int], k: int, judge: Judge | None) -> None:
        self.plant = plant
        self.now_ns = 0
        self.ledger = Ledger(plant, transceivers)
        self.chooser = Chooser(plant, self.ledger, k, judge)
        self.kept: dict[str, Kept] = {}
        self.leaving: dict[LightId, Leaving] = {}
        self.named: dict[str, int] = {}
        """Name of a service that is gone -> how many lightpaths had it: no two ever have one identity."""

    def rest_of(self, kept: Kept) -> Period:
        """The part of its period that is still to come."""
        return Period(start_ns=max(kept.period.start_ns, self.now_ns), end_ns=kept.period.end_ns)

    def put(self, kept: Kept, role: Role, path: Lightpath, numbers: Numbers | None) -> Leg:
        """Give a service this lightpath: with transceivers it may be lit, without it is only reserved."""
        period = self.rest_of(kept)
        shared = None if numbers else self.chooser.risks(kept.legs["working"].path)
        self.ledger.hold(path, period, shared)
        if numbers:
            self.ledger.use_transceivers(kept.service.name, role, kept.ends, numbers, period)
        kept.legs[role] = Leg(path=path, numbers=numbers)
        return kept.legs[role]

    def leave(self, kept: Kept, role: Role, takes_ns: int) -> Leg:
        """Take a lit leg from a service that moves; what it holds stays taken until its light is out."""
        leg = kept.legs.pop(role)
        assert leg.numbers is not None
        self.ledger.free_up(kept.service.name, role, kept.ends, leg.numbers)
        self.ledger.let_go(leg.path)
        if takes_ns:
            until_ns = self.now_ns + takes_ns
            gone = Leaving(path=leg.path, ends=kept.ends, numbers=leg.numbers, until_ns=until_ns)
            period = Period(start_ns=self.now_ns, end_ns=until_ns)
            self.ledger.hold(leg.path, period)
            self.ledger.use_transceivers(kept.service.name, gone.role, kept.ends, leg.numbers, period)
            self.leaving[leg.path.id] = gone
        return leg

    def clear_left(self) -> None:
        """Free what was held by light that is out by now."""
        for id, gone in list(self.leaving.items()):
            if gone.until_ns <= self.now_ns:
                self.ledger.let_go(gone.path)
                self.ledger.free_up(id.service, gone.role, gone.ends, gone.numbers)
                del self.leaving[id]

    def swap(self, kept: Kept, role: Role, path: Lightpath) -> Leg:
        """Give the transceivers of a leg another lightpath; reservations in its way are dropped."""
        old = kept.legs[role]
        self.ledger.let_go(old.path)
        for reserved in list(self.ledger.in_the_way(path, self.rest_of(kept))):
            self.drop(self.kept[reserved.service], "protecting")
        kept.legs[role] = Leg(path=path, numbers=old.numbers)
        self.ledger.hold(path, self.rest_of(kept))
        return kept.legs[role]

    def drop(self, kept: Kept, role: Role, *, keep_transceivers: bool = False) -> None:
        """Give up a leg, if there is one; its transceivers become free, or are kept for its successor."""
        leg = kept.legs.pop(role, None)
        if leg is None:
            return
        self.ledger.let_go(leg.path)
        if leg.numbers and keep_transceivers:
            kept.spare = leg.numbers
        elif leg.numbers:
            self.ledger.free_up(kept.service.name, role, kept.ends, leg.numbers)

    def forget(self, kept: Kept) -> None:
        """Give up a service with everything that it holds."""
        for role in ROLES:
            self.drop(kept, role)
            if kept.spare:
                self.ledger.free_up(kept.service.name, role, kept.ends, kept.spare)
        self.named[kept.service.name] = kept.lightpaths
        del self.kept[kept.service.name]

    def lit_legs(self, kept: Kept) -> Iterator[tuple[Role, Leg]]:
        return ((role, kept.legs[role]) for role in ROLES if role in kept.legs and kept.legs[role].lit)
