# SPDX-License-Identifier: BSD-3-Clause
"""Closed forms of waiting and loss, held against a simulated queue."""

from __future__ import annotations

import numpy as np
import pytest

from apnemu.planning.queueing import loss, wait_p99_ns
from apnemu.seeds import generator

SERVICE_NS = 1211


def simulated(load: float, count: int, buffer_frames: float = float("inf")) -> tuple[float, float]:
    """(p99 of the wait, share lost) of Poisson arrivals at one server with constant service."""
    gaps = generator(1, f"waits {load} {buffer_frames}").exponential(SERVICE_NS / load, count)
    waits, lost, wait = [], 0, 0.0
    for gap in gaps:
        wait = max(0.0, wait - gap)
        if wait > buffer_frames * SERVICE_NS:
            lost += 1
            continue
        waits.append(wait)
        wait += SERVICE_NS
    return float(np.percentile(waits, 99)), lost / count


@pytest.mark.parametrize("load", [0.3, 0.7, 0.9])
def test_many_queues_are_nearly_normal(load: float) -> None:
    """Ten queues in a row: the sum of ten independent waits."""
    gaps = generator(2, f"sum {load}").exponential(SERVICE_NS / load, (10, 20_000))
    total = np.zeros(20_000)
    for row in gaps:
        backlog = np.arange(len(row)) * SERVICE_NS - np.cumsum(row)
        total += np.maximum.accumulate(-backlog) + backlog
    assert wait_p99_ns(load, SERVICE_NS, 10) == pytest.approx(float(np.percentile(total, 99)), rel=0.25)


def test_one_queue_has_a_heavier_tail_than_normal() -> None:
    p99_ns, _ = simulated(0.7, 100_000)
    assert 0.7 * p99_ns < wait_p99_ns(0.7, SERVICE_NS, 1) < p99_ns


def test_what_does_not_fit_is_lost() -> None:
    _, lost = simulated(1.25, 100_000, 20)
    assert loss(1.25, 20, 1) == pytest.approx(lost, abs=0.01)
    _, few = simulated(0.8, 100_000, 8)
    assert few < loss(0.8, 8, 1) < 10 * few, "its factor is taken as 1: an upper bound"
    assert loss(0.7, 825, 20) < 1e-100
