# SPDX-License-Identifier: BSD-3-Clause
"""A site's load while a call holds: energy is neither made nor lost, and no limit is passed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.emulation.apps.watt.messages import RefusedError, check
from apnemu.emulation.apps.watt.response.caller import Caller, Order
from apnemu.emulation.apps.watt.response.dispatcher import Dispatcher, shared
from apnemu.emulation.apps.watt.response.levers import Part, chosen, most_grid_w
from apnemu.emulation.apps.watt.response.load import NEVER, Battery, Job, Site, arrived, recharge, release
from apnemu.emulation.apps.watt.response.moving import guest, handed_over
from apnemu.emulation.apps.watt.response.timed import Times
from apnemu.units import NS_PER_S
from tests.emulation.simulated_day import World

MW = 1_000_000
HOUR = 3600 * NS_PER_S
LINES = [(10 * MW * 10**9, 1_300_000_000)]


def job(name: str = "job", mw: int = 20, hours: int = 4, by: int = 12, **more: Any) -> Job:
    w = mw * MW
    return Job(
        name=name,
        **{"w": w, "most_w": 10 * w, "cap_w": w * 7 // 10, "left": w * hours * HOUR, "by_ns": by * HOUR} | more,  # type: ignore[arg-type]
    )


def site(*jobs: Job, room_mw: int = 100, feed_mw: int | None = None, **more: Any) -> Site:
    feed_w = None if feed_mw is None else feed_mw * MW
    return Site(room_w=room_mw * MW, lines=LINES, feed_w=feed_w, jobs=list(jobs), **more)


def run_out(of: Site) -> None:
    while (next_ns := of.next_ns()) < NEVER and not of.calm():
        of.go_on(max(next_ns, of.now_ns + 1))


def test_work_that_was_held_back_is_made_up_at_the_pace_of_the_rebound() -> None:
    one = job()
    here = site(one)
    one.held_w = 5 * MW
    here.go_on(HOUR)
    release(here, [one], 500_000)
    assert here.it_w() == 22_500_000 and one.owes == 5 * MW * HOUR
    here.go_on(3 * HOUR - 1)
    assert here.it_w() == 22_500_000
    here.go_on(3 * HOUR)
    assert here.it_w() == 20 * MW and here.calm() and not one.lost


def test_a_whole_job_makes_up_at_its_end_and_no_faster_than_it_is() -> None:
    one = job(whole=True)
    here = site(one)
    one.held_w = 20 * MW
    here.go_on(HOUR)
    release(here, [one], 1_000_000)
    here.go_on(4 * HOUR)
    assert here.it_w() == 20 * MW and one.left == 0 and one.owes == 20 * MW * HOUR
    here.go_on(5 * HOUR)
    assert here.it_w() == 0 and here.calm() and not one.late


def test_without_a_rebound_or_without_time_work_is_named_as_lost() -> None:
    never, late = job("never"), job("late", hours=4, by=4, whole=True)
    here = site(never, late)
    never.held_w = late.held_w = 10 * MW
    here.go_on(HOUR)
    release(here, [never], 0)
    release(here, [late], 1_000_000)
    here.go_on(6 * HOUR)
    assert (never.lost, late.lost) == (10 * MW * HOUR, 10 * MW * HOUR) and never.late and late.late


def test_endless_work_owes_nothing() -> None:
    endless = job(left=None, by_ns=NEVER)
    here = site(endless)
    endless.held_w = 3 * MW
    here.go_on(2 * HOUR)
    release(here, [endless], 1_000_000)
    assert here.calm() and here.it_w() == 20 * MW and endless.lost == 6 * MW * HOUR


@settings(max_examples=60, deadline=None)
@given(
    jobs=st.lists(st.tuples(st.integers(1, 40), st.integers(1, 8), st.booleans()), min_size=1, max_size=4),
    asked=st.integers(1, 90),
    hold_s=st.integers(1, 4 * 3600),
    rebound=st.integers(1, 3_000_000),
    lever=st.sampled_from(("cap", "pause")),
    feed_mw=st.integers(100, 300),
)
def test_held_energy_is_made_up_or_lost_and_nothing_passes_the_limits(
    jobs: list[tuple[int, int, bool]], asked: int, hold_s: int, rebound: int, lever: str, feed_mw: int
) -> None:
    whole = [job(f"j{n}", mw, hours, whole=one) for n, (mw, hours, one) in enumerate(jobs)]
    here = site(*whole, room_mw=sum(mw for mw, _, _ in jobs) + 30, feed_mw=max(feed_mw, 220))
    before = here.grid_w()
    meant = sum(one.left or 0 for one in whole)
    parts = chosen(here, lever, asked * MW)
    for part in parts:
        part.job.held_w = part.w
    off = before - here.grid_w()
    can = most_grid_w(site(*[job(f"j{n}", mw, hours, whole=one) for n, (mw, hours, one) in enumerate(jobs)]), lever)
    assert off >= min(asked * MW, can) - 2
    if not any(part.job.whole for part in parts) or lever == "cap":
        assert off <= min(asked * MW, can) + 4
    done = 0
    ends = hold_s * NS_PER_S
    released = False
    while not (released and here.calm() and all(not one.runs for one in whole)):
        nearest = min(here.next_ns(), ends if not released else NEVER)
        if nearest == NEVER:
            break
        was, since = here.it_w(), here.now_ns
        here.go_on(max(nearest, since + 1))
        done += was * (here.now_ns - since)
        if not released and here.now_ns >= ends:
            release(here, [part.job for part in parts], rebound)
            released = True
        assert here.it_w() <= here.room_w and here.grid_w() <= max(here.feed_w or 0, before) + 1
    lost = sum(one.lost for one in whole)
    assert abs(done + lost - meant) <= 20 * 200 * MW, "a nanosecond for each change"


@pytest.mark.parametrize(("most_kw", "made_up_s"), [(40_000, 60), (30_000, 90), (20_000, 3630)])
def test_what_has_come_stands_still_and_makes_up_for_that(most_kw: int, made_up_s: int) -> None:
    """20 MW for half a minute: as fast again, half as fast again, or at its end an hour later."""
    told = {"kw": 20_000, "bytes": 1, "most_kw": most_kw, "ends_ns": HOUR + 60 * NS_PER_S}
    here = site(job(left=None, by_ns=NEVER), room_mw=100)
    came = guest({"job": "x", "from": "agent-b", **told}, 60 * NS_PER_S)
    run = arrived(here, came, 1_000_000, 30 * NS_PER_S, 60 * NS_PER_S)
    assert here.guest_w() == 0 and here.it_w() == 20 * MW
    run()
    assert here.now_ns == 90 * NS_PER_S and here.guest_w() == min(most_kw * 1000, 40 * MW)
    run_out(here)
    assert here.now_ns == (60 + made_up_s) * NS_PER_S and not came.lost and not came.late


def test_endless_work_that_has_come_loses_its_stop() -> None:
    here = site()
    came = guest({"job": "x", "from": "agent-b", **handed_over(Part(job(left=None, by_ns=NEVER), 5 * MW), 0)}, 0)
    arrived(here, came, 1_000_000, 30 * NS_PER_S, 0)()
    assert here.calm() and here.guest_w() == 5 * MW and came.lost == 5 * MW * 30 * NS_PER_S


def test_a_part_is_handed_over_with_when_its_job_would_end() -> None:
    told = handed_over(Part(job(mw=20, hours=4, by=12, state_bytes=1000), 5 * MW), 7)
    assert told == {"kw": 5000, "bytes": 250, "most_kw": 50_000, "ends_ns": 7 + 4 * HOUR, "by_ns": 12 * HOUR}
    late = guest({"job": "x", "from": "agent-b", **told}, 11 * HOUR)
    assert late.left == 0 and late.by_ns == 12 * HOUR


def test_a_battery_gives_until_it_is_empty_and_takes_its_losses_back() -> None:
    here = site(job(left=None, by_ns=NEVER), battery=Battery(full=10 * MW * HOUR, most_w=20 * MW, keeps_ppm=800_000))
    assert here.battery is not None
    here.battery.holds = here.battery.full
    usual = here.grid_w()
    here.battery.gives_w = 20 * MW
    assert here.grid_w() == usual - 20 * MW
    here.go_on(HOUR)
    assert here.grid_w() == usual and here.battery.holds == 0, "half an hour was all"
    recharge(here, 20 * MW, 500_000)
    assert here.grid_w() == usual + 10 * MW
    run_out(here)
    assert here.now_ns == pytest.approx(HOUR + 10 / 0.8 / 10 * HOUR, abs=2)


def test_a_feed_that_is_full_lets_nothing_be_made_up_before_its_job_ends() -> None:
    one = job(mw=20, hours=2)
    here = site(one, feed_mw=36)
    one.held_w = 5 * MW
    here.go_on(HOUR)
    release(here, [one], 1_000_000)
    assert one.faster_w == 0 and here.grid_w() == 36 * MW
    here.go_on(2 * HOUR)
    assert here.it_w() == 20 * MW and one.owes


@given(st.integers(0, 10**6), st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 10**6), max_size=6))
def test_a_call_is_shared_out_whole_and_nobody_bears_more_than_he_can(kw: int, can: dict[str, int]) -> None:
    parts = shared(kw, can)
    assert sum(parts.values()) == min(kw, sum(can.values()))
    assert all(0 <= parts[name] <= can[name] for name in can)


def test_divisible_jobs_are_paused_before_whole_ones_and_the_smallest_of_these_first() -> None:
    jobs = [job("whole-9", 9, whole=True), job("whole-3", 3, whole=True), job("parts", 4), job("no", 9, pausable=False)]
    parts = chosen(site(*jobs), "pause", 8 * MW)
    assert [(part.job.name, part.w) for part in parts] == [("parts", 4 * MW), ("whole-3", 3 * MW)]
    assert Part(job("x", 10, state_bytes=1000), 3 * MW).bytes == 300


def played(asked: Order, agents: dict[str, tuple[int, int, int]], cut: bool = False) -> tuple[World, list[Any]]:
    """Operator and aggregator in simulated time; agents say (area number, kW they can do without, ms until they
    answer)."""
    world = World(delay_ns=lambda a, b: 3_000_000)
    times = Times(begin_ns=0, states_ns=NS_PER_S, call_ns=2 * NS_PER_S, over_ns=10 * NS_PER_S)
    calls: list[Any] = []

    class Agent:
        def __init__(self, desk: Any, site: str, can_kw: int, late_ms: int) -> None:
            self.desk, self.site, self.can_kw, self.late_ms = desk, site, can_kw, late_ms

        def begin(self) -> None:
            body = {"kw_min": [0], "kw_max": [self.can_kw], "room_kw": [self.late_ms], "battery_wh": 0}
            self.desk.at(times.states_ns, lambda: self.desk.send("aggregator", "state", 0, 0, site=self.site, **body))

        def taken(self, message: Any) -> None:
            calls.append((self.site, message))
            at = world.now + self.late_ms * 1_000_000
            self.desk.at(at, lambda: self.desk.send("aggregator", "answer", 0, 0, kw=message["kw"], at_ns=at))

    names = {f"agent-{site}": site for site in agents}
    areas = {site: f"area-{area}" for site, (area, _, _) in agents.items()}
    world.start("tso", lambda desk: Caller(desk, times, "aggregator", asked))
    world.start("aggregator", lambda desk: Dispatcher(desk, "tso", names, areas))
    for name, site in names.items():
        _, can_kw, late_ms = agents[site]
        world.start(name, lambda desk, s=site, k=can_kw, m=late_ms: Agent(desk, s, k, m))
    world.run()
    return world, calls


def order(**changes: Any) -> Order:
    whole = {"area": "area-1", "kw": 9000, "within_ns": 10**10, "for_s": 60, "fault": "", "lines_kw": {}}
    return Order(**(whole | changes))


def test_a_call_goes_out_and_its_answer_comes_back_after_the_slowest() -> None:
    world, calls = played(order(), {"a": (1, 6000, 100), "b": (1, 12_000, 700), "c": (2, 5000, 50), "d": (3, 1, 90)})
    assert {site: message["kw"] for site, message in calls} == {"a": 3000, "b": 6000}
    assert {message["target"] for _, message in calls} == {"d"}, "the roomiest outside the area"
    told = next(note for _, note in world.notes if "answered_kw" in note)
    assert told["answered_kw"] == 9000 and told["told_ns"] == 4 * 3_000_000 + 700_000_000


def test_a_line_that_fails_is_called_for_by_what_the_others_cannot_carry() -> None:
    fails = order(kw=210, fault="one", lines_kw={"one": 100, "two": 90, "three": 30})
    world, calls = played(fails, {"a": (1, 6000, 1)})
    assert [message["kw"] for _, message in calls] == [90]
    world, calls = played(order(kw=120, fault="one", lines_kw={"one": 100, "two": 120}), {"a": (1, 6000, 1)})
    assert not calls and not any("answered_kw" in note for _, note in world.notes)


def test_where_nobody_can_do_without_anything_the_operator_is_told_so() -> None:
    world, calls = played(order(), {"a": (1, 0, 1), "c": (2, 5000, 1)})
    assert not calls
    assert [note["answered_kw"] for _, note in world.notes if "answered_kw" in note] == [0]


def test_a_call_that_names_no_time_is_refused() -> None:
    common = {"v": 1, "kind": "call", "from": "tso", "to": "x", "seq": 1, "slot": 0, "sent_ns": 0, "mac": "0" * 64}
    with pytest.raises(RefusedError, match="for_s"):
        check({**common, "good_until_slot": 0, "kw": 1, "by_ns": 1})


def test_jobs_that_make_up_together_share_what_room_there_is() -> None:
    jobs = [job("one"), job("two")]
    here = site(*jobs, room_mw=45)
    for one in jobs:
        one.held_w = 10 * MW
    here.go_on(HOUR)
    release(here, jobs, 1_000_000)
    assert here.it_w() == 45 * MW and [one.faster_w for one in jobs] == [5 * MW, 0]
