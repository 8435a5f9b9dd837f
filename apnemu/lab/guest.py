# SPDX-License-Identifier: BSD-3-Clause
"""The life of a guest: start it, watch it, end it. The guest and the host share a folder and nothing else.

The guest's kernel is a host process, with a child for each guest process, which it traces. It dies with the process
that called `run`, however that ends, and its children die with it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress

from apnemu.interrupts import signals_raise
from apnemu.lab import cores, limits, reasons, staging, verdict
from apnemu.lab.allowance import Allowance
from apnemu.lab.console import Console
from apnemu.lab.disk import disk_named
from apnemu.lab.gate import Gate
from apnemu.lab.job import Job, Outcome, Progress
from apnemu.lab.process import WALL_CLOCK_START_NS, Running
from apnemu.lab.watchdog import StatusPage

__all__ = ["WALL_CLOCK_START_NS", "Job", "Outcome", "Progress", "run"]


def run(
    job: Job,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
    stop: threading.Event | None = None,
    gate: Gate | None = None,
) -> Outcome:
    """Boot a guest, run the job's program in it, and wait for the end.

    The program's output goes to the console, and the console to `console.log` in the folder; given `stdout` or `stderr`
    (descriptors of the caller's) the output goes there instead, byte for byte. `on_progress` is called about five times
    a second, in a thread of the guest's. Setting `stop` from another thread ends the guest, and is set by a signal that
    ends this command. Any number of threads may each run a guest. A program in it may wait for its caller at a `gate`,
    which is read in another thread than that which calls this. When `run` returns or raises, no process of the guest
    is left.

    Raises:
        GuestError: the guest did anything but run the program to its own end; one line names the cause, the guest's
            process and the last lines of its console.
    """
    ended = threading.Event() if stop is None else stop
    if threading.current_thread() is not threading.main_thread():
        return _run(job, on_progress, stdout, stderr, ended, gate)
    # Signals raise exceptions in the main thread, at any place: what must not be left halfway goes on in another one.
    with signals_raise(), limits.threads_named(), ThreadPoolExecutor(max_workers=1) as pool:
        try:
            return pool.submit(_run, job, on_progress, stdout, stderr, ended, gate).result()
        except BaseException:
            ended.set()
            raise


def _run(
    job: Job,
    on_progress: Callable[[Progress], None] | None,
    stdout: int | None,
    stderr: int | None,
    stop: threading.Event,
    gate: Gate | None,
) -> Outcome:
    with ExitStack() as stack:
        stack.enter_context(_standard_descriptors())
        limits.check(job)
        with disk_named(job.folder):
            private = stack.enter_context(
                staging.staged(job, has_stdout=stdout is not None, has_stderr=stderr is not None)
            )
            console = Console(job.folder / "console.log")
            stack.callback(_close_after_all, console)
            allowance = Allowance(job)
        core = stack.enter_context(cores.claimed(job.core))
        status = StatusPage()
        stack.callback(status.close)
        guest = stack.enter_context(Running(job, core, status, private, console, allowance, stdout, stderr, gate))
        code = guest.wait(on_progress, stop)
        with disk_named(job.folder):
            console.close()
        last = status.read()
        starved = reasons.oom_kills() - guest.oom_kills
        exit_code = verdict.exit_code(job, code, console, last, allowance, starved=starved)
        return Outcome(
            exit_code=exit_code,
            virtual_ns=last.virtual_ns,
            wall_s=guest.wall_s(),
            syscalls=last.syscalls,
            core=core,
            memory_bytes=guest.memory_bytes,
        )


def _close_after_all(console: Console) -> None:
    """Close the console's log; the caller wants to hear what ended the guest, not that the log's end found no room."""
    with suppress(OSError):
        console.close()


@contextmanager
def _standard_descriptors() -> Iterator[None]:
    """Keep 0, 1 and 2 open where the caller has closed them: what is opened next would get these numbers."""
    with ExitStack() as stack:
        while (descriptor := os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)) < 3:
            stack.callback(os.close, descriptor)
        os.close(descriptor)
        yield
