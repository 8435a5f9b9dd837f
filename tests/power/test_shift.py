# SPDX-License-Identifier: BSD-3-Clause
"""Plans beside closed forms, networkx's flow of least cost, and brute force, at drawn figures."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.errors import InputError
from apnemu.model.power import Battery, Feeder, Gpu, Moves, OwnPlant, Power, Tie, Zone
from apnemu.power import closed
from apnemu.power.closed import loop_blind_mw, loop_most_mw
from apnemu.power.horizon import Asked, horizon
from apnemu.power.outcome import outcome
from apnemu.power.shift import UNMET_PER_MWH, plan
from apnemu.power.veto import granted, grants, vetoes
from apnemu.topology import read_plant
from tests.power.made import DAY, come_to, flat, site, system, work

TOPOLOGIES = Path(__file__).parents[2] / "topologies"
SHIFTS = ("none", "time", "space", "both")
PRICE = st.integers(1, 40).map(lambda yen: 500.0 * yen)


def shipped(name: str) -> Power:
    power = read_plant(TOPOLOGIES / f"{name}.yaml").power
    assert power is not None
    return power


def test_two_areas_as_shipped() -> None:
    """The four shifts in M yen, by hand: what may wait takes cheap rooms; where GPUs never idle, each slot its own."""
    power = shipped("two-areas")
    for idle, costs in (("free", (23.52, 20.16, 13.44, 9.60)), ("never", (23.52, 23.52, 13.44, 13.44))):
        found = [come_to(power, shift=shift, idle=idle) for shift in SHIFTS]
        assert [each.cost / 1e6 for each in found] == pytest.approx(costs, rel=1e-9)
        assert [each.overload_mwh for each in found] == [0] * 4


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(PRICE, PRICE), min_size=DAY, max_size=DAY),
    st.tuples(st.floats(1, 2), st.floats(1, 2)),
    st.floats(1, 100),
    st.floats(1, 3),
    st.sampled_from(SHIFTS),
    st.booleans(),
)
def test_two_areas_at_drawn_prices(
    prices: list[tuple[float, float]], pues: tuple[float, float], mw: float, rooms: float, shift: str, never: bool
) -> None:
    room_mw = mw * rooms
    a, b = (list(column) for column in zip(*prices, strict=True))
    sites = (site("a", "x", room_mw, pues[0]), site("b", "y", room_mw, pues[1]))
    power = system({"x": a, "y": b}, sites=sites, work=(work(mw=mw, hours=24.0),))
    found = come_to(power, shift=shift, idle="never" if never else "free")
    by_hand = closed.two_areas(prices, pues, mw=mw, room_mw=room_mw, slot_h=1, shift=shift, never_idle=never)  # type: ignore[arg-type]
    assert found.cost == pytest.approx(by_hand, rel=1e-6)
    assert found.undone_mwh == pytest.approx(0, abs=1e-4)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 4))
def test_fluid_work_is_the_flow_of_least_cost_by_networkx(seed: int, works: int, count: int) -> None:
    """Work with windows to (site, slot) rooms: a transport problem, solved by the network simplex in whole figures."""
    draw = np.random.default_rng(seed)
    prices = {f"x{i}": draw.integers(1, 30, DAY) * 100.0 for i in range(count)}
    sites = tuple(site(f"s{i}", f"x{i}", float(draw.integers(5, 40))) for i in range(count))
    jobs = []
    for index in range(works):
        begin, lasts = int(draw.integers(0, 20)), int(draw.integers(1, 4))
        end = int(draw.integers(begin + lasts, DAY + 1))
        home = f"s{draw.integers(0, count)}"
        jobs.append(
            work(
                f"w{index}", home, float(draw.integers(1, 30)), hours=float(lasts), from_s=begin * 3600, by_s=end * 3600
            )
        )
    power = system(prices, sites=sites, work=tuple(jobs))
    found = come_to(power, shift="both", idle="free")
    graph = nx.DiGraph()
    graph.add_node("rooms", demand=int(sum(job.mwh for job in jobs)))
    for job in jobs:
        graph.add_node(job.name, demand=-int(job.mwh))
        graph.add_edge(job.name, "rooms", weight=int(UNMET_PER_MWH))
        for where, slot in product(sites, range(job.from_s // 3600, (job.by_s or 0) // 3600)):
            graph.add_edge(job.name, (where.name, slot), weight=int(prices[where.area][slot]))
    for where, slot in product(sites, range(DAY)):
        graph.add_edge((where.name, slot), "rooms", capacity=int(where.room_mw), weight=0)
    assert found.cost == pytest.approx(nx.network_simplex(graph)[0], rel=1e-6)


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["never", "priced", "free"]))
def test_more_freedom_never_costs_more_and_the_bound_holds(seed: int, idle: str) -> None:
    draw = np.random.default_rng(seed)
    power = drawn(draw)
    cost = {shift: come_to(power, shift=shift, idle=idle) for shift in SHIFTS}
    for less, more in (("none", "time"), ("none", "space"), ("time", "both"), ("space", "both")):
        assert cost[more].cost <= cost[less].cost * (1 + 1e-7) + 1e-3
    for each in cost.values():
        assert each.bound <= each.cost * (1 + 1e-7) + 1e-3
        assert each.overload_mwh == 0
        assert (each.schedule.load_mw <= np.array([[at.room_mw] for at in power.sites]) + 1e-6).all()
    if idle == "never":
        assert max(each.idle_gpu_mwh for each in cost.values()) < 1e-3


def drawn(draw: np.random.Generator) -> Power:
    """A random system: three areas in a loop, sites with batteries, plants and feeds, a feeder, works of all kinds."""
    areas = ("x", "y", "z")
    prices = {name: draw.integers(10, 200, DAY) * 100.0 for name in areas}
    sites = tuple(
        site(
            f"s{index}",
            areas[index % 3],
            float(draw.integers(20, 100)),
            float(draw.uniform(1, 2)),
            battery=Battery(mwh=float(draw.integers(1, 50)), mw=float(draw.integers(1, 20))) if index % 2 else None,
            plant=OwnPlant(mw=5, yen_per_mwh=9000) if index == 2 else None,
            owner=f"dc-{index % 2}",
        )
        for index in range(4)
    )
    jobs = tuple(
        work(
            f"w{index}",
            f"s{index % 4}",
            float(draw.integers(1, 10)),
            hours="all" if index == 0 else float(draw.integers(1, 8)),
            from_s=int(draw.integers(0, 12)) * 3600,
            by_s=None if index == 0 else int(draw.integers(20, 25)) * 3600,
            state_bytes=float(draw.choice([0, 1e12])),
            owner=f"dc-{index % 2}",
        )
        for index in range(6)
    )
    ties = tuple(
        Tie(name=a + b, a=a, b=b, mw=float(draw.integers(1, 30)), back_mw=float(draw.integers(1, 30)), reactance=0.1)
        for a, b in (("x", "y"), ("y", "z"), ("x", "z"))
    )
    feeders = (Feeder(name="f", area="x", sites=("s0",), mw=float(draw.integers(10, 80)), base=10.0),)
    return system(prices, sites=sites, work=jobs, ties=ties, feeders=feeders)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.02, 1), st.floats(0.02, 1), st.floats(0.02, 1), st.tuples(*[st.floats(10, 2000)] * 3))
def test_most_over_a_loop_of_ties(ab: float, bc: float, ac: float, mw: tuple[float, float, float]) -> None:
    """Power flow known: no tie overloaded, as much as resistors allow. Blind: as much as pipes; operators cut it."""
    ties = tuple(
        Tie(name=name, a=name[0], b=name[1], mw=limit, back_mw=limit, reactance=x)
        for name, limit, x in zip(("ab", "bc", "ac"), mw, (ab, bc, ac), strict=True)
    )
    room_mw = 10_000.0
    power = system(
        dict(zip("abc", flat(14_000, 8_000, 14_000), strict=True)),
        sites=(site("a", "a", room_mw), site("b", "b", room_mw), site("c", "c", 0.0)),
        work=(work(home="a", mw=room_mw, hours=24.0),),
        ties=ties,
    )
    most = min(room_mw, loop_most_mw(ab, bc, ac, mw))
    found = come_to(power, shift="space")
    assert found.grid_mw[1] == pytest.approx(most, rel=1e-6)
    assert found.overload_mwh == 0
    none = plan(power, Asked(shift="none"))
    blind = plan(power, Asked(flow="blind"), none)
    asked_mw = min(room_mw, loop_blind_mw(mw))
    assert blind.grid_mw[1] == pytest.approx(asked_mw, rel=1e-6)
    share = min(1.0, loop_most_mw(ab, bc, ac, mw) / asked_mw)
    assert grants(blind, none) == pytest.approx(share, rel=1e-6)
    vetoed = outcome(power, granted(blind, none), none)
    assert vetoed.grid_mw[1] == pytest.approx(share * asked_mw, rel=1e-6)
    assert vetoed.overload_mwh == 0
    assert vetoes(grants(blind, none)) == (DAY if share < 1 - 1e-6 else pytest.approx(0, abs=DAY))


def test_the_loop_as_shipped() -> None:
    power = shipped("three-areas-loop")
    none = plan(power, Asked(shift="none"))
    known = outcome(power, plan(power, Asked(), none), none)
    assert (known.grid_mw[1] == pytest.approx(1500, abs=1e-6), known.overload_mwh) == (True, 0)
    blind = plan(power, Asked(flow="blind"), none)
    assert blind.grid_mw[1] == pytest.approx(2000, abs=1e-6)
    assert outcome(power, blind, none).overload_mwh / 24 == pytest.approx(333.333333, abs=1e-6)
    vetoed = outcome(power, granted(blind, none), none)
    assert (vetoed.grid_mw[1] == pytest.approx(1500, abs=1e-6), vetoed.overload_mwh) == (True, 0)


def one_job(hours: float, **moves: float) -> Power:
    """One whole job of 20 MW and 2 TB at a, while b is cheaper."""
    return system(
        {"x": flat(12_000)[0], "y": flat(8_000)[0]},
        sites=(site("a", "x", 20, 1.4, lit_gbps=93.0), site("b", "y", 20, 1.2, lit_gbps=93.0)),
        work=(work(mw=20, hours=hours, state_bytes=2e12, whole=True),),
        gpu=Gpu(yen_per_it_mwh=150_000),
        moves=Moves(**{"nj_per_bit": 20.0, "stop_s": 30.0, **moves}),
    )


@pytest.mark.parametrize("jobs", ["whole", "fluid"])
@pytest.mark.parametrize(("factor", "moves"), [(0.99, 0), (1.01, 1)])
def test_a_move_pays_from_625_s_of_remaining_work_on(factor: float, moves: int, jobs: str) -> None:
    found = come_to(one_job(factor * 625.02 / 3600), shift="space", jobs=jobs)
    assert found.moves == moves
    assert found.moved_bytes == pytest.approx(moves * 2e12)


@settings(max_examples=15, deadline=None)
@given(st.floats(0, 200), st.floats(1, 300), st.sampled_from([0.9, 1.1]))
def test_a_move_pays_from_its_break_even_on(nj_per_bit: float, stop_s: float, factor: float) -> None:
    cost = closed.move_cost(
        state_bytes=2e12, mw=20, price_from=12e3, price_to=8e3, nj_per_bit=nj_per_bit, stop_s=stop_s, gpu=150e3
    )
    even_s = closed.move_break_even_s(cost=cost, mw=20, staying=12e3 * 1.4, leaving=8e3 * 1.2)
    found = come_to(one_job(factor * even_s / 3600, nj_per_bit=nj_per_bit, stop_s=stop_s), shift="space", jobs="whole")
    assert found.moves == (factor > 1)
    if factor > 1:
        assert found.parts["moves"] == pytest.approx(cost, rel=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_whole_jobs_are_what_brute_force_finds(seed: int, pausable: bool) -> None:
    """Two jobs over four slots at two sites with room for one: every way to run them is tried."""
    draw = np.random.default_rng(seed)
    slots, lasts = 4, (int(draw.integers(1, 4)), int(draw.integers(1, 4)))
    prices = {name: draw.integers(1, 50, slots) * 1000.0 for name in ("x", "y")}
    state = float(draw.choice([0, 3e12]))
    power = system(
        prices,
        slot_s=6 * 3600,
        sites=(site("a", "x", 10), site("b", "y", 10)),
        work=tuple(
            work(f"w{i}", "ab"[i], 10, hours=6.0 * n, state_bytes=state, whole=True, pausable=pausable)
            for i, n in enumerate(lasts)
        ),
    )
    found = come_to(power, shift="both", idle="free", jobs="whole")
    move = closed.move_cost(
        state_bytes=state, mw=10, price_from=0, price_to=0, nj_per_bit=20, stop_s=30, gpu=147_000
    ) * bool(state)
    energy_mwh = state * 8 * 20e-9 / 3.6e9

    def ways(index: int) -> list[tuple[tuple[int, ...], float]]:
        """Where a job runs in each slot (-1: it pauses), and what that costs with the cheapest moves between."""
        listed = []
        for way in product((-1, 0, 1), repeat=slots):
            runs = [slot for slot in range(slots) if way[slot] >= 0]
            if len(runs) != lasts[index] or (not pausable and runs != list(range(runs[0], runs[0] + len(runs)))):
                continue
            cost, at, last = 0.0, index, 0
            for slot in runs:
                if way[slot] != at and state:
                    cost += move + min(
                        energy_mwh * (prices["x"][when] + prices["y"][when]) / 2 for when in range(last, slot + 1)
                    )
                at, last = way[slot], slot + 1
                cost += 60 * prices["xy"[at]][slot]
            listed.append((way, cost))
        return listed

    best = min(
        first[1] + second[1]
        for first, second in product(ways(0), ways(1))
        if all(one < 0 or one != two for one, two in zip(first[0], second[0], strict=True))
    )
    assert found.cost == pytest.approx(best, rel=1e-6)
    assert found.undone_mwh == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("mwh", [40.0, 10.0])
@pytest.mark.parametrize(("round_trip", "earns"), [(0.88, True), (0.51, True), (0.49, False)])
def test_a_battery_earns_the_difference_of_prices(mwh: float, round_trip: float, earns: bool) -> None:
    """20 MW; 6 h at 8,000, 18 h at 16,000 yen: 276,364 yen a day at 0.88 with 40 MWh, nothing at 0.49."""
    price = [8_000.0 if slot < 12 else 16_000.0 for slot in range(48)]
    plain = system({"x": price}, slot_s=1800, sites=(site("a", "x", 100, 1.4),), work=(work(mw=50),))
    battery = Battery(mwh=mwh, mw=20, round_trip=round_trip)
    stored = replace(plain, sites=(replace(plain.sites[0], battery=battery),))
    gain = come_to(plain, shift="none").cost - come_to(stored, shift="none").cost
    by_hand = closed.battery_gain(mwh=mwh, low=8_000, high=16_000, round_trip=round_trip)
    assert (by_hand > 0) == earns
    assert gain == pytest.approx(by_hand, abs=0.01)
    if mwh == 40 and round_trip == 0.88:
        assert gain == pytest.approx(276_364, abs=1)


@settings(max_examples=20, deadline=None)
@given(st.floats(10_000, 300_000), st.floats(1, 2), st.sampled_from([0.5, 0.999, 1.001, 2.0]))
def test_endless_work_pauses_only_above_what_gpus_are_worth(gpu: float, pue: float, factor: float) -> None:
    price = factor * closed.idle_price(gpu=gpu, pue=pue)
    power = system(
        {"x": flat(price)[0]}, sites=(site("a", "x", 50, pue),), work=(work(mw=50),), gpu=Gpu(yen_per_it_mwh=gpu)
    )
    for shift in ("time", "space", "both"):
        found = come_to(power, shift=shift, idle="priced")
        idle_mwh = 1200.0 if factor > 1 else 0.0
        assert found.idle_gpu_mwh == pytest.approx(idle_mwh, abs=1e-6)
        assert found.cost == pytest.approx(1200 * min(gpu, price * pue), rel=1e-6)
        assert (found.deadline_misses, found.undone_mwh) == (0, pytest.approx(0, abs=1e-6))
    assert come_to(power, shift="both", idle="never").idle_gpu_mwh == 0


def test_twice_the_price_is_no_reason_to_idle() -> None:
    power = system({"x": flat(24_520)[0]}, sites=(site("a", "x", 50, 1.4),), work=(work(mw=50),))
    assert come_to(power, idle="priced").idle_gpu_mwh == 0


def test_what_arrives_where_it_may_and_when() -> None:
    """A zone, a site that is not pooled, fixed work and a deadline each hold work where it would not stay by price."""
    prices = {"x": [9e3] * 12 + [9e2] * 12, "y": flat(8e3)[0], "z": flat(1e3)[0]}
    sites = (site("a", "x"), site("b", "y"), site("c", "z"))

    def there(power: Power, **asked: Any) -> list[float]:
        found = come_to(power, shift="both", idle="free", **asked)
        assert found.undone_mwh == pytest.approx(0, abs=1e-6)
        return [round(float(mw) + 0.0, 6) for mw in found.schedule.load_mw.sum(axis=1)]

    job = work(mw=10, hours=5.0, by_s=12 * 3600)
    power = system(
        prices, sites=sites, work=(job,), zones=(Zone(name="ab", sites=("a", "b")), Zone(name="any", sites="all"))
    )
    assert there(power) == [0, 0, 50]
    assert there(replace(power, work=(replace(job, zone="ab"),))) == [0, 50, 0]
    assert there(replace(power, work=(replace(job, zone="any"),))) == [0, 0, 50]
    assert there(replace(power, work=(replace(job, zone="ab", by_s=None),))) == [50, 0, 0]
    assert there(replace(power, sites=(replace(sites[0], zone="ab"), *sites[1:]))) == [0, 50, 0]
    assert there(replace(power, sites=(*sites[:2], replace(sites[2], pooled=False)))) == [0, 50, 0]
    assert there(replace(power, sites=(replace(sites[0], pooled=False), *sites[1:]))) == [50, 0, 0]
    assert there(replace(power, work=(replace(job, kind="fixed"),))) == [50, 0, 0]
    assert there(replace(power, work=(replace(job, most_mw=10.0),))) == [0, 0, 50]


def test_at_most_eight_sites_are_looked_at_and_home_is_one() -> None:
    prices = {f"x{index:02d}": flat(1000.0 * (20 - index))[0] for index in range(12)}
    sites = tuple(site(f"s{index:02d}", area) for index, area in enumerate(prices))
    power = system(prices, sites=sites, work=(work(home="s00", mw=800, hours=24.0),))
    found = come_to(power, shift="space")
    used = [where.name for where, mw in zip(power.sites, found.schedule.load_mw.sum(axis=1), strict=True) if mw > 1e-6]
    assert used == ["s00", *(f"s{index:02d}" for index in range(5, 12))]


def test_a_feeder_a_feed_and_a_plant() -> None:
    sites = (site("a", "x"), site("b", "x", feed_mw=30.0), site("c", "x", plant=OwnPlant(mw=7, yen_per_mwh=100)))
    prices = {"x": flat(1000)[0]}
    jobs = (work("w", "b", 50, hours=24.0), work("v", "c", 20))
    power = system(prices, sites=sites, work=jobs)
    found = come_to(power, shift="space")
    assert found.grid_mw[1].max() <= 30 + 1e-6
    assert found.schedule.own_mw[2] == pytest.approx(7)
    assert found.undone_mwh == pytest.approx(0, abs=1e-6)
    none = come_to(power, shift="none")
    assert none.undone_mwh + none.schedule.dark_mw[1].sum() == pytest.approx(20 * 24)
    assert none.parts["undone"] == pytest.approx(20 * 24 * UNMET_PER_MWH)
    feeder = Feeder(name="f", area="x", sites=("a",), mw=25, base=10.0)
    held = come_to(replace(power, feeders=(feeder,), sites=(site("a", "x", pue=1.0), *sites[1:])), shift="space")
    assert held.grid_mw[0].max() <= 15 + 1e-6
    assert held.overload_mwh == 0
    following = replace(sites[0], feed="following", follows=tuple(float(slot % 3) for slot in range(DAY)))
    assert (
        come_to(replace(power, sites=(following, *sites[1:])), shift="space").grid_mw[0] <= np.arange(DAY) % 3 + 1e-6
    ).all()


@settings(max_examples=20, deadline=None)
@given(st.floats(1.0, 1.5), st.floats(0, 0.5), st.floats(0, 1), st.floats(1, 100))
def test_a_facility_draws_what_its_convex_pue_says(slope: float, steeper: float, overhead: float, mw: float) -> None:
    """Power at no load, then two slopes, the second steeper; work goes where one more MW costs less."""
    half, full = overhead + slope * 0.5, overhead + slope * 0.5 + (slope + steeper) * 0.5
    quarter = overhead + slope * 0.25
    pue = ((0.25, quarter / 0.25), (0.5, half / 0.5), (1.0, full))
    power = system({"x": flat(1000)[0]}, sites=(site("a", "x", 100, pue=1.0),), work=(work(mw=mw, hours=24.0),))
    power = replace(power, sites=(replace(power.sites[0], pue=pue),))
    found = come_to(power, shift="none")
    by_hand = 100 * overhead + slope * mw + steeper * max(0.0, mw - 50)
    assert found.grid_mw[0] == pytest.approx(by_hand, rel=1e-6)
    assert found.cost == pytest.approx(24 * 1000 * by_hand, rel=1e-6)


def test_what_light_carries_bounds_what_comes_in_a_slot() -> None:
    """2e14 bytes over 100 Gbit/s take 4.4 h, in which a whole job runs nowhere."""
    power = system(
        {"x": flat(9e3)[0], "y": flat(1e3)[0]},
        sites=(site("a", "x", lit_gbps=100.0), site("b", "y", lit_gbps=100.0)),
        work=(work(mw=10, hours=12.0, state_bytes=2e14, whole=True),),
    )
    comes_h = 2e14 / 12.5e9 / 3600
    found = come_to(power, shift="both", idle="free", jobs="whole")
    away = np.flatnonzero(found.schedule.run_mw[0, 1] > 1e-6)
    assert len(away) and away[0] >= int(comes_h)
    faster = tuple(replace(each, lit_gbps=1000.0) for each in power.sites)
    fast = replace(power, sites=faster, work=(replace(power.work[0], by_s=12 * 3600),))
    assert come_to(fast, shift="both", idle="free", jobs="whole").schedule.run_mw[0, 1, :12] == pytest.approx(10)


def test_a_price_of_co2_moves_work() -> None:
    power = system(
        {"x": flat(1000)[0], "y": flat(1100)[0]},
        sites=(site("a", "x"), site("b", "y")),
        work=(work(mw=10, hours=24.0),),
        more={"x": {"kgco2_per_mwh": flat(500)[0]}, "y": {"kgco2_per_mwh": flat(100)[0]}},
    )
    assert come_to(power).tco2 == pytest.approx(120)
    paid = come_to(power, yen_per_tco2=1000.0)
    assert paid.tco2 == pytest.approx(24)
    assert paid.cost == pytest.approx(240 * 1100 + 24 * 1000)


def test_surplus_that_is_used_is_counted() -> None:
    surplus = [0.0] * 10 + [30.0] * 4 + [0.0] * 10
    power = system(
        {"x": flat(9e3)[0], "y": [8e3] * 10 + [10.0] * 4 + [8e3] * 10},
        sites=(site("a", "x"), site("b", "y", 100)),
        work=(work(mw=10, hours=24.0),),
        more={"y": {"curtailed_mw": surplus}},
    )
    assert come_to(power, shift="space").surplus_used_mwh == pytest.approx(40)
    assert come_to(power, shift="both", idle="free").surplus_used_mwh == pytest.approx(90)  # room for 100 MW: 3 h
    assert come_to(power, shift="none").curtailed_mwh == pytest.approx(120)


def test_a_dispatch_is_planned_with_the_work_in_it() -> None:
    """Work that moves lets cheap plants run: none buys the dear step, the plan does not."""
    from apnemu.model.power import Area, Step

    dear = (Step(mw=20, yen_per_mwh=1000), Step(mw=100, yen_per_mwh=9000))
    power = system(
        {"x": flat(0)[0], "y": flat(0)[0]},
        areas=(Area(name="x", supply=dear), Area(name="y", supply=(Step(mw=100, yen_per_mwh=2000),))),
        sites=(site("a", "x"), site("b", "y")),
        work=(work(mw=30, hours=24.0),),
        clearing="dispatch",
        more={name: {"demand_mw": flat(15)[0]} for name in ("x", "y")},
    )
    none, best = come_to(power, shift="none"), come_to(power, shift="space")
    assert none.cost == pytest.approx(24 * (20 * 1000 + 25 * 9000 + 15 * 2000))
    assert best.cost == pytest.approx(24 * (20 * 1000 + 40 * 2000))
    assert best.schedule.value == pytest.approx(best.cost, rel=1e-9)


def test_days_and_deadlines_of_the_next_day() -> None:
    price = [9e3] * 30 + [1e3] * 18
    late = work(mw=10, hours=3.0, from_s=20 * 3600, by_s=33 * 3600)
    power = system({"x": price}, sites=(site("a", "x"),), work=(late,))
    power = replace(power, profile=replace(power.profile))
    assert horizon(power, 1).begin == 24
    longer = system({"x": [0.0] * 24 + price}, sites=(site("a", "x"),), work=(late,))
    over = horizon(longer, 1)
    assert (over.begin, over.slots) == (24, 33)
    assert come_to(longer, shift="time", idle="free").cost == pytest.approx(30 * 1e3)
    assert come_to(longer, shift="none").cost == pytest.approx(30 * 9e3)
    with pytest.raises(InputError, match="days is 3; the profile of made has 2"):
        horizon(longer, 3)


def test_the_same_system_gives_the_same_bytes() -> None:
    power = drawn(np.random.default_rng(5))
    first, second = (plan(power, Asked(shift="both", idle="free")) for _ in range(2))
    for name in ("run_mw", "grid_mw", "charge_mw"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()


def test_equal_sites_are_taken_in_the_order_of_the_file() -> None:
    prices = {name: flat(1000)[0] for name in ("x", "y", "z")}
    sites = (site("c", "x", 40), site("a", "y", 40), site("b", "z", 40))
    power = system(prices, sites=sites, work=(work(home="b", mw=40, hours=24.0), work("v", "a", 30, hours=24.0)))
    load = come_to(power, shift="space").schedule.load_mw
    assert [round(float(mw), 6) for mw in load.sum(axis=1) / DAY] == [40, 30, 0]
