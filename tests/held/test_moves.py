# SPDX-License-Identifier: BSD-3-Clause
"""A small sample of the moves that `moves` plays, and drawn ones that need no lab."""

from __future__ import annotations

from pathlib import Path

import pytest

from apnemu import load_topology
from apnemu.experiments.watt_day.light import planned_moves, scale_of
from apnemu.experiments.watt_day.settings import Settings
from apnemu.placement.precopy import course
from tests.held.moves import drawn, measured, written


def test_the_same_seed_draws_the_same_points() -> None:
    assert list(drawn(5, 1)) == list(drawn(5, 1)) != list(drawn(5, 2))
    points = list(drawn(40, 3))
    assert {point.rate_gbps for point in points} == {10, 40, 100, 400}
    assert min(point.scale for point in points) <= 3 and max(point.scale for point in points) >= 300


def test_every_drawn_job_moves_by_its_plan(tmp_path: Path) -> None:
    for number, point in enumerate(drawn(6, 4)):
        power = load_topology(written(point, tmp_path / str(number))).power
        assert power is not None and power.moves.stop_s == point.stop_s
        ((_, move),) = planned_moves(power, Settings(shift=("space",)))
        assert (move.origin, move.target, move.bytes) == ("a", "b", pytest.approx(point.state_bytes))
        assert scale_of(power, Settings(shift=("space",), scale=point.scale), "apn") == point.scale


def test_a_move_sends_what_is_written_again_and_again() -> None:
    """Rounds of pre-copy are nearly a geometric series: sums of both differ by what a round trip writes."""
    for point in drawn(50, 5):
        plan = point.ways().plan(point.moving())
        again = plan.dirty_bytes_per_s / plan.bytes_per_s
        found = course(plan)
        series = point.state_bytes * (1 - again ** (found.rounds + 1)) / (1 - again)
        written_bytes = found.rounds * plan.dirty_bytes_per_s * plan.rtt_s / (1 - again)
        assert series * (1 - 1e-9) <= found.moved_bytes <= series + written_bytes + point.state_bytes * 1e-3


@pytest.mark.long
@pytest.mark.guest
@pytest.mark.slow
def test_a_drawn_move_is_that_of_a_machine() -> None:
    (point,) = drawn(1, 2)
    row = measured(point)
    assert row["off"] == [], row
