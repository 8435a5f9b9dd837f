# SPDX-License-Identifier: BSD-3-Clause
"""Transfers over a TCP connection whose window is open, in closed form: a window's bytes are under way in a round trip.

`slow_start_s` is what a new connection takes longer. *Not modelled:* losses, and others on the line.
"""

from __future__ import annotations

from math import ceil


def sending_s(size_bytes: float, bytes_per_s: float, rtt_s: float, window_bytes: float) -> float:
    """Time, in s, from the first byte of a transfer on the line to its last.

    The line carries `bytes_per_s`. Where a window is sent before its first acknowledgement comes back, a round trip
    begins with each window.

    >>> sending_s(1000, 100, 1, 500), sending_s(1000, 100, 7, 500), sending_s(1000, 100, 7, 300)
    (10.0, 12.0, 22.0)
    """
    full = max(0, ceil(size_bytes / window_bytes) - 1)
    if not full:
        return size_bytes / bytes_per_s
    return full * max(rtt_s, window_bytes / bytes_per_s) + (size_bytes - full * window_bytes) / bytes_per_s


def slow_start_s(bytes_per_s: float, rtt_s: float, first_bytes: float) -> float:
    """Time that a new connection's line stands idle until its window, which doubles in each round trip, fits the path.

    >>> slow_start_s(100, 1, 25), slow_start_s(100, 1, 100), slow_start_s(100, 0, 10)
    (1.25, 0.0, 0.0)
    """
    window, idle_s = first_bytes, 0.0
    while window < bytes_per_s * rtt_s:
        idle_s += rtt_s - window / bytes_per_s
        window *= 2
    return idle_s
