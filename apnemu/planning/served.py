# SPDX-License-Identifier: BSD-3-Clause
"""Waits of given arrivals by the rule of a queue alone: first in, first out, one line, bounded in bytes."""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]


def lindley(came_ns: Whole, services_ns: Whole) -> Whole:
    """What each of these arrivals waits for one endless server (Lindley, 1952), in closed form.

    >>> lindley(np.array([0, 10, 100]), np.array([30, 30, 30])).tolist()
    [0, 20, 0]
    >>> lindley(np.array([0, 10, 100]), np.array([200, 5, 1])).tolist()
    [0, 190, 105]
    """
    backlog = np.cumsum(services_ns) - services_ns - came_ns
    waits: Whole = np.maximum.accumulate(-backlog)
    return waits + backlog


def bounded(
    came_ns: Whole, services_ns: Whole, lengths: Whole, queue_bytes: int
) -> tuple[Whole, npt.NDArray[np.bool_]]:
    """What each of these arrivals waits where no more than `queue_bytes` wait or are in transmission, and which do fit.

    A frame that leaves at the very nanosecond at which another comes has left. The wait of a dropped frame is 0.

    >>> waits, fits = bounded(np.array([0, 10, 20]), np.array([30, 30, 30]), np.array([100, 100, 100]), 200)
    >>> waits.tolist(), fits.tolist()
    ([0, 20, 0], [True, True, False])
    """
    waits, fits = np.zeros(len(came_ns), np.int64), np.zeros(len(came_ns), np.bool_)
    under_way: deque[tuple[int, int]] = deque()
    held = free_ns = 0
    arrivals = zip(came_ns.tolist(), services_ns.tolist(), lengths.tolist(), strict=True)
    for number, (came, service, length) in enumerate(arrivals):
        while under_way and under_way[0][0] <= came:
            held -= under_way.popleft()[1]
        if held + length > queue_bytes:
            continue
        starts = max(free_ns, came)
        waits[number], fits[number] = starts - came, True
        free_ns = starts + service
        under_way.append((free_ns, length))
        held += length
    return waits, fits
