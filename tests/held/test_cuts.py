# SPDX-License-Identifier: BSD-3-Clause
"""A small sample of what `cuts` measures, and what it draws."""

from __future__ import annotations

import pytest

from tests.held.cuts import TOPOLOGIES, Point, drawn, measured


def test_every_topology_is_drawn_and_each_seed_draws_its_own() -> None:
    points = list(drawn(8, 1))
    assert [point.topology for point in points] == [*TOPOLOGIES, *TOPOLOGIES]
    assert points == list(drawn(8, 1)) != list(drawn(8, 2))


@pytest.mark.guest
@pytest.mark.slow
def test_a_controller_that_is_near_changes_roadms_as_promptly_as_a_far_one() -> None:
    """Light came back 4 to 5 ms late where one ROADM was changed within 5 ms of another."""
    rows = measured(Point(topology="tokyo-metro", controller="shibuya", cut="toyosu-inzai", seed=7))
    assert len(rows) == 3 + 11
    assert all(row["met"] for row in rows)
    assert all(abs(row["off_ns"]) <= 1_000_000 for row in rows if row["off_ns"] is not None), rows
    assert sum(row["off_ns"] is not None for row in rows[:3]) == 3
