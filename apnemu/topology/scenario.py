"""Events of a topology file, each resolved into the fibres and sites that it takes or gives back."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from math import asin, atan2, cos, radians, sin, sqrt

from apnemu.model.activities import CONTROLLER, Event
from apnemu.model.plant import Fibre, Site
from apnemu.topology.geography import EARTH_KM
from apnemu.topology.parse import Parser
from apnemu.topology.shapes import Entry
from apnemu.units import VirtualNs, s_to_ns

Vector = tuple[float, float, float]
_CIRCLE = ("centre", "site", "radius_km")


def read_scenario(
    entry: Entry, sites: tuple[Site, ...], fibres: tuple[Fibre, ...], parser: Parser
) -> tuple[Event, ...]:
    """All events in the order of their instants; of equal ones in the file's order."""
    if "scenario" not in entry:
        return ()
    events = [_event(item, sites, fibres, parser) for item in entry.entries("scenario")]
    return tuple(sorted(events, key=lambda event: event.at_ns))


def hit(
    sites: Sequence[Site], fibres: Sequence[Fibre], lat: float, lon: float, radius_km: float
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a circle on the map takes: (fibres, sites), each in the order given.

    A site is taken if it lies in the circle, a fibre if the great circle between its two sites passes through it.

    *Not modelled:* where a fibre really lies: its length says that it does not follow the great circle.
    """
    centre = _unit(lat, lon)
    at = {site.name: _unit(site.lat, site.lon) for site in sites}
    return (
        tuple(fibre.name for fibre in fibres if _segment_km(at[fibre.a], at[fibre.b], centre) <= radius_km),
        tuple(name for name, place in at.items() if _angle(place, centre) * EARTH_KM <= radius_km),
    )


def _event(item: Entry, sites: tuple[Site, ...], fibres: tuple[Fibre, ...], parser: Parser) -> Event:
    kind = item.text("event")
    at_ns = VirtualNs(s_to_ns(item.number("at_s")))
    if "db" in item and kind != "sag":
        parser.fail(item.line_of("db"), f"db of {item.what} is given; db is for event sag, not {kind}; take it out")
    if kind == "sag" and "db" not in item:
        parser.fail(item.line, f"{item.what} has no db; sag must say how much gain is gone; write for example db: 3")
    if kind == "region":
        return _region(item, at_ns, sites, fibres, parser)
    for key in _CIRCLE:
        if key in item:
            parser.fail(
                item.line_of(key),
                f"{key} of {item.what} is given; a circle is for event region, not {kind}; take it out",
            )
    if "what" not in item:
        parser.fail(
            item.line, f"{item.what} has no what; {kind} must say what; write for example what: {fibres[0].name}"
        )
    fibre_names, site_names = [fibre.name for fibre in fibres], [site.name for site in sites]
    controller = () if CONTROLLER in fibre_names + site_names else (CONTROLLER,)
    everything = item.values["what"] == "all" and "all" not in fibre_names + site_names
    if everything and kind != "repair":
        parser.fail(item.line_of("what"), f"what of {item.what} is all; all is for repair; name what {kind} takes")
    known = {
        "cut": fibre_names,
        "sag": fibre_names,
        "lose": [*site_names, *controller],
        "repair": [*fibre_names, *site_names, *controller],
    }[kind]
    wanted = tuple(known) if everything else _names(item)
    for name in wanted:
        if name not in known:
            _refuse_name(item, kind, name, known, (*site_names, *controller), parser)
        if wanted.count(name) > 1 and not everything:
            parser.fail(item.line_of("what"), f"what of {item.what} names {name} twice; once is enough; take one out")
    if kind == "sag":
        _check_sag(item, [fibre for fibre in fibres if fibre.name in wanted], fibres, parser)
    return Event(
        at_ns=at_ns,
        kind=kind,  # type: ignore[arg-type]  # the format allows only these words
        what="all" if everything else ", ".join(wanted),
        fibres=tuple(name for name in fibre_names if name in wanted and kind != "lose"),
        sites=tuple(name for name in site_names if name in wanted and kind not in ("cut", "sag")),
        controller=bool(set(controller) & set(wanted)),
        db=item.number("db") if kind == "sag" else 0.0,
    )


def _check_sag(item: Entry, wanted: Sequence[Fibre], fibres: Sequence[Fibre], parser: Parser) -> None:
    """One fibre, and it has an amplifier."""
    line = item.line_of("what")
    if len(wanted) > 1:
        parser.fail(line, f"what of {item.what} names {len(wanted)} fibres; a sag has one; write an event for each")
    (fibre,) = wanted
    if not fibre.amplifiers:
        other = next((one.name for one in fibres if one.amplifiers), "")
        way_out = f"name another fibre, for example {other}" if other else "give fibres a shorter span_km"
        parser.fail(
            line,
            f"what of {item.what} names {fibre.name}, which has {fibre.length_km:g} km and no in-line amplifier; a sag"
            f" needs one; {way_out}",
        )


def _names(item: Entry) -> tuple[str, ...]:
    return ("all",) if item.values["what"] == "all" else item.texts("what")


def _refuse_name(item: Entry, kind: str, name: str, known: Sequence[str], lost: Sequence[str], parser: Parser) -> None:
    thing = {"cut": "fibre", "sag": "fibre", "lose": "site", "repair": "fibre or site"}[kind]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"name one of them, for example {known[0]}"
    if kind == "cut" and name in lost:
        hint = f"{'the controller' if name == CONTROLLER else 'a site'} is lost, not cut: write event: lose"
    parser.fail(item.line_of("what"), f"what of {item.what} names {name!r}; there is no such {thing}; {hint}")


def _region(item: Entry, at_ns: VirtualNs, sites: tuple[Site, ...], fibres: tuple[Fibre, ...], parser: Parser) -> Event:
    if "what" in item:
        parser.fail(
            item.line_of("what"), f"what of {item.what} is given; a region is a circle; give its centre and radius_km"
        )
    if ("centre" in item) == ("site" in item) or "radius_km" not in item:
        given = ", ".join(key for key in _CIRCLE if key in item) or "none of them"
        parser.fail(
            item.line,
            f"{item.what} has {given}; a region must have radius_km and either centre or site; write for example"
            f" {{at_s: 1, event: region, site: {sites[0].name}, radius_km: 50}}",
        )
    radius_km = item.number("radius_km")
    if "site" in item:
        site = next((site for site in sites if site.name == item.text("site")), None)
        if site is None:
            near = difflib.get_close_matches(item.text("site"), [site.name for site in sites], n=1)
            hint = f"did you mean {near[0]}?" if near else "name one of the sites, or give centre: [LAT, LON]"
            parser.fail(
                item.line_of("site"), f"site of {item.what} is {item.text('site')!r}; there is no such site; {hint}"
            )
        lat, lon, what = site.lat, site.lon, f"{radius_km:g} km around {site.name}"
    else:
        centre = item.values["centre"]
        assert isinstance(centre, tuple)
        lat, lon = (float(degrees) for degrees in centre)
        what = f"{radius_km:g} km around {lat:g}, {lon:g}"
        if abs(lat) > 90:
            parser.fail(
                item.line_of("centre"),
                f"centre of {item.what} has the latitude {lat:g}; it must be from -90 to 90; write latitude first",
            )
    hit_fibres, hit_sites = hit(sites, fibres, lat, lon, radius_km)
    return Event(at_ns=at_ns, kind="region", what=what, fibres=hit_fibres, sites=hit_sites)


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
    """How near the great circle from `a` to `b` comes to the centre.

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
