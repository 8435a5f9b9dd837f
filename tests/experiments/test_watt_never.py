# SPDX-License-Identifier: BSD-3-Clause
"""Days on which GPUs never idle, with jobs of different windows: the day is the plan that is computed at once."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from apnemu.experiments.watt_day.settings import Settings
from apnemu.model.power import Party, Power
from apnemu.power.outcome import Outcome, outcome
from apnemu.power.shift import plan
from tests.experiments.test_watt_day import WHOLE, a_day, played
from tests.power.made import site, system, work

DAY, HOUR_S = 24, 3600
IDLE_MWH = 0.05
"""Energy that whole kW of messages leave over a day of some jobs."""


def planned(power: Power, day: Any) -> Outcome:
    asked = day.asked(Settings())
    base = plan(power, replace(asked, shift="none"))
    return outcome(power, plan(power, asked, base), base)


def of_two_windows(**parts: Any) -> Power:
    """An owner's two jobs: one that could wait for the cheap night, one that must be done by noon."""
    prices = {"x": [*[20_000.0] * 8, *[5_000.0] * 4, *[30_000.0] * 12] * 2}
    works = (
        work("early", "a", 20, hours=8.0, by_s=12 * HOUR_S),
        work("late", "a", 20, hours=16.0, by_s=24 * HOUR_S),
        work("endless", "a", 5),
    )
    made = {"sites": (site("a", "x", 100, 1.2),), "work": works}
    return system(prices, **{**made, **parts})


def drawn(seed: int) -> Power:
    """Two owners with two sites, and jobs whose windows lie anywhere, some of them past midnight."""
    draw = random.Random(f"{seed} windows")
    prices = {area: [float(draw.choice((0, 2_000, 9_000, 15_000, 30_000))) for _ in range(2 * DAY)] for area in "xy"}
    sites = tuple(
        site(name, area, draw.randrange(60, 200), draw.choice((1.1, 1.4)), owner=owner)
        for name, area, owner in (("a", "x", "one"), ("b", "y", "one"), ("c", "y", "two"))
    )
    works = []
    for number in range(draw.randrange(3, 7)):
        home, owner = draw.choice((("a", "one"), ("b", "one"), ("c", "two")))
        begin, hours = draw.randrange(0, 18), draw.randrange(1, 9)
        ends = begin + hours + draw.choice((0, 1, 5, 12))
        parts: dict[str, Any] = {"from_s": begin * HOUR_S, "by_s": ends * HOUR_S, "hours": float(hours), "owner": owner}
        works.append(work(f"job-{number}", home, draw.randrange(1, 12), **parts))
    parties = (Party(name="one", role="dc", at="a"), Party(name="two", role="dc", at="c"))
    return system(prices, sites=sites, work=tuple(works), parties=parties)


@pytest.mark.parametrize("shift", ["time", "both"])
def test_a_job_that_ends_first_runs_ahead_and_no_gpu_idles_later(shift: Any) -> None:
    power, day = of_two_windows(), a_day(shift=shift)
    real, _ = played(power, day, Settings())
    assert real.idle_gpu_mwh == pytest.approx(0, abs=IDLE_MWH)
    assert real.cost == pytest.approx(planned(power, day).cost, rel=WHOLE)
    assert real.cost == pytest.approx(planned(power, a_day(shift="none")).cost, rel=WHOLE)


@pytest.mark.parametrize("seed", [1, 8, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (0, 2, 4, 5, 9, 10))])
def test_the_day_is_the_plan_whatever_the_windows_are(seed: int) -> None:
    power, day = drawn(seed), a_day(shift=("time", "both")[seed % 2])
    real, _ = played(power, day, Settings(horizon=random.Random(seed).choice((12, 24, 48))))
    exact = planned(power, day)
    assert real.idle_gpu_mwh == pytest.approx(0, abs=IDLE_MWH)
    assert real.deadline_misses == 0
    assert real.cost == pytest.approx(exact.cost, rel=WHOLE, abs=1_000)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("jobs", "hide"),
    [("fluid", "nothing"), ("fluid", "jobs"), ("fluid", "jobs+cost"), ("whole", "nothing"), ("whole", "jobs+compute")],
)
def test_what_is_sold_or_hidden_idles_no_more(jobs: Any, hide: str) -> None:
    power = drawn(1)
    power = replace(power, work=tuple(replace(each, whole=number % 2 > 0) for number, each in enumerate(power.work)))
    real, world = played(power, a_day(shift="both", hide=hide, jobs=jobs), Settings())
    none = planned(power, a_day(shift="none")).cost
    assert real.idle_gpu_mwh == pytest.approx(0, abs=IDLE_MWH)
    assert real.deadline_misses == 0 and real.cost <= none * (1 + WHOLE)
    if "jobs" in hide:
        text = json.dumps(world.sent)
        assert not any(each.name in text for each in power.work)
        states = [message for message in world.sent if message["kind"] == "state"]
        assert jobs == "whole" or "cost" in hide or not any(any(state["arrives_kw"]) for state in states)


@pytest.mark.parametrize("shift", ["time", "both"])
def test_alone_no_gpu_idles(shift: Any) -> None:
    power = drawn(3)
    real, _ = played(power, a_day(shift=shift, control="alone"), Settings())
    assert real.idle_gpu_mwh == pytest.approx(0, abs=IDLE_MWH)
    assert real.cost == pytest.approx(planned(power, a_day(shift="none")).cost, rel=WHOLE)
