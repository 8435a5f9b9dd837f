# SPDX-License-Identifier: BSD-3-Clause
"""Land under maps: where it is and where it is not, how it is cut, and where it would be false."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.report import coasts
from apnemu.report.maps import Ground, Projection

TOKYO, OSAKA, SAPPORO, NAHA = (35.69, 139.69), (34.69, 135.50), (43.06, 141.35), (26.21, 127.69)
LONDON, DENVER, SYDNEY = (51.50, -0.12), (39.74, -104.99), (-33.80, 151.0)
PACIFIC, JAPAN_SEA, TOKYO_BAY, ATLANTIC, CASPIAN = (
    (30.0, 145.0),
    (40.0, 135.0),
    (35.45, 139.83),
    (40.0, -40.0),
    (41.5, 51),
)


def on_land(coast: coasts.Coast, place: tuple[float, float]) -> bool:
    """Whether a ray to the west crosses coast an odd number of times."""
    lat, lon = place
    odd = False
    for ring in coast.rings:
        for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
            if (y1 > lat) != (y2 > lat) and x1 + (lat - y1) / (y2 - y1) * (x2 - x1) < lon:
                odd = not odd
    return odd


def area(ring: Sequence[tuple[float, float]]) -> float:
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], *ring[:1]], strict=True)) / 2


def test_cities_stand_on_land_and_seas_do_not() -> None:
    source, (japan, world) = coasts.read()
    assert "Natural Earth" in source and "public domain" in source
    for place in (TOKYO, OSAKA, SAPPORO, NAHA):
        assert on_land(japan, place), place
    for place in (TOKYO, DENVER, LONDON, SYDNEY):
        assert on_land(world, place), place
    for place in (PACIFIC, JAPAN_SEA, TOKYO_BAY):
        assert not on_land(japan, place), place
    for place in (PACIFIC, JAPAN_SEA, ATLANTIC, CASPIAN):
        assert not on_land(world, place), place


def test_the_outlines_are_small() -> None:
    assert coasts.FILE.stat().st_size < 100_000


POINT = st.tuples(st.integers(-20, 20), st.integers(-20, 20))


@settings(max_examples=200, deadline=None)
@given(st.lists(POINT, min_size=3, max_size=12), st.integers(-20, 20), st.integers(0, 1))
def test_the_two_sides_of_a_cut_have_the_area_of_the_whole(
    ring: list[tuple[float, float]], limit: int, axis: int
) -> None:
    far = 1000.0
    low, high = [-far] * 4, [-far] * 4
    low[2] = low[3] = high[2] = high[3] = far
    low[2 + axis] = high[axis] = limit
    sides = [coasts.clipped(ring, tuple(side)) for side in (low, high)]  # type: ignore[arg-type]  # four of each
    assert area(sides[0]) + area(sides[1]) == pytest.approx(area(ring), abs=1e-6)
    for side, bounds in zip(sides, (low, high), strict=True):
        assert all(bounds[0] <= x <= bounds[2] and bounds[1] <= y <= bounds[3] for x, y in side)


def picture(*places: tuple[float, float]) -> dict[str, Any]:
    return {"sites": [{"name": f"s-{n}", "lat": lat, "lon": lon} for n, (lat, lon) in enumerate(places)]}


@pytest.mark.parametrize(
    ("places", "there"),
    [
        ((TOKYO, OSAKA, SAPPORO), True),
        (((35.6, 139.6), (35.9, 140.0)), True),
        (((35.68, 139.70), (35.69, 139.71)), False),
        ((LONDON, (48.85, 2.35), (40.42, -3.70)), True),
        ((DENVER, (47.6, -122.3), (25.8, -80.2)), True),
        ((LONDON, (51.49, -0.11)), False),
        ((PACIFIC, (30.5, 145.5)), False),
        ((SYDNEY, LONDON, DENVER, TOKYO), True),
    ],
)
def test_a_map_has_land_where_it_is_known_well_enough(places: tuple[tuple[float, float], ...], there: bool) -> None:
    drawn = str(Ground(picture(*places)).drawn())
    assert ('class="land"' in drawn) == there


def test_land_stays_on_the_paper() -> None:
    ground = Projection(picture(TOKYO, OSAKA, NAHA)["sites"])
    path = str(ground.land()).partition('d="')[2].partition('"')[0]
    points = [tuple(map(float, pair.split(","))) for ring in path.split("M")[1:] for pair in ring[:-1].split("L")]
    assert len(points) > 100
    assert all(-0.1 <= x <= 520.1 and -0.1 <= y <= ground.height + 0.1 for x, y in points)
