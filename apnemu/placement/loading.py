# SPDX-License-Identifier: BSD-3-Clause
"""A job that reads its data from another data centre, batch by batch, in closed form: what a step takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from apnemu.placement.transfers import sending_s

Bound = Literal["computing", "line", "window", "round trip"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """Job that computes `compute_s` on each batch; `depth` batches are asked for ahead, over one TCP connection.

    The next batch is asked for when one is taken to be computed on; at a `depth` of 0, when nothing is left to compute
    on. `line_bytes_per_s` is TCP's payload on the full line, `most_bytes_per_s` also within its window.
    """

    batch_bytes: int
    compute_s: float
    depth: int
    rtt_s: float
    line_bytes_per_s: float
    most_bytes_per_s: float
    window_bytes: int


def alone_s(plan: Loading) -> float:
    """Time, in s, from the request for a batch to its last byte, where nothing else is on the way."""
    return plan.rtt_s + sending_s(plan.batch_bytes, plan.line_bytes_per_s, plan.rtt_s, plan.window_bytes)


def step_s(plan: Loading) -> tuple[float, Bound]:
    """Return the time of a step in s, in the mean of many, and what bounds it.

    A batch comes `alone_s` after its request at the earliest, and is taken `depth` steps after it: so many steps take
    at least as long. No step is shorter than its computing, or than its batch is on the line.

    >>> near = Loading(batch_bytes=10, compute_s=1, depth=1, rtt_s=0, line_bytes_per_s=100, most_bytes_per_s=100,
    ...                window_bytes=1000)
    >>> step_s(near)
    (1, 'computing')
    >>> import dataclasses
    >>> [step_s(dataclasses.replace(near, depth=depth, rtt_s=1.9)) for depth in (0, 1, 4)]
    [(3.0, 'round trip'), (2.0, 'round trip'), (1, 'computing')]
    """
    alone = alone_s(plan)
    if not plan.depth:
        return plan.compute_s + alone, "round trip"
    slowed: Bound = "line" if plan.most_bytes_per_s >= plan.line_bytes_per_s else "window"
    times: dict[Bound, float] = {
        "computing": plan.compute_s,
        slowed: plan.batch_bytes / plan.most_bytes_per_s,
        "round trip": alone / plan.depth,
    }
    bound = max(times, key=lambda name: times[name])
    return times[bound], bound
