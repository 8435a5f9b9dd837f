# SPDX-License-Identifier: BSD-3-Clause
"""Events of a topology file, each resolved into the fibres and sites that it takes or gives back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import asin, atan2, cos, radians, sin, sqrt

from apnemu.model.activities import CONTROLLER, Event
from apnemu.model.plant import Fibre, Site
from apnemu.topology.entry import Entry
from apnemu.topology.geography import EARTH_KM
from apnemu.topology.parse import nearest

Vector = tuple[float, float, float]
_CIRCLE = ("centre", "site", "radius_km")


def read_scenario(entry: Entry, sites: tuple[Site, ...], fibres: tuple[Fibre, ...]) -> tuple[Event, ...]:
    """All events in the order of their instants; of equal ones in the file's order."""
    events = [_event(item, sites, fibres) for item in entry.entries("scenario")]
    return tuple(sorted(events, key=lambda event: event.at_ns))


def hit(
    sites: Sequence[Site], fibres: Sequence[Fibre], lat: float, lon: float, radius_km: float
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The fibres and the sites that a circle on the map takes, each in the order given.

    A site is taken if it lies in the circle, a fibre if its way passes through it: great circles from its first site
    over its waypoints to the other.

    *Not modelled:* where a fibre without waypoints really lies: its length says that it does not follow the great
    circle.
    """
    centre = _unit(lat, lon)
    at = {site.name: _unit(*site.place) for site in sites}

    def passes_km(fibre: Fibre) -> float:
        way = [at[fibre.a], *(_unit(*place) for place in fibre.waypoints), at[fibre.b]]
        return min(_segment_km(a, b, centre) for a, b in pairwise(way))

    return (
        tuple(fibre.name for fibre in fibres if passes_km(fibre) <= radius_km),
        tuple(name for name, place in at.items() if _angle(place, centre) * EARTH_KM <= radius_km),
    )


def _event(item: Entry, sites: tuple[Site, ...], fibres: tuple[Fibre, ...]) -> Event:
    kind = item.text("event")
    if "db" in item and kind != "sag":
        item.fail("db", f"db of {item.what} is given; db is for event sag, not {kind}; take it out")
    if kind == "sag" and "db" not in item:
        item.fail(None, f"{item.what} has no db; sag must say how much gain is gone; write for example db: 3")
    if kind == "region":
        return _region(item, sites, fibres)
    for key in _CIRCLE:
        if key in item:
            item.fail(key, f"{key} of {item.what} is given; a circle is for event region, not {kind}; take it out")
    if "what" not in item:
        example = f"write for example what: {fibres[0].name}"
        item.fail(None, f"{item.what} has no what; {kind} must say what; {example}")
    fibre_names, site_names = [fibre.name for fibre in fibres], [site.name for site in sites]
    controller = () if CONTROLLER in fibre_names + site_names else (CONTROLLER,)
    everything = item.values["what"] == "all" and "all" not in fibre_names + site_names
    if everything and kind != "repair":
        item.fail("what", f"what of {item.what} is all; all is for repair; name what {kind} takes")
    known = {
        "cut": fibre_names,
        "sag": fibre_names,
        "lose": [*site_names, *controller],
        "repair": [*fibre_names, *site_names, *controller],
    }[kind]
    wanted = tuple(known) if everything else _names(item)
    for name in wanted:
        if name not in known:
            _refuse_name(item, kind, name, known, (*site_names, *controller))
        if wanted.count(name) > 1 and not everything:
            item.fail("what", f"what of {item.what} names {name} twice; once is enough; take one out")
    if kind == "sag":
        _check_sag(item, [fibre for fibre in fibres if fibre.name in wanted], fibres)
    return item.made(
        Event,
        what="all" if everything else ", ".join(wanted),
        fibres=tuple(name for name in fibre_names if name in wanted and kind != "lose"),
        sites=tuple(name for name in site_names if name in wanted and kind not in ("cut", "sag")),
        controller=bool(set(controller) & set(wanted)),
    )


def _check_sag(item: Entry, wanted: Sequence[Fibre], fibres: Sequence[Fibre]) -> None:
    """Refuses a sag of several fibres, or of one without an in-line amplifier."""
    if len(wanted) > 1:
        fact = f"what of {item.what} names {len(wanted)} fibres; a sag has one"
        item.fail("what", f"{fact}; write an event for each")
    (fibre,) = wanted
    if not fibre.amplified:
        other = next((other.name for other in fibres if other.amplified), "")
        way_out = f"name another fibre, for example {other}" if other else "give fibres a shorter span_km"
        item.fail(
            "what",
            f"what of {item.what} names {fibre.name}, which has {fibre.length_km:g} km and no in-line amplifier; a sag"
            f" needs one; {way_out}",
        )


def _names(item: Entry) -> tuple[str, ...]:
    return ("all",) if item.values["what"] == "all" else item.texts("what")


def _refuse_name(item: Entry, kind: str, name: str, known: Sequence[str], lost: Sequence[str]) -> None:
    thing = {"cut": "fibre", "sag": "fibre", "lose": "site", "repair": "fibre or site"}[kind]
    hint = nearest(name, known, f"name one of them, for example {known[0]}")
    if kind == "cut" and name in lost:
        hint = f"{'the controller' if name == CONTROLLER else 'a site'} is lost, not cut: write event: lose"
    item.fail("what", f"what of {item.what} names {name!r}; there is no such {thing}; {hint}")


def _region(item: Entry, sites: tuple[Site, ...], fibres: tuple[Fibre, ...]) -> Event:
    if "what" in item:
        item.fail("what", f"what of {item.what} is given; a region is a circle; give its centre and radius_km")
    if ("centre" in item) == ("site" in item) or "radius_km" not in item:
        given = ", ".join(key for key in _CIRCLE if key in item) or "none of them"
        item.fail(
            None,
            f"{item.what} has {given}; a region must have radius_km and either centre or site; write for example"
            f" {{at_s: 1, event: region, site: {sites[0].name}, radius_km: 50}}",
        )
    radius_km = item.number("radius_km")
    if nowhere := next((site for site in sites if not site.is_placed), None):
        fact = f"{item.what} is a region, and site {nowhere.said} has no lat and lon"
        item.fail("event", f"{fact}; a region needs the place of every site; give both, or write cut and lose")
    lat, lon, middle = _middle(item, sites)
    hit_fibres, hit_sites = hit(sites, fibres, lat, lon, radius_km)
    return item.made(Event, what=f"{radius_km:g} km around {middle}", fibres=hit_fibres, sites=hit_sites)


def _middle(item: Entry, sites: tuple[Site, ...]) -> tuple[float, float, str]:
    """Latitude, longitude and what a person would call the middle of a region."""
    if "centre" in item:
        lat, lon = item.values["centre"]
        if abs(lat) > 90:
            limit = "it must be from -90 to 90; write latitude first"
            item.fail("centre", f"centre of {item.what} has the latitude {lat:g}; {limit}")
        return lat, lon, f"{lat:g}, {lon:g}"
    name, by_name = item.text("site"), {site.name: site for site in sites}
    if name not in by_name:
        hint = nearest(name, by_name, "name one of the sites, or give centre: [LAT, LON]")
        item.fail("site", f"site of {item.what} is {name!r}; there is no such site; {hint}")
    return *by_name[name].place, name


def _unit(lat: float, lon: float) -> Vector:
    north, east = radians(lat), radians(lon)
    return cos(north) * cos(east), cos(north) * sin(east), sin(north)


def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _angle(a: Vector, b: Vector) -> float:
    normal = _cross(a, b)
    return atan2(sqrt(_dot(normal, normal)), _dot(a, b))


def _segment_km(a: Vector, b: Vector, centre: Vector) -> float:
    """The distance between the centre and the great circle from `a` to `b`.

    The nearest point of the whole circle counts if it lies between the two; else the nearer end does.
    """
    normal = _cross(a, b)
    length = sqrt(_dot(normal, normal))
    ends = min(_angle(a, centre), _angle(b, centre)) * EARTH_KM
    if length < 1e-12:
        return ends
    off = _dot(centre, normal) / length
    foot = (
        centre[0] - off * normal[0] / length,
        centre[1] - off * normal[1] / length,
        centre[2] - off * normal[2] / length,
    )
    between = _dot(_cross(a, foot), normal) >= 0 and _dot(_cross(foot, b), normal) >= 0
    return abs(asin(max(-1.0, min(1.0, off)))) * EARTH_KM if between else ends
