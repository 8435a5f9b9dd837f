# SPDX-License-Identifier: BSD-3-Clause
"""A disk in another data centre in closed form: round trips of a command, and bandwidth of commands under way.

NVM Express TCP Transport Specification 1.0: a read is a command capsule, answered by the data. A write carries its data
in the command capsule as far as the target allows (3.3.2.1); longer data the target asks for (R2T, 3.3.2.2), which is a
second round trip.
"""

from __future__ import annotations

from math import ceil
from typing import Literal

Direction = Literal["read", "write"]


def round_trips(direction: Direction, block_bytes: int, inline_data_bytes: int) -> int:
    """Round trips that a command takes.

    >>> round_trips("read", 1 << 20, 16384), round_trips("write", 16384, 16384), round_trips("write", 16385, 16384)
    (1, 1, 2)
    """
    return 1 if direction == "read" or block_bytes <= inline_data_bytes else 2


def bandwidth_bytes_per_s(depth: int, block_bytes: int, alone_ns: float, line_bytes_per_s: float) -> float:
    """Bandwidth of `depth` commands always under way, each taking `alone_ns` on its own; at most that of the line.

    >>> bandwidth_bytes_per_s(8, 1 << 20, 1_048_576.0, 12e9), bandwidth_bytes_per_s(16, 1 << 20, 1_048_576.0, 12e9)
    (8000000000.0, 12000000000.0)
    """
    return min(line_bytes_per_s, depth * block_bytes * 1e9 / alone_ns)


def filling_depth(block_bytes: int, alone_ns: float, line_bytes_per_s: float) -> int:
    """Commands under way that fill the line: bandwidth x delay / block, rounded up.

    >>> filling_depth(1 << 20, 1_048_576.0, 12e9)
    12
    """
    return ceil(line_bytes_per_s * alone_ns / 1e9 / block_bytes)
