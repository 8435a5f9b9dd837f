# SPDX-License-Identifier: BSD-3-Clause
"""What a power file says of places for data centres, held against its own names and the sites of the topology."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from apnemu.model.plant import Fibre, Site
from apnemu.model.power import Power
from apnemu.topology.entry import Entry
from apnemu.topology.geography import great_circle_km
from apnemu.topology.parse import nearest
from apnemu.topology.scenario import hit


def check_siting(entry: Entry, power: Power) -> None:
    """Refuse names that are none, and substations that state no room or state it twice. Raises InputError."""
    landings, substations = _names(entry, "landings"), _names(entry, "substations")
    for item in _items(entry, "substations"):
        _check_substation(item)
        if power.areas and "area" in item:
            _known(
                item, "area", item.text("area"), [area.name for area in power.areas], "area", "name one of the areas"
            )
    for item in entry.entries("bookings"):
        _known(item, "at", item.text("at"), substations, "substation", "add it under substations")
    for item in entry.entries("cables"):
        for name in item.texts("landings"):
            _known(item, "landings", name, landings, "landing", "add it under landings")
            if item.texts("landings").count(name) > 1:
                item.fail("landings", f"landings of {item.what} names {name} twice; once is enough; take one out")
    for item in _items(entry, "candidates"):
        if ("lat" in item) != ("lon" in item):
            fact = f"{item.what} has {'lat' if 'lat' in item else 'lon'} alone"
            item.fail("lat" if "lat" in item else "lon", f"{fact}; it must have both or neither; add the other one")
        if "substation" in item:
            _known(item, "substation", item.text("substation"), substations, "substation", "add it under substations")


def _check_substation(item: Entry) -> None:
    if ("headroom_mw" in item) == ("lines_mw" in item):
        fact = (
            f"{item.what} has {'both headroom_mw and' if 'headroom_mw' in item else 'neither headroom_mw nor'} lines_mw"
        )
        item.fail(None, f"{fact}; it must have one of them; {item.record.hint}")
    for key in ("peak_load_mw", "low_load_mw"):
        if key in item and "lines_mw" not in item:
            fact = f"{key} of {item.what} is given; its headroom is what is left already"
            item.fail(key, f"{fact}; it belongs to lines_mw; take it out")
    peak_mw = item.values.get("peak_load_mw", 0.0)
    if "low_load_mw" in item and item.number("low_load_mw") > peak_mw:
        fact = f"low_load_mw of {item.what} is {item.number('low_load_mw'):g}"
        item.fail("low_load_mw", f"{fact}; it must be at most peak_load_mw, {peak_mw:g}; swap the two")


def check_places(entry: Entry, power: Power, sites: Sequence[Site], fibres: Sequence[Fibre]) -> None:
    """Refuse sites that the topology has not, and hazards that hit nothing of it or of the power file.

    Raises InputError. A power file that is read alone knows no sites, and cannot be held against them.
    """
    names = [site.name for site in sites]
    for section, key in (("candidates", "near"), ("exchanges", "site")):
        for item in _items(entry, section):
            _known(item, key, item.text(key), names, "site", "name a site of the topology")
    site = {one.name: one for one in sites}
    nowhere = next((one for one in sites if not one.is_placed), None)
    for section in ("hazards", "candidates"):
        first = next(iter(_items(entry, section)), None)
        if nowhere and first:
            fact = f"{first.what} has a place, and site {nowhere.said} of the topology has no lat and lon"
            first.fail(None, f"{fact}; {section} need the places of all sites; give both, or take {section} out")
    places = [one.place for one in sites if one.is_placed]
    places += [(one.lat, one.lon) for one in power.landings] + [(one.lat, one.lon) for one in power.substations]
    for candidate in power.candidates:
        lat, lon = candidate.lat, candidate.lon
        places.append(site[candidate.near].place if lat is None or lon is None else (lat, lon))
    for item, hazard in zip(_items(entry, "hazards"), power.hazards, strict=True):
        if not any(hits(circle, *place) for circle in hazard.circles for place in places) and not any(
            hit(sites, fibres, *circle)[0] for circle in hazard.circles
        ):
            fact = f"{item.what} hits nothing: no site, fibre, candidate, landing or substation lies in its circles"
            item.fail("circles", f"{fact}; it must hit one; mend latitude, longitude or km, or take it out")


def hits(circle: tuple[float, float, float], lat: float, lon: float) -> bool:
    """Whether a place lies in a circle over ground.

    >>> hits((35.0, 135.0, 112.0), 36.0, 135.0), hits((35.0, 135.0, 111.0), 36.0, 135.0)
    (True, False)
    """
    return distance_km((circle[0], circle[1]), (lat, lon)) <= circle[2]


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The way over ground between two places, each latitude and longitude in degrees.

    >>> round(distance_km((35.0, 135.0), (36.0, 135.0)), 1)
    111.2
    """
    ends = [Site(name="", kind="edge", lat=lat, lon=lon) for lat, lon in (a, b)]
    return great_circle_km(*ends)


def _items(entry: Entry, section: str) -> Iterable[Entry]:
    return entry.values[section].values.values() if section in entry else ()


def _names(entry: Entry, section: str) -> list[str]:
    return list(entry.values[section].values) if section in entry else []


def _known(item: Entry, key: str, name: str, known: Sequence[str], noun: str, way_out: str) -> None:
    if name not in known:
        hint = nearest(name, known, way_out)
        item.fail(key, f"{key} of {item.what} names {name!r}; there is no such {noun}; {hint}")
