# SPDX-License-Identifier: BSD-3-Clause
"""A schedule can be done, and never beats the lower bound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apnemu.placement.job import Form, Job, lower_bound_s, pool_of
from apnemu.placement.links import Link, Links
from apnemu.placement.schedule import schedule

FORMS: tuple[Form, ...] = ("one", "copies", "disaggregated")
INSIDE = "inside"


def links(sites: list[str], *, near_s: float, far_s: float, bytes_per_s: float, sizes: list[int]) -> Links:
    near = Link(alone_s=dict.fromkeys(sizes, near_s), bytes_per_s=bytes_per_s, shared=False)
    far = Link(alone_s=dict.fromkeys(sizes, far_s), bytes_per_s=bytes_per_s, shared=True)
    places = [*sites, INSIDE]
    return {(a, b): near if a == b else far for a in places for b in places}


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    sizes = st.sampled_from([0, 10, 1000])
    return Job(
        tasks=draw(st.integers(1, 40)),
        rounds=draw(st.integers(1, 3)),
        cpu_s=draw(st.floats(0.01, 5)),
        gpu_s=draw(st.floats(0.01, 5)),
        input_bytes=draw(sizes),
        between_bytes=draw(sizes),
        output_bytes=draw(sizes),
    )


@given(
    job=jobs(),
    slots=st.lists(st.integers(1, 8), min_size=2, max_size=5),
    form=st.sampled_from(FORMS),
    far_s=st.floats(0, 3),
    rate=st.floats(10, 1e6),
)
def test_never_below_the_lower_bound(job: Job, slots: list[int], form: Form, far_s: float, rate: float) -> None:
    sizes = {f"s{number}": count for number, count in enumerate(slots)}
    pool = pool_of(form, sizes, inside=INSIDE)
    costs = links(list(sizes), near_s=0, far_s=far_s, bytes_per_s=rate, sizes=[10, 1000])
    found = schedule(job, pool, costs)
    assert found.makespan_s >= lower_bound_s(job, pool) * (1 - 1e-9)
    assert 0 < found.utilisation <= 1 + 1e-9
    assert sum(found.tasks_at.values()) == job.tasks


def test_one_data_centre_without_data_meets_the_bound() -> None:
    job = Job(tasks=8, rounds=3, cpu_s=0.5, gpu_s=2, input_bytes=0, between_bytes=0, output_bytes=0)
    pool = pool_of("one", {"a": 3, "b": 1}, inside=INSIDE)
    found = schedule(job, pool, links(["a", "b"], near_s=0, far_s=9, bytes_per_s=1, sizes=[]))
    assert found.makespan_s == pytest.approx(3 * (0.5 + 2 * 2)) == pytest.approx(lower_bound_s(job, pool))


def test_a_far_site_is_left_out_where_it_would_end_later() -> None:
    job = Job(tasks=2, rounds=1, cpu_s=1, gpu_s=1, input_bytes=10, between_bytes=0, output_bytes=10)
    pool = pool_of("copies", {"a": 1, "b": 1}, inside=INSIDE)
    near = schedule(job, pool, links(["a", "b"], near_s=0, far_s=0.4, bytes_per_s=1e9, sizes=[10]))
    far = schedule(job, pool, links(["a", "b"], near_s=0, far_s=0.6, bytes_per_s=1e9, sizes=[10]))
    assert near.tasks_at == {"a": 1, "b": 1} and near.makespan_s == pytest.approx(2.8)
    assert far.tasks_at == {"a": 2, "b": 0} and far.makespan_s == pytest.approx(3.0, rel=1e-6)


def test_a_shared_link_carries_one_transfer_after_another() -> None:
    job = Job(tasks=4, rounds=1, cpu_s=1, gpu_s=1, input_bytes=10, between_bytes=0, output_bytes=0)
    pool = pool_of("disaggregated", {"cpu": 2, "gpu": 1, "disk": 1}, inside=INSIDE)
    found = schedule(job, pool, links(["cpu", "gpu", "disk"], near_s=0, far_s=12, bytes_per_s=1, sizes=[10]))
    assert found.makespan_s == pytest.approx(4 * 10 + 2 + 1 + 1)


def test_disaggregated_needs_two_sites() -> None:
    with pytest.raises(ValueError, match="two sites"):
        pool_of("disaggregated", {"a": 4}, inside=INSIDE)
