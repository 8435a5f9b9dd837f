# SPDX-License-Identifier: BSD-3-Clause
"""The plant as a map: sites by kind, fibres by how much light they carry, and the route of one pair."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from markupsafe import Markup
from rich.cells import cell_len

from apnemu.report import words
from apnemu.report.layout import is_placed
from apnemu.report.maps import WIDTH, Ground, Point, Projection
from apnemu.report.svg import element

KM_PER_DEGREE = 111.2
"""Length of a degree of latitude: pi x 6,371 km / 180."""
LABEL_HEIGHT = 15
LABEL_WIDTH = 9.5
"""Width of a Latin letter in pixels, at the greatest letter size, which a telephone has; wide letters have two."""
LONGITUDE_WIDTH = 52
"""Width of a meridian's label at that letter size; a meridian nearer to the map's edge has no label."""
WORST_COST = 75.0
"""Greatest cost of a name that is shown: square pixels of what it covers, and 12 for each fibre that it crosses."""

Box = tuple[float, float, float, float]


def draw(picture: Mapping[str, Any], route: Sequence[str]) -> Markup:
    """The map as an SVG with the class `map`; the polyline `route` is the one that the page's script moves."""
    ground = Ground(picture)
    at, projection = ground.at, ground.projection
    lines = [(at[fibre["a"]], at[fibre["b"]]) for fibre in picture["fibres"]]
    return ground.drawn(
        element("title", f"Map of {picture['topology']}"),
        element("desc", describe(picture)),
        element("g", *([] if ground.is_plan else _graticule(projection, list(at.values()))), class_="graticule"),
        element("g", *_fibres(picture, ground), class_="fibres"),
        element("polyline", id="route", points=points(route, at), fill="none"),
        element(
            "g",
            *[_site(site, at[site["name"]], site["name"] in ground.laid_out) for site in picture["sites"]],
            class_="sites",
        ),
        element("g", *names_placed(picture["sites"], at, lines), class_="labels"),
        element("g", *([] if ground.is_plan else _scale_bar(projection)), class_="scale-bar"),
    )


def points(route: Iterable[str], at: Mapping[str, Point]) -> str:
    return " ".join(f"{at[name][0]:g},{at[name][1]:g}" for name in route if name in at)


def describe(picture: Mapping[str, Any]) -> str:
    """The map in words, for a reader who cannot see it."""
    kinds = Counter(site["kind"] for site in picture["sites"])
    sites = ", ".join(f"{kinds[kind]} {kind}" for kind in sorted(kinds))
    total_km = sum(mean_km(fibre) for fibre in picture["fibres"])
    laid_out = sum(not is_placed(site) for site in picture["sites"])
    note = f" Where {words.count(laid_out, 'site')} stand is not known: a layout places them." if laid_out else ""
    return (
        f"{words.count(len(picture['sites']), 'site')} ({sites}), {words.count(len(picture['fibres']), 'fibre')} of "
        f"{total_km:,.0f} km together, {_light(len(picture['lightpaths']), len(picture.get('trees', ())))}.{note}"
    )


def lit(picture: Mapping[str, Any]) -> tuple[Counter[frozenset[str]], Counter[frozenset[str]]]:
    """How many lightpaths run between two neighbours, and how many light trees: each once, however many its leaves."""
    paths = Counter(hop for path in picture["lightpaths"] for hop in _hops(path["route"]))
    trees = Counter(
        hop
        for tree in picture.get("trees", ())
        for hop in dict.fromkeys(hop for branch in tree["branches"] for hop in _hops(branch["route"]))
    )
    return paths, trees


def mean_km(fibre: Mapping[str, Any]) -> float:
    """Length of a fibre of the picture, the mean of its two ways."""
    back_km = fibre.get("back_km")
    return float(fibre["length_km"] if back_km is None else (fibre["length_km"] + back_km) / 2)


