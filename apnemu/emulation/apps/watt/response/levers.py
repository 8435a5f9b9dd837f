# SPDX-License-Identifier: BSD-3-Clause
"""[guest] What a site does to draw less: which jobs it caps, pauses or moves, and by how much. Powers are whole W."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apnemu.emulation.apps.watt.response.load import Job, Site

LEVERS = ("cap", "battery", "pause", "plant", "move")


@dataclass(frozen=True, slots=True)
class Part:
    """Part of a job, in W of IT, that is held back or moved."""

    job: Job
    w: int

    @property
    def bytes(self) -> int:
        """State that belongs to it: of the job's in the same share."""
        return -(-self.job.state_bytes * self.w // self.job.w)


def most_grid_w(site: Site, lever: str, to: str = "") -> int:
    """Most by which a lever lets the site draw less from the grid."""
    if lever == "battery":
        return min(site.battery.most_w, site.grid_w()) if site.battery and site.battery.holds else 0
    if lever == "plant":
        return min(site.plant_w, site.grid_w())
    load, most = site.it_w(), sum(limit(job) for job, limit in _limits(site, lever, to))
    return site.facility_w(load) - site.facility_w(load - most)


def chosen(site: Site, lever: str, grid_w: int, to: str = "") -> list[Part]:
    """Parts of jobs by which the facility draws `grid_w` less; all that there is where it is not enough.

    A cap takes from all jobs alike. Pauses and moves take what is divisible first, and then whole jobs, the smallest
    first: with these it may be more than was asked for.
    """
    wanted = site.less_it_w(grid_w)
    limits = [(job, limit(job)) for job, limit in _limits(site, lever, to)]
    if lever == "cap":
        return _alike(limits, wanted)
    parts: list[Part] = []
    for job, most in sorted(limits, key=lambda pair: (pair[0].whole, pair[0].whole and pair[1])):
        left = wanted - sum(part.w for part in parts)
        if left > 0 and most:
            parts.append(Part(job, most if job.whole else min(most, left)))
    return parts


def _limits(site: Site, lever: str, to: str) -> list[tuple[Job, Callable[[Job], int]]]:
    """Jobs that a lever may touch, each with the most that it takes of one."""
    running = [job for job in site.jobs if job.own_w() > 0]
    if lever == "cap":
        return [(job, lambda job: min(job.cap_w, job.own_w())) for job in running]
    if lever == "pause":
        return [(job, Job.own_w) for job in running if job.pausable]
    return [(job, Job.own_w) for job in running if to in job.sites]


def _alike(limits: Sequence[tuple[Job, int]], wanted: int) -> list[Part]:
    """The same share of each limit, in whole W that add up to what is wanted.

    >>> jobs = [Job(name=n, w=10, most_w=10, cap_w=7, left=None, by_ns=0) for n in "ab"]
    >>> [part.w for part in _alike([(job, 7) for job in jobs], 9)]
    [5, 4]
    """
    whole = sum(most for _, most in limits)
    wanted = min(wanted, whole)
    shares = [wanted * most // whole if whole else 0 for _, most in limits]
    for at, (_, most) in enumerate(limits):
        if sum(shares) < wanted and shares[at] < most:
            shares[at] += 1
    return [Part(job, w) for (job, _), w in zip(limits, shares, strict=True) if w]
