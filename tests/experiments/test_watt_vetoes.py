# SPDX-License-Identifier: BSD-3-Clause
"""Whole jobs that an operator's feeder does not bear: those that are too much stay, the others go."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from apnemu.emulation.apps.watt.proposed import Proposal, Share
from apnemu.emulation.apps.watt.vetoed import parts_of, stayed, too_much
from apnemu.experiments.watt_day.settings import Settings
from apnemu.model.power import Feeder, Party, Power
from tests.experiments.test_watt_day import WHOLE, a_day, played
from tests.power.made import site, system, work


def fed(most_mw: float, **parts: Any) -> Power:
    """Three whole jobs, and one that is fluid, of a site where power is dear; the cheap one hangs on a feeder."""
    jobs = [work(f"job-{mw}", "a", mw, hours=24.0, whole=True) for mw in (8, 5, 3)]
    made: dict[str, Any] = {
        "sites": (site("a", "x", 60), site("b", "y", 60)),
        "work": tuple(jobs),
        "feeders": (Feeder(name="thin", area="y", sites=("b",), mw=50.0 + most_mw, base=50.0),),
        "parties": (Party(name="agg", role="aggregator", at="a"),),
    }
    return system({"x": [20_000.0] * 48, "y": [10_000.0] * 48}, **{**made, **parts})


@pytest.mark.parametrize(("most_mw", "goes"), [(16.5, 16), (13.2, 13), (9.0, 8), (4.0, 3), (2.0, 0)])
def test_of_whole_jobs_as_many_go_as_the_feeder_bears(most_mw: float, goes: int) -> None:
    real, world = played(fed(most_mw), a_day(jobs="whole", hide="feeders"), Settings())
    away = real.schedule.run_mw[:, 1].sum(axis=0)
    assert away == pytest.approx([goes] * 24, abs=1e-3)
    assert real.overload_mwh == 0 and real.deadline_misses == 0
    assert real.cost == pytest.approx(24 * (20_000 * (16 - goes) + 10_000 * goes), rel=WHOLE)
    assert any(note.get("vetoes") for _, note in world.notes) == (goes < 16)


def test_fluid_work_takes_what_whole_jobs_leave_where_none_of_them_goes() -> None:
    power = fed(2.0)
    power = replace(power, work=(*power.work, work("batch", "a", 10, hours=24.0)))
    real, _ = played(power, a_day(jobs="whole", hide="feeders"), Settings())
    assert 0 < real.schedule.run_mw[3, 1].sum() <= 24 * 2.0 + 1e-3
    assert real.schedule.run_mw[:3, 1].sum() == 0 and real.overload_mwh == 0


def test_what_stays_draws_what_its_site_needs_there() -> None:
    """Site b needs twice its load above 10 kW."""
    share = Share(home="a", base_kw=[6, 6], total_kw=[6, 6], away_kw={"b": [6, 6]}, whole=True)
    other = replace(share, base_kw=[9, 9], total_kw=[9, 9], away_kw={"b": [9, 0]})
    made = Proposal(
        jobs={"one": share, "other": other},
        stays_kw={"a": [0, 0], "b": [4, 4]},
        change_kw={"x": [-15, -6], "y": [24, 6], "feed-a": [-15, -6], "feed-b": [24, 6]},
        draws={"a": ("x", [(0.0, 1.0)]), "b": ("y", [(0.0, 1.0), (-10.0, 2.0)])},
    )
    half = [Fraction(1, 2), Fraction(1)]
    assert too_much(made, half) == {0: ["other"]}
    assert parts_of(made, half) == [0, 1]
    after = stayed(made, {0: ["other"]})
    assert after.change_kw == {"x": [-6, -6], "y": [6, 6], "feed-a": [-6, -6], "feed-b": [6, 6]}
    assert after.jobs["other"].away_kw == {"b": [0, 0]} and after.jobs["one"] == share
