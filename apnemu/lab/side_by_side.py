# SPDX-License-Identifier: BSD-3-Clause
"""Guests side by side: several at once, each on a core of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Final

from apnemu.errors import GuestError
from apnemu.interrupts import check, signals_raise
from apnemu.lab import limits
from apnemu.lab.gate import Gate
from apnemu.lab.guest import Job, Outcome, Progress, run

LOOK_EVERY_S: Final = 0.5


def run_all(
    jobs: Sequence[Job],
    *,
    on_progress: Callable[[int, Progress], None] | None = None,
    gates: Sequence[Gate] = (),
) -> list[Outcome]:
    """Run all jobs at the same time; returns their outcomes in the jobs' order.

    `gates` has one for each job whose program waits for its caller, or none at all.
    `on_progress` is called from several threads with the job's index. The first guest that fails, and an interrupt of
    the command, end them all.

    Raises:
        GuestError: a guest failed; of several failures the first in the jobs' order that has a cause of its own.
    """
    stop = threading.Event()

    def run_guest(index: int, job: Job) -> Outcome:
        report = None if on_progress is None else lambda progress: on_progress(index, progress)
        try:
            return run(job, on_progress=report, stop=stop, gate=gates[index] if gates else None)
        except GuestError as error:
            if not stop.is_set():
                causes.append((index, error))
            stop.set()
            raise

    causes: list[tuple[int, GuestError]] = []
    with signals_raise(), limits.threads_named(), ThreadPoolExecutor(max_workers=max(1, len(jobs))) as pool:
        try:
            futures = [pool.submit(run_guest, index, job) for index, job in enumerate(jobs)]
            while wait(futures, LOOK_EVERY_S, FIRST_EXCEPTION).not_done and not causes:
                check()
        except BaseException:
            stop.set()
            raise
    if causes:
        raise min(causes, key=lambda cause: cause[0])[1]
    return [future.result() for future in futures]
