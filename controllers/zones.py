# SPDX-License-Identifier: BSD-3-Clause
"""Guard of light that zones bind: who may ask for it, and the log of all who asked (the audit).

Who asks is known by the address that it asks from: the data communication network has a line of its own to every host,
over which nobody else answers. A host outside a zone may ask for nothing of it, an owner alone may withdraw sites, and
only a site's devices report what its wall has blocked. A client on the controller's own computer is the operator.

A line of the log has `who`, `what`, whether it was `allowed`, `why` not, and `at_ns` by the lab's clock. It is on the
disk before anybody is answered. Reading is not logged.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from apnemu.blueprint.document import Blueprint
from apnemu.controllers.journal import Disk
from apnemu.controllers.tapi import RefusedError
from apnemu.planning.zones import Zones

OPERATOR = "operator"
CONTROLLER = "controller"
Line = dict[str, Any]


@dataclass(slots=True)
class Audit:
    """Lines of the log, the oldest first; those of an earlier life of the controller come from its disk."""

    disk: Disk | None = None
    lines: list[Line] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lines += self.disk.entries() if self.disk else ()

    def note(self, who: str, what: str, at_ns: int, why: str = "") -> None:
        """Log what was asked, or done; `why` it is not allowed, or ""."""
        line = {"who": who, "what": what, "allowed": not why, "why": why, "at_ns": at_ns}
        if self.disk:
            self.disk.write(line)
        self.lines.append(line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Sites by the addresses that they ask from, and the log."""

    audit: Audit = field(default_factory=Audit)
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Address of a host -> its site."""
    devices: Mapping[str, str] = field(default_factory=dict)
    """Address of a site's devices -> the site."""

    @classmethod
    def of(cls, blueprint: Blueprint, audit: Audit) -> Guard:
        """Guard of a lab's network."""
        return cls(
            audit=audit,
            hosts={host.address: host.site for host in blueprint.hosts},
            devices={line.site_address: line.site for line in blueprint.dcn},
        )

    def who(self, address: str) -> str:
        """Site of the host that asks from an address, `SITE devices`, or the operator."""
        if address in self.devices:
            return f"{self.devices[address]} devices"
        return self.hosts.get(address, OPERATOR)

    def check_asker(self, who: str, ends: Collection[str], zones: Zones) -> None:
        """Refuse a site outside the zones that bind light between these ends."""
        binding = [zones.zone[zones.bound[end]] for end in ends if end in zones.bound]
        if who in zones.plant.site and not all(zone.allows(who) for zone in binding):
            raise _denied(f"{who} lies outside a zone that binds {' or '.join(ends)}; ask from a site within it")

    def check_owner(self, who: str, party: str, zones: Zones) -> None:
        """Refuse one who withdraws what is another's."""
        if who != OPERATOR and (who not in zones.plant.site or zones.owner(who) != party):
            raise _denied(f"{who} is not {party}'s; only an owner may withdraw; ask from a site of {party}")

    def check_devices(self, who: str, site: str) -> None:
        """Refuse a report on a site that does not come from its devices."""
        if who not in (OPERATOR, f"{site} devices"):
            raise _denied(f"{who} is not the devices of {site}; what a wall has blocked its own site reports")


def _denied(why: str) -> RefusedError:
    return RefusedError(403, "access-denied", why)
