# SPDX-License-Identifier: BSD-3-Clause
"""What sites drew after a call, as steps over time, and what follows from them: when, how much, how long, and after.

Steps are (seconds after the call, MW), each good until the next; the first is at 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from apnemu.units import S_PER_H

Steps = Sequence[tuple[float, float]]
SLACK_MW = 0.001
"""Power that counts as none: messages are in whole kW."""


def at(steps: Steps, second: float) -> float:
    """Value at an instant.

    >>> at([(0, 5), (10, 3)], 9.9), at([(0, 5), (10, 3)], 10)
    (5, 3)
    """
    return next((value for since, value in reversed(steps) if since <= second), steps[0][1])


def together(all_steps: Sequence[Steps], made: Callable[[Sequence[float]], float]) -> list[tuple[float, float]]:
    """Steps of what is made of several values, at each instant at which one of them changes.

    >>> together([[(0, 1), (2, 5)], [(0, 10), (1, 20)]], sum)
    [(0, 11), (1, 21), (2, 25)]
    """
    instants = sorted({since for steps in all_steps for since, _ in steps})
    return [(since, made([at(steps, since) for steps in all_steps])) for since in instants]


def energy(steps: Steps, since: float, until: float, of: Callable[[float], float] = lambda value: value) -> float:
    """Energy in MWh from one instant to another, of what a function makes of each value.

    >>> energy([(0, 6), (1800, 2)], 0, 3600)
    4.0
    """
    ends = [*(start for start, _ in steps[1:]), until]
    total = 0.0
    for (start, value), end in zip(steps, ends, strict=True):
        total += of(value) * max(0.0, min(end, until) - max(start, since))
    return total / S_PER_H


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Answer to a call: MW less, since when (None: never) and for how long, MWh less meanwhile, MWh more after it."""

    delivered_mw: float
    delivered_s: float | None
    held_s: float
    held_mwh: float
    more_mwh: float


def response(less: Steps, called_mw: float, hold_s: float, until: float) -> Response:
    """What is made of the steps by which sites drew less than without a call.

    All is delivered once it is what was called for, or the most that there ever was; it is held for as long as it stays
    so, and no longer than asked.

    >>> response([(0, 0), (2, 20), (902, -20), (1802, 0)], 20, 900, 2000)
    Response(delivered_mw=20, delivered_s=2, held_s=900, held_mwh=5.0, more_mwh=5.0)
    """
    most = max((value for _, value in less), default=0.0)
    level = min(called_mw, most)
    if level <= SLACK_MW:
        return Response(delivered_mw=0.0, delivered_s=None, held_s=0.0, held_mwh=0.0, more_mwh=0.0)
    since, value = next((since, value) for since, value in less if value >= level - SLACK_MW)
    over = _first((start for start, value in less if start > since and value < level - SLACK_MW), until)
    held_s = min(over - since, hold_s)
    return Response(
        delivered_mw=value,
        delivered_s=since,
        held_s=held_s,
        held_mwh=energy(less, 0, since + hold_s, lambda value: max(0.0, value)),
        more_mwh=energy(less, 0, until, lambda value: max(0.0, -value)),
    )


def _first(values: Iterable[float], otherwise: float) -> float:
    return min(values, default=otherwise)
