# SPDX-License-Identifier: BSD-3-Clause
"""Make the coasts of maps, `apnemu/report/coasts.json`, from Natural Earth's outlines of land.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    pip install shapely==2.2.0
    python .ci/coast.py package apnemu/report/coasts.json

world-atlas holds Natural Earth 4.1.0 (public domain) as TopoJSON. Rings are simplified (Douglas and Peucker) and
written as whole steps: the first point, then the differences from point to point.
"""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

from shapely.geometry import Polygon, box
from shapely.validation import make_valid

SOURCE = "Natural Earth 4.1.0, public domain, by world-atlas 2.0.2, simplified"
COASTS = (
    {"file": "land-10m.json", "within": [122, 20, 154, 50], "error": 0.007, "step": 0.005, "least": 0.0012},
    {"file": "land-50m.json", "within": [-180, -90, 180, 90], "error": 0.11, "step": 0.05, "least": 0.04},
)
"""Outlines, the finest first: `within` is west, south, east, north; `error`, `step`, `least` (area) are of degrees."""


def lands(path: Path) -> list[Polygon]:
    """Polygons of a TopoJSON's land, in degrees."""
    file = json.loads(path.read_text())
    (wide, tall), (west, south) = file["transform"]["scale"], file["transform"]["translate"]
    arcs = []
    for arc in file["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * wide + west, y * tall + south))
        arcs.append(points)

    def ring(numbers: list[int]) -> list[tuple[float, float]]:
        whole: list[tuple[float, float]] = []
        for number in numbers:
            arc = arcs[number] if number >= 0 else arcs[~number][::-1]
            whole += arc[1:] if whole else arc
        return whole

    found = []
    for shape in file["objects"]["land"]["geometries"]:
        for outer, *holes in shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]:
            found.append(Polygon(ring(outer), [ring(hole) for hole in holes]))
    return found


def polygons(shape: Any) -> list[Polygon]:
    """All polygons of a shape."""
    if shape.geom_type == "Polygon":
        return [shape]
    return [polygon for part in getattr(shape, "geoms", []) for polygon in polygons(part)]


def rings(land: list[Polygon], coast: dict[str, Any]) -> list[list[int]]:
    """Simplified rings in whole steps, the longest first."""
    step, found = coast["step"], []
    for whole in land:
        inside = make_valid(whole).intersection(box(*coast["within"]))
        for polygon in polygons(inside.simplify(coast["error"])):
            for ring in (polygon.exterior, *polygon.interiors):
                points = [(round(x / step), round(y / step)) for x, y in ring.coords[:-1]]
                points = [point for point, last in zip(points, [None, *points], strict=False) if point != last]
                if len(points) > 2 and Polygon(points).area * step * step >= coast["least"]:
                    moves = [(x2 - x1, y2 - y1) for (x1, y1), (x2, y2) in pairwise(points)]
                    found.append([number for point in (points[0], *moves) for number in point])
    return sorted(found, key=lambda ring: (-len(ring), ring))


def main() -> None:
    """Read the folder of the first argument, write the file of the second."""
    folder, to = Path(sys.argv[1]), Path(sys.argv[2])
    coasts = [
        {
            "within": coast["within"],
            "error_deg": coast["error"],
            "step_deg": coast["step"],
            "rings": rings(lands(folder / str(coast["file"])), coast),
        }
        for coast in COASTS
    ]
    to.write_text(json.dumps({"source": SOURCE, "coasts": coasts}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
