# SPDX-License-Identifier: BSD-3-Clause
"""Zones that data may not leave: no light whose ends, route or fibres lie outside one.

A site bound by a zone (`Site.zone`) has its data in that zone alone. Light that ends there carries them, so both its
ends, every site that it passes and every fibre lie in it; light whose ends are bound by two zones lies in both. Light
between sites that no zone binds may pass anywhere. A ROADM that light passes counts, though nobody there reads it:
whoever has the site can tap it.

An owner may wish for less than a zone allows (`withdraw`): then its data may no longer be at some of the zone's sites,
or at none but where they are.

*Not modelled:* what a site passes on as its own. Bind all sites of a zone where that is feared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from apnemu.model.plant import Plant
from apnemu.model.reason import Reason

NOWHERE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Sites and fibres that light may not touch."""

    sites: frozenset[str] = NOWHERE
    fibres: frozenset[str] = NOWHERE

    def __bool__(self) -> bool:
        return bool(self.sites or self.fibres)

    def touches(self, route: Iterable[str], fibres: Iterable[str]) -> bool:
        """Whether a route of sites and fibres has any of them."""
        return not (self.sites.isdisjoint(route) and self.fibres.isdisjoint(fibres))


NOTHING = Outside()


class Zones:
    """Zones of a plant, and what owners have withdrawn of them. Queries cost O(sites + fibres)."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.zone = {zone.name: zone for zone in plant.zones}
        self.withdrawn: dict[tuple[str, str], frozenset[str]] = {}
        """(zone, owner) -> sites at which the owner's data may not be any more."""

    @cached_property
    def bound(self) -> dict[str, str]:
        """Sites that are bound -> zone, in the plant's order."""
        return {site.name: site.zone for site in self.plant.sites if site.zone}

    def owner(self, site: str) -> str:
        """Party that owns a site's data centre."""
        return self.plant.site[site].owner or site

    def outside(self, ends: Collection[str]) -> Outside:
        """Sites and fibres that light between these ends (of a tree: all of them) may not touch."""
        if not any(end in self.bound for end in ends):
            return NOTHING
        each = [self._outside(end) for end in ends if end in self.bound]
        sites = frozenset().union(*(one.sites for one in each))
        fibres = frozenset().union(*(one.fibres for one in each))
        leaving = (fibre.name for fibre in self.plant.fibres if fibre.a in sites or fibre.b in sites)
        return Outside(sites=sites, fibres=fibres | frozenset(leaving))

    def _outside(self, end: str) -> Outside:
        zone = self.zone[self.bound[end]]
        gone = self.withdrawn.get((zone.name, self.owner(end)), NOWHERE) - {end}
        sites = frozenset(site.name for site in self.plant.sites if not zone.allows(site.name))
        return Outside(sites=sites | gone, fibres=frozenset(zone.without_fibres))

    def why_not(self, ends: Collection[str]) -> Reason | None:
        """Reason why these ends cannot have light between them, whatever the route; None where they can."""
        for end in ends:
            if end not in self.bound:
                continue
            out = self._outside(end).sites
            for other in ends:
                if other in out:
                    return Reason(code="zone", text=self._told(end, other))
        return None

    def _told(self, end: str, other: str) -> str:
        name = self.bound[end]
        if self.zone[name].allows(other):
            fact = f"{self.owner(end)} has withdrawn {other} from zone {name} for the data of {end}"
            return f"{fact}; ask its owner, or name a site that is left in it"
        known = [
            site.name for site in self.plant.data_centres if self.zone[name].allows(site.name) and site.name != end
        ]
        there = (
            f"name one of {', '.join(known[:6])}{', ...' if known[6:] else ''}" if known else "there is no other in it"
        )
        return f"{other} lies outside zone {name}, which the data of {end} may not leave; {there}, or widen the zone"

    def why_no_route(self, ends: Collection[str]) -> Reason:
        """Reason for light that has ways, all of which leave a zone."""
        names = " and ".join(dict.fromkeys(self.bound[end] for end in ends if end in self.bound))
        text = f"every route between {' and '.join(ends)} leaves zone {names}"
        return Reason(code="zone", text=f"{text}, which their data may not; add a fibre within it, or widen the zone")

    def withdraw(self, zone: str, owner: str, sites: Collection[str] | None) -> None:
        """Take sites from where an owner's data of a zone may be; None: all, so that its data stay where they are.

        Raises:
            KeyError: there is no such zone or site.
        """
        known = self.zone[zone]
        wanted = self.plant.site if sites is None else dict.fromkeys(sites)
        for name in wanted:
            self.plant.site[name]
        named = frozenset(name for name in wanted if known.allows(name))
        self.withdrawn[zone, owner] = self.withdrawn.get((zone, owner), NOWHERE) | named
