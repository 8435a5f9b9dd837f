# SPDX-License-Identifier: BSD-3-Clause
"""GeoJSON (RFC 7946): points are sites, lines are fibres between the points that they name, or begin and end at."""

from __future__ import annotations

from typing import Any

from apnemu.escapes import brief
from apnemu.importing.attributes import about, link_of, node_of
from apnemu.importing.drawn import drawn
from apnemu.importing.form import Form, Imported, Wishes
from apnemu.importing.opened import Opened
from apnemu.importing.sketch import Sketch
from apnemu.importing.sndlib import objects

FROM, TO = ("a", "from", "source"), ("b", "to", "target")
NEAR_DEG = 1e-4
"""Degrees within which a line ends at a point: 11 m."""


def read(opened: Opened, wishes: Wishes) -> Imported:
    """The network of a feature collection."""
    held = opened.json
    sketch = Sketch(opened, "GeoJSON", name=str(held.get("name") or ""))
    about(sketch, held)
    features = objects(opened, held, "features")
    points = [each for each in features if _kind(each) in ("Point", "") and not _ends_named(each)]
    lines = [each for each in features if _kind(each) == "LineString" or (_kind(each) == "" and _ends_named(each))]
    if others := len(features) - len(points) - len(lines):
        sketch.drop("file", "features that are neither points nor lines", others)
    at: dict[str, tuple[float, float]] = {}
    for number, point in enumerate(points, 1):
        own = _properties(point)
        key = own.pop("id", None) or point.get("id") or own.get("name") or own.get("label") or f"point {number}"
        place = _places(sketch, point)
        if place:
            own |= {"lon": place[0][0], "lat": place[0][1]}
            at[str(key)] = place[0]
        node_of(sketch, key, own, point.line, label=key)
    for line in lines:
        own = _properties(line)
        ends = [next((own.pop(word) for word in words if word in own), None) for words in (FROM, TO)]
        places = _places(sketch, line)
        for index in (0, -1):
            if ends[index] is None:
                ends[index] = _nearest(sketch, line, at, places[index] if places else None)
        if len(places) > 2:
            sketch.drop("line", "places on its way", len(places) - 2)
        link_of(sketch, ends[0], ends[1], own, line.line, one_way=False, unit_gbps=wishes.unit_gbps)
    for demand in held.get("demands") or [] if isinstance(held.get("demands"), list) else []:
        if isinstance(demand, dict):
            sketch.want(demand.get("from"), demand.get("to"), demand.get("rate_gbps"), name=demand.get("name") or "")
    return drawn(sketch, wishes)


def _kind(feature: Any) -> str:
    geometry = feature.get("geometry")
    return str(geometry.get("type")) if isinstance(geometry, dict) else ""


def _properties(feature: Any) -> dict[str, Any]:
    held = feature.get("properties")
    return dict(held) if isinstance(held, dict) else {}


def _ends_named(feature: Any) -> bool:
    own = _properties(feature)
    return any(word in own for word in FROM) and any(word in own for word in TO)


def _places(sketch: Sketch, feature: Any) -> list[tuple[float, float]]:
    """The positions of a point or a line, longitude first; none of a feature without geometry."""
    geometry = feature.get("geometry")
    if not isinstance(geometry, dict):
        return []
    held = geometry.get("coordinates")
    positions = [held] if geometry.get("type") == "Point" else held
    if not isinstance(positions, list) or not positions:
        sketch.fail(f"coordinates of a feature are {brief(held)}; give [longitude, latitude]", feature.line)
    for each in positions:
        numbers = each[:2] if isinstance(each, list) else []
        if len(numbers) < 2 or not all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers):
            sketch.fail(f"a position is {brief(each)}; it must be [longitude, latitude]; mend it", feature.line)
    return [(each[0], each[1]) for each in positions]


def _nearest(sketch: Sketch, line: Any, at: dict[str, tuple[float, float]], place: tuple[float, float] | None) -> str:
    """The point at which a line ends."""
    found = [key for key, (x, y) in at.items() if place and max(abs(x - place[0]), abs(y - place[1])) <= NEAR_DEG]
    if not found:
        sketch.fail("a line ends at no point; give it properties from and to, or a point at its ends", line.line)
    return found[0]


GEOJSON = Form(
    word="geojson",
    name="GeoJSON",
    takes=lambda opened: "features" in opened.keys,
    read=read,
)
