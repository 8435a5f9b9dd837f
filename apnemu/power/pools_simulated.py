# SPDX-License-Identifier: BSD-3-Clause
"""Jobs that come and go at one big data centre or many small ones, placed one by one: the oracle of the closed forms.

A job of sites that work as one goes whole to the fullest site that has room for it, and is divided where none has:
over the emptiest sites, so that it lies across few. Power is counted in whole units, so that nothing is rounded.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from apnemu.planning.blocking.simulation import WARM_UP_HOLDING_TIMES
from apnemu.power.pools import Form, exact
from apnemu.seeds import generator

Parts = tuple[tuple[int, int], ...]
"""Sites on which a job lies, each with its units of power there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What was seen: how many jobs were refused, and over how many sites the others lay (sites -> jobs)."""

    requests: int
    refused: int
    spans: Mapping[int, int]

    @property
    def refused_share(self) -> float:
        """Share of jobs that found no power free."""
        return self.refused / self.requests


class Floor:
    """Power that is free at each site; the first `pooled` sites work as one."""

    def __init__(self, form: Form, job: Fraction, pooled: int) -> None:
        size = exact(form.site_mw)
        unit = Fraction(math.gcd(size.numerator * job.denominator, job.numerator * size.denominator))
        unit /= size.denominator * job.denominator
        self.job, self.site = int(job / unit), int(size / unit)
        self.free = [self.site] * form.sites
        self.pooled = pooled if pooled > 1 else 0
        self.together = self.pooled * self.site

    def place(self, origin: int) -> Parts | None:
        """Take power for a job that asks at a site; None where it is refused."""
        if origin >= self.pooled:
            parts: Parts | None = ((origin, self.job),) if self.free[origin] >= self.job else None
        elif self.together < self.job:
            parts = None
        else:
            parts = self._whole() or self._divided()
        for site, units in parts or ():
            self._give(site, -units)
        return parts

    def release(self, parts: Parts) -> None:
        """Give the power of a job back."""
        for site, units in parts:
            self._give(site, units)

    def _give(self, site: int, units: int) -> None:
        self.free[site] += units
        if site < self.pooled:
            self.together += units

    def _whole(self) -> Parts:
        """The fullest site that has room for all of a job; of equals the first."""
        room = [(free, site) for site, free in enumerate(self.free[: self.pooled]) if free >= self.job]
        return ((min(room)[1], self.job),) if room else ()

    def _divided(self) -> Parts:
        """The emptiest sites, as many as a job needs."""
        order = sorted(range(self.pooled), key=lambda site: (-self.free[site], site))
        parts, left = [], self.job
        for site in order:
            taken = min(left, self.free[site])
            parts.append((site, taken))
            left -= taken
            if not left:
                break
        return tuple(parts)


def fill(form: Form, job: Fraction, pooled: int) -> int:
    """Jobs that run at once: as many as find room when they ask at every site and none ends.

    >>> fill(Form(sites=10, site_mw=100), Fraction(60), 10), fill(Form(sites=10, site_mw=100), Fraction(60), 0)
    (16, 10)
    """
    floor = Floor(form, job, pooled)
    count = 0
    for origin in range(form.sites):
        while floor.place(origin) is not None:
            count += 1
    return count


def play(form: Form, job: Fraction, pooled: int, *, offered_erlang: float, requests: int, seed: int) -> Played:
    """Play jobs that come at random, after a warm-up; `offered_erlang` is their number if none were refused."""
    warm_up = math.ceil(WARM_UP_HOLDING_TIMES * offered_erlang)
    draws = generator(seed, f"dispersal {form.sites}x{form.site_mw:g} {job} {pooled} {offered_erlang:g}")
    total = warm_up + requests
    arrival = np.cumsum(draws.exponential(1 / offered_erlang, total)).tolist()
    ends = (arrival + draws.exponential(1.0, total)).tolist()
    origins = draws.integers(form.sites, size=total).tolist()
    floor = Floor(form, job, pooled)
    leaving: list[tuple[float, int, Parts]] = []
    refused, spans = 0, Counter[int]()
    for number, (now, end, origin) in enumerate(zip(arrival, ends, origins, strict=True)):
        while leaving and leaving[0][0] <= now:
            floor.release(heapq.heappop(leaving)[2])
        parts = floor.place(origin)
        if parts is not None:
            heapq.heappush(leaving, (end, number, parts))
        if number < warm_up:
            continue
        if parts is None:
            refused += 1
        else:
            spans[len(parts)] += 1
    return Played(requests=requests, refused=refused, spans=dict(sorted(spans.items())))
