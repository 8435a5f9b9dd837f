# SPDX-License-Identifier: BSD-3-Clause
"""A watt-bit day: its costs by closed form, what each party is told, outages; in simulated time and in the lab."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apnemu import load_topology
from apnemu.emulation.apps.watt.__main__ import calendar_of, party_of
from apnemu.experiments.watt_day.papers import papers_of
from apnemu.experiments.watt_day.question import judge
from apnemu.experiments.watt_day.rows import schedule_of
from apnemu.experiments.watt_day.settings import Day, Settings, dead_ns, outage_s
from apnemu.model.power import Party, Power
from apnemu.power.outcome import Outcome, outcome
from apnemu.power.shift import plan
from apnemu.units import NS_PER_S
from tests.emulation.simulated_day import World
from tests.experiments.command import apnemu

FREE = {"none": 23.52e6, "time": 20.16e6, "space": 13.44e6, "both": 9.60e6}
NEVER = {"none": 23.52e6, "time": 23.52e6, "space": 13.44e6, "both": 13.44e6}
"""Cost in yen of two-areas: 50 MW x 24 h at PUE 1.4 and 1.2, where and when it is the cheapest of what is allowed."""
ROLES = ("aggregator", "centre", "tso", "forecaster")
WHOLE = 1e-3


def power_of(topology: str) -> Power:
    power = load_topology(topology).power
    assert power is not None
    return power


def a_day(**changes: Any) -> Day:
    return replace(Day(shift="space", idle="never", forecast="perfect", flow="known", control="aggregator"), **changes)


def played(power: Power, day: Day, settings: Settings, seed: int = 1) -> tuple[Outcome, World]:
    """A day of the very parties, in simulated time: what it comes to by the truth, and what they noted."""
    world = World(delay_ns=lambda a, b: 5_000_000)
    for _site, papers in papers_of(power, day, settings, seed):
        calendar = calendar_of(papers, 1000 * NS_PER_S)

        def start(own: Any = papers, times: Any = calendar) -> None:
            world.start(own["name"], lambda desk: party_of(own, desk, times))

        start()
        for since, until in dead_ns(settings, papers["role"]):
            world.at(1000 * NS_PER_S + since, lambda name=papers["name"]: world.kill(name))
            world.at(1000 * NS_PER_S + until, start)
    world.run()
    base = plan(power, replace(day.asked(settings), shift="none"))
    seen = schedule_of(power, replace(base, asked=day.asked(settings)), [note for _, note in world.notes])
    return outcome(power, seen, base), world


@pytest.mark.parametrize("idle", ["free", "never"])
@pytest.mark.parametrize("shift", ["none", "time", "space", "both"])
def test_a_day_of_two_areas_costs_what_the_closed_form_says(shift: Any, idle: Any) -> None:
    real, _ = played(power_of("two-areas"), a_day(shift=shift, idle=idle), Settings())
    assert real.cost == pytest.approx((FREE if idle == "free" else NEVER)[shift], rel=WHOLE)
    assert real.deadline_misses == 0 and real.undone_mwh == 0


@pytest.mark.parametrize("flow", ["known", "blind"])
def test_operators_of_a_loop_let_through_what_its_lines_bear(flow: Any) -> None:
    power = power_of("three-areas-loop")
    real, world = played(power, a_day(flow=flow), Settings())
    assert real.overload_mwh == 0
    moved_mw = real.schedule.run_mw[0, 1]
    assert moved_mw == pytest.approx(1500, abs=0.01)
    vetoes = [note["vetoes"] for _, note in world.notes if "vetoes" in note]
    assert any(vetoes) == (flow == "blind")


@pytest.fixture(scope="module")
def around() -> tuple[float, float]:
    """Costs of two-areas in space: undisturbed, and with everybody alone."""
    power = power_of("two-areas")
    return played(power, a_day(), Settings())[0].cost, played(power, a_day(control="alone"), Settings())[0].cost


@pytest.mark.slow
@pytest.mark.parametrize(
    "roles",
    [
        *(pytest.param((role,), id=role) for role in ROLES),
        pytest.param(("aggregator", "tso"), id="aggregator and tso"),
        pytest.param(("centre", "forecaster"), id="centre and forecaster"),
    ],
)
@pytest.mark.parametrize("begin", ["11:59:59", "12:00", "12:00:01"])
def test_an_outage_overloads_nothing_and_misses_nothing(
    roles: tuple[str, ...], begin: str, around: tuple[float, float]
) -> None:
    """The cost lies between that of the day without it and of the day on which everybody is alone."""
    undisturbed, alone = around
    dead = Settings(outage=tuple(f"{role}@{begin}-16:00" for role in roles))
    real, world = played(power_of("two-areas"), a_day(), dead)
    assert undisturbed <= real.cost * (1 + 1e-9) and real.cost <= alone * (1 + 1e-9)
    assert real.overload_mwh == 0 and real.deadline_misses == 0
    after = [note for _, note in world.notes if "home_kw" in note and note["slot"] >= 33]
    assert after and all(note["order_slot"] == note["slot"] for note in after)


def test_no_party_is_told_what_is_anothers() -> None:
    power = power_of("three-areas-loop")
    extra = replace(power.work[0], name="secret-of-b", home="b", mw=777.0, hours=3.0)
    hiding = tuple(replace(party, hides=("jobs",)) if party.name == "dc" else party for party in power.parties)
    power = replace(power, work=(*power.work, extra), parties=(*hiding, Party(name="x", role="dc", at="b")))
    for _site, papers in papers_of(power, a_day(), Settings(), 1):
        text = json.dumps(papers)
        assert ("secret-of-b" in text) == (papers["name"] == "agent-b"), papers["name"]
        assert ("believed" in papers["own"]) == (papers["role"] == "forecaster")
        assert ("lines" in papers["own"]) == (papers["role"] == "tso")
        keys = [of["key"] for of in papers["peers"].values()]
        assert len(set(keys)) == len(keys)


def test_two_parties_have_the_same_key_and_no_third_has_it() -> None:
    papers = {own["name"]: own for _, own in papers_of(power_of("three-areas-loop"), a_day(), Settings(), 1)}
    holders: dict[str, set[str]] = {}
    for name, own in papers.items():
        for peer, of in own["peers"].items():
            holders.setdefault(of["key"], set()).add(name)
            assert papers[peer]["peers"][name]["key"] == of["key"]
    assert all(len(names) == 2 for names in holders.values())
    other = papers_of(power_of("three-areas-loop"), a_day(), Settings(), 2)[0][1]
    assert not {of["key"] for of in other["peers"].values()} & holders.keys()


@pytest.mark.parametrize("text", ["noon", "tso@12:00", "tso@14:00-12:00", "agent@12:00-13:00", "tso@12:61-13:00"])
def test_an_outage_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="NAME@HH:MM-HH:MM"):
        Settings(outage=(text,))


def test_outages_of_one_party_that_meet_are_one() -> None:
    assert outage_s("tso@01:30-25:00") == ("tso", 5400, 90_000)
    settings = Settings(outage=("tso@02:00-03:00", "tso@01:00-02:30", "centre@00:00-00:10", "tso@05:00-06:00"))
    hour = 3600 * NS_PER_S
    assert dead_ns(settings, "tso") == [[hour, 3 * hour], [5 * hour, 6 * hour]]


@pytest.mark.guest
@pytest.mark.slow
def test_a_day_in_the_lab_is_the_day_that_was_planned(tmp_path: Path) -> None:
    """Real programs over a real network, one of them killed and started again."""
    given = ("--set", "shift=space", "--set", "outage=centre@12:00-16:00", "--json", "--wall-limit-s", "1500")
    row = apnemu("run", "watt_day", *given, folder=tmp_path).json()["results"][0]
    assert NEVER["space"] < row["cost_yen"] < NEVER["none"]
    assert row["alone_slots"] > 0 and row["overload_mwh"] == 0 and row["deadline_misses"] == 0
    assert row["refused_messages"] == 0 and row["message_bytes"] > 10_000


@pytest.mark.parametrize(
    ("network", "late_moves", "over", "met"),
    [
        ("packet", 3, 1.1, True),
        ("packet", 3, 0.9, False),
        ("packet", 0, 1.1, False),
        ("apn", 3, 1.1, False),
        ("apn", 0, 1.0, True),
    ],
)
def test_a_move_that_is_given_up_may_cost_over_packets_alone(
    network: str, late_moves: int, over: float, met: bool
) -> None:
    """What queues do to moves is the answer of a comparison, not a fault; no day is cheaper than its plan."""
    kept = json.loads((Path(__file__).parents[1] / "recorded" / "watt_day" / "rows.json").read_text())
    row = dict(kept[0]) | {"network": network, "late_moves": late_moves, "none_yen": None}
    row |= {"cost_yen": row["planned_yen"] * over, "deadline_misses": 0 if over == 1.0 else 2}
    assert judge([row], Settings()).met == met
