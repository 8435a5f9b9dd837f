# SPDX-License-Identifier: BSD-3-Clause
"""The market of whole jobs: exact plans of each, a bound that holds, a choice near it, beside exact programs."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.model.power import Power
from apnemu.power import shift
from apnemu.power.horizon import Asked
from apnemu.power.outcome import Outcome
from apnemu.power.whole import Job, cheapest
from tests.power.made import come_to, site, system, work


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.booleans(), st.sampled_from([1.0, 2.0, 1.5, 0.25, 2.5]))
def test_a_plan_of_one_job_is_what_trying_all_finds(seed: int, pausable: bool, need: float) -> None:
    draw = np.random.default_rng(seed)
    sites, begin, slots = int(draw.integers(1, 4)), int(draw.integers(0, 2)), 4
    end = begin + slots
    run = draw.integers(-5, 50, (sites, end)).tolist()
    come, go = draw.integers(0, 15, (2, sites, end)).tolist()
    found = cheapest(Job(need=need, begin=begin, end=end, pausable=pausable), run, come, go)
    full, part = int(need), need % 1
    best = np.inf
    for parts in product([0.0, 1.0, *([part] if part else [])], repeat=slots):
        busy = [at for at, share in enumerate(parts) if share]
        if sorted(share for share in parts if share) != sorted([1.0] * full + [part] * bool(part)):
            continue
        if not pausable and (busy != list(range(busy[0], busy[-1] + 1)) or (part and parts[busy[-1]] != part)):
            continue
        for places in product(range(sites), repeat=slots):
            cost, at = 0.0, 0
            for slot, (place, share) in enumerate(zip(places, parts, strict=True), begin):
                if place != at:
                    cost += go[at][slot] + come[place][slot]
                at = place
                cost += run[place][slot] * share
            best = min(best, cost)
    assert found is not None and found.cost == pytest.approx(best)
    assert sum(share for *_, share in found.runs) == pytest.approx(need)


def test_a_job_that_does_not_fit_its_window_has_no_plan() -> None:
    assert cheapest(Job(need=3, begin=0, end=2), [[1, 1]], [[0, 0]], [[0, 0]]) is None


def drawn(seed: int, jobs: int, sites: int, slots: int = 12, **parts: Any) -> Power:
    """Jobs at random with rooms for little more than all of them, in slots of two hours."""
    draw = np.random.default_rng(seed)
    mw = draw.choice([5.0, 10.0, 20.0], jobs)
    begins = draw.integers(0, slots // 2, jobs)
    long = draw.integers(slots // 4, slots // 2 + 1, jobs)
    ends = np.minimum(slots, begins + long + slots // 6)
    return system(
        {f"x{n}": draw.uniform(5e3, 2e4, slots) for n in range(sites)},
        slot_s=7200,
        sites=tuple(
            site(f"s{n}", f"x{n}", max(20.0, 1.6 * mw.sum() / sites), draw.uniform(1.1, 1.6), owner=f"o{n % 2}")
            for n in range(sites)
        ),
        work=tuple(
            work(
                f"j{n}",
                f"s{n % sites}",
                float(mw[n]),
                hours=2.0 * min(long[n], ends[n] - begins[n]),
                from_s=int(begins[n]) * 7200,
                by_s=int(ends[n]) * 7200,
                state_bytes=float(mw[n]) * 1e11,
                whole=True,
                pausable=bool(n % 2),
                owner=f"o{n % sites % 2}",
            )
            for n in range(jobs)
        ),
        **parts,
    )


def both_ways(power: Power, monkeypatch: pytest.MonkeyPatch, **asked: Any) -> tuple[Outcome, Outcome]:
    """As one program, and on the market."""
    exact = come_to(power, jobs="whole", **asked)
    monkeypatch.setattr(shift, "MOST_WHOLE", MappingProxyType({"time": 0, "space": 0, "both": 0}))
    return exact, come_to(power, jobs="whole", **asked)


@pytest.mark.slow
@pytest.mark.parametrize("idle", ["free", "never", "priced"])
@pytest.mark.parametrize("kind", ["time", "space", "both"])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_market_is_near_the_exact_program_and_its_bound_holds(
    seed: int, kind: str, idle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact, sold = both_ways(drawn(seed, 4, 2), monkeypatch, shift=kind, idle=idle)
    assert sold.bound <= exact.cost * (1 + 1e-6)
    assert exact.cost * (1 - 1e-6) <= sold.cost <= 1.05 * exact.cost
    assert sold.undone_mwh == pytest.approx(exact.undone_mwh, abs=1e-6)


def sound(power: Power, found: Outcome) -> None:
    """Rooms and windows are kept, each job is on or off and at one place, what is done is done."""
    run, over = found.schedule.run_mw, found.schedule.over
    rooms = np.array([[each.room_mw] for each in power.sites])
    assert np.all(run.sum(axis=0) <= rooms + 1e-6)
    for index, job in enumerate(power.work):
        busy = run[index] > 1e-9
        assert busy.sum(axis=0).max() <= 1
        assert np.all(run[index].sum(axis=0) <= job.mw * over.open_share[index] + 1e-9)
        assert run[index].sum() * over.hours == pytest.approx(job.mwh)
        slots = np.flatnonzero(busy.any(axis=0))
        assert job.pausable or np.all(np.diff(slots) == 1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_more_than_a_thousand_choices_are_sold(seed: int) -> None:
    power = drawn(seed, 24, 4)
    found = come_to(power, shift="both", idle="free", jobs="whole")
    sound(power, found)
    fluid = come_to(power, shift="both", idle="free", jobs="fluid")
    assert fluid.cost * (1 - 1e-6) <= found.bound <= found.cost <= 1.06 * found.bound
    again = come_to(power, shift="both", idle="free", jobs="whole")
    assert np.array_equal(found.schedule.run_mw, again.schedule.run_mw) and found.cost == again.cost


@pytest.mark.slow
def test_fluid_work_and_whole_jobs_share_a_room() -> None:
    power = drawn(5, 24, 4)
    power = replace(power, work=(*power.work, work("batch", "s1", 15, owner="o1", hours=20.0)))
    found = come_to(power, shift="both", idle="free", jobs="whole")
    assert np.all(found.schedule.load_mw <= np.array([[each.room_mw] for each in power.sites]) + 1e-6)
    assert found.undone_mwh == pytest.approx(0, abs=1e-6)
    assert sum(found.parts.values()) == pytest.approx(found.schedule.value, rel=1e-6)
    assert found.bound <= found.cost


def test_light_bounds_what_comes_on_the_market_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two jobs of 2 TB, and light that carries one of them in a slot of an hour: the second comes a slot later."""
    power = system(
        {"x": [20_000.0] * 24, "y": [5_000.0] * 24},
        sites=(site("a", "x", 40, lit_gbps=5.0), site("b", "y", 40, lit_gbps=5.0)),
        work=tuple(work(f"j{n}", "a", 10, hours=24.0, whole=True, state_bytes=2e12) for n in (1, 2)),
    )
    exact, sold = both_ways(power, monkeypatch, shift="both", idle="free")
    assert sold.cost == pytest.approx(exact.cost, rel=1e-6)
    assert sorted(move.slot for move in sold.schedule.moves) == [0, 1]


def test_asked_for_space_a_job_runs_when_it_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    power = drawn(3, 4, 2)
    _, sold = both_ways(power, monkeypatch, shift="space", idle="never")
    assert np.allclose(sold.schedule.run_mw.sum(axis=1), sold.schedule.over.arrival_mw)
    assert sold.idle_gpu_mwh == pytest.approx(0, abs=1e-6)
    assert Asked(shift="space").jobs == "fluid"
