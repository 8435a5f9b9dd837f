# SPDX-License-Identifier: BSD-3-Clause
"""Maps of the country before and after each hazard: the circles, what goes dark in them, poles, landings, exchanges.

Both are of the case with the most poles. What is lost is told by shape as well as by colour: a cross, a dashed line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup
from rich.cells import cell_len

from apnemu.report import words
from apnemu.report.maps import WIDTH, Ground, Point
from apnemu.report.plant_map import KM_PER_DEGREE, LABEL_WIDTH
from apnemu.report.plots import figure
from apnemu.report.svg import Attribute, element, key, key_list

Row = Mapping[str, Any]
STANDS, LOST, QUIET = "var(--good)", "var(--bad)", "var(--muted)"
LABEL_HEIGHT = 16


def before_and_after(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """Two maps for each hazard whose record is known."""
    largest: dict[str, Row] = {}
    for row in rows:
        known = largest.get(row["hazard"])
        if row["lost_sites"] is not None and (known is None or row["poles"] > known["poles"]):
            largest[row["hazard"]] = row
    drawn = []
    for hazard, row in largest.items():
        taken = f"{words.count(len(row['lost_sites']), 'site')}, {words.count(len(row['lost_fibres']), 'fibre')}"
        landings = words.count(len(row["lost_landings"]), "landing")
        for after in (False, True):
            title = f"{words.capital(words.spelled(hazard))}: {'after it' if after else 'before it'}"
            caption = (
                f"Lost: {taken}, {landings}; dashed: fibres without light."
                if after
                else f"A service at {words.count(row['poles'], 'pole')}; circles: what the hazard takes."
            )
            drawn.append(figure(title, caption, _map(row, picture, after=after), key_list(_keys(after))))
    return drawn


def _map(row: Row, picture: Mapping[str, Any], *, after: bool) -> Markup:
    ground = Ground(picture)
    lost = set(row["lost_sites"]) if after else set()
    marks = [_circles(row, ground), *_fibres(row, picture, ground, after=after), *_landings(row, ground, after=after)]
    names: list[tuple[Point, str]] = []
    for site in picture["sites"]:
        name, place = site["name"], ground.at[site["name"]]
        told = _told(row, name, after=after)
        marks.append(_mark(row, name, place, told, after=after))
        if name in lost or name in row["pole_sites"] or name == row["keeper"]:
            names.append((place, words.site(name)))
    marks += _labels(names, list(ground.at.values()))
    said = ", ".join(map(words.site, row["lost_sites"])) or "no site"
    label = f"Map after {row['hazard']}; lost: {said}" if after else f"Map before {row['hazard']}"
    return ground.drawn(*marks, label=label)


def _circles(row: Row, ground: Ground) -> Markup:
    """The hazard's circles, cut off at the map's edge."""
    projection = ground.projection
    drawn = []
    for lat, lon, km in row["circles"]:
        x, y = projection.point(lat, lon)
        radius = max(4.0, round(km / KM_PER_DEGREE * projection.scale, 1))
        look: dict[str, Attribute] = {"fill": LOST, "fill_opacity": 0.14, "stroke": LOST, "stroke_opacity": 0.6}
        drawn.append(element("circle", element("title", f"{km:g} km around"), cx=x, cy=y, r=radius, **look))
    box: dict[str, Attribute] = {"width": WIDTH, "height": projection.height, "style": "overflow:hidden"}
    return element("svg", *drawn, **box)


def _fibres(row: Row, picture: Mapping[str, Any], ground: Ground, *, after: bool) -> Iterable[Markup]:
    for fibre in picture["fibres"]:
        dark = after and fibre["name"] in row["lost_fibres"]
        note = words.pair(fibre["a"], fibre["b"]) + (": dark" if dark else "")
        look: dict[str, Attribute] = {"stroke": LOST, "stroke_width": 2, "stroke_dasharray": "3 5"} if dark else {}
        yield ground.fibre(fibre, note, **look)


def _landings(row: Row, ground: Ground, *, after: bool) -> Iterable[Markup]:
    for name, (lat, lon) in row["landing_places"].items():
        gone = after and name in row["lost_landings"]
        place = ground.projection.point(lat, lon)
        if not (0 <= place[0] <= WIDTH and 0 <= place[1] <= ground.projection.height):
            continue
        yield _landing(place, element("title", f"landing {name}{': lost' if gone else ''}"), gone=gone)


def _told(row: Row, name: str, *, after: bool) -> str:
    roles = ["pole"] if name in row["pole_sites"] else ["keeper of copies"] if name == row["keeper"] else []
    if after and name in row["lost_sites"]:
        roles.append("lost")
    elif after and name in row["pole_sites"]:
        roles.append("heard of again" if name in row["reached_sites"] else "stands, without light")
    return f"{words.site(name)}: {', '.join(roles)}" if roles else words.site(name)


def _mark(row: Row, name: str, place: Point, told: str, *, after: bool) -> Markup:
    title = element("title", told)
    if after and name in row["lost_sites"]:
        return _cross(place, title)
    if name == row["keeper"]:
        return _keeper(place, title)
    if name in row["pole_sites"]:
        return _pole(place, title, reached=not after or name in row["reached_sites"])
    return element("circle", title, cx=place[0], cy=place[1], r=3, fill=QUIET)


def _pole(place: Point, *title: Markup, reached: bool = True) -> Markup:
    """A full dot; a hollow one for a pole that stands and is not heard of."""
    fill = STANDS if reached else "var(--sheet)"
    return element("circle", *title, cx=place[0], cy=place[1], r=6, fill=fill, stroke="var(--ink)")


def _keeper(place: Point, *title: Markup) -> Markup:
    x, y = place[0] - 6, place[1] - 6
    return element("rect", *title, x=x, y=y, width=12, height=12, fill="var(--apn)", stroke="var(--ink)")


def _cross(place: Point, *title: Markup) -> Markup:
    x, y = place
    return element("path", *title, d=f"M{x - 6:g} {y - 6:g}l12 12m0 -12l-12 12", stroke=LOST, stroke_width=3)


def _landing(place: Point, *title: Markup, gone: bool = False) -> Markup:
    """A triangle; a lost one is crossed out."""
    x, y = place
    shape = f"M{x:g} {y - 5:g}l5 9h-10z" + (f"M{x - 6:g} {y - 6:g}l12 12m0 -12l-12 12" if gone else "")
    return element("path", *title, d=shape, fill="none", stroke=LOST if gone else "var(--ink)", stroke_width=1.5)


def _labels(names: Sequence[tuple[Point, str]], places: Sequence[Point]) -> Iterable[Markup]:
    """Names beside their marks, right or left; one that would cover another name or a mark is left to its tooltip."""
    taken = [(x - 6, y - 6, x + 6, y + 6) for x, y in places]
    for (x, y), name in names:
        width = LABEL_WIDTH * cell_len(name)
        for left, anchor, at in ((x + 10, "start", x + 10), (x - 10 - width, "end", x - 10)):
            box = (left, y - LABEL_HEIGHT / 2, left + width, y + LABEL_HEIGHT / 2)
            if left < 0 or left + width > WIDTH or any(_overlap(box, other) for other in taken):
                continue
            taken.append(box)
            yield element("text", name, x=round(at, 1), y=y + 4, text_anchor=anchor)
            break


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _keys(after: bool) -> list[Markup]:
    keys = [key("pole", _pole((8, 8))), key("keeper of copies", _keeper((8, 8))), key("landing", _landing((8, 8)))]
    if after:
        keys.append(key("pole without light", _pole((8, 8), reached=False)))
        keys.append(key("lost", _cross((8, 8))))
        dashed: dict[str, Attribute] = {"stroke": LOST, "stroke_width": 2, "stroke_dasharray": "3 5"}
        keys.append(key("fibre without light", element("line", x1=0, x2=16, y1=8, y2=8, **dashed)))
    return keys
