# SPDX-License-Identifier: BSD-3-Clause
"""Live migration by pre-copy in closed form.

All memory is copied while the machine runs; each further round copies what the machine dirtied during the round before;
then the machine stops for the rest. Clark et al., "Live Migration of Virtual Machines", NSDI 2005: with a dirtying rate
D below the path's rate R the rounds shrink by about D / R each.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf
from typing import Literal

from apnemu.placement.transfers import sending_s

Pattern = Literal["sequential", "random"]
"""Pattern of writes: through all of the memory in order, again and again; or each write anywhere."""
RUN_BYTES = 16
"""Place and length of a run of pages, as they are listed."""
SHRINKS = 0.9
"""Share of the round before that the next round must be below; else another round is not worth it, and the machine
stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """A machine that moves, and its path.

    `bytes_per_s` is what TCP gets of the line; a round is over when its end is acknowledged. Dirtied memory counts in
    whole pages of `page_bytes`.
    """

    memory_bytes: int
    dirty_bytes_per_s: float
    bytes_per_s: float
    rtt_s: float
    page_bytes: int = 65_536
    pattern: Pattern = "sequential"
    stop_bytes: int = 1 << 20
    most_rounds: int = 30
    call_s: float = 0.0
    """Time of the sender's system call for each run of dirty pages."""
    window_bytes: float = inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Course of a migration.

    `rounds` counts the rounds while the machine runs, the first, of all memory, among them; `moved_bytes` also holds
    what is moved after the stop. `total_s` and `downtime_s` last from the beginning, and from the stop, until the other
    side has everything.
    """

    rounds: int
    moved_bytes: float
    total_s: float
    downtime_s: float


def refusal(plan: Migration) -> str:
    """Reason why pre-copy cannot work on this path; empty where it can."""
    carried = min(plan.bytes_per_s, plan.window_bytes / plan.rtt_s if plan.rtt_s else inf)
    if plan.dirty_bytes_per_s < carried:
        return ""
    alone_s = plan.memory_bytes / carried + plan.rtt_s / 2
    return (
        f"dirty rate: {plan.dirty_bytes_per_s / 1e9:.3g} GB/s are dirtied, the path carries "
        f"{carried / 1e9:.3g} GB/s, so no round gets smaller; take a faster lightpath, slow the machine down, "
        f"or stop it for {alone_s:.3g} s"
    )


def dirtied(plan: Migration, seconds: float) -> float:
    """Bytes of distinct memory that the machine dirties in `seconds`."""
    written = plan.dirty_bytes_per_s * seconds
    if plan.pattern == "sequential":
        return min(plan.memory_bytes, written)
    return plan.memory_bytes * (1 - exp(-written / plan.memory_bytes))


def runs(plan: Migration, size_bytes: float) -> float:
    """Runs of neighbouring dirty pages, in the mean, that `size_bytes` of them are.

    Written in order they are a run; at random, one begins at each dirty page whose predecessor is clean.

    >>> import dataclasses
    >>> plan = Migration(memory_bytes=1000, dirty_bytes_per_s=10, bytes_per_s=100, rtt_s=0, page_bytes=1)
    >>> runs(plan, 100), runs(dataclasses.replace(plan, pattern="random"), 100)
    (1.0, 91.0)
    """
    if plan.pattern == "sequential":
        return 1.0
    return 1 + size_bytes / plan.page_bytes * max(0.0, 1 - size_bytes / plan.memory_bytes)


def sent_s(plan: Migration, size_bytes: float) -> float:
    """Time in which dirty pages are sent: that of the line, or of the sender's calls where these take longer.

    A list of the runs goes before the pages.
    """
    count = runs(plan, size_bytes)
    listed = size_bytes + RUN_BYTES * count
    return max(sending_s(listed, plan.bytes_per_s, plan.rtt_s, plan.window_bytes), count * plan.call_s)


def course(plan: Migration) -> Course:
    """Course of the migration in closed form.

    Round i moves v(i) bytes in t(i) = v(i) / R + RTT: v(0) is all memory, v(i + 1) what is dirtied in t(i). The stop
    lasts v / R and half a round trip for the last v. Where the sender's calls take longer than v / R, they count
    (`sent_s`).

    >>> plan = Migration(memory_bytes=10**9, dirty_bytes_per_s=1e7, bytes_per_s=1e8, rtt_s=0, stop_bytes=2_000_000)
    >>> move = course(plan)
    >>> move.rounds, round(move.moved_bytes, -2), round(move.downtime_s, 5), round(move.total_s, 5)
    (3, 1111000000.0, 0.01, 11.11)

    Raises:
        ValueError: the rounds would not shrink (see `refusal`).
    """
    if why := refusal(plan):
        raise ValueError(why)
    rounds, moved, total_s, dirty = 0, 0.0, 0.0, float(plan.memory_bytes)
    while True:
        took_s = sent_s(plan, dirty) + plan.rtt_s
        rounds, moved, total_s = rounds + 1, moved + dirty, total_s + took_s
        after = dirtied(plan, took_s)
        stops = after <= plan.stop_bytes or after > SHRINKS * dirty or rounds >= plan.most_rounds
        dirty = after
        if stops:
            break
    downtime_s = sent_s(plan, dirty) + plan.rtt_s / 2
    return Course(rounds=rounds, moved_bytes=moved + dirty, total_s=total_s + downtime_s, downtime_s=downtime_s)
