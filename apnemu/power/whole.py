# SPDX-License-Identifier: BSD-3-Clause
"""The cheapest plan of one whole job at given prices of room, found exactly by dynamic programming.

Slot by slot, for each site and each amount of work done, the cheapest way to be there. A site is kept while a job
pauses, so that it moves when that is the cheapest. Imports the standard library alone: a data centre's agent finds its
own plans in the lab, where numpy costs seconds.

*Not modelled:* windows that begin or end within a slot; the slots that lie whole in the window are taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Prices = Sequence[Sequence[float]]
NEVER = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A whole job that takes `need` slots of running from slot `begin` on, done before slot `end`.

    It begins at the first of its sites. Not pausable, it runs on once it has begun. `fixed` has the part of each slot
    in which it must run, whatever that costs: then only its place is free.
    """

    need: float
    begin: int
    end: int
    pausable: bool = True
    running: bool = False
    """Whether it has begun already, so that one that may not pause runs on at once."""
    fixed: Sequence[float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Cost at the prices that were given, what runs (slot, site, part of the slot) and what moves (slot, from, to)."""

    cost: float
    runs: tuple[tuple[int, int, float], ...]
    moves: tuple[tuple[int, int, int], ...]


def cheapest(job: Job, run: Prices, come: Prices, go: Prices) -> Plan | None:
    """The cheapest plan; None where the window is too short.

    `run`, `come` and `go` have by site and slot what it costs to run for the whole of a slot, to come, and to go. A
    part of a slot that is needed costs its part.

    >>> plan = cheapest(Job(need=1.5, begin=0, end=3), [[5, 6, 1]], [[0, 0, 0]], [[0, 0, 0]])
    >>> plan.cost, plan.runs
    (3.5, ((0, 0, 0.5), (2, 0, 1.0)))
    """
    sites, full = range(len(run)), int(job.need + 1e-9)
    part = job.need - full if job.need - full > 1e-9 else 0.0
    steps = full + (1 if part else 0)
    if job.fixed is not None:
        steps, full, part = sum(share > 0 for share in job.fixed[job.begin : job.end]), 0, 0.0
    if job.end - job.begin < steps:
        return None
    # state: (steps done, whether the part of a slot is among them, site) -> cost
    best: dict[tuple[int, bool], list[float]] = {(0, False): [NEVER] * len(run)}
    best[0, False][0] = 0.0
    trace: list[dict[tuple[int, bool], list[tuple[int, float, int] | None]]] = []
    for slot in range(job.begin, job.end):
        after: dict[tuple[int, bool], list[float]] = {}
        back: dict[tuple[int, bool], list[tuple[int, float, int] | None]] = {}
        for (done, used), costs in best.items():
            moved, origin = _moved(costs, come, go, slot)
            left = job.end - slot - 1
            for share in _shares(job, slot, done, steps, full, part, used):
                now = (done + 1, used or 0 < share == part) if share else (done, used)
                if steps - now[0] > left:
                    continue
                held = after.setdefault(now, [NEVER] * len(run))
                ways = back.setdefault(now, [None] * len(run))
                for site in sites:
                    cost = moved[site] + (run[site][slot] * share if share else 0.0)
                    if cost < held[site]:
                        held[site], ways[site] = cost, (origin[site], share, int(used))
        best = after
        trace.append(back)
    return _traced(job, best, trace, steps)


def _shares(job: Job, slot: int, done: int, steps: int, full: int, part: float, used: bool) -> list[float]:
    """The parts of a slot for which the job may run in it; 0 is a pause."""
    if job.fixed is not None:
        return [job.fixed[slot]]
    if done == steps:
        return [0.0]
    if not job.pausable:
        pause = [0.0] if done == 0 and not job.running else []
        return [*pause, 1.0 if done < full else part]
    wholes = done - (1 if used else 0)
    return [0.0, *([1.0] if wholes < full else []), *([part] if part and not used else [])]


def _moved(costs: Sequence[float], come: Prices, go: Prices, slot: int) -> tuple[list[float], list[int]]:
    """Costs at each site once a job may have moved, and where it came from."""
    leaving = [cost + go[site][slot] for site, cost in enumerate(costs)]
    cheap = min(range(len(costs)), key=leaving.__getitem__)
    moved, origin = list(costs), list(range(len(costs)))
    for site in range(len(costs)):
        arriving = leaving[cheap] + come[site][slot]
        if site != cheap and arriving < moved[site]:
            moved[site], origin[site] = arriving, cheap
    return moved, origin


def _traced(
    job: Job,
    best: dict[tuple[int, bool], list[float]],
    trace: Sequence[dict[tuple[int, bool], list[tuple[int, float, int] | None]]],
    steps: int,
) -> Plan | None:
    """The plan that leads to the cheapest end, read from its end."""
    ends = [(costs[site], key, site) for key, costs in best.items() if key[0] == steps for site in range(len(costs))]
    if not ends or min(ends)[0] == NEVER:
        return None
    cost, (done, used), site = min(ends)
    runs, moves = [], []
    for slot in range(job.end - 1, job.begin - 1, -1):
        way = trace[slot - job.begin][done, used][site]
        assert way is not None
        origin, share, was_used = way
        if share:
            runs.append((slot, site, share))
            done -= 1
        used = bool(was_used)
        if origin != site:
            moves.append((slot, origin, site))
        site = origin
    return Plan(cost=cost, runs=tuple(reversed(runs)), moves=tuple(reversed(moves)))
