# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Jobs of a site: what is left of them, how fast they may run, and what runs where nobody gives orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from apnemu.emulation.apps.watt.calendar import Calendar


@dataclass(slots=True, kw_only=True)
class Job:
    """Work of a home: `kw` as it arrives, at most `most_kw` at once, from a slot until before another one.

    `left_wh` is None for endless work: what it does not do is lost. Work that does not `move` stays as it arrives.
    """

    name: str
    kw: int
    most_kw: int
    from_slot: int
    by_slot: int
    left_wh: int | None
    state_bytes: int = 0
    pausable: bool = True
    moves: bool = True
    whole: bool = False
    sold: bool = False
    """Whether it is offered on the market, where it may run at `sites`, instead of being told of."""
    sites: Sequence[str] = ()
    began: bool = False
    asked_wh: int | None = field(init=False)
    """What was left of it when the day began."""

    def __post_init__(self) -> None:
        self.asked_wh = self.left_wh


class Book:
    """Jobs whose home is a site with `room_kw` of IT."""

    def __init__(self, calendar: Calendar, room_kw: int, jobs: Sequence[Job]) -> None:
        self._calendar = calendar
        self.room_kw = room_kw
        self.jobs = {job.name: job for job in jobs}
        self.own_plan: Callable[[int], dict[str, int]] | None = None
        """What the site does by itself, where that is more than to go on as work arrives."""

    def due(self, slot: int) -> list[Job]:
        """Jobs that may run in a slot and have something left."""
        return [job for job in self.jobs.values() if job.from_slot <= slot < job.by_slot and job.left_wh != 0]

    def most_kw(self, job: Job) -> int:
        """Most that a job may run at: it does no more than it has left."""
        return job.most_kw if job.left_wh is None else min(job.most_kw, self._calendar.kw(job.left_wh))

    def pace_kw(self, job: Job, slot: int) -> int:
        """Power of a job that nobody gives orders about: as it arrives, and faster if it would else miss its end."""
        if job.left_wh is None:
            return job.kw
        needed = -(-self._calendar.kw(job.left_wh) // (job.by_slot - slot))
        return min(max(job.kw, needed), self.most_kw(job))

    def alone(self, slot: int) -> dict[str, int]:
        """Power of each job in a slot without orders."""
        if self.own_plan is not None:
            return self.own_plan(slot)
        return self.fitted({job.name: self.pace_kw(job, slot) for job in self.due(slot)}, self.room_kw)

    def fitted(self, wanted: Mapping[str, int], left: int) -> dict[str, int]:
        """Powers within what is left of the room: those that may not move first, then in the order of their ends."""
        fitted = {}
        for name in sorted(wanted, key=lambda name: (self.jobs[name].moves, self.jobs[name].by_slot, name)):
            fitted[name] = min(wanted[name], left)
            left -= fitted[name]
        return fitted

    def ran(self, name: str, kw: int) -> None:
        """Count a power over a slot as done; a negative one is taken back."""
        job = self.jobs[name]
        job.began |= kw > 0
        if job.left_wh is not None:
            job.left_wh = (
                max(0, job.left_wh - self._calendar.wh(kw)) if kw > 0 else job.left_wh + self._calendar.wh(-kw)
            )

    def listed(self, site: str, slot: int) -> list[dict[str, object]]:
        """Jobs that may move, as a state message has them."""
        wh = self._calendar.wh
        return [
            {
                "job": job.name,
                "site": site,
                "kw": job.kw,
                "wh_left": wh(job.kw) * (job.by_slot - slot) if job.left_wh is None else job.left_wh,
                "by_slot": job.by_slot,
                "state_bytes": job.state_bytes,
                "pausable": job.pausable,
                "endless": job.left_wh is None,
                "from_slot": job.from_slot,
                "most_kw": job.most_kw,
            }
            for job in self.jobs.values()
            if job.moves and not job.sold and slot < job.by_slot and job.left_wh != 0
        ]
