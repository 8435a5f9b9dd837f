# SPDX-License-Identifier: BSD-3-Clause
"""[guest] What an agent lets others see of its jobs, and what an order means for jobs that they do not see.

Hidden jobs go by a number in what other parties read, and their ranges stand in for them: what must run at home in
each slot, and what would run there while nothing shifts. What lies between is one piece of work by the name of its
site; which jobs make it up is the agent's own choice. Where hidden, coming compute demand is told once it has come:
until then the same slot of yesterday stands in, on the first day the slot that is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from apnemu.emulation.apps.watt.calendar import Calendar
from apnemu.emulation.apps.watt.jobs import Book, Job
from apnemu.emulation.apps.watt.messages import Message
from apnemu.emulation.apps.watt.states import States
from apnemu.units import NS_PER_H

NS_PER_DAY = 24 * NS_PER_H
HIDDEN = "hidden-"


def site_work(site: str) -> str:
    """Name by which all hidden jobs of a site go.

    >>> site_work("hakata")
    'work-of-hakata'
    """
    return f"work-of-{site}"[:63]


def shown_names(site: str, book: Book, hides: Collection[str]) -> dict[str, str]:
    """Name of each own job in what others read: where jobs are hidden a number and the site, since state of theirs may
    meet that of others' jobs."""
    numbered = {job: f"{HIDDEN}{number}-{site}"[:63] for number, job in enumerate(book.jobs)}
    return numbered if "jobs" in hides else {job: job for job in book.jobs}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an order has own jobs do in a slot: power at home by job, and `away`, (job, site, kW); of a job without a
    figure at home nothing is said."""

    home: Mapping[str, int]
    away: tuple[tuple[str, str, int], ...]

    def places(self, home: str) -> dict[str, dict[str, int]]:
        """Power of each job by the site where it is to run."""
        found = {job: {home: kw} for job, kw in self.home.items()}
        for job, to, kw in self.away:
            found.setdefault(job, {})[to] = found.get(job, {}).get(to, 0) + kw
        return found


def arriving(calendar: Calendar, job: Job, slot: int, count: int) -> list[int]:
    """Power of a job in slots to come, as it arrives, until nothing of it is left."""
    return _paced(calendar, job, job.left_wh, range(slot, slot + count))


def arrived(calendar: Calendar, job: Job, slot: int, count: int) -> list[int]:
    """Power of a job in slots to come as it arrives where nothing was ever shifted, whatever is left of it by now."""
    begin = min(job.from_slot, slot)
    return _paced(calendar, job, job.asked_wh, range(begin, slot + count))[slot - begin :]


def _paced(calendar: Calendar, job: Job, left: int | None, slots: range) -> list[int]:
    found = []
    for number in slots:
        kw = 0
        if job.from_slot <= number < job.by_slot and left != 0:
            kw = job.kw if left is None else min(job.kw, calendar.kw(left))
            left = None if left is None else max(0, left - calendar.wh(kw))
        found.append(kw)
    return found


class Cover:
    """A site's jobs as others see them; `hides` is what their owner keeps to himself, `states` where their state is."""

    def __init__(
        self, site: str, calendar: Calendar, book: Book, hides: Collection[str], states: States | None = None
    ) -> None:
        self._calendar = calendar
        self._book = book
        self._hides = frozenset(hides)
        self._work = site_work(site)
        self._states = states
        self._shown = shown_names(site, book, hides)

    def shown(self, job: str) -> str:
        """Name of an own job in what others read."""
        return self._shown[job]

    def meant(self, name: str) -> str:
        """Own job that a name of a message means; the name itself where it means none."""
        return next((job for job, shown in self._shown.items() if shown == name), name)

    def state(self, site: str, slot: int, count: int) -> dict[str, Any] | None:
        """Body of a state message for some slots; None where nothing is said."""
        if "ranges" in self._hides:
            return None
        book = self._book
        room = [book.room_kw] * count
        body: dict[str, Any] = {"site": site, "room_kw": room, "kw_max": room}
        stays = self._ahead(slot, count, moves=False)
        if "jobs" in self._hides:
            moves = self._ahead(slot, count, moves=True)
            body["kw_max"] = [min(book.room_kw, kw + more) for kw, more in zip(stays, moves, strict=True)]
        else:
            listed = book.listed(site, slot)
            come = [entry for entry in listed if book.jobs[str(entry["job"])].from_slot <= slot]
            body["jobs"] = come if "compute" in self._hides else listed
        return {**body, "kw_min": [min(kw, book.room_kw) for kw in stays], "arrives_kw": self._arrives(slot, count)}

    def _arrives(self, slot: int, count: int) -> list[int]:
        """Power by which work that may wait arrives, of jobs that are told of or sold, and as it would be if nothing
        had been shifted: GPUs do no less. Of hidden jobs it is no more than what their first offer has."""
        sums = [0] * count
        for job in self._book.jobs.values():
            seen = job.sold or ("jobs" not in self._hides and job.asked_wh is not None)
            if job.moves and seen and ("compute" not in self._hides or job.from_slot <= slot):
                sums = [had + kw for had, kw in zip(sums, arrived(self._calendar, job, slot, count), strict=True)]
        return sums

    def _ahead(self, slot: int, count: int, *, moves: bool) -> list[int]:
        """Power of all jobs that move, or that do not, in slots to come while nothing shifts."""
        sums = [0] * count
        for job in self._book.jobs.values():
            if job.moves == moves and not job.sold:
                for number, kw in enumerate(arriving(self._calendar, job, slot, count)):
                    sums[number] += kw
        if "compute" in self._hides:
            day = NS_PER_DAY // self._calendar.slot_ns
            sums = [
                kw if number == 0 else self._came(slot + number - day, moves=moves, else_kw=sums[0])
                for number, kw in enumerate(sums)
            ]
        return sums

    def _came(self, slot: int, *, moves: bool, else_kw: int) -> int:
        """Power as it arrived in a slot that is past."""
        if slot < 0:
            return else_kw
        jobs = self._book.jobs.values()
        return sum(
            job.kw for job in jobs if job.moves == moves and not job.sold and job.from_slot <= slot < job.by_slot
        )

    def wanted(self, order: Message, slot: int) -> Wanted:
        """What an order has own jobs do in a slot: their names are its own, or all of them go by their site's."""
        at = slot - order["slot"]
        home = {job: series[at] if at < len(series) else 0 for job, series in order.get("work_kw", {}).items()}
        moves = [(move["job"], move["to"], move["kw"]) for move in order["moves"] if move["slot"] == slot]
        if "jobs" not in self._hides:
            return Wanted(home=home, away=tuple(moves))
        return self._dealt(slot, [(to, kw) for job, to, kw in moves if job == self._work])

    def _dealt(self, slot: int, away: list[tuple[str, int]]) -> Wanted:
        """Deal what is to run elsewhere to jobs that move, in their order, as far as their state is there already, then
        in their order whatever has to move for it; what is left of each runs at home."""
        jobs = [job for job in self._book.due(slot) if job.moves and not job.sold]
        left = {job.name: self._book.pace_kw(job, slot) for job in jobs}
        wanted, dealt = dict.fromkeys((to for to, _ in away), 0), dict[tuple[str, str], int]()
        for to, kw in away:
            wanted[to] += kw
        for has_state in (True, False):
            for to, job in ((to, job) for to in wanted for job in jobs):
                most = self._there_kw(job, to) - dealt.get((job.name, to), 0) if has_state else left[job.name]
                part = min(wanted[to], left[job.name], most)
                if part > 0:
                    dealt[job.name, to] = dealt.get((job.name, to), 0) + part
                    left[job.name] -= part
                    wanted[to] -= part
        return Wanted(home=left, away=tuple((job, to, kw) for (job, to), kw in dealt.items()))

    def _there_kw(self, job: Job, site: str) -> int:
        """Power of a job that the state of it at a site is for, as it arrives."""
        if self._states is None or not job.state_bytes:
            return 0
        return job.kw * self._states.at(job.name).get(site, 0) // job.state_bytes