def both_km(fibre: Mapping[str, Any]) -> str:
    """
    >>> both_km({"length_km": 50.0, "back_km": None}), both_km({"length_km": 50.0, "back_km": 90.0})
    ('50.0 km', '50.0 km out, 90.0 km back')
    """
    back_km = fibre.get("back_km")
    out = f"{fibre['length_km']:,.1f} km"
    return out if back_km is None else f"{out} out, {back_km:,.1f} km back"


def _hops(route: Sequence[str]) -> list[frozenset[str]]:
    return [frozenset(hop) for hop in pairwise(route)]


def _light(paths: int, trees: int) -> str:
    """
    >>> _light(2, 0), _light(0, 1), _light(1, 2)
    ('2 lightpaths', '0 lightpaths, 1 light tree', '1 lightpath, 2 light trees')
    """
    return words.count(paths, "lightpath") + (f", {words.count(trees, 'light tree')}" if trees else "")


def _fibres(picture: Mapping[str, Any], ground: Ground) -> Iterable[Markup]:
    paths, trees = lit(picture)
    most = max((paths + trees).values(), default=1)
    for fibre in picture["fibres"]:
        hop = frozenset((fibre["a"], fibre["b"]))
        number = paths[hop] + trees[hop]
        own = f" ({fibre['label']})" if fibre.get("label") else ""
        ends, light_of = words.pair(fibre["a"], fibre["b"]) + own, _light(paths[hop], trees[hop])
        note = ", ".join((f"{ends}: {both_km(fibre)}", light_of, *_declared(fibre)))
        width = round(1 + 5 * number / most, 1)
        light = [ground.fibre(fibre, class_="lit", stroke_width=width)] if number else []
        yield element("g", element("title", note), ground.fibre(fibre), *light)


def _declared(fibre: Mapping[str, Any]) -> list[str]:
    """
    >>> _declared({"round_trip_ns": 900_000, "loss": [0.001, 0.0], "jitter_ns": [2000, 2000]})
    ['900 µs there and back as measured', 'loses 0.1 % out, 0 % back', 'jitter 2.00 µs']
    """
    told = [f"{words.duration(fibre['round_trip_ns'])} there and back as measured"] if "round_trip_ns" in fibre else []
    if "loss" in fibre:
        told.append("loses " + _by_way([f"{100 * share:.6g} %" for share in fibre["loss"]]))
    if "jitter_ns" in fibre:
        told.append("jitter " + _by_way([words.duration(ns) for ns in fibre["jitter_ns"]]))
    return told


def _by_way(told: Sequence[str]) -> str:
    out, back = told
    return out if out == back else f"{out} out, {back} back"


def _site(site: Mapping[str, Any], place: Point, is_laid_out: bool) -> Markup:
    x, y = place
    power = site.get("power_mw")
    note = f"{words.site(site['name'])}: {site['kind']}" + (f", {power:g} MW" if power is not None else "")
    note += "; where it stands is not known" if is_laid_out else ""
    return element("g", element("title", note), *shape(site["kind"], x, y), class_="site", data_site=site["name"])


def shape(kind: str, x: float, y: float) -> list[Markup]:
    """A kind's mark: cluster a dot in a ring, local a dot, edge a small dot, exchange an empty diamond."""
    if kind == "exchange":
        return [element("path", class_="dot hollow", d=f"M{x:g} {y - 6:g}l6 6l-6 6l-6 -6z")]
    radius = {"cluster": 5, "local": 5, "edge": 3.2}.get(kind, 4)
    ring = [element("circle", class_="ring", cx=x, cy=y, r=8.5)] if kind == "cluster" else []
    return [*ring, element("circle", class_="dot", cx=x, cy=y, r=radius)]


