# SPDX-License-Identifier: BSD-3-Clause
"""Work of devices under way: steps of changes, each begun when all devices of the step before have answered.

A change is told to its device when the time that it takes is over, so that its message arrives when the device would be
done, had it been told before: a device's time and the message's way add up in either order. The device answers, and the
answer takes the way back.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from apnemu.model.plant import Plant
from apnemu.planning.dcn import dcn
from apnemu.planning.online import Change, duration_ns

AGAINST = {"dark": "tune", "disconnect": "cross-connect", "cross-connect": "disconnect", "tune": "dark"}


@dataclass(slots=True, eq=False)
class _Plan:
    """Steps that are still to begin, and the number of devices that the present one waits for."""

    steps: deque[list[Change]]
    open: int = 0


@dataclass(slots=True, eq=False)
class _Due:
    """A change that is to be told, or, with a `token`, an answer that should be there."""

    plan: _Plan
    change: Change
    token: int | None = None


@dataclass(slots=True)
class Work:
    """All changes that are not told or not answered yet. Without a network answers come after the declared ways."""

    plant: Plant
    patience_ns: int = 0
    """Time that an answer may be late: 0 where none comes but that of the declared ways."""
    _due: list[tuple[int, int, _Due]] = field(default_factory=list)
    _count: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _unanswered: dict[str, dict[int, _Plan]] = field(default_factory=dict)
    """Site -> number of a change that was told, the oldest first -> its plan."""

    def due_ns(self) -> int | None:
        """Instant of what is due next, or None."""
        return self._due[0][0] if self._due else None

    def services(self) -> set[str]:
        """Services whose devices still have something to be told."""
        changes = [due.change for _, _, due in self._due if due.token is None]
        plans = {id(due.plan): due.plan for _, _, due in self._due}.values()
        changes += [change for plan in plans for step in plan.steps for change in step]
        return {change.lightpath.service for change in changes}

    def begin(self, changes: Iterable[Change], start_ns: int) -> None:
        """Begin a plan, in place of work that is not done and that it undoes."""
        changes = list(changes)
        for change in changes:
            self._drop_undone(change, start_ns)
        steps = itertools.groupby(changes, key=lambda change: change.step)
        self._go_on(_Plan(deque([*step] for _, step in steps)), start_ns)

    def pop(self) -> tuple[Change, int] | None:
        """Take what is due next: a change, whose device is to be told, with its number; None for an answer."""
        at_ns, _, due = heapq.heappop(self._due)
        site = due.change.site
        if due.token is not None:
            self.answered(site, due.token, at_ns)
            return None
        token = next(self._count)
        self._unanswered.setdefault(site, {})[token] = due.plan
        late_ns = at_ns + dcn(self.plant).round_trip_ns(site) + self.patience_ns
        heapq.heappush(self._due, (late_ns, token, _Due(due.plan, due.change, token)))
        return due.change, token

    def answered(self, site: str, token: int, now_ns: int) -> None:
        """Take in that a site's devices have done all changes up to that number."""
        waiting = self._unanswered.get(site, {})
        for number in [number for number in waiting if number <= token]:
            self._less(waiting.pop(number), now_ns)

    def _go_on(self, plan: _Plan, start_ns: int) -> None:
        while plan.steps and not plan.open:
            for change in plan.steps.popleft():
                plan.open += 1
                told_ns = start_ns + duration_ns(self.plant.devices, change)
                heapq.heappush(self._due, (told_ns, next(self._count), _Due(plan, change)))

    def _less(self, plan: _Plan, now_ns: int) -> None:
        plan.open -= 1
        self._go_on(plan, now_ns)

    def _drop_undone(self, change: Change, now_ns: int) -> None:
        """Drop work that a device has not been told when a change asks for the opposite."""
        undone = (change.site, change.lightpath, AGAINST.get(change.kind), change.port_in)

        def is_undone(other: Change) -> bool:
            return (other.site, other.lightpath, other.kind, other.port_in) == undone

        dropped = [due for _, _, due in self._due if due.token is None and is_undone(due.change)]
        if dropped:
            self._due = [entry for entry in self._due if entry[2] not in dropped]
            heapq.heapify(self._due)
        for plan in {id(due.plan): due.plan for _, _, due in self._due}.values():
            plan.steps = deque([other for other in step if not is_undone(other)] for step in plan.steps)
        for due in dropped:
            self._less(due.plan, now_ns)
