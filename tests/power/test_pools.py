# SPDX-License-Identifier: BSD-3-Clause
"""One big data centre or many small ones: closed forms beside sums written out, and beside jobs placed one by one."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.placement.allreduce import Training
from apnemu.power.pools import (
    Form,
    at_once,
    exact,
    form_of,
    job_of,
    pooled_sites,
    pools_of,
    refused_sd,
    refused_share,
    step_ratio,
)
from apnemu.power.pools_simulated import Floor, fill, play

FORMS = st.builds(Form, sites=st.integers(1, 12), site_mw=st.decimals("0.1", "500", places=1).map(float))
JOBS = st.decimals("0.1", "200", places=1).map(lambda mw: exact(float(mw)))


def erlang_by_its_sum(load: float, servers: int) -> float:
    """Erlang B as it was printed: the last term of a sum over the whole sum, in logarithms."""
    logs = [k * math.log(load) - math.lgamma(k + 1) for k in range(servers + 1)]
    most = max(logs)
    return math.exp(logs[-1] - most) / math.fsum(math.exp(one - most) for one in logs)


@settings(deadline=None)
@given(FORMS, JOBS, st.data())
def test_as_many_run_at_once_as_find_room_one_by_one(form: Form, job: Fraction, data: st.DataObject) -> None:
    pooled = data.draw(st.integers(0, form.sites))
    assert at_once(pools_of(form, job, pooled)) == fill(form, job, pooled)


@settings(deadline=None)
@given(FORMS, JOBS, st.floats(0.01, 500), st.data())
def test_refused_is_the_sum_written_out(form: Form, job: Fraction, load: float, data: st.DataObject) -> None:
    pooled = data.draw(st.integers(0, form.sites))
    whole = Fraction(str(form.site_mw)) // job
    together = pooled * Fraction(str(form.site_mw)) // job if pooled > 1 else whole * pooled
    alone = erlang_by_its_sum(load / form.sites, whole)
    by_hand = alone * (form.sites - pooled) / form.sites
    if pooled > 1:
        by_hand += erlang_by_its_sum(load * pooled / form.sites, together) * pooled / form.sites
    else:
        by_hand += alone * pooled / form.sites
    pools = pools_of(form, job, pooled)
    assert refused_share(pools, load) == pytest.approx(by_hand, rel=1e-9, abs=1e-300)
    assert math.fsum(pool.count * pool.share for pool in pools) == pytest.approx(1)
    assert sum(pool.count * pool.sites for pool in pools) == form.sites


@settings(deadline=None)
@given(FORMS, JOBS, st.data())
def test_no_power_is_given_twice_and_all_comes_back(form: Form, job: Fraction, data: st.DataObject) -> None:
    pooled = data.draw(st.integers(0, form.sites))
    floor, running = Floor(form, job, pooled), []
    for _ in range(data.draw(st.integers(1, 40))):
        if running and data.draw(st.booleans()):
            floor.release(running.pop(data.draw(st.integers(0, len(running) - 1))))
        else:
            origin = data.draw(st.integers(0, form.sites - 1))
            parts = floor.place(origin)
            if parts is not None:
                assert sum(units for _, units in parts) == floor.job
                assert len(parts) == len({site for site, _ in parts})
                assert parts == ((origin, floor.job),) or origin < floor.pooled
                running.append(parts)
        assert all(0 <= free <= floor.site for free in floor.free)
        held = sum(units for parts in running for _, units in parts)
        assert sum(floor.free) == form.sites * floor.site - held
        assert floor.together == sum(floor.free[: floor.pooled])
    for parts in running:
        floor.release(parts)
    assert set(floor.free) == {floor.site}


def variance_by_a_matrix(load: float, servers: int) -> float:
    """Variance of the number refused per job: the chain that arrivals see, solved as linear equations."""
    moves = np.zeros((servers + 1, servers + 1))
    for seen in range(servers + 1):
        there = 1.0
        for left in range(min(seen + 1, servers), -1, -1):
            moves[seen, left] = there * load / (left + load)
            there *= left / (left + load)
    share = np.linalg.lstsq(
        np.vstack([moves.T - np.eye(servers + 1), np.ones(servers + 1)]), np.eye(servers + 2)[-1], rcond=None
    )[0]
    off = np.eye(servers + 1)[-1] - share[-1]
    sums = np.linalg.lstsq(np.vstack([np.eye(servers + 1) - moves, share]), np.append(off, 0), rcond=None)[0]
    return float(share @ (2 * off * sums - off**2))


@settings(deadline=None)
@given(st.floats(0.1, 40), st.integers(0, 30))
def test_the_spread_of_refusals_is_that_of_the_chain_that_arrivals_see(load: float, servers: int) -> None:
    pools = pools_of(Form(sites=1, site_mw=servers + 0.5), Fraction(1), 0)
    assert refused_sd(pools, load) ** 2 == pytest.approx(variance_by_a_matrix(load, servers), rel=1e-6, abs=1e-12)


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(st.integers(1, 6), st.integers(1, 12), st.floats(0.3, 1.5), st.integers(0, 6), st.integers(0, 2**32))
def test_what_is_played_refuses_as_erlang_says(sites: int, fit: int, load: float, pooled: int, seed: int) -> None:
    """Within five standard deviations, or ten jobs where refusals are so rare that their number is not normal."""
    form, job, requests = Form(sites=sites, site_mw=fit * 7 + 3), Fraction(7), 30_000
    pooled = min(pooled, sites)
    offered = load * sites * fit
    played, pools = (
        play(form, job, pooled, offered_erlang=offered, requests=requests, seed=seed),
        pools_of(form, job, pooled),
    )
    within = max(5 * refused_sd(pools, offered) / math.sqrt(requests), 10 / requests)
    assert abs(played.refused_share - refused_share(pools, offered)) <= within


def test_the_same_seed_plays_the_same_jobs() -> None:
    form = Form(sites=3, site_mw=100)
    again = [play(form, Fraction(60), 3, offered_erlang=4.0, requests=3000, seed=seed) for seed in (1, 1, 2)]
    assert again[0] == again[1] != again[2]
    assert set(again[0].spans) == {1, 2}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10", "form is '10'; it must be SITESxMW with at most 1000 sites; for example 10x100"),
        ("0x5", "a form has 0 sites; it must have 1 to 1000"),
        ("1001x5", "a form has 1001 sites; it must have 1 to 1000"),
        ("4x0", "a site of a form has 0 MW; it must be above 0"),
        ("4x-1", "form is '4x-1'"),
        ("4x1e3", "form is '4x1e3'"),
    ],
)
def test_a_form_that_is_none(text: str, said: str) -> None:
    with pytest.raises(ValueError) as refused:
        form_of(text)
    assert said in str(refused.value)


def test_what_is_written_in_decimals_is_divided_in_decimals() -> None:
    assert at_once(pools_of(form_of("1x0.3"), exact(0.1), 0)) == 3
    assert job_of(0.3, 3) == Fraction(1, 10)
    assert pooled_sites(form_of("10x1"), 0.7) == 7


@settings(deadline=None)
@given(st.integers(2, 50), st.floats(0, 0.1), st.floats(1e8, 1e11))
def test_a_step_over_sites_is_no_faster_than_at_home(sites: int, rtt_s: float, rate: float) -> None:
    training = Training(
        sites=sites, gradient_bytes=10**9, compute_s=1, bytes_per_s=rate, rtt_s=rtt_s, local_bytes_per_s=1e11
    )
    assert step_ratio(training) >= 1
