# SPDX-License-Identifier: BSD-3-Clause
"""The shell's clock: virtual time since its beginning, what is due while a command runs, and leave to go on.

While a command runs the clock ticks: what watches have seen is shown, and the caller is asked for
leave to go on, who may keep the pace of the wall's clock, have a fibre cut or repaired at this instant, or say that the
person has pressed Ctrl-C. At what instant a tick or an action is due depends on virtual time alone.
"""

from __future__ import annotations

import heapq
import itertools
import json
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from apnemu import units
from apnemu.crossing import TICK
from apnemu.emulation.channel import Channel
from apnemu.emulation.loop import now_ns
from apnemu.errors import InputError
from apnemu.units import ns_to_s, s_to_ns

OFTEN_NS, EVERY_NS = 50_000_000, 500_000_000
"""Time between two ticks: while a command keeps the pace of the wall's clock, and while it runs as fast as it can."""
LEAST_NS = 1_000_000
"""Least time between two ticks, however slow the pace."""
SHORTEST_S = 1e-6
"""Least that an interval timer can be set to."""


def duration_ns(text: str) -> int:
    """Read a duration, such as `10s`, `5min`, `200ms`, or a number of seconds. Raises InputError for any other text.

    >>> duration_ns("10s"), duration_ns("1.5 ms"), duration_ns("2")
    (10000000000, 1500000, 2000000000)
    """
    try:
        return units.duration_ns(text)
    except ValueError as error:
        raise InputError(str(error)) from None


class Clock:
    """The clock of a shell. `tick` is called at each tick; `typed` gets a line that the person types meanwhile, `now`
    one that is to be obeyed at this instant."""

    def __init__(
        self,
        channel: Channel,
        tick: Callable[[], None],
        typed: Callable[[str], None],
        now: Callable[[str], object],
    ) -> None:
        self._channel = channel
        self._tick = tick
        self._typed = typed
        self._now = now
        self._begun_ns = now_ns()
        self._due: list[tuple[int, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._next_ns = 0
        self._runs = False
        self.every_ns = EVERY_NS
        """Virtual time between two ticks while a command runs as fast as it can."""
        self.pace: float | None = None
        """Virtual seconds in one of the wall's, where the command that runs has a pace of its own."""
        self.is_paced = False
        """Whether the command that runs keeps the pace of the wall's clock."""
        self.takes_lines = False
        """Whether it takes what the person types."""
        signal.signal(signal.SIGALRM, self._rings)

    @property
    def now_ns(self) -> int:
        """Virtual time, in ns, since the shell's beginning."""
        return now_ns() - self._begun_ns

    def shown(self, instant_ns: int | None = None) -> str:
        """An instant, in seconds, as the shell shows it."""
        return f"{ns_to_s(self.now_ns if instant_ns is None else instant_ns):.6f} s"

    def advance(self, duration: str | int) -> None:
        """Let time pass: a text such as `10s`, or whole ns."""
        until_ns = self.now_ns + (duration_ns(duration) if isinstance(duration, str) else duration)
        while (left_ns := until_ns - self.now_ns) > 0:
            time.sleep(ns_to_s(left_ns))

    def run(self, pace: float) -> None:
        """Let time pass at a pace, 0: as fast as it can, until the person presses Ctrl-C."""
        self.is_paced, self.pace = pace > 0, pace
        self.start()
        with suppress(KeyboardInterrupt):
            self.advance(s_to_ns(units.LONGEST_S))

    def after(self, delay_ns: int, action: Callable[[], object]) -> None:
        """Have something happen so long from now, while a command runs."""
        heapq.heappush(self._due, (self.now_ns + delay_ns, next(self._order), action))

    def start(self) -> None:
        """Begin to tick: a command runs."""
        self._runs = True
        self._next_ns = self._tick_after(self.now_ns)
        self._arm()

    def keep_pace(self, *, takes_lines: bool) -> None:
        """Have the command that runs keep the pace of the wall's clock, and take what the person types."""
        self.is_paced, self.takes_lines = True, takes_lines
        self.start()

    def stop(self) -> None:
        """Tick no more: nothing runs."""
        self._runs = self.is_paced = self.takes_lines = False
        self.pace = None
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _tick_after(self, instant_ns: int) -> int:
        every_ns = OFTEN_NS if self.is_paced else self.every_ns
        if self.pace:
            every_ns = max(LEAST_NS, round(OFTEN_NS * self.pace))
        return (instant_ns // every_ns + 1) * every_ns

    def _arm(self) -> None:
        first_ns = min(self._next_ns, self._due[0][0]) if self._due else self._next_ns
        signal.setitimer(signal.ITIMER_REAL, max(SHORTEST_S, ns_to_s(first_ns - self.now_ns)))

    def _rings(self, *_: object) -> None:
        """Do what is due. Raises KeyboardInterrupt where the person has pressed Ctrl-C."""
        if not self._runs:
            return
        if self._channel.is_busy:  # the signal came in the midst of a message
            signal.setitimer(signal.ITIMER_REAL, SHORTEST_S)
            return
        now = self.now_ns
        while self._due and self._due[0][0] <= now:
            heapq.heappop(self._due)[2]()
        answer = None
        if now >= self._next_ns:
            self._tick()
            said = {"clock_ns": now, "paced": self.is_paced, "takes_lines": self.takes_lines, "pace": self.pace}
            answer = self._channel.wait(TICK, json.dumps(said))
            self._next_ns = self._tick_after(now)
        self._arm()
        happened = json.loads(answer) if answer else {}
        if lines := happened.get("now"):
            for line in lines:
                self._now(line)
            self._tick()
        if happened.get("typed"):
            self._typed(happened["typed"])
        if happened.get("interrupted"):
            raise KeyboardInterrupt
