# SPDX-License-Identifier: BSD-3-Clause
"""Time of events: each happens at its instant, and of equal instants in the order in which they were put there."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

BEGIN_NS = 1_893_456_100_000_000_000
"""Instant at which a scenario begins, on the controller's clock, which the lab sets likewise."""
MOST_EVENTS = 200_000
"""Events after which a scenario is taken not to come to rest."""


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

    def rest(self) -> None:
        """Let everything happen that is to happen. Raises RestlessError where there is no end of it."""
        self.run(None)

    def run(self, until_ns: int | None) -> None:
        """Let everything happen that is to happen before an instant. Raises RestlessError."""
        for _ in range(MOST_EVENTS):
            due_ns, queued_ns = self.due_ns(), self._queue[0][0] if self._queue else None
            acts = queued_ns is None or (due_ns is not None and due_ns < queued_ns)
            first_ns = due_ns if acts else queued_ns
            if first_ns is None or (until_ns is not None and first_ns >= until_ns):
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
