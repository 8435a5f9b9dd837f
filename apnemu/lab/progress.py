# SPDX-License-Identifier: BSD-3-Clause
"""Progress of guests on standard error: bars on a terminal, elsewhere a line every ten seconds."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as Bars

from apnemu.lab.guest import Progress
from apnemu.units import ns_to_s

LINE_EVERY_S: Final = 10.0


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
            if self._is_terminal:
                self._draw(name, progress)
            elif progress.wall_s - self._shown_s.get(name, 0.0) >= LINE_EVERY_S:
                self._shown_s[name] = progress.wall_s
                print(f"{name}: {text_of(progress)}", file=sys.stderr, flush=True)

    def _draw(self, name: str, progress: Progress) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name, total=progress.planned_virtual_s, text="")
        self._bars.update(self._tasks[name], completed=ns_to_s(progress.virtual_ns), text=text_of(progress))


def wall_left_s(progress: Progress) -> float | None:
    """Wall time, in s, that the rest takes if the guest goes on at its pace; None if it has no plan or no pace yet.

    >>> wall_left_s(Progress(virtual_ns=2_000_000_000, wall_s=3.0, planned_virtual_s=10.0))
    12.0
    """
    done_s = ns_to_s(progress.virtual_ns)
    if progress.planned_virtual_s is None or done_s <= 0:
        return None
    return max(0.0, progress.wall_s * (progress.planned_virtual_s - done_s) / done_s)


def text_of(progress: Progress) -> str:
    """Say in words how far a guest is.

    >>> text_of(Progress(virtual_ns=2_000_000_000, wall_s=3.0, planned_virtual_s=10.0))
    '2.0 of 10.0 virtual s, about 12 s left'
    >>> text_of(Progress(virtual_ns=2_000_000_000, wall_s=3.0, planned_virtual_s=None))
    '2.0 virtual s in 3 s'
    >>> text_of(Progress(virtual_ns=0, wall_s=3.0, planned_virtual_s=None))
    '3 s'
    """
    if not progress.virtual_ns:
        return f"{progress.wall_s:.0f} s"
    done = f"{ns_to_s(progress.virtual_ns):.1f}"
    left_s = wall_left_s(progress)
    if left_s is None:
        return f"{done} virtual s in {progress.wall_s:.0f} s"
    return f"{done} of {progress.planned_virtual_s:.1f} virtual s, about {left_s:.0f} s left"