def _graticule(projection: Projection, sites: Sequence[Point]) -> Iterable[Markup]:
    """Parallels and meridians at whole degrees, so that a reader can find the country; no label under a site's name."""
    span = max(projection.height, WIDTH) / projection.scale
    step = next((step for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20) if span / step <= 6), 30)
    x0, y0 = projection.point(0, 0)
    per_lon = projection.squeeze * projection.scale * step
    for index in range(math.ceil((0 - x0) / per_lon), math.floor((WIDTH - x0) / per_lon) + 1):
        x = round(x0 + index * per_lon, 1)
        yield element("line", x1=x, x2=x, y1=0, y2=projection.height)
        if 40 < x < WIDTH - LONGITUDE_WIDTH:
            yield element("text", _degrees(index * step, "EW"), x=x + 3, y=projection.height - 5)
    for index in range(
        math.ceil((y0 - projection.height) / (step * projection.scale)), math.floor(y0 / (step * projection.scale)) + 1
    ):
        y = round(y0 - index * step * projection.scale, 1)
        yield element("line", x1=0, x2=WIDTH, y1=y, y2=y)
        if 16 < y < projection.height - 24 and not any(left < 120 and abs(top - y) < 24 for left, top in sites):
            yield element("text", _degrees(index * step, "NS"), x=4, y=y - 3)


def _degrees(value: float, signs: str) -> str:
    """
    >>> _degrees(140, "EW"), _degrees(-3.5, "NS")
    ('140° E', '3.5° S')
    """
    return f"{abs(round(value, 1)):g}°" + (f" {signs[value < 0]}" if value else "")


def _scale_bar(projection: Projection) -> list[Markup]:
    per_km = projection.scale / KM_PER_DEGREE
    km = next((km for km in (1000, 500, 200, 100, 50, 20, 10, 5, 2, 1) if km * per_km <= WIDTH / 4), 1)
    right, y = WIDTH - 14, projection.height - 22
    left = round(right - km * per_km, 1)
    bar = element("path", d=f"M{left:g} {y - 4}v4H{right}v-4", fill="none")
    return [bar, element("text", f"{km:,} km", x=right, y=y - 7, text_anchor="end")]


def names_placed(
    sites: Sequence[Mapping[str, Any]], at: Mapping[str, Point], lines: Sequence[tuple[Point, Point]]
) -> Iterable[Markup]:
    """Place names where they cover the least; sites with more power choose first, then in the file's order.

    A name that would hide others is left out: the site's tooltip and the chooser of pairs still have it.
    """
    taken: list[Box] = [(x - 8, y - 8, x + 8, y + 8) for x, y in at.values()]
    along = [_between(a, b, step / 16) for a, b in lines for step in range(17)]
    order = sorted(range(len(sites)), key=lambda index: (-(sites[index].get("power_mw") or 0), index))
    for index in order:
        name = words.site(sites[index]["name"])
        x, y = at[sites[index]["name"]]
        width = LABEL_WIDTH * cell_len(name)
        candidates = []
        for rank, (dx, dy, anchor) in enumerate(_PLACES):
            left = x + dx - {"start": 0, "middle": width / 2, "end": width}[anchor]
            box = (left, y + dy - LABEL_HEIGHT + 3, left + width, y + dy + 3)
            candidates.append((_cost(box, taken, along) + rank, rank, box))
        cost, rank, box = min(candidates)
        if cost > WORST_COST:
            continue
        dx, dy, anchor = _PLACES[rank]
        taken.append(box)
        yield element("text", name, x=x + dx, y=y + dy, text_anchor=anchor)


_PLACES = (
    (12.0, 4.0, "start"),
    (-12.0, 4.0, "end"),
    (10.0, -8.0, "start"),
    (10.0, 17.0, "start"),
    (0.0, -13.0, "middle"),
    (0.0, 23.0, "middle"),
    (-10.0, -8.0, "end"),
    (-10.0, 17.0, "end"),
)


def _cost(box: Box, taken: Sequence[Box], along: Sequence[Point]) -> float:
    left, top, right, bottom = box
    over = sum(max(0.0, min(right, r) - max(left, a)) * max(0.0, min(bottom, d) - max(top, b)) for a, b, r, d in taken)
    crossed = sum(left - 2 <= x <= right + 2 and top <= y <= bottom for x, y in along)
    outside = max(0.0, -left) + max(0.0, right - WIDTH) + max(0.0, -top)
    return over + 12 * crossed + 40 * outside


def _between(a: Point, b: Point, share: float) -> Point:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share
