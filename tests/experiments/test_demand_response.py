# SPDX-License-Identifier: BSD-3-Clause
"""A call of the grid: who is called and for how much, what is told to whom, timelines, bad inputs; and in the lab."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apnemu import load_topology
from apnemu.errors import InputError
from apnemu.experiments.demand_response import EXPERIMENT
from apnemu.experiments.demand_response.papers import papers_of
from apnemu.experiments.demand_response.plans import Plan, plans_of, scale_of
from apnemu.experiments.demand_response.question import prepare
from apnemu.experiments.demand_response.settings import Settings
from apnemu.experiments.demand_response.timeline import response
from apnemu.model.plant import Plant
from apnemu.model.power import Feeder
from apnemu.units import fibre_delay_ns
from tests.experiments.command import TOPOLOGIES, apnemu, settings

WAY_NS = fibre_delay_ns(552.6)
"""Light from Tokyo to Osaka, without what ROADMs and transceivers add."""


def plans(plant: Plant | None = None, **chosen: Any) -> list[Plan]:
    asked = Settings(**chosen)
    return plans_of(prepare(plant or load_topology("tokyo-osaka"), asked), asked)[1]


def with_lines(*lines: Feeder) -> Plant:
    plant = load_topology("tokyo-osaka")
    assert plant.power is not None
    return replace(plant, power=replace(plant.power, feeders=lines))


def line(name: str, mw: float, base: float = 75.0, sites: tuple[str, ...] = ("tokyo",)) -> Feeder:
    return Feeder(name=name, area="tokyo", sites=sites, mw=mw, base=base)


@pytest.mark.parametrize(("by", "acts_s"), [("cap", 2.0), ("battery", 0.2), ("pause", 30.0), ("plant", 10.0)])
def test_a_lever_delivers_after_two_ways_and_its_declared_time(by: Any, acts_s: float) -> None:
    (plan,) = plans(by=(by,))
    assert plan.predicted_ns is not None and plan.answered_ns is not None
    assert plan.predicted_ns - acts_s * 1e9 == pytest.approx(2 * WAY_NS, abs=60_000)
    assert plan.answered_ns - acts_s * 1e9 == pytest.approx(4 * WAY_NS, abs=120_000)
    assert (plan.called_kw, plan.predicted_mw) == (20_000, 20.0)


def test_a_move_takes_its_light_and_its_bytes_at_the_lights_rate() -> None:
    slow, fast = plans(by=("move",), rate_gbps=100.0)[0], plans(by=("move",), rate_gbps=400.0)[0]
    assert slow.meant_bytes == fast.meant_bytes == pytest.approx(11.25e12 * 16 / 90, rel=1e-6)
    assert slow.predicted_ns is not None and fast.predicted_ns is not None
    faster_s = (slow.predicted_ns - fast.predicted_ns) / 1e9
    assert faster_s == pytest.approx(slow.meant_bytes * 8 / 0.956407 * (1 / 100e9 - 1 / 400e9), rel=1e-4)
    assert slow.predicted_ns / 1e9 == pytest.approx(70.6 + slow.meant_bytes * 8 / 0.956407 / 100e9, rel=0.01)


def test_a_move_of_work_that_writes_sends_its_rounds() -> None:
    """Rounds of pre-copy are a geometric series."""
    still, writes = plans(by=("move",))[0], plans(by=("move",), dirty_bytes_per_s=1e9)[0]
    assert still.predicted_ns is not None and writes.predicted_ns is not None
    again = 1e9 / (100e9 / 8 * 0.956407)
    assert writes.meant_bytes == pytest.approx(still.meant_bytes / (1 - again), rel=1e-3)
    later_s = (writes.predicted_ns - still.predicted_ns) / 1e9
    assert later_s == pytest.approx((writes.meant_bytes - still.meant_bytes) / 1e9 * again, rel=0.01)
    with pytest.raises(InputError, match="dirty rate: 12 GB/s are dirtied"):
        plans(by=("move",), dirty_bytes_per_s=1.2e10)


def test_what_has_moved_makes_up_for_its_stop_before_the_stage_is_over() -> None:
    plant = load_topology("tokyo-osaka")
    assert plant.power is not None
    ends = []
    for stop_s, rebound in ((30.0, 1.0), (600.0, 1.0), (600.0, 0.5)):
        moves = replace(plant.power.moves, stop_s=stop_s)
        (plan,) = plans(
            replace(plant, power=replace(plant.power, moves=moves)), by=("move",), hold_s=60, rebound=rebound
        )
        assert plan.predicted_ns is not None
        ends.append((plan.over_ns - plan.predicted_ns) / 1e9 - 5)
    assert ends == pytest.approx([60, 1200, 1800], abs=1e-3)


@pytest.mark.parametrize(("meant", "given", "scale"), [(1e12, 0, 10), (1e11, 0, 1), (1.1e11, 0, 10), (5e12, 7, 7)])
def test_the_scale_is_the_least_power_of_ten_that_keeps_a_run_small(meant: float, given: int, scale: int) -> None:
    (plan,) = plans(by=("move",))
    assert scale_of([replace(plan, meant_bytes=int(meant))], Settings(scale=given)) == scale


@pytest.mark.parametrize(
    ("lines", "firm", "tripped"),
    [
        ((100.0, 100.0), 100.0, 200.0),
        ((60.0, 90.0), 60.0, 150.0),
        ((50.0, 60.0, 70.0), 110.0, 180.0),
    ],
)
def test_a_connection_admits_what_its_lines_carry_with_or_without_one(
    lines: tuple[float, ...], firm: float, tripped: float
) -> None:
    """N-1: firm load is carried while any one line is out, so nothing is called for."""
    base = 150.0 / len(lines)
    plant = with_lines(*(line(f"l-{n}", mw, base) for n, mw in enumerate(lines)))
    for number, mw in enumerate(lines):
        found = {
            plan.case.connection: plan
            for plan in plans(plant, by=("cap",), fault=f"l-{number}", connection=("firm", "tripped"))
        }
        assert found["firm"].admitted == pytest.approx(firm) and found["firm"].called_kw == 0
        assert found["tripped"].admitted == pytest.approx(tripped)
        assert found["tripped"].called_kw == pytest.approx(mw * 1e3, abs=1)
        assert found["tripped"].limit_s == 10.0
        drawn = sum(found["tripped"].scene.facility_mw(site) for site in found["tripped"].scene.called)
        assert drawn == pytest.approx(tripped)


def test_the_manifest_names_the_scale_of_moves() -> None:
    plant = prepare(load_topology("tokyo-osaka"), Settings())
    said = EXPERIMENT.approximates(plant, Settings(by=("move",), scale=50))
    assert [line.startswith("Moves: bytes, the rate ") and line.endswith(" divided by 50.") for line in said] == [True]
    assert (
        EXPERIMENT.approximates(plant, Settings(by=("cap",))) == EXPERIMENT.approximates(plant, Settings(scale=1)) == ()
    )


def test_what_others_draw_of_the_lines_is_theirs() -> None:
    plant = with_lines(line("l-1", 100.0, 90.0), line("l-2", 100.0, 90.0), line("else", 50.0, 9.0, ()))
    (plan,) = plans(plant, by=("cap",), fault="l-2")
    assert plan.admitted == pytest.approx(200 - (180 - 150))
    assert plan.called_kw == pytest.approx(100_000, abs=1)


def test_each_party_is_told_its_own() -> None:
    asked = Settings(by=("move",), fault="line-1")
    plant = prepare(load_topology("tokyo-osaka"), asked)
    ways, (plan,) = plans_of(plant, asked)
    told = {own["name"]: json.dumps(own) for _, own in papers_of(ways, plan, asked, 10, 1)}
    assert list(told) == ["aggregator", "agent-tokyo", "agent-osaka", "tso-tokyo"]
    for name, text in told.items():
        assert ("line-2" in text) == (name == "tso-tokyo")
        assert ("training" in text) == (name == "agent-tokyo")
    keys = [of["key"] for own in told.values() for of in json.loads(own)["peers"].values()]
    assert all(keys.count(key) == 2 for key in keys)


def test_a_called_area_is_shared_by_its_sites_and_moves_go_outside_it() -> None:
    (plan,) = plans(load_topology("jpn12-power"), by=("move",), clock="12:00")
    assert plan.scene.called == ("tokyo", "hachioji") and plan.scene.to == "osaka"
    assert list(plan.parts_kw) == ["tokyo"] and plan.parts_kw["tokyo"] == 20_000
    assert not plan.refused and plan.predicted_mw == pytest.approx(20.0)


def test_a_lever_that_a_site_has_not_delivers_nothing() -> None:
    for by in ("battery", "plant"):
        (plan,) = plans(load_topology("two-areas"), by=(by,))
        assert (plan.predicted_mw, plan.predicted_ns, plan.parts_kw) == (0.0, None, {})


def test_a_battery_holds_until_it_is_empty() -> None:
    """40 MWh at 20 MW are two hours."""
    assert [plan.held_s for plan in plans(by=("battery", "cap"), hold_s=10_000)] == [7200.0, 10_000.0]
    assert plans(by=("battery",), hold_s=10_000, mw=(50.0,))[0].held_s == 7200.0
    assert plans(by=("battery",), hold_s=10_000, mw=(16.0,))[0].held_s == 9000.0


def test_a_move_without_room_comes_to_nothing() -> None:
    (plan,) = plans(by=("move",), mw=(112.0,))
    assert not plan.refused
    plant = load_topology("tokyo-osaka")
    assert plant.power is not None
    small = tuple(replace(site, room_mw=10.0) if site.name == "osaka" else site for site in plant.power.sites)
    (plan,) = plans(replace(plant, power=replace(plant.power, sites=small)), by=("move",), mw=(20.0,))
    assert plan.refused == "no room at osaka" and plan.predicted_mw == 0.0


@pytest.mark.parametrize(
    ("steps", "called", "hold", "said"),
    [
        ([(0, 0.0), (2, 20.0), (902, 0.0)], 20.0, 900, (20.0, 2, 900)),
        ([(0, 0.0), (2, 5.0), (4, 20.0), (500, 0.0)], 20.0, 900, (20.0, 4, 496)),
        ([(0, 0.0), (2, 12.0)], 20.0, 60, (12.0, 2, 60)),
        ([(0, 0.0)], 20.0, 60, (0.0, None, 0)),
        ([(0, 0.0), (3, 25.0)], 20.0, 60, (25.0, 3, 60)),
    ],
)
def test_a_timeline_says_since_when_and_for_how_long(steps: Any, called: float, hold: float, said: Any) -> None:
    found = response(steps, called, hold, 2000)
    assert (found.delivered_mw, found.delivered_s, found.held_s) == said


def row(**changed: Any) -> dict[str, Any]:
    whole = {
        "network": "apn",
        "by": "cap",
        "mw": 20.0,
        "connection": "none",
        "delivered_mw": 20.0,
        "predicted_mw": 20.0,
        "whole_jobs": False,
        "delivered_s": 2.0055,
        "predicted_s": 2.0054,
        "answered_s": 2.0109,
        "predicted_answered_s": 2.0108,
        "held_s": 900.0,
        "predicted_held_s": 900.0,
        "rebound_mwh": 5.0,
        "predicted_rebound_mwh": 5.0,
    }
    return {**whole, **changed}


@pytest.mark.parametrize(
    ("changed", "met"),
    [
        ({}, True),
        ({"delivered_s": 2.0065}, False),
        ({"delivered_mw": 19.9}, False),
        ({"held_s": 899.0}, False),
        ({"rebound_mwh": 5.2}, False),
        ({"answered_s": None}, False),
        ({"by": "move", "delivered_s": 2.0073}, True),
        ({"by": "move", "delivered_s": 2.0075}, False),
        ({"predicted_mw": 0.0, "predicted_s": None, "delivered_mw": 0.0, "delivered_s": None}, True),
        ({"predicted_mw": 0.0, "predicted_s": None}, False),
    ],
)
def test_a_call_is_judged(changed: dict[str, Any], met: bool) -> None:
    assert EXPERIMENT.judge([row(**changed)], Settings()).met is met


def test_an_area_beside_that_of_the_line_is_refused() -> None:
    with pytest.raises(InputError, match="line-1 lies in tokyo; leave area out"):
        plans(fault="line-1", area="kansai")


@pytest.mark.guest
@pytest.mark.slow
def test_a_line_that_fails_is_relieved_within_the_feeds_limit(tmp_path: Path) -> None:
    asked = settings(fault="line-2", connection="firm,tripped", by="cap", hold_s=60, cap_s=1.5)
    done = apnemu("run", "demand_response", "--json", "--out", "run", *asked, folder=tmp_path)
    firm, tripped = done.json()["results"]
    assert (firm["admitted_mw"], tripped["admitted_mw"]) == (100.0, pytest.approx(200.0))
    assert firm["called_mw"] == 0 and firm["delivered_s"] is None
    assert tripped["delivered_mw"] == pytest.approx(100.0, abs=0.002) and tripped["within_limit"]
    assert tripped["delivered_s"] == pytest.approx(1.5 + 2 * WAY_NS / 1e9, abs=1e-3)
    assert done.json()["expectation"]["met"], done.json()["expectation"]["why"]


@pytest.mark.long
@pytest.mark.guest
@pytest.mark.slow
def test_a_call_of_a_country_and_a_move_to_another_site(tmp_path: Path) -> None:
    asked = settings(by="cap,pause,move", mw=15, hold_s=60, to="hakata", clock="10:30")
    given = ("--topology", str(TOPOLOGIES / "jpn12-power.yaml"), "--out", "run", *asked)
    done = apnemu("run", "demand_response", "--json", *given, folder=tmp_path).json()
    assert done["expectation"]["met"], done["expectation"]["why"]
    assert [row["within_10_s"] for row in done["results"]] == [True, False, False]
