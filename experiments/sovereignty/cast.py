# SPDX-License-Identifier: BSD-3-Clause
"""Parts of the play: whose data are in the zone, who tries to get them out, by which ways, and when."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import Any

from apnemu.blueprint.addressing import CONTROLLER_ADDRESS, host_address
from apnemu.blueprint.requests import SERVICES, point_uuid, service, service_uuid
from apnemu.errors import InputError
from apnemu.experiments.sovereignty.settings import Settings
from apnemu.model.plant import Plant
from apnemu.model.zone import Zone
from apnemu.planning import next_hops
from apnemu.planning.dcn import dcn
from apnemu.planning.online import Decision, Light, Protection, Service, carries_ns
from apnemu.planning.zones import Zones
from apnemu.question.context import Network
from apnemu.units import NS_PER_S, s_to_ns

SPARE_NS = 2 * NS_PER_S
"""Time after the light should be on until anybody uses it."""
KINDS = ("light", "route", "tcp", "udp", "icmp", "ipv6", "forged", "dcn", "replay")
"""Kinds of attempts, made in turn; a kind that a plant has no place for is left out."""
ASKED = ("light", "route", "replay")
"""Kinds that ask the controller for light: nobody can on the packet network. `route` sends there instead."""


def chosen_zone(plant: Plant, name: str) -> Zone:
    """The zone that a run is about: the named one, or the first that binds a site, or the first.

    Raises:
        InputError: there is none, or none of that name.
    """
    if not plant.zones:
        raise InputError(f"topology {plant.name} has no zones; it must have one; add zones: {{NAME: {{sites: [...]}}}}")
    known = {zone.name: zone for zone in plant.zones}
    if name and name not in known:
        there = f"one of {', '.join(known)}"
        raise InputError(f"zone is {name!r}; {plant.name} has no such zone; name {there}", file="--set")
    bound = [site.zone for site in plant.sites if site.zone]
    return known[name or (bound or list(known))[0]]


def bound(plant: Plant, settings: Settings) -> Plant:
    """The plant with the run's zone in front; where one is named it binds all its data centres and nobody else, and
    where none is to be obeyed, nobody."""
    zone = chosen_zone(plant, settings.zone)
    zones = (zone, *(other for other in plant.zones if other.name != zone.name))

    def of(name: str, kind: str, own: str) -> str:
        if not settings.obey:
            return ""
        return own if not settings.zone else zone.name if kind != "exchange" and zone.allows(name) else ""

    sites = tuple(dataclasses.replace(site, zone=of(site.name, site.kind, site.zone)) for site in plant.sites)
    if settings.obey and not any(site.zone == zone.name for site in sites):
        raise InputError(
            f"zone {zone.name} binds no site of {plant.name}; one must be bound; write zone: {zone.name} at a site, or"
            f" --set zone={zone.name}"
        )
    return dataclasses.replace(plant, sites=sites, zones=zones)


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Parts that are played on a plant; what a run obeys does not change that."""

    plant: Plant
    settings: Settings
    network: Network = "apn"

    @property
    def zone(self) -> Zone:
        """The zone of the run."""
        return self.plant.zones[0]

    @cached_property
    def obeyed(self) -> Plant:
        """The plant as if the zone bound all its data centres."""
        sites = tuple(
            dataclasses.replace(site, zone=self.zone.name if site.name in self.inside else "")
            for site in self.plant.sites
        )
        return dataclasses.replace(self.plant, sites=sites)

    @cached_property
    def inside(self) -> list[str]:
        """Data centres in the zone."""
        return [site.name for site in self.plant.data_centres if self.zone.allows(site.name)]

    @cached_property
    def outside(self) -> list[str]:
        """Data centres outside it.

        Raises:
            InputError: there is none, so that nothing can leave.
        """
        found = [site.name for site in self.plant.data_centres if not self.zone.allows(site.name)]
        if not found:
            fact = f"zone {self.zone.name} has every data centre of {self.plant.name}"
            raise InputError(f"{fact}; one must lie outside, or nothing could leave; take a smaller zone")
        return found

    def decide(self, plant: Plant, ends: tuple[str, str], protection: Protection = "none") -> Decision:
        """The answer to a first request for light."""
        light = Light(plant, transceivers={site.name: plant.transceivers for site in plant.data_centres})
        wanted = Service(
            name="x", source=ends[0], target=ends[1], rate_gbps=self.settings.rate_gbps, protection=protection
        )
        return light.request(wanted)

    @cached_property
    def pair(self) -> tuple[str, str]:
        """The owner's site and its peer's: the first two that light within the zone joins, a bound one first.

        Raises:
            InputError: there are none.
        """
        order = sorted(self.inside, key=lambda name: self.plant.site[name].zone != self.zone.name)
        for ends in permutations(order, 2):
            if self.decide(self.obeyed, ends).accepted:
                return ends
        fact = f"zone {self.zone.name} has no two data centres that light within it joins"
        raise InputError(f"{fact}; two are needed, one to send and one to receive; add a site or a fibre to it")

    @property
    def owner(self) -> str:
        """Party whose data they are."""
        return Zones(self.plant).owner(self.pair[0])

    @property
    def intruder(self) -> str:
        """The site in whose host the intruder is: the peer, which has light, where it is bound, else the owner's."""
        source, target = self.pair
        return target if not self.settings.obey or self.plant.site[target].zone else source

    @cached_property
    def lit_ns(self) -> int:
        """Time from the owner's request until its light carries both ways."""
        decision = self.decide(self.obeyed, self.pair)
        assert decision.working is not None
        way_ns = dcn(self.plant).delay_ns[self.pair[0]]
        carries = carries_ns(self.plant, decision.changes, decision.working)
        return way_ns + self.plant.devices.controller_computing_ns + carries + decision.working.delay_ns

    @property
    def stops_ns(self) -> int:
        """Time from the controller's hearing of a withdrawal until the last frame arrives, in closed form.

        Flows are deleted within the declared time, and the order takes one way to each end. A frame arrives if neither
        the end that it leaves had stopped when it left, nor the end where it arrives when it came.
        """
        decision = self.decide(self.obeyed, self.pair)
        assert decision.working is not None
        path, way = decision.working, dcn(self.plant)
        ends = ((path.delay_ns, self.pair), (path.delay_back_ns, self.pair[::-1]))
        last = (min(way.delay_ns[source] + light_ns, way.delay_ns[target]) for light_ns, (source, target) in ends)
        return self.plant.devices.flow_deletion_ns + max(last)

    @cached_property
    def leaving(self) -> tuple[str, str, Protection] | None:
        """Light between two data centres of the zone that can be had over what lies outside, and not within; 1+1 is
        tried where each pair can be joined within. None: there is no such."""
        protections: tuple[Protection, ...] = ("none", "1+1")
        for protection in protections:
            for target in (name for name in self.inside if name != self.intruder):
                ends = self.intruder, target
                free = dataclasses.replace(
                    self.plant, sites=tuple(dataclasses.replace(site, zone="") for site in self.plant.sites)
                )
                if not self.decide(self.obeyed, ends, protection).accepted and (
                    self.decide(free, ends, protection).accepted
                ):
                    return *ends, protection
        return None

    def address(self, site: str) -> str:
        """Address of a site's first host."""
        return host_address([each.name for each in self.plant.sites].index(site) + 1, 1)

    def asked(self, name: str, ends: tuple[str, str], protection: Protection = "none") -> dict[str, Any]:
        """Path and body by which light is asked for, and what the controller's log calls it."""
        points = tuple(point_uuid(self.plant.name, end) for end in ends)
        body = service(name, (points[0], points[1]), self.settings.rate_gbps, protection)
        return {"path": SERVICES, "body": body, "what": f"request {service_uuid(name)} {ends[0]} > {ends[1]}"}

    def attempts(self) -> Iterator[dict[str, Any]]:
        """All attempts, evenly from the time at which the light is on until as long after its withdrawal."""
        revoke_ns, first_ns = s_to_ns(self.settings.revoke_at_s), self.lit_ns + 2 * SPARE_NS
        if revoke_ns < first_ns + NS_PER_S:
            least_s = (first_ns + NS_PER_S) / NS_PER_S
            fact = f"revoke_at_s is {self.settings.revoke_at_s:g}; light of {' and '.join(self.pair)} is on and tried"
            raise InputError(f"{fact} after {least_s:.1f} s; it must be that at least; raise it", file="--set")
        kinds = [kind for kind in KINDS if self._is_played(kind)]
        gap_ns = 2 * (revoke_ns - first_ns) // self.settings.attempts
        for number in range(self.settings.attempts):
            kind = kinds[number % len(kinds)]
            outside = self.outside[number // len(kinds) % len(self.outside)]
            yield {
                "number": number,
                "kind": kind,
                "at_ns": first_ns + number * gap_ns,
                **self._told(kind, number, outside),
            }

    def _is_played(self, kind: str) -> bool:
        if kind == "route":
            return bool(self.leaving if self.network == "apn" else self.cut_off)
        return self.network == "apn" or kind not in ASKED

    @cached_property
    def cut_off(self) -> str | None:
        """Data centre of the zone to which no way leads within it from the intruder, but one does outside."""
        hops = next_hops(self.obeyed)
        ways = (name for name in self.inside if name != self.intruder and (self.intruder, name) not in hops)
        return next((name for name in ways if (self.intruder, name) in hops.towards), None)

    def _told(self, kind: str, number: int, outside: str) -> dict[str, Any]:
        if self.network == "packet" and kind == "route":
            assert self.cut_off is not None
            return {"to": self.address(self.cut_off)}
        if kind == "light":
            return self.asked(f"attempt-{number}", (self.intruder, outside))
        if kind == "route":
            assert self.leaving is not None
            source, target, protection = self.leaving
            return self.asked(f"attempt-{number}", (source, target), protection)
        if kind == "replay":
            return self.asked("owned", self.pair)
        if kind == "dcn":
            return {"to": CONTROLLER_ADDRESS}
        told = {"to": self.address(outside)}
        if kind == "forged":
            others = [name for name in (*self.inside, *self.outside) if name not in (self.intruder, outside)]
            return told | {"as": self.address(others[0] if others else outside)}
        return told
