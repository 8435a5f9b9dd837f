# SPDX-License-Identifier: BSD-3-Clause
"""Zones of a topology and of its power file, held against the sites and fibres that they name and bind."""

from __future__ import annotations

from collections.abc import Sequence

from apnemu.model.plant import Fibre, Site
from apnemu.model.zone import Zone
from apnemu.topology.entry import Entry
from apnemu.topology.parse import nearest


def read_zones(
    entry: Entry, sites: Sequence[Site], fibres: Sequence[Fibre], before: Sequence[Zone] = ()
) -> tuple[Zone, ...]:
    """The zones `before`, and those of a file.

    Raises:
        InputError: a zone names a site or a fibre that is none, one twice, or a fibre that is not in it anyway; or it
            has the name of one before.
    """
    zones = {zone.name: zone for zone in before}
    for name, item in entry.values["zones"].values.items() if "zones" in entry else ():
        if name in zones:
            fact = f"{item.what} is in the topology and in its power file"
            entry.values["zones"].fail(name, f"{fact}; names must differ; rename one, or take one out")
        zones[name] = item.made(Zone, name=name)
        _check_sites(item, zones[name], [site.name for site in sites])
        _check_fibres(item, zones[name], {fibre.name: fibre for fibre in fibres})
    return tuple(zones.values())


def unchecked_zones(entry: Entry) -> tuple[Zone, ...]:
    """The zones of a power file that is read alone: it knows no sites."""
    items = entry.values["zones"].values if "zones" in entry else {}
    return tuple(item.made(Zone, name=name) for name, item in items.items())


def check_bound(entry: Entry, sites: Sequence[Site], zones: Sequence[Zone]) -> None:
    """Refuse a site whose zone is none or does not have it, and an exchange with a zone: it has no data."""
    known = {zone.name: zone for zone in zones}
    for site in sites:
        item = entry.values["sites"].values[site.name]
        if site.zone and site.zone not in known:
            there = f"name one of {', '.join(known)}" if known else "add it under zones"
            hint = nearest(site.zone, known, there)
            item.fail("zone", f"zone of {item.what} is {site.zone!r}; there is no such zone; {hint}")
        if site.zone and not known[site.zone].allows(site.name):
            fact = f"zone of {item.what} is {site.zone}, which does not have it"
            item.fail(
                "zone", f"{fact}; data must be allowed where they are; add it to sites of the zone, or name another"
            )


def _check_sites(item: Entry, zone: Zone, known: Sequence[str]) -> None:
    if zone.sites == "all":
        return
    for index, name in enumerate(zone.sites):
        if name not in known:
            hint = nearest(name, known, "name a site of the topology")
            fact = f"sites of {item.what} names {name!r}; there is no such data centre or exchange"
            item.fail("sites", f"{fact}; {hint}")
        if name in zone.sites[:index]:
            item.fail("sites", f"sites of {item.what} names {name} twice; once says it; take one out")


def _check_fibres(item: Entry, zone: Zone, known: dict[str, Fibre]) -> None:
    for index, name in enumerate(zone.without_fibres):
        what = f"without_fibres of {item.what} names {name}"
        if name not in known:
            hint = nearest(name, known, "name a fibre of the topology")
            item.fail("without_fibres", f"{what!s}; there is no such fibre; {hint}")
        if name in zone.without_fibres[:index]:
            item.fail("without_fibres", f"{what} twice; once says it; take one out")
        fibre = known[name]
        if not (zone.allows(fibre.a) and zone.allows(fibre.b)):
            end = fibre.b if zone.allows(fibre.a) else fibre.a
            fact = f"{what}, which ends at {end}, outside the zone"
            item.fail("without_fibres", f"{fact}; it is not in the zone anyway; take it out")
