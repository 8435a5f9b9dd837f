# SPDX-License-Identifier: BSD-3-Clause
"""The player's event loop: one thread, many sockets, and timers at instants of virtual time.

Computing takes no virtual time, so a callback may compute as long as it likes. Timers that are due at the same instant
run in the order in which they were asked for.
"""

from __future__ import annotations

import ctypes
import heapq
import itertools
import os
import select
import struct
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from apnemu.units import NS_PER_S

READ, WRITE, ERROR = select.EPOLLIN, select.EPOLLOUT, select.EPOLLERR
FOREVER_NS = 1 << 62
"""An instant that never comes, for waits that have a limit of their own."""
CLOCK = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")


def now_ns() -> int:
    """Read the lab's clock: virtual ns since boot."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def is_virtual() -> bool:
    """Whether that clock moves only when everything sleeps, or is the host's (`--time real`)."""
    return CLOCK.read_text().startswith("time-travel")


_libc = ctypes.CDLL(None, use_errno=True)
_CLOCK_MONOTONIC, _TFD_NONBLOCK, _TFD_ABSTIME = 1, os.O_NONBLOCK, 1


class _NudgedError(Exception):
    """A call is to be made at once."""


class _Nudges:
    """What the loop that runs is to do at once, and whether it waits."""

    calls: ClassVar[deque[Callable[[], None]]] = deque()
    waits = False


def nudge(call: Callable[[], None]) -> None:
    """Have the loop that runs, or the next one, make a call at once. For a signal's handler: makes no system call."""
    _Nudges.calls.append(call)
    if _Nudges.waits:
        raise _NudgedError


class Loop:
    """Timers and descriptors. `at` asks for a call at an instant, `watch` for one when a descriptor is ready."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._alarm = _libc.timerfd_create(_CLOCK_MONOTONIC, _TFD_NONBLOCK)
        self._epoll.register(self._alarm, READ)
        self._watched: dict[int, Callable[[int], None]] = {}
        self._timers: list[tuple[int, int, Callable[[], None]]] = []
        self._armed_ns: int | None = None
        """The instant that the alarm is set to; None once it has rung."""
        self._order = itertools.count()

    def at(self, instant_ns: int, call: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (instant_ns, next(self._order), call))

    def watch(self, descriptor: int, events: int, call: Callable[[int], None]) -> None:
        self._watched[descriptor] = call
        self._epoll.register(descriptor, events)

    def watches(self, descriptor: int) -> bool:
        return descriptor in self._watched

    def forget(self, descriptor: int) -> None:
        del self._watched[descriptor]
        self._epoll.unregister(descriptor)

    def run(self, until_ns: int, *, unless: Callable[[], bool] | None = None) -> None:
        """Serve timers and descriptors until that instant, or until `unless` is true.

        The clock is read when the alarm rings or a call has asked for an earlier timer, and not for every descriptor:
        in the lab each system call counts.
        """
        now = now_ns()
        while True:
            while _Nudges.calls:
                _Nudges.calls.popleft()()
                now = now_ns()
            while self._timers and self._timers[0][0] <= now:
                heapq.heappop(self._timers)[2]()
            if now >= until_ns or (unless is not None and unless()):
                return
            self._set_alarm(min(self._timers[0][0] if self._timers else until_ns, until_ns))
            for descriptor, events in self._polled():
                call = self._watched.get(descriptor)
                if call is not None:
                    call(events)
                elif descriptor == self._alarm:
                    self._armed_ns = None
            if self._armed_ns is None or (self._timers and self._timers[0][0] < self._armed_ns):
                now = now_ns()

    def _polled(self) -> list[tuple[int, int]]:
        """Wait for descriptors, or for a nudge: what was ready then still is."""
        try:
            _Nudges.waits = True
            return [] if _Nudges.calls else self._epoll.poll()
        except _NudgedError:
            return []
        finally:
            _Nudges.waits = False

    def overdue_ns(self) -> int:
        """Time by which the first timer is overdue; 0 or less if none is."""
        return now_ns() - self._timers[0][0] if self._timers else 0

    def close(self) -> None:
        self._epoll.close()
        os.close(self._alarm)

    def _set_alarm(self, instant_ns: int) -> None:
        """Wake at an instant: epoll's own timeout has a resolution of a millisecond, a timerfd has the clock's."""
        if instant_ns == self._armed_ns:
            return
        self._armed_ns = instant_ns
        when = struct.pack("=qqqq", 0, 0, instant_ns // NS_PER_S, instant_ns % NS_PER_S)
        _libc.timerfd_settime(self._alarm, _TFD_ABSTIME, when, None)
