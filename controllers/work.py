# SPDX-License-Identifier: BSD-3-Clause
"""Work of devices under way: steps of changes, each begun when all devices of the step before have answered.

A change is told to its device when the time that it takes is over, so that its message arrives when the device would be
done, had it been told before: a device's time and the message's way add up in either order. The device answers, and the
answer takes the way back.

Plans go on side by side, and what one of them frees another may take: the ledger says so before the devices have done
it. So a change waits until those of earlier plans that must come before it are told (`_precedes`); a device hears them
in that order.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from apnemu.model.plant import Plant
from apnemu.planning.dcn import dcn
from apnemu.planning.online import Change, duration_ns

AGAINST = {"dark": "tune", "disconnect": "cross-connect", "cross-connect": "disconnect", "tune": "dark"}
PUTS_OUT = ("dark", "disconnect")
FIRST = {
    "cross-connect": ("disconnect",),
    "tune": ("dark",),
    "dark": ("tune",),
    "disconnect": ("cross-connect",),
    "switch": ("switch", "tune"),
    "select": (),
}
"""Kind of change -> the kinds that it may have to wait for."""


@dataclass(slots=True, eq=False)
class _Plan:
    """Steps that are still to begin, changes of the present one that are not told, and the number of devices that it
    waits for."""

    steps: deque[list[Change]]
    untold: list[Change] = field(default_factory=list)
    open: int = 0

    def coming(self) -> Iterator[Change]:
        """Changes that are not told."""
        yield from self.untold
        for step in self.steps:
            yield from step


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
    _held: list[_Due] = field(default_factory=list)
    """Changes whose time has come, and which wait for others to be told."""
    _plans: list[_Plan] = field(default_factory=list)
    """Plans that are not done, the oldest first."""
    _coming: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(site, kind) -> changes that are not told."""
    _count: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _unanswered: dict[str, dict[int, _Plan]] = field(default_factory=dict)
    """Site -> number of a change that was told, the oldest first -> its plan."""

    def due_ns(self) -> int | None:
        """Instant of what is due next, or None."""
        return self._due[0][0] if self._due else None

    def services(self) -> set[str]:
        """Services whose devices still have something to be told."""
        return {change.lightpath.service for plan in self._plans for change in plan.coming()}

    def begin(self, changes: Iterable[Change], start_ns: int) -> None:
        """Begin a plan, in place of work that is not done and that it undoes.

        Light that it puts out only when other light is there is lit before, if it is still to be.
        """
        steps = [[*step] for _, step in itertools.groupby(changes, key=lambda change: change.step)]
        lights = False
        for step in steps:
            for change in step:
                opposite = self._coming[change.site, AGAINST.get(change.kind, "")]
                if opposite and not (lights and change.kind in PUTS_OUT):
                    self._drop(_undone_by(change), start_ns)
            lights = lights or any(change.kind == "cross-connect" for change in step)
        if steps:
            self._coming.update((change.site, change.kind) for step in steps for change in step)
            self._plans.append(_Plan(deque(steps)))
            self._go_on(self._plans[-1], start_ns)

    def forget(self, service: str, now_ns: int) -> None:
        """Drop what is not told of a service's work, except for putting its light out."""
        self._drop(lambda change: change.lightpath.service == service and change.kind not in PUTS_OUT, now_ns)

    def pop(self) -> tuple[Change, int] | None:
        """Take what is due next: a change, whose device is to be told, with its number; None for an answer, and for a
        change that has to wait."""
        at_ns, _, due = heapq.heappop(self._due)
        site = due.change.site
        if due.token is not None:
            self.answered(site, due.token, at_ns)
            return None
        if self._waits(due):
            self._held.append(due)
            return None
        token = next(self._count)
        due.plan.untold.remove(due.change)
        self._coming[site, due.change.kind] -= 1
        self._unanswered.setdefault(site, {})[token] = due.plan
        late_ns = at_ns + dcn(self.plant).round_trip_ns(site) + self.patience_ns
        heapq.heappush(self._due, (late_ns, token, _Due(due.plan, due.change, token)))
        self._let_go(at_ns)
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
                plan.untold.append(change)
                told_ns = start_ns + duration_ns(self.plant.devices, change)
                heapq.heappush(self._due, (told_ns, next(self._count), _Due(plan, change)))
        if not plan.open:
            self._plans.remove(plan)

    def _less(self, plan: _Plan, now_ns: int) -> None:
        plan.open -= 1
        self._go_on(plan, now_ns)

    def _waits(self, due: _Due) -> bool:
        if not any(self._coming[due.change.site, kind] for kind in FIRST[due.change.kind]):
            return False
        earlier = itertools.takewhile(lambda plan: plan is not due.plan, self._plans)
        return any(_precedes(change, due.change) for plan in earlier for change in plan.coming())

    def _let_go(self, at_ns: int) -> None:
        """Have changes told that wait for nothing any more."""
        for due in [due for due in self._held if not self._waits(due)]:
            self._held.remove(due)
            heapq.heappush(self._due, (at_ns, next(self._count), due))

    def _drop(self, is_dropped: Callable[[Change], bool], now_ns: int) -> None:
        """Drop work that no device has been told."""
        dues = [due for _, _, due in self._due if due.token is None] + self._held
        dropped = [due for due in dues if is_dropped(due.change)]
        if dropped:
            self._due = [entry for entry in self._due if entry[2] not in dropped]
            heapq.heapify(self._due)
            self._held = [due for due in self._held if due not in dropped]
        for plan in self._plans:
            self._coming.subtract((change.site, change.kind) for change in plan.coming() if is_dropped(change))
            plan.steps = deque([other for other in step if not is_dropped(other)] for step in plan.steps)
            plan.untold = [change for change in plan.untold if not is_dropped(change)]
        for due in dropped:
            self._less(due.plan, now_ns)
        self._let_go(now_ns)


def _undone_by(change: Change) -> Callable[[Change], bool]:
    """Whether a change asks for the opposite of another one."""
    undone = (change.site, change.lightpath, AGAINST.get(change.kind), change.port_in)
    return lambda other: (other.site, other.lightpath, other.kind, other.port_in) == undone


def _precedes(earlier: Change, later: Change) -> bool:
    """Whether a change of an earlier plan must be told before one of a later plan.

    A slot of a fibre is given up before other light has it, and so is a transceiver; light is put out after it was
    lit; a service's hosts move in the order of its moves, to light that is there.
    """
    if earlier.site != later.site or earlier.kind not in FIRST[later.kind]:
        return False
    same_light = earlier.lightpath == later.lightpath
    match later.kind:
        case "cross-connect":
            return not same_light and _meet(earlier, later)
        case "tune":
            return not same_light and earlier.port_in == later.port_in
        case "dark" | "disconnect":
            return same_light and earlier.port_in == later.port_in
    return earlier.lightpath.service == later.lightpath.service


def _meet(one: Change, other: Change) -> bool:
    """Whether two cross-connections have a slot of a fibre in common."""
    if one.slot is None or other.slot is None or not one.slot.overlaps(other.slot):
        return False
    return any(port.kind == "fibre" for port in {one.port_in, one.port_out} & {other.port_in, other.port_out} if port)
