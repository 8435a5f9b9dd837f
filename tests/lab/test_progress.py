# SPDX-License-Identifier: BSD-3-Clause
"""What is said of the time left: nothing until it is known, and then near the truth, whatever the pace before."""

from __future__ import annotations

import random
import re

import pytest

from apnemu.lab.guest import Progress
from apnemu.lab.progress import Display, Pace, text_of
from apnemu.model.activities import Application, Probes
from apnemu.model.scenario import Stage, planned_virtual_s
from apnemu.units import VirtualNs


def said(pace: Pace, virtual_s: float, wall_s: float, planned_s: float | None) -> float | None:
    return pace.wall_left_s(Progress(virtual_ns=int(virtual_s * 1e9), wall_s=wall_s, planned_virtual_s=planned_s))


@pytest.mark.parametrize("seed", range(20))
def test_an_estimate_is_near_what_the_rest_takes(seed: int) -> None:
    """A boot of slow virtual time, a jump to where playing begins, then traffic at a pace that wanders a little."""
    draw = random.Random(seed)
    boot_s, stage_s, play_wall_s = draw.uniform(1, 8), draw.uniform(0.5, 5), draw.uniform(30, 300)
    pace, wall_s, virtual_s, estimates = Pace(), 0.0, 0.0, []
    while virtual_s < 20 + stage_s:
        wall_s += 0.2
        if wall_s < boot_s:
            virtual_s += 1e-4
        else:
            virtual_s = max(20.0, virtual_s) + stage_s / play_wall_s * 0.2 * draw.uniform(0.7, 1.3)
        if (left_s := said(pace, virtual_s, wall_s, 20 + stage_s)) is not None:
            estimates.append((left_s, wall_s))
    assert estimates
    for left_s, at_s in estimates:
        assert left_s == pytest.approx(wall_s - at_s, rel=0.3, abs=2)


def test_nothing_is_said_early_or_beyond_the_plan() -> None:
    pace = Pace()
    assert said(pace, 6e-4, 1.0, 22.8) is None
    assert [said(pace, 276 + wall_s, wall_s, 22.8) for wall_s in range(2, 40)] == [None] * 38
    assert text_of(Progress(virtual_ns=276_000_000_000, wall_s=9, planned_virtual_s=22.8), None) == (
        "276.0 virtual s in 9 s"
    )


def test_a_network_that_is_being_built_has_no_pace() -> None:
    """It computes at one instant: a virtual second took 900 s there, and then 0.1 s."""
    pace = Pace()
    assert [said(pace, 11.0 + wall_s / 900, wall_s, 25.9) for wall_s in range(2, 30)] == [None] * 28


def test_a_stage_of_jobs_has_no_plan() -> None:
    job = Application(name="job", site="a", argv=("true",), role="job")
    stage = Stage(phase="", duration_ns=VirtualNs(10**9))
    assert planned_virtual_s((stage,)) == pytest.approx(22.1)
    assert planned_virtual_s((stage, Stage(phase="", duration_ns=VirtualNs(0), activities=(job,)))) is None


def test_the_plan_has_the_time_that_an_application_of_ones_own_settles_and_learns() -> None:
    probes = Probes(pairs=(("a", "b"), ("b", "a")), count=1, gap_ns=VirtualNs(10**6))
    stage = Stage(phase="", duration_ns=VirtualNs(10**9), activities=(probes,))
    assert planned_virtual_s((stage,), learns=True, settle_s=2.0) == pytest.approx(22.1 + 4 * 2 * 0.5)
    assert planned_virtual_s((stage,), learns=True, settle_s=40.0) == pytest.approx(40 + 22.1 + 4 * 2 * 0.5)
    assert planned_virtual_s((stage,), learns=True, settle_s=None) is None


def test_elsewhere_than_on_a_terminal_it_is_a_line_every_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    with Display() as display:
        for fifth in range(5 * 35):
            display.update("apn", Progress(virtual_ns=fifth * 10**8, wall_s=fifth / 5, planned_virtual_s=50.0))
    lines = capsys.readouterr().err.splitlines()
    assert [re.sub(r"[\d.]+", "N", line) for line in lines] == ["apn: N of N virtual s in N s, about N s left"] * 3
