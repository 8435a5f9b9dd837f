# SPDX-License-Identifier: BSD-3-Clause
"""Sums over all workers: every act finds its other half, the sum is right; a step against published ones."""

from __future__ import annotations

import dataclasses
import itertools
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apnemu.placement.allreduce import (
    Act,
    Training,
    acts,
    fitted_bytes_per_compute_s,
    sent_between_sites,
    span,
    step_s,
)
from apnemu.placement.training_models import MODELS


def summed(algorithm: str, sites: int, per_site: int) -> tuple[list[list[int]], dict[tuple[int, int], float]]:
    """Every worker's numbers behind all acts, and what share of them went from whom to whom."""
    count, size = sites * per_site, 840
    own = [[(rank + 1) * (place + 3) for place in range(size)] for rank in range(count)]
    left: list[deque[Act]] = [deque(acts(algorithm, sites, per_site, rank)) for rank in range(count)]  # type: ignore[arg-type]
    wire: dict[tuple[int, int], deque[list[int]]] = {}
    sent: dict[tuple[int, int], float] = {}
    while any(left):
        moved = False
        for rank, waiting in enumerate(left):
            if not waiting:
                continue
            act = waiting[0]
            begin, end = span(size, act.part, act.parts, grain=1)
            if act.kind == "send":
                wire.setdefault((rank, act.peer), deque()).append(own[rank][begin:end])
                sent[rank, act.peer] = sent.get((rank, act.peer), 0) + (end - begin) / size
            elif wire.get((act.peer, rank)):
                came = wire[act.peer, rank].popleft()
                kept = own[rank][begin:end]
                own[rank][begin:end] = [a + b for a, b in zip(kept, came, strict=True)] if act.kind == "add" else came
            else:
                continue
            waiting.popleft()
            moved = True
        assert moved, "everybody waits"
    assert not any(wire.values()), "something was sent that nobody waits for"
    return own, sent


@pytest.mark.parametrize("algorithm", ["ring", "hierarchical"])
@pytest.mark.parametrize(("sites", "per_site"), [(2, 1), (3, 1), (2, 3), (5, 2), (1, 4)])
def test_everybody_has_the_sum(algorithm: str, sites: int, per_site: int) -> None:
    own, sent = summed(algorithm, sites, per_site)
    count = sites * per_site
    want = [sum((rank + 1) * (place + 3) for rank in range(count)) for place in range(840)]
    assert all(numbers == want for numbers in own)
    plan = Training(
        sites=sites, per_site=per_site, algorithm=algorithm, gradient_bytes=840, compute_s=1, bytes_per_s=1, rtt_s=0,
        local_bytes_per_s=1,
    )  # type: ignore[arg-type]  # fmt: skip
    crossing = sum(share for (a, b), share in sent.items() if a // per_site != b // per_site) / sites
    assert crossing * 840 == pytest.approx(sent_between_sites(plan), rel=0.01)


@given(size=st.integers(0, 10**7), parts=st.integers(1, 50))
def test_parts_join(size: int, parts: int) -> None:
    spans = [span(size, part, parts) for part in range(parts)]
    assert spans[0][0] == 0 and spans[-1][1] == size
    assert all(before[1] == after[0] for before, after in itertools.pairwise(spans))


SEEN = Training(
    sites=2, gradient_bytes=0, compute_s=1.0, bytes_per_s=37.5e6 * 1448 / 1514, rtt_s=0.015, local_bytes_per_s=12.5e9
)


def test_the_fit_finds_its_ratio_and_predicts_the_published_one() -> None:
    """MPLS Japan 2025: 8.36 times at 15 ms and 300 Mbit/s; 1.005 times at 0.526 ms and 100 Gbit/s."""
    size = round(fitted_bytes_per_compute_s(SEEN, 8.36))
    seen = dataclasses.replace(SEEN, gradient_bytes=size)
    assert step_s(seen) / step_s(seen.at_home()) == pytest.approx(8.36, rel=1e-6)
    apn = dataclasses.replace(seen, bytes_per_s=12.5e9 * 1448 / 1514, rtt_s=0.000526)
    assert 1.00 < step_s(apn) / step_s(apn.at_home()) < 1.03
    assert step_s(dataclasses.replace(apn, overlap=False)) > step_s(apn)


def test_a_ratio_that_no_gradients_give() -> None:
    with pytest.raises(ValueError, match="outside"):
        fitted_bytes_per_compute_s(SEEN, 0.5)


def test_models_compute_as_their_parameters_say() -> None:
    known = MODELS["tsuzumi-7b"]
    assert known.gradient_bytes == 14_000_000_000
    assert known.compute_s == pytest.approx(6 * 7e9 * 4e6 / (8 * 989e12 * 0.4))


LONG = Training(
    sites=5, gradient_bytes=100_000_000, compute_s=0.1, bytes_per_s=12.5e9 * 1448 / 1514, rtt_s=0.024514,
    local_bytes_per_s=12.5e9,
)  # fmt: skip


def test_a_long_ring_takes_as_long_as_was_seen_in_the_lab() -> None:
    """2,500 km between neighbours, 0.4122 s: buckets become ready while the first one still opens the window."""
    assert step_s(LONG) == pytest.approx(0.4122, rel=0.01)


@given(ways_ms=st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=2, max_size=6))
def test_a_part_passes_every_way_in_its_own_direction(ways_ms: list[tuple[int, int]]) -> None:
    """Parts that fit the first window: the slowest way round, and nothing of the ways back."""
    ways_s = tuple((out / 1e3, back / 1e3) for out, back in ways_ms)
    plan = dataclasses.replace(LONG, sites=len(ways_s), gradient_bytes=1000, buckets=1, ways_s=ways_s, rtt_s=9.0)
    crossings = 2 * (len(ways_s) - 1)
    outs = [out for out, _ in ways_s] * 3
    slowest = max(sum(outs[first : first + crossings]) for first in range(len(ways_s)))
    assert step_s(plan) == pytest.approx(plan.compute_s + slowest, abs=1e-6)


def test_a_small_window_slows_a_step_and_a_large_one_does_not() -> None:
    untuned = dataclasses.replace(LONG, window_bytes=65_535 << 6)
    assert step_s(untuned) > 1.2 * step_s(LONG)
    assert step_s(dataclasses.replace(LONG, window_bytes=65_535 << 14)) == pytest.approx(step_s(LONG), rel=1e-3)


def test_later_steps_find_the_window_open() -> None:
    assert step_s(dataclasses.replace(LONG, steps=6)) < 0.95 * step_s(LONG)
