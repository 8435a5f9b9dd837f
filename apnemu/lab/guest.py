# SPDX-License-Identifier: BSD-3-Clause
"""The life of a guest: start it, watch it, end it. The guest and the host share a folder and nothing else.

The guest's kernel is a host process, with a child for each guest process, which it traces. It dies with the process
that called `run`, however that ends, and its children die with it.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Self

from apnemu.errors import GuestError
from apnemu.lab import cores, reasons, staging, verdict
from apnemu.lab.console import Console
from apnemu.lab.ending import end_session, signals_raise
from apnemu.lab.job import Job
from apnemu.lab.pump import Pump
from apnemu.lab.watchdog import StatusPage, StillWatch, peak_bytes

__all__ = ["WALL_CLOCK_START_NS", "Job", "Outcome", "Progress", "command_line", "run"]

WALL_CLOCK_START_NS: Final = 1_893_456_000 * 1_000_000_000
"""Date in every virtual-time guest when it boots: 2030-01-01 00:00 UTC, ns since the epoch."""
TICK_S: Final = 0.2
STILL_CHECK_EVERY_S: Final = 1.0
CHUNK_BYTES: Final = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Progress of a guest in virtual and wall time; `planned_virtual_s` is the job's."""

    virtual_ns: int
    wall_s: float
    planned_virtual_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Outcome of a guest whose program ended by itself.

    In real time `virtual_ns` is 0, since that clock was not used. `memory_bytes` is the most memory of the host's that
    the guest had, except for what it took in its last `TICK_S`.
    """

    exit_code: int
    virtual_ns: int
    wall_s: float
    syscalls: int
    core: int
    memory_bytes: int


def run(
    job: Job,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
    stop: threading.Event | None = None,
) -> Outcome:
    """Boot a guest, run the job's program in it, and wait for the end.

    The program's output goes to the console, and the console to `console.log` in the folder; given `stdout` or `stderr`
    (descriptors of the caller's) the output goes there instead, byte for byte. `on_progress` is called about five times
    a second. Setting `stop` from another thread ends the guest. Any number of threads may each run a guest. When `run`
    returns or raises, no process of the guest is left.

    Raises:
        GuestError: the guest did anything but run the program to its own end; one line names the cause, the guest's
            process and the last lines of its console.
    """
    with ExitStack() as stack:
        stack.enter_context(signals_raise())
        with verdict.disk_named(job.folder):
            private = stack.enter_context(
                staging.staged(job, has_stdout=stdout is not None, has_stderr=stderr is not None)
            )
            console = Console(job.folder / "console.log")
        stack.callback(_close_after_all, console)
        core = stack.enter_context(cores.claimed(job.core))
        status = StatusPage()
        stack.callback(status.close)
        guest = stack.enter_context(_Running(job, core, status, private, console, stdout, stderr))
        code = guest.wait(on_progress, stop)
        with verdict.disk_named(job.folder):
            console.close()
        last = status.read()
        exit_code = verdict.exit_code(job, code, console, last, starved=reasons.oom_kills() - guest.oom_kills)
        return Outcome(
            exit_code=exit_code,
            virtual_ns=last.virtual_ns,
            wall_s=guest.wall_s(),
            syscalls=last.syscalls,
            core=core,
            memory_bytes=guest.memory_bytes,
        )


class _Running:
    """The guest's kernel as a host process, and the pipes that come out of it."""

    def __init__(
        self,
        job: Job,
        core: int,
        status: StatusPage,
        private: int,
        console: Console,
        stdout: int | None,
        stderr: int | None,
    ) -> None:
        verdict.check_kernel(job.kernel)
        self._job = job
        self._status = status
        self._console = console
        self._start = time.monotonic()
        self.oom_kills = reasons.oom_kills()
        """Processes that the host had ended for want of memory when the guest was started."""
        self.memory_bytes = 0
        self._still = StillWatch(job.stall_limit_s)
        self._selector = selectors.DefaultSelector()
        self._console_pipe, console_end = os.pipe()
        os.set_blocking(self._console_pipe, False)
        self._pumps: list[Pump] = []
        ends = [console_end]
        for target in (stdout, stderr):
            if target is None:
                ends.append(console_end)
            else:
                pump = Pump(target)
                self._pumps.append(pump)
                ends.append(pump.write_end)
        starting = _starter(os.getpid()).submit(_start, job, core, [status.fd, *ends[1:], private], console_end)
        try:
            self._process = starting.result()
        except OSError as error:
            raise GuestError(f"the guest cannot be started: {error}") from error
        except BaseException:  # an interrupt; the other thread starts it all the same
            _end(starting.result())
            raise
        finally:
            for end in set(ends):
                os.close(end)
        self._pid_fd = os.pidfd_open(self._process.pid)
        self._selector.register(self._pid_fd, selectors.EVENT_READ)
        self._selector.register(self._console_pipe, selectors.EVENT_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._process)
        self._selector.close()
        for pump in self._pumps:
            pump.close()
        os.close(self._console_pipe)
        os.close(self._pid_fd)

    def wall_s(self) -> float:
        return time.monotonic() - self._start

    def wait(self, on_progress: Callable[[Progress], None] | None, stop: threading.Event | None) -> int:
        """Wait until the kernel has ended and all its output is taken; returns its exit code as `subprocess` has it.

        Raises:
            GuestError: the guest is over a limit, stands still, or was asked to end.
        """
        next_tick_s, next_still_check_s = 0.0, STILL_CHECK_EVERY_S
        while True:
            events = {key.fd for key, _ in self._selector.select(max(0.0, next_tick_s - self.wall_s()))}
            if self._console_pipe in events:
                self._read_console()
            for pump in self._pumps:
                pump.turn(self._selector)
            if self._pid_fd in events:
                break
            if (now_s := self.wall_s()) < next_tick_s:
                continue
            next_tick_s = now_s + TICK_S
            reading = self._status.read()
            self.memory_bytes = max(self.memory_bytes, peak_bytes(self._process.pid))
            if on_progress is not None:
                planned = self._job.planned_virtual_s
                on_progress(Progress(virtual_ns=reading.virtual_ns, wall_s=now_s, planned_virtual_s=planned))
            if stop is not None and stop.is_set():
                raise GuestError(f"the guest was asked to end after {now_s:.1f} s")
            verdict.check_limits(self._job, now_s, self._console, reading, self._still)
            if self._job.time == "virtual" and now_s >= next_still_check_s:
                next_still_check_s = now_s + STILL_CHECK_EVERY_S
                if self._still.is_still(reading, self._process.pid):
                    raise verdict.stood_still(self._still, self._console, reading)
        code = _end(self._process)
        while self._read_console():
            pass
        for pump in self._pumps:
            pump.drain()
        return code

    def _read_console(self) -> bool:
        """Read a piece of the console; False if there is none now."""
        try:
            data = os.read(self._console_pipe, CHUNK_BYTES)
        except BlockingIOError:
            return False
        with verdict.disk_named(self._job.folder):
            self._console.write(data)
        return bool(data)


def _end(process: subprocess.Popen[bytes]) -> int:
    """End a guest's kernel and all that is left of it; returns its exit code, if it had ended by itself."""
    end_session(process.pid)
    return process.wait()


def _close_after_all(console: Console) -> None:
    """Close the console's log; the caller wants to hear what ended the guest, not that the log's end found no room."""
    with suppress(OSError):
        console.close()


def command_line(job: Job) -> list[str]:
    """Command line of the guest's kernel.

    It is stirred into the guest's randomness, so nothing in it may differ between runs that shall give the same bytes:
    no path stands in it, and the folder is the kernel's working directory.
    """
    clock = [
        "time-travel=inf-cpu",
        f"time-travel-start={WALL_CLOCK_START_NS}",
        f"syscall-cost={job.syscall_cost_ns}",
        f"clock-read-cost={job.clock_read_cost_ns}",
    ]
    boot = f'"mount -t hostfs -o {staging.PRIVATE} none /mnt && . /mnt/boot.sh"'
    return [
        *["root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", f"mem={job.memory_mb}M", "quiet"],
        *(clock if job.time == "virtual" else []),
        *[f"lab-seed={job.seed}", "lab-status-fd=3", f"uml_dir={staging.PRIVATE}/", "umid=kernel"],
        *["con=null", "con0=null,fd:1", "con1=null,fd:4", "con2=null,fd:5"],
        *["init=/bin/sh", "--", "-c", boot],
    ]


def _start(job: Job, core: int, fds: list[int], console_end: int) -> subprocess.Popen[bytes]:
    launcher = Path(__file__).with_name("launch.py")
    return subprocess.Popen(
        [
            *[sys.executable, "-I", "-S", str(launcher)],
            *[str(os.getpid()), str(core), str(job.kernel.resolve()), *map(str, fds)],
            *command_line(job),
        ],
        stdin=subprocess.DEVNULL,
        stdout=console_end,
        stderr=console_end,
        cwd=job.folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        pass_fds=sorted(set(fds)),
        start_new_session=True,
    )


@cache
def _starter(pid: int) -> ThreadPoolExecutor:
    """Thread that starts all guests of this process.

    Linux ends a child with the *thread* that started it (PR_SET_PDEATHSIG), so that must not be a caller's thread,
    which may end before the guest does or belong to a pool.
    """
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"guest-starter-{pid}")
