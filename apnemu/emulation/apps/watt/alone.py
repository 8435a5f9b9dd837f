# SPDX-License-Identifier: BSD-3-Clause
"""[guest] A plan of a data centre by itself: its own work at home, in the slots that its own forecast has as cheap.

Work that ends first is planned first, each in the cheapest slots of the room that is left; what does not fit so goes on
as it arrives. Nobody is asked, so that what it draws more in cheap slots may be more than its feeder bears.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apnemu.emulation.apps.watt.calendar import Calendar
from apnemu.emulation.apps.watt.jobs import Book, Job
from apnemu.power import whole

FULL = 1 << 50
"""Price of a slot without room."""


def cheapest_at_home(calendar: Calendar, book: Book, prices: Sequence[int], slot: int) -> dict[str, int]:
    """Power of each job in a slot, by a plan from that slot to the end of the prices."""
    ahead = range(slot, max(slot + 1, min(len(prices), calendar.slots)))
    left = dict.fromkeys(ahead, book.room_kw)
    for job in book.jobs.values():
        if not job.moves or job.left_wh is None:
            for at in ahead:
                left[at] -= job.kw if job.from_slot <= at < job.by_slot and job.left_wh != 0 else 0
    wanted = {job.name: book.pace_kw(job, slot) for job in book.due(slot)}
    waiting = [job for job in book.jobs.values() if job.moves and job.left_wh and slot < job.by_slot]
    for job in sorted(waiting, key=lambda job: (job.by_slot, job.name)):
        plan = _plan(calendar, job, prices, left)
        if plan is not None:
            wanted[job.name] = plan.get(slot, 0)
            for at, kw in plan.items():
                left[at] -= kw
    return book.fitted(wanted, book.room_kw)


def _plan(calendar: Calendar, job: Job, prices: Sequence[int], left: Mapping[int, int]) -> dict[int, int] | None:
    """Power of a job by slot; None where it does not end in time in the room that is left."""
    assert job.left_wh is not None
    open_slots = [at for at in left if job.from_slot <= at < job.by_slot]
    if not open_slots:
        return None
    if job.whole:
        return _whole(calendar, job, prices, left, open_slots)
    plan: dict[int, int] = {}
    need = job.left_wh
    for at in sorted(open_slots, key=lambda at: (prices[at], at)):
        kw = min(calendar.kw(need), job.most_kw, left[at]) if need > 0 else 0
        if kw > 0:
            plan[at] = kw
            need -= calendar.wh(kw)
    return plan if need <= 0 else None


def _whole(
    calendar: Calendar, job: Job, prices: Sequence[int], left: Mapping[int, int], open_slots: Sequence[int]
) -> dict[int, int] | None:
    assert job.left_wh is not None
    need = job.left_wh / calendar.wh(job.kw)
    run = [float(prices[at] if left[at] >= job.kw else FULL) for at in open_slots]
    asked = whole.Job(need=need, begin=0, end=len(run), pausable=job.pausable, running=job.began)
    found = whole.cheapest(asked, [run], [[0.0] * len(run)], [[0.0] * len(run)])
    if found is None or found.cost >= FULL * min(1.0, need % 1 or 1.0):
        return None
    return {open_slots[at]: -int(-job.kw * part // 1) for at, _, part in found.runs}
