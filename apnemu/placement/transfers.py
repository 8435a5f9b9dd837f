# SPDX-License-Identifier: BSD-3-Clause
"""Transfers over a TCP connection whose window is open, in closed form: a window's bytes are under way in a round trip.

*Not modelled:* slow start, losses, and others on the line.
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
