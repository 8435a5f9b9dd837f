# SPDX-License-Identifier: BSD-3-Clause
"""Coasts under a map: Natural Earth's outline of land, simplified and cut to what is shown.

`coasts.json` is made by `.ci/coast.py` and holds outlines of several finenesses, the finest first. A map is drawn over
the first that has all of it, and over none where an outline would be false by more than `MOST_FALSE` pixels.
*Not modelled:* lakes and rivers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markupsafe import Markup

from apnemu.report.svg import element

FILE = Path(__file__).with_name("coasts.json")
MOST_FALSE = 15.0
Point = tuple[float, float]
Bounds = tuple[float, float, float, float]
"""West, south, east and north, in degrees."""


@dataclass(frozen=True, slots=True)
class Coast:
    """Rings of (longitude, latitude) within bounds, false by at most `error_deg` beside their source."""

    within: Bounds
    error_deg: float
    rings: tuple[tuple[Point, ...], ...]

    def holds(self, shown: Bounds) -> bool:
        """Whether all that is shown lies within, so far as there is anything on Earth."""
        west, south, east, north = shown
        return (
            self.within[0] <= max(west, -180)
            and self.within[1] <= max(south, -90)
            and self.within[2] >= min(east, 180)
            and self.within[3] >= min(north, 90)
        )


@cache
def read() -> tuple[str, tuple[Coast, ...]]:
    """The source in words, and the coasts, the finest first."""
    file = json.loads(FILE.read_text())
    return file["source"], tuple(
        Coast(
            tuple(coast["within"]),
            coast["error_deg"],
            tuple(tuple(_points(ring, coast["step_deg"])) for ring in coast["rings"]),
        )
        for coast in file["coasts"]
    )


def _points(ring: Sequence[int], step_deg: float) -> Iterable[Point]:
    x = y = 0
    for dx, dy in zip(ring[::2], ring[1::2], strict=True):
        x, y = x + dx, y + dy
        yield x * step_deg, y * step_deg


def land(shown: Bounds, pixels_per_deg: float, place: Callable[[float, float], Point]) -> Markup | None:
    """One path of all land that is shown, or None where no outline is true enough or nothing but sea is shown.

    `place` gives the pixels of a latitude and a longitude.
    """
    source, coasts = read()
    coast = next((coast for coast in coasts if coast.holds(shown)), None)
    if coast is None or coast.error_deg * pixels_per_deg > MOST_FALSE:
        return None
    parts = []
    for ring in coast.rings:
        inside = clipped(ring, shown)
        pixels = [place(lat, lon) for lon, lat in inside]
        steps = [point for point, last in zip(pixels, [None, *pixels], strict=False) if point != last]
        if len(steps) > 2:
            parts.append("M" + "L".join(f"{x:g},{y:g}" for x, y in steps) + "Z")
    if not parts:
        return None
    return element("path", element("desc", f"Land: {source}"), class_="land", d="".join(parts), fill_rule="evenodd")


def clipped(ring: Sequence[Point], within: Bounds) -> list[Point]:
    """The part of a ring that lies within bounds: Sutherland and Hodgman's way, one edge after another.

    >>> clipped([(0, 0), (4, 0), (4, 4), (0, 4)], (-1, -1, 2, 9))
    [(0, 0), (2, 0.0), (2, 4.0), (0, 4)]
    """
    west, south, east, north = within
    inside = list(ring)
    for axis, limit, sign in ((0, west, 1), (0, east, -1), (1, south, 1), (1, north, -1)):
        kept: list[Point] = []
        for start, end in zip([inside[-1], *inside[:-1]] if inside else [], inside, strict=True):
            has_start, has_end = (sign * (point[axis] - limit) >= 0 for point in (start, end))
            if has_start != has_end:
                other = 1 - axis
                share = (limit - start[axis]) / (end[axis] - start[axis])
                across = start[other] + share * (end[other] - start[other])
                kept.append((across, limit) if axis else (limit, across))
            if has_end:
                kept.append(end)
        inside = kept
    return inside
