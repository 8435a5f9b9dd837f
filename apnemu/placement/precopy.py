"""Live migration by pre-copy in closed form: rounds of what was dirtied meanwhile, then a stop for the rest.

Clark et al., "Live Migration of Virtual Machines", NSDI 2005: with a dirtying rate D below the path's rate R the rounds
shrink by about D / R each.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import Literal

Pattern = Literal["sequential", "random"]
"""Of writes: through all of the memory in order, again and again; or each anywhere."""
SHRINKS = 0.9
"""A round that would not be below this share of the one before is not worth another: the machine is stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """A machine and its path. `bytes_per_s` is what TCP gets of the line; a round is over when its end is acknowledged.

    Dirtied memory counts in whole pages.
    """

    memory_bytes: int
    dirty_bytes_per_s: float
    bytes_per_s: float
    rtt_s: float
    page_bytes: int = 65_536
    pattern: Pattern = "sequential"
    stop_bytes: int = 1 << 20
    most_rounds: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What a migration takes: rounds while it runs (the first, of all memory, among them), all bytes with the last, and
    how long from the beginning, and from the stop, until the other side has everything."""

    rounds: int
    moved_bytes: float
    total_s: float
    downtime_s: float


def refusal(plan: Migration) -> str:
    """Why pre-copy cannot work on this path; empty where it can."""
    if plan.dirty_bytes_per_s < plan.bytes_per_s:
        return ""
    alone_s = plan.memory_bytes / plan.bytes_per_s + plan.rtt_s / 2
    return (
        f"dirty rate: {plan.dirty_bytes_per_s / 1e9:.3g} GB/s are dirtied, the path carries "
        f"{plan.bytes_per_s / 1e9:.3g} GB/s, so no round gets smaller; take a faster lightpath, slow the machine down, "
        f"or stop it for {alone_s:.3g} s"
    )


def dirtied(plan: Migration, seconds: float) -> float:
    """Bytes of distinct memory that are dirty after so long."""
    written = plan.dirty_bytes_per_s * seconds
    if plan.pattern == "sequential":
        return min(plan.memory_bytes, written)
    return plan.memory_bytes * (1 - exp(-written / plan.memory_bytes))


def course(plan: Migration) -> Course:
    """The closed form: v(0) all memory, t(i) = v(i) / R + RTT, v(i + 1) what is dirtied in t(i); then the last, v / R
    and half a round trip.

    >>> plan = Migration(memory_bytes=1000, dirty_bytes_per_s=10, bytes_per_s=100, rtt_s=0, page_bytes=1, stop_bytes=1)
    >>> found = course(plan)
    >>> found.rounds, round(found.moved_bytes, 6), round(found.downtime_s, 6), round(found.total_s, 6)
    (3, 1111.0, 0.01, 11.11)

    Raises:
        ValueError: it would not converge (see `refusal`).
    """
    if why := refusal(plan):
        raise ValueError(why)
    rounds, moved, total_s, dirty = 0, 0.0, 0.0, float(plan.memory_bytes)
    while True:
        took_s = dirty / plan.bytes_per_s + plan.rtt_s
        rounds, moved, total_s = rounds + 1, moved + dirty, total_s + took_s
        after = dirtied(plan, took_s)
        stops = after <= plan.stop_bytes or after > SHRINKS * dirty or rounds >= plan.most_rounds
        dirty = after
        if stops:
            break
    downtime_s = dirty / plan.bytes_per_s + plan.rtt_s / 2
    return Course(rounds=rounds, moved_bytes=moved + dirty, total_s=total_s + downtime_s, downtime_s=downtime_s)
