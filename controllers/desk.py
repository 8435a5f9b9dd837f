# SPDX-License-Identifier: BSD-3-Clause
"""Desks at which the controller decides one request after another: at once, or in the lab's time."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from apnemu.controllers.apn import Apn

T = TypeVar("T")
Work = Callable[[Apn, int], T]


class Desk(Protocol):
    """Does a piece of work on the controller's state and returns what the work returns, when that is decided."""

    def decide(self, work: Work[T]) -> T:
        """Decide on a request, which takes the declared computing time."""

    def after(self, work: Work[T], takes_ns: int) -> T:
        """Do what takes another declared time than computing."""

    def look(self, work: Work[T]) -> T:
        """Read the state, which takes no time."""

    def wait(self, work: Work[bool], most_ns: int) -> None:
        """Read the state each time that it has changed, until `work` says that it is as wanted, or time is up."""

    def tell(self, work: Work[T]) -> T:
        """Take in what has happened by itself, which takes no time either."""


class AtOnce:
    """Desk without a lab: a second passes with each request, and computing takes nothing more."""

    def __init__(self, apn: Apn) -> None:
        self.apn = apn
        self.now_ns = 0

    def decide(self, work: Work[T]) -> T:
        self.now_ns += 1_000_000_000
        return work(self.apn, self.now_ns)

    def after(self, work: Work[T], takes_ns: int) -> T:
        return self.decide(work)

    def look(self, work: Work[T]) -> T:
        self.apn.run(self.now_ns)
        return work(self.apn, self.now_ns)

    tell = look

    def wait(self, work: Work[bool], most_ns: int) -> None:
        until_ns = self.now_ns + most_ns
        while not self.look(work) and self.now_ns < until_ns:
            due_ns = self.apn.due_ns()
            self.now_ns = until_ns if due_ns is None else min(due_ns, until_ns)


class InTime:
    """Desk in the lab: one thread does each piece of work at its instant, and calls `changed` after it.

    The clock is the lab's wall clock, which begins at the same instant in every lab and in virtual time is exact.
    """

    def __init__(self, apn: Apn, changed: Callable[[], None]) -> None:
        self._apn = apn
        self._changed = changed
        lock = threading.RLock()
        self._woken, self._seen = threading.Condition(lock), threading.Condition(lock)
        self._waiting: list[tuple[int, int, Callable[[int], None]]] = []
        self._order = itertools.count()

    def decide(self, work: Work[T]) -> T:
        """Raises what `work` raises."""
        return self._wait(work, self._apn.computed_ns)

    def after(self, work: Work[T], takes_ns: int) -> T:
        """Raises what `work` raises."""
        return self._wait(work, lambda now_ns: now_ns + takes_ns)

    def tell(self, work: Work[T]) -> T:
        """Raises what `work` raises."""
        return self._wait(work, lambda now_ns: now_ns)

    def _wait(self, work: Work[T], when: Callable[[int], int]) -> T:
        answers: list[T] = []
        failures: list[Exception] = []
        done = threading.Event()

        def call(at_ns: int) -> None:
            try:
                self._apn.run(at_ns)
                answers.append(work(self._apn, at_ns))
            except Exception as error:  # it is raised where it was asked
                failures.append(error)
            done.set()

        with self._woken:
            heapq.heappush(self._waiting, (when(time.time_ns()), next(self._order), call))
            self._woken.notify()
        done.wait()
        if failures:
            raise failures[0]
        return answers[0]

    def look(self, work: Work[T]) -> T:
        """Read the state as it is; whatever is due is left to the desk's own thread."""
        with self._woken:
            return work(self._apn, time.time_ns())

    def wait(self, work: Work[bool], most_ns: int) -> None:
        """Raises what `work` raises."""
        until_ns = time.time_ns() + most_ns
        with self._seen:
            while not work(self._apn, now_ns := time.time_ns()) and now_ns < until_ns:
                self._seen.wait((until_ns - now_ns) / 1e9)

    def post(self, call: Callable[[int], None]) -> None:
        """Queue a call for now, without waiting for it."""
        with self._woken:
            heapq.heappush(self._waiting, (time.time_ns(), next(self._order), call))
            self._woken.notify()

    def run_forever(self) -> None:
        """Do all work at its instant, for as long as the program runs."""
        while True:
            with self._woken:
                now_ns = time.time_ns()
                due = [t for t in (self._waiting[0][0] if self._waiting else None, self._apn.due_ns()) if t is not None]
                first = min(due, default=None)
                if first is None or first > now_ns:
                    self._woken.wait(None if first is None else (first - now_ns) / 1e9)
                    continue
                if self._waiting and self._waiting[0][0] == first:
                    heapq.heappop(self._waiting)[2](first)
                else:
                    self._apn.run(first)
            self._changed()
            with self._seen:
                self._seen.notify_all()
