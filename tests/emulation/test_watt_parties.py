# SPDX-License-Identifier: BSD-3-Clause
"""The parties of a day while links are cut and programs are killed: nothing twice, nothing lost, well a slot later."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.emulation.apps.watt.agent import Agent, Peers
from apnemu.emulation.apps.watt.aggregator import Aggregator, Known
from apnemu.emulation.apps.watt.calendar import Calendar
from apnemu.emulation.apps.watt.centre import Centre
from apnemu.emulation.apps.watt.jobs import Book, Job
from apnemu.emulation.apps.watt.proposed import Proposal, Share
from apnemu.emulation.apps.watt.tso import PARTS, Line, Tso, granted
from apnemu.units import NS_PER_S
from tests.emulation.simulated_day import World

SLOT_NS = 1800 * NS_PER_S
CALENDAR = Calendar(begin_ns=1000 * NS_PER_S, slot_ns=SLOT_NS, slots=12, horizon=6)
SITES = {"naha": 20_000, "osaka": 30_000, "tokyo": 50_000}
"""Room of each site, in kW."""
KILLED = ("aggregator", "centre", "tso")


@dataclass
class Day:
    """A day over a world: every party, the truth of what ran."""

    world: World
    jobs: dict[str, list[Job]]
    books: dict[str, Book]
    line_kw: int

    def ran(self) -> dict[tuple[str, int], int]:
        """KW that each job ran at in each slot, at all sites together."""
        sums: dict[tuple[str, int], int] = defaultdict(int)
        for _, note in self.world.notes:
            if "home_kw" in note:
                for job, kw in note["home_kw"].items():
                    sums[job, note["slot"]] += kw
                for guest, kw in note["guest_kw"].items():
                    sums[guest.split(" of ")[0], note["slot"]] += kw
        return sums

    def slots(self, site: str) -> list[dict[str, Any]]:
        return [note for _, note in self.world.notes if note.get("site") == site and "home_kw" in note]


def planner(seed: int) -> Any:
    """Proposals at random within rooms: everything that moves goes, in parts, to sites that have room."""

    def propose(slot: int, count: int, known: Known) -> Proposal:
        draws = random.Random(f"{seed} {slot}")
        stays = {site: state["kw_min"][:count] for site, state in known.states.items()}
        free = {site: [SITES[site] - kw for kw in series] for site, series in stays.items()}
        shares: dict[str, Share] = {}
        for site, state in sorted(known.states.items()):
            for job in state.get("jobs", []):
                base = [job["kw"] if slot + at < job["by_slot"] else 0 for at in range(count)]
                total = [draws.choice((kw, kw, kw // 2)) for kw in base]
                away: dict[str, list[int]] = {}
                left = list(total)
                for to in sorted(free):
                    if to != site:
                        away[to] = [min(left[at], draws.randrange(max(1, free[to][at]))) for at in range(count)]
                        left = [kw - gone for kw, gone in zip(left, away[to], strict=True)]
                        free[to] = [kw - gone for kw, gone in zip(free[to], away[to], strict=True)]
                left = [min(kw, room) for kw, room in zip(left, free[site], strict=True)]
                free[site] = [kw - here for kw, here in zip(free[site], left, strict=True)]
                total = [here + sum(series[at] for series in away.values()) for at, here in enumerate(left)]
                shares[job["job"]] = Share(home=site, base_kw=base, total_kw=total, away_kw=away)
        change = {site: [0] * count for site in stays}
        for share in shares.values():
            for at in range(count):
                gone = sum(series[at] for series in share.away_kw.values())
                change[share.home][at] += share.total_kw[at] - share.base_kw[at] - gone
                for to, series in share.away_kw.items():
                    change[to][at] += series[at]
        return Proposal(jobs=shares, stays_kw=stays, change_kw=change)

    return propose


def day(seed: int, *, line_kw: int = 10**9, kills: Any = (), cuts: Any = (), endless: bool = True) -> Day:
    """Play a day: `kills` are (party, slot, seconds after its start, seconds until it is started again)."""
    draws = random.Random(seed)
    delays = {pair: draws.randrange(10_000, 20_000_000) for pair in ("near", "far")}
    world = World(delay_ns=lambda a, b: delays["near" if a[0] == b[0] else "far"])
    world.cuts = [
        (frozenset(apart), CALENDAR.starts_ns(slot) + s * NS_PER_S, CALENDAR.starts_ns(slot) + (s + long) * NS_PER_S)
        for apart, slot, s, long in cuts
    ]
    agents = {site: f"agent-{site}" for site in SITES}
    jobs: dict[str, list[Job]] = {}
    books = {}
    for site, room in SITES.items():
        moving = draws.randrange(1000, room // 2)
        job = Job(name=f"job-{site}", kw=moving, most_kw=moving, from_slot=0, by_slot=12, left_wh=None)
        if not endless:
            job = replace(job, most_kw=2 * moving, left_wh=CALENDAR.wh(moving) * 6)
        stays = Job(
            name=f"web-{site}", kw=room // 4, most_kw=room // 4, from_slot=0, by_slot=12, left_wh=None, moves=False
        )
        jobs[site] = [replace(job), replace(stays)]
        books[site] = Book(CALENDAR, room, [job, stays])
        peers = Peers(
            aggregator="aggregator", centre="centre", agents={to: name for to, name in agents.items() if to != site}
        )
        world.start(agents[site], lambda desk, s=site, p=peers: Agent(desk, CALENDAR, s, books[s], p))
    line = Line(
        name="tie",
        base_kw=[0] * 12,
        least_kw=-line_kw,
        most_kw=line_kw,
        share={"tokyo": [PARTS], "osaka": [PARTS // 3]},
    )
    makers: dict[str, Any] = {
        "tso": lambda desk: Tso(desk, [line], 12),
        "centre": lambda desk: Centre(desk, CALENDAR, "aggregator", agents, {f"job-{site}": site for site in SITES}),
        "aggregator": lambda desk: Aggregator(desk, CALENDAR, planner(seed), "centre", ["tso"]),
    }
    for name, make in makers.items():
        world.start(name, make)
    for name, slot, s, long in kills:
        at = CALENDAR.starts_ns(slot) + s * NS_PER_S
        world.at(at, lambda name=name: world.kill(name))
        world.at(at + long * NS_PER_S, lambda name=name: name in world.parties or world.start(name, makers[name]))
    world.run()
    return Day(world, jobs, books, line_kw)


KILLS = st.lists(
    st.tuples(st.sampled_from(KILLED), st.integers(1, 9), st.integers(-95, 5), st.sampled_from((1, 30, 600, 4000))),
    max_size=3,
)
APART = st.sets(st.sampled_from([*KILLED, *(f"agent-{site}" for site in SITES)]), min_size=1, max_size=3)
CUTS = st.lists(
    st.tuples(APART, st.integers(1, 8), st.integers(-95, 5), st.sampled_from((1, 3, 20, 100, 1800, 3600))), max_size=3
)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), kills=KILLS, cuts=CUTS, endless=st.booleans())
def test_whatever_is_cut_or_killed_nothing_runs_twice_and_no_room_is_exceeded(
    seed: int, kills: Any, cuts: Any, endless: bool
) -> None:
    played = day(seed, kills=kills, cuts=cuts, endless=endless)
    ran = played.ran()
    for site, jobs in played.jobs.items():
        notes = played.slots(site)
        assert [note["slot"] for note in notes] == list(range(12))
        assert all(note["kw"] <= SITES[site] for note in notes)
        for job in jobs:
            assert all(ran[job.name, slot] <= job.most_kw for slot in range(12)), job.name
            if job.left_wh is not None:
                done = sum(CALENDAR.wh(ran[job.name, slot]) for slot in range(12))
                left = played.books[site].jobs[job.name].left_wh
                assert left is not None
                unknown = sum(
                    CALENDAR.wh(kw)
                    for note in notes
                    for name, kw in note["unknown_kw"].items()
                    if name.startswith(job.name)
                )
                slack = 12 * CALENDAR.wh(1)
                assert job.left_wh - unknown - slack <= done + left <= job.left_wh + slack, (done, left, job.left_wh)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), kills=KILLS)
def test_a_job_that_has_time_ends_whoever_is_killed(seed: int, kills: Any) -> None:
    played = day(seed, kills=kills, endless=False)
    for site, jobs in played.jobs.items():
        assert played.books[site].jobs[jobs[0].name].left_wh == 0


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), kills=KILLS, line_kw=st.integers(0, 20_000))
def test_the_operators_line_is_never_overloaded_by_the_shift(seed: int, kills: Any, line_kw: int) -> None:
    played = day(seed, kills=kills, line_kw=line_kw)
    for slot in range(12):
        change = {}
        for site in SITES:
            note = played.slots(site)[slot]
            change[site] = note["kw"] - sum(job.kw for job in played.jobs[site])
        flow = Fraction(change["tokyo"]) + Fraction(change["osaka"] * (PARTS // 3), PARTS)
        assert abs(flow) <= line_kw + 2, (slot, change)


@pytest.mark.parametrize("party", KILLED)
@pytest.mark.parametrize("s", [-1, 0, 1])
def test_a_slot_after_a_party_is_back_all_is_as_if_nothing_had_been(party: str, s: int) -> None:
    undisturbed, disturbed = day(7), day(7, kills=[(party, 4, s, 4000)])
    for site in SITES:
        whole, after = undisturbed.slots(site), disturbed.slots(site)
        assert whole[:4] == after[:4] and whole[8:] == after[8:]
        assert any(note["away_kw"] for note in whole)


def test_without_orders_everybody_is_alone_and_within_a_lease_nobody_is() -> None:
    played = day(3, kills=[("centre", 3, -500, 10**6)])
    for site in SITES:
        assert [note["order_slot"] for note in played.slots(site)] == [0, 1, 2, 2, 2, 2, *[None] * 6]
        for note in played.slots(site)[6:]:
            assert note["kw"] == sum(job.kw for job in played.jobs[site]) and not note["away_kw"]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(-(10**6), 10**6), min_size=3, max_size=3),
    st.lists(st.lists(st.integers(-PARTS, PARTS), min_size=3, max_size=3), min_size=1, max_size=4),
    st.lists(st.integers(0, 10**6), min_size=4, max_size=4),
    st.lists(st.integers(-(10**6), 10**6), min_size=4, max_size=4),
)
def test_a_grant_is_borne_by_every_line_and_no_line_bears_twice_as_much(
    change: list[int], shares: list[list[int]], limits: list[int], bases: list[int]
) -> None:
    names = ("a", "b", "c")
    lines = [
        Line(
            name=f"l{n}",
            base_kw=[base],
            least_kw=-abs(base) - 10 - limit,
            most_kw=abs(base) + 10 + limit,
            share={k: [v] for k, v in zip(names, share, strict=True)},
        )
        for n, (share, limit, base) in enumerate(zip(shares, limits, bases, strict=False))
    ]
    asked = dict(zip(names, change, strict=True))
    part = granted(lines, 0, asked)
    assert all(line.bears(0, part) for line in lines)
    assert all(abs(part[name]) <= abs(asked[name]) and part[name] * asked[name] >= 0 for name in names)
    most = max(map(abs, change))
    more = Fraction(2 * max(abs(kw) for kw in part.values()) + 70, most) if most else Fraction(2)
    if more < 1:
        larger = {name: kw * more for name, kw in asked.items()}
        assert not all(line.bears(0, larger) for line in lines)  # type: ignore[arg-type]  # fractions of kW


def test_three_areas_in_a_loop_grant_what_the_full_flows_bear() -> None:
    """Equal reactances: two thirds go straight, one third the long way; 1,000 MW a line let 1,500 MW through."""
    third = PARTS * 2 // 3
    lines = [
        Line(name="a-b", base_kw=[0], least_kw=-(10**6), most_kw=10**6, share={"a": [-third // 2], "b": [third // 2]}),
        Line(name="straight", base_kw=[0], least_kw=-(10**6), most_kw=10**6, share={"b": [third]}),
    ]
    assert granted(lines, 0, {"a": -2_000_000, "b": 2_000_000}) == {"a": -1_500_000, "b": 1_500_000}
