# SPDX-License-Identifier: BSD-3-Clause
"""Progress of guests on standard error: bars on a terminal, elsewhere a line every ten seconds."""

from __future__ import annotations

import sys
import threading
from collections import defaultdict, deque
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as Bars

from apnemu.lab.guest import Progress
from apnemu.units import ns_to_s

LINE_EVERY_S: Final = 10.0
WINDOW_S: Final = 10.0
"""Wall time by which the pace is judged."""
STEADY: Final = 2.0
"""Factor by which the paces of both halves of the window may differ."""
FORESEEN: Final = 10.0
"""Longest time left that is told, in times of what has passed: a network is built at one instant."""


class Display:
    """Display of guests by name while they run: `with Display() as display: ... display.update("apn", progress)`.

    Several threads may update it.
    """

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[text]}"),
            console=Console(stderr=True),
            transient=True,
            disable=not self._is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._shown_s: dict[str, float] = {}
        self._paces: defaultdict[str, Pace] = defaultdict(Pace)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def update(self, name: str, progress: Progress) -> None:
        """Show how far a guest is."""
        with self._lock:
            text = text_of(progress, self._paces[name].wall_left_s(progress))
            if self._is_terminal:
                self._draw(name, progress, text)
            elif progress.wall_s - self._shown_s.get(name, 0.0) >= LINE_EVERY_S:
                self._shown_s[name] = progress.wall_s
                print(f"{name}: {text}", file=sys.stderr, flush=True)

    def _draw(self, name: str, progress: Progress, text: str) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name, total=progress.planned_virtual_s, text="")
        self._bars.update(self._tasks[name], completed=ns_to_s(progress.virtual_ns), text=text)


class Pace:
    """Pace of a guest's virtual time in wall time, as far as it is steady.

    A guest boots and waits at another pace than it plays traffic: what is left is estimated by the last ten seconds
    alone, and only while both halves of them agree.
    """

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float]] = deque()

    def wall_left_s(self, progress: Progress) -> float | None:
        """Wall time, in s, that the rest takes; None while that is not known.

        >>> pace = Pace()
        >>> [pace.wall_left_s(Progress(virtual_ns=s * 10**9, wall_s=3.0 * s, planned_virtual_s=10.0)) for s in range(6)]
        [None, None, None, None, 18.0, 15.0]
        """
        done_s = ns_to_s(progress.virtual_ns)
        self._seen.append((progress.wall_s, done_s))
        while len(self._seen) > 1 and self._seen[1][0] <= progress.wall_s - WINDOW_S:
            self._seen.popleft()
        if progress.planned_virtual_s is None or done_s > progress.planned_virtual_s:
            return None
        first, last = self._seen[0], self._seen[-1]
        if last[0] - first[0] < WINDOW_S or last[1] <= first[1]:
            return None
        middle_s = (first[0] + last[0]) / 2
        middle = min(self._seen, key=lambda point: abs(point[0] - middle_s))
        earlier, later = _slope(first, middle), _slope(middle, last)
        if not earlier / STEADY <= later <= earlier * STEADY:
            return None
        left_s = (progress.planned_virtual_s - done_s) / _slope(first, last)
        return left_s if left_s <= FORESEEN * progress.wall_s else None


def _slope(start: tuple[float, float], end: tuple[float, float]) -> float:
    return (end[1] - start[1]) / (end[0] - start[0]) if end[0] > start[0] else 0.0


def text_of(progress: Progress, left_s: float | None) -> str:
    """Say in words how far a guest is.

    >>> text_of(Progress(virtual_ns=2_000_000_000, wall_s=3.0, planned_virtual_s=10.0), 12.0)
    '2.0 of 10.0 virtual s in 3 s, about 12 s left'
    >>> text_of(Progress(virtual_ns=12_000_000_000, wall_s=3.0, planned_virtual_s=10.0), None)
    '12.0 virtual s in 3 s'
    >>> text_of(Progress(virtual_ns=0, wall_s=3.0, planned_virtual_s=None), None)
    '3 s'
    """
    if not progress.virtual_ns:
        return f"{progress.wall_s:.0f} s"
    done_s, planned_s = ns_to_s(progress.virtual_ns), progress.planned_virtual_s
    done = f"{done_s:.1f} of {planned_s:.1f}" if planned_s is not None and done_s <= planned_s else f"{done_s:.1f}"
    left = "" if left_s is None else f", about {left_s:.0f} s left"
    return f"{done} virtual s in {progress.wall_s:.0f} s{left}"
