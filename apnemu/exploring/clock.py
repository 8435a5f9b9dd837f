# SPDX-License-Identifier: BSD-3-Clause
"""Time of events: each happens at its instant, and of equal instants in the order in which they were put there."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

from apnemu.model.steps import MOST_REST_NS
from apnemu.units import NS_PER_S

BEGIN_NS = 1_893_456_100_000_000_000
"""Instant at which a scenario begins, on the controller's clock, which the lab sets likewise."""
MOST_EVENTS = 10_000
"""Events from one rest to the next after which there is taken to be none: jpn48 has 720 in scenarios of 24 steps."""


class RestlessError(Exception):
    """A world that does not come to rest."""


class Clock:
    """Events that are to happen, and the instant that it is. Devices beside them are asked when they are due."""

    def __init__(self) -> None:
        self.now_ns = BEGIN_NS
        self.looks: list[Callable[[], None]] = []
        """Called after each event, to look at what must hold at every instant."""
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._count = itertools.count()

    def at(self, at_ns: int, call: Callable[[], None]) -> None:
        """Have something happen at an instant; of equal instants in the order of these calls."""
        heapq.heappush(self._queue, (at_ns, next(self._count), call))

    def rest(self, after_ns: int = 0) -> None:
        """Let everything happen that is to happen; what is known to happen does within `after_ns`.

        Raises RestlessError where there is no end of it within `MOST_REST_NS` after that.
        """
        until_ns = self.now_ns + after_ns + MOST_REST_NS
        self.run(until_ns)
        if self.next_ns() is not None:
            raise RestlessError(f"something happens still {MOST_REST_NS // NS_PER_S} s after the last step")

    def next_ns(self) -> int | None:
        """Instant of what happens next, or None."""
        queued = [self._queue[0][0]] if self._queue else []
        due_ns = self.due_ns()
        return min(queued if due_ns is None else [*queued, due_ns], default=None)

    def run(self, until_ns: int) -> None:
        """Let everything happen that is to happen before an instant. Raises RestlessError."""
        for _ in range(MOST_EVENTS):
            due_ns, queued_ns = self.due_ns(), self._queue[0][0] if self._queue else None
            acts = queued_ns is None or (due_ns is not None and due_ns < queued_ns)
            first_ns = due_ns if acts else queued_ns
            if first_ns is None or first_ns >= until_ns:
                return
            call = self.act if acts else heapq.heappop(self._queue)[2]
            self.now_ns = max(self.now_ns, first_ns)
            call()
            for look in self.looks:
                look()
        raise RestlessError(f"{MOST_EVENTS} events, and it goes on")

    def due_ns(self) -> int | None:
        """Instant at which a device does something by itself, or None."""
        return None

    def act(self) -> None:
        """Have devices do what is due."""
