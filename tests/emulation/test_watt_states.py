# SPDX-License-Identifier: BSD-3-Clause
"""State that moves between sites while links are cut and moves break: it is in one place, and work with it."""

from __future__ import annotations

import random
from collections import defaultdict
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.emulation.apps.watt.agent import Agent, Peers
from apnemu.emulation.apps.watt.aggregator import Aggregator, Known
from apnemu.emulation.apps.watt.calendar import Calendar
from apnemu.emulation.apps.watt.centre import Centre
from apnemu.emulation.apps.watt.jobs import Book, Job
from apnemu.emulation.apps.watt.proposed import Proposal, Share, Transfer
from apnemu.emulation.apps.watt.states import States
from apnemu.units import NS_PER_S
from tests.emulation.simulated_day import World
from tests.emulation.simulated_moves import SimulatedCarrier

SLOTS, WHOLE, KW = 10, 8_000_000_000_000, 8_000
CALENDAR = Calendar(begin_ns=1000 * NS_PER_S, slot_ns=1800 * NS_PER_S, slots=SLOTS, horizon=SLOTS)
SITES = ("naha", "osaka", "tokyo")
AGENTS = {site: f"agent-{site}" for site in SITES}


def planner(seed: int) -> Any:
    """Moves at random, of shares of the one job's state from where it is; it runs where its state will be."""

    def propose(slot: int, count: int, known: Known) -> Proposal:
        draws = random.Random(f"{seed} {slot}")
        jobs = [job for state in known.states.values() for job in state.get("jobs", ())]
        stays = {site: [0] * count for site in known.states}
        if not jobs:
            return Proposal(jobs={}, stays_kw=stays, change_kw={})
        at = dict(jobs[0]["at"])
        transfers, places = [], [dict(at)]
        for later in range(1, count):
            if draws.random() < 0.5:
                origin, target = draws.choice(sorted(at)), draws.choice(sorted(known.states))
                size = min(at[origin], draws.choice((WHOLE, WHOLE // 2, WHOLE // 3)))
                if origin != target and size:
                    transfers.append(Transfer(job="job", origin=origin, target=target, at=later, bytes=size))
                    at[origin] -= size
                    at[target] = at.get(target, 0) + size
                    at = {site: left for site, left in at.items() if left}
            places.append(dict(at))
        away = {
            site: [KW * place.get(site, 0) // WHOLE for place in places]
            for site in known.states
            if site != jobs[0]["site"]
        }
        share = Share(home=jobs[0]["site"], base_kw=[KW] * count, total_kw=[KW] * count, away_kw=away)
        return Proposal(jobs={"job": share}, stays_kw=stays, change_kw={}, transfers=transfers)

    return propose


def day(
    seed: int, *, fails: float = 0.0, cuts: Any = (), kills: Any = (), plan: Any = None
) -> tuple[World, dict[str, States]]:
    """A day of one job whose home is Tokyo; `kills` are (party, slot, seconds until it is started again)."""
    world = World(delay_ns=lambda a, b: 7_000_000)
    world.cuts = [
        (frozenset(apart), CALENDAR.starts_ns(slot) + s * NS_PER_S, CALENDAR.starts_ns(slot) + (s + long) * NS_PER_S)
        for apart, slot, s, long in cuts
    ]
    found: dict[str, States] = {}

    def agent(site: str, desk: Any) -> Agent:
        own = Job(name="job", kw=KW, most_kw=KW, from_slot=0, by_slot=SLOTS, left_wh=None, state_bytes=WHOLE)
        book = Book(CALENDAR, 2 * KW, [own] if site == "tokyo" else [])
        others = {to: name for to, name in AGENTS.items() if to != site}
        carrier = SimulatedCarrier(desk, fails, seed)
        found[site] = States(desk, CALENDAR, site, others, book, carrier, 1000)
        peers = Peers(aggregator="aggregator", centre="centre", agents=others)
        return Agent(desk, CALENDAR, site, book, peers, states=found[site])

    for site in SITES:
        world.start(AGENTS[site], partial(agent, site))
    makers: dict[str, Any] = {
        "centre": lambda desk: Centre(desk, CALENDAR, "aggregator", AGENTS, {"job": "tokyo"}),
        "aggregator": lambda desk: Aggregator(desk, CALENDAR, plan or planner(seed), "centre", []),
    }
    for name, make in makers.items():
        world.start(name, make)
    for name, slot, long in kills:
        at_ns = CALENDAR.starts_ns(slot) - 50 * NS_PER_S
        world.at(at_ns, partial(world.kill, name))
        world.at(at_ns + long * NS_PER_S, lambda name=name: name in world.parties or world.start(name, makers[name]))
    world.run()
    return world, found


def ran(world: World) -> dict[int, int]:
    """KW that the job ran at in each slot, everywhere together."""
    sums: dict[int, int] = defaultdict(int)
    for _, note in world.notes:
        if "home_kw" in note:
            sums[note["slot"]] += sum(note["home_kw"].values()) + sum(note["guest_kw"].values())
    return sums


def made(world: World) -> list[dict[str, Any]]:
    return [note for _, note in world.notes if note.get("moved")]


@pytest.mark.parametrize("seed", range(6))
def test_undisturbed_all_runs_where_its_state_is(seed: int) -> None:
    world, states = day(seed)
    assert made(world), "nothing moved, so that nothing was tried"
    assert all(note["moved"] for _, note in world.notes if "moved" in note)
    assert all(KW - 3 <= kw <= KW for kw in ran(world).values()) and len(ran(world)) == SLOTS
    assert sum(states["tokyo"].at("job").values()) == WHOLE
    for site in ("naha", "osaka"):
        assert states[site].holds("agent-tokyo", "job", states["tokyo"].at("job").get(site, 0))


CUTS = st.lists(
    st.tuples(
        st.sets(st.sampled_from(sorted(AGENTS.values())), min_size=1, max_size=2).map(tuple),
        st.integers(1, SLOTS - 2),
        st.integers(-200, 5),
        st.sampled_from((1, 20, 100, 4000)),
    ),
    max_size=3,
)
KILLS = st.lists(
    st.tuples(
        st.sampled_from(("aggregator", "centre")), st.integers(1, SLOTS - 2), st.sampled_from((20, 2000, 12_000))
    ),
    max_size=2,
)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from((0.0, 0.3, 1.0)), CUTS, KILLS)
def test_whatever_is_cut_a_job_runs_in_one_place(seed: int, fails: float, cuts: Any, kills: Any) -> None:
    """No slot has more of the job than there is, no byte of it is anywhere twice, and none is lost."""
    world, states = day(seed, fails=fails, cuts=cuts, kills=kills)
    assert all(kw <= KW for kw in ran(world).values())
    owned = states["tokyo"].at("job")
    assert sum(owned.values()) == WHOLE
    moving = states["tokyo"]._moving  # what nobody knows about runs nowhere
    for site in ("naha", "osaka"):
        there = states["tokyo"].there("job", site)
        assert states[site].holds("agent-tokyo", "job", there)
        assert moving or there == owned.get(site, 0)
    if fails == 1.0:
        assert not made(world)


def test_work_comes_home_when_nobody_gives_orders() -> None:
    """Once the last order has run out, the agent of its home has all state come back, and runs it there."""
    world, states = day(3, kills=[("aggregator", 3, 100_000)])
    assert made(world)
    assert states["tokyo"].at("job") == {"tokyo": WHOLE}
    assert ran(world)[SLOTS - 1] == KW


def slivers(slot: int, count: int, known: Known) -> Proposal:
    """Half of the job for Osaka, and in each slot after a part more of its state that whole kW have left."""
    jobs = [job for state in known.states.values() for job in state.get("jobs", ())]
    stays = {site: [0] * count for site in known.states}
    if not jobs:
        return Proposal(jobs={}, stays_kw=stays, change_kw={})
    there = jobs[0]["at"].get("osaka", 0)
    first = there or WHOLE // 2
    more = [Transfer(job="job", origin="tokyo", target="osaka", at=1, bytes=first)] if not there else []
    sliver = WHOLE * 6 // 1_000_000
    more += [Transfer(job="job", origin="tokyo", target="osaka", at=at, bytes=sliver) for at in range(2, count)]
    away = {"osaka": [0 if not there and not at else KW // 2 + 1 for at in range(count)], "naha": [0] * count}
    share = Share(home="tokyo", base_kw=[KW] * count, total_kw=[KW] * count, away_kw=away)
    return Proposal(jobs={"job": share}, stays_kw=stays, change_kw={}, transfers=more)


def test_what_whole_kw_leave_of_a_state_is_not_moved_and_its_work_runs_all_the_same() -> None:
    world, _ = day(1, plan=slivers)
    assert [(note["target"], note["state_bytes"]) for note in made(world)] == [("osaka", WHOLE // 2)]
    away = [
        note["away_kw"].get("job at osaka", 0)
        for _, note in world.notes
        if note.get("site") == "tokyo" and "away_kw" in note
    ]
    assert away[-5:] == [KW // 2 + 1] * 5
    assert all(kw == KW for kw in ran(world).values())
