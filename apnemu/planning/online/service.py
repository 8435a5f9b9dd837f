# SPDX-License-Identifier: BSD-3-Clause
"""Values that cross the door of this room: services, changes of devices, decisions, outcomes and statuses."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Literal

from apnemu.model.assignment import LightId, Lightpath
from apnemu.model.reason import Reason, write_reasons
from apnemu.model.spectrum import Slot

Protection = Literal["none", "1+1", "restoration-prepared", "restoration-computed"]
Role = Literal["working", "protecting"]
Happened = Literal["switched", "restored", "lost", "protected", "unprotected", "started", "ended"]
Restored = Literal["", "prepared", "computed", "repaired"]
PROTECTIONS: tuple[Protection, ...] = ("none", "1+1", "restoration-prepared", "restoration-computed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Capacity wanted between two sites, both ways, from `start_ns` (None: now) until `end_ns` (None: released).

    Raises:
        ValueError: it leads from a site to itself, has no rate, ends before it starts, or has a name with #, which in
            the text of a `LightId` begins the number.
    """

    name: str
    source: str
    target: str
    rate_gbps: float
    protection: Protection = "none"
    start_ns: int | None = None
    end_ns: int | None = None

    def __post_init__(self) -> None:
        if not self.name or "#" in self.name:
            raise ValueError(f"service name {self.name!r}; it must be text without #; rename it")
        if self.source == self.target:
            raise ValueError(f"service {self.name} leads from {self.source} to itself; name two sites")
        if not (isfinite(self.rate_gbps) and self.rate_gbps > 0):
            raise ValueError(f"rate_gbps of service {self.name} is {self.rate_gbps}; it must be above 0")
        if self.protection not in PROTECTIONS:
            known = ", ".join(PROTECTIONS)
            raise ValueError(f"protection of service {self.name} is {self.protection!r}; it must be one of {known}")
        if self.end_ns is not None and self.end_ns <= (self.start_ns or 0):
            raise ValueError(f"service {self.name} ends at {self.end_ns} ns and starts at {self.start_ns or 0} ns")


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A port of a site's ROADM: towards a fibre, or the add/drop port of a transceiver (numbered from 0)."""

    kind: Literal["fibre", "transceiver"]
    name: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Order for one device. Changes of one `step` act at the same time, the next step after the last has acted.

    `cross-connect` and `disconnect`: the ROADM of `site` passes, or blocks, `slot` between `port_in` and `port_out`,
    both ways. `tune` and `dark`: the transceiver `port_in` sends in `slot` and `mode`, or stops. `switch`: the client
    of transceiver `port_in` is moved to transceiver `port_out`. `select`: the client of transceiver `port_in` receives
    `lightpath` from now on (1+1). `lightpath` is the one that it is done for. `clients` of `tune` and `switch` are the
    transceivers at both ends (source, target) that the service's hosts are on then: what was decided later may have
    others.
    """

    step: int
    kind: Literal["cross-connect", "disconnect", "tune", "dark", "switch", "select"]
    site: str
    lightpath: LightId
    port_in: Port
    port_out: Port | None = None
    slot: Slot | None = None
    mode: str = ""
    clients: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lit:
    """A lightpath that is lit now, and the numbers of its transceivers at its two ends (source, target)."""

    service: str
    role: Role
    lightpath: Lightpath
    transceivers: tuple[int, int]
    carries: bool
    """Whether the client's traffic is on this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer to a request or a move, with the reasons of a refusal.

    `protecting` is lit for 1+1 and only reserved for prepared restoration.
    """

    accepted: bool
    why: tuple[Reason, ...] = ()
    working: Lightpath | None = None
    protecting: Lightpath | None = None
    changes: tuple[Change, ...] = ()

    @property
    def reason(self) -> str:
        """Reasons in one line; empty where it was accepted."""
        return write_reasons(self.why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Consequence of an event, or of time that goes on, for one service.

    `switched`: its traffic is on the other of its two lightpaths. `restored`: it has light again (`how`: `prepared`,
    `computed`, or `repaired` on the route that it had). `lost`: it has none, and `why`. `protected`: a second
    lightpath is lit, or reserved, again. `unprotected`: it carries on with one, and `why`. `started`, `ended`: its
    booked time has come, or is over. `lightpath` is the one that the outcome is about.
    """

    service: str
    kind: Happened
    how: Restored = ""
    lightpath: Lightpath | None = None
    changes: tuple[Change, ...] = ()
    why: tuple[Reason, ...] = ()

    @property
    def reason(self) -> str:
        """Reasons in one line; empty where the service has what its scheme gives it."""
        return write_reasons(self.why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A service that was accepted and not released.

    `booked` until its start; `working` or `protecting` is the role of the lightpath that carries it; `lost` with
    `why`. `protected` says that one failure more would be survived as the service's scheme has it.
    """

    service: Service
    state: Literal["booked", "working", "protecting", "lost"]
    why: tuple[Reason, ...]
    working: Lightpath
    protecting: Lightpath | None
    protected: bool

    @property
    def reason(self) -> str:
        """Reasons in one line; empty where the service is not lost."""
        return write_reasons(self.why)
