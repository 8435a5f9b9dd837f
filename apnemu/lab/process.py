# SPDX-License-Identifier: BSD-3-Clause
"""A guest's kernel as a process of the host: started, watched, ended, with the pipes that come out of it."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from threading import Event
from typing import Final, Self

from apnemu.errors import GuestError
from apnemu.interrupts import stopped_too
from apnemu.lab import limits, reasons, staging, verdict
from apnemu.lab.allowance import Allowance
from apnemu.lab.console import Console
from apnemu.lab.disk import disk_named
from apnemu.lab.ending import end_session
from apnemu.lab.gate import Gate
from apnemu.lab.job import Job, Progress
from apnemu.lab.pump import Pump
from apnemu.lab.watchdog import StatusPage, StillWatch, peak_bytes

WALL_CLOCK_START_NS: Final = 1_893_456_000 * 1_000_000_000
"""Date in every virtual-time guest when it boots: 2030-01-01 00:00 UTC, ns since the epoch."""
TICK_S: Final = 0.2
STILL_CHECK_EVERY_S: Final = 1.0
STOPPED_S: Final = 2.0
"""Time without a look at the guest, where one is due each `TICK_S`, from which this command was stopped meanwhile."""
CHUNK_BYTES: Final = 65536
UNGATED: Final = 4
"""Number of descriptors that `launch` hands to every guest; one more is its gate."""
ENDED: Final = 0
"""Number of no process: one that has ended holds no file open, and its number may be another's."""


class Running:
    """The guest's kernel as a host process, and the pipes that come out of it."""

    def __init__(
        self,
        job: Job,
        core: int,
        status: StatusPage,
        private: int,
        console: Console,
        allowance: Allowance,
        stdout: int | None,
        stderr: int | None,
        gate: Gate | None = None,
    ) -> None:
        verdict.check_kernel(job.kernel)
        self._job = job
        self._status = status
        self._console = console
        self._allowance = allowance
        self._start_s = self._looked_s = time.monotonic()
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
        descriptors = [status.fd, *ends[1:], private]
        if gate is not None:
            ends.append(gate.hand_over())
            descriptors.append(ends[-1])
        try:
            with limits.threads_named():
                starter = _starter(os.getpid())
                self._process = starter.submit(_start, job, core, descriptors, console_end).result()
        except OSError as error:
            raise GuestError(f"the guest cannot be started: {error}") from error
        finally:
            for end in set(ends):
                os.close(end)
        self._pid_fd = os.pidfd_open(self._process.pid)
        self._stops = ExitStack()
        self._stops.enter_context(stopped_too(self._pid_fd))
        self._selector.register(self._pid_fd, selectors.EVENT_READ)
        self._selector.register(self._console_pipe, selectors.EVENT_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stops.close()
        _end(self._process)
        self._selector.close()
        for pump in self._pumps:
            pump.close()
        os.close(self._console_pipe)
        os.close(self._pid_fd)

    def wall_s(self) -> float:
        """Wall time since the start, but for what this command was stopped in."""
        now_s = time.monotonic()
        if now_s - self._looked_s > STOPPED_S:
            self._start_s += now_s - self._looked_s - TICK_S
        self._looked_s = now_s
        return now_s - self._start_s

    def wait(self, on_progress: Callable[[Progress], None] | None, stop: Event) -> int:
        """Wait until the kernel has ended and all its output is taken; returns its exit code as `subprocess` has it.

        Raises:
            GuestError: the guest is over a limit, stands still, or was asked to end.
        """
        next_tick_s, next_still_check_s = 0.0, STILL_CHECK_EVERY_S
        while True:
            due_s = min(next_tick_s, self._allowance.next_s)
            events = {key.fd for key, _ in self._selector.select(max(0.0, due_s - self.wall_s()))}
            if self._console_pipe in events:
                self._read_console()
            for pump in self._pumps:
                pump.turn(self._selector)
            if self._pid_fd in events:
                break
            if (now_s := self.wall_s()) < min(next_tick_s, self._allowance.next_s):
                continue
            reading = self._status.read()
            with disk_named(self._job.folder):
                self._allowance.check(now_s, self._process.pid, has_booted=reading.syscalls > 0)
            if now_s < next_tick_s:
                continue
            next_tick_s = now_s + TICK_S
            self.memory_bytes = max(self.memory_bytes, peak_bytes(self._process.pid))
            self._console.no_file |= limits.files_are_out(self._process.pid)
            if on_progress is not None:
                planned = self._job.planned_virtual_s
                on_progress(Progress(virtual_ns=reading.virtual_ns, wall_s=now_s, planned_virtual_s=planned))
            if stop.is_set():
                raise GuestError(f"the guest was asked to end after {now_s:.1f} s")
            verdict.check_limits(self._job, now_s, self._console, reading, self._still, self._process.pid)
            if self._job.time == "virtual" and now_s >= next_still_check_s:
                next_still_check_s = now_s + STILL_CHECK_EVERY_S
                if self._still.is_still(reading, self._process.pid):
                    raise verdict.stood_still(self._still, self._console, reading)
        code = _end(self._process)
        while self._read_console():
            pass
        with disk_named(self._job.folder):
            self._allowance.count(ENDED)
        for pump in self._pumps:
            pump.drain()
        return code

    def _read_console(self) -> bool:
        """Read a piece of the console; False if there is none now."""
        try:
            data = os.read(self._console_pipe, CHUNK_BYTES)
        except BlockingIOError:
            return False
        with disk_named(self._job.folder):
            self._console.write(data)
        return bool(data)


def _end(process: subprocess.Popen[bytes]) -> int:
    """End a guest's kernel and all that is left of it; returns its exit code, if it had ended by itself."""
    end_session(process.pid)
    return process.wait()


def command_line(job: Job, *, has_gate: bool = False) -> list[str]:
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
        *(["con3=null,fd:7"] if has_gate else []),
        *["init=/bin/sh", "--", "-c", boot],
    ]


def _start(job: Job, core: int, fds: list[int], console_end: int) -> subprocess.Popen[bytes]:
    launcher = Path(__file__).with_name("launch.py")
    return subprocess.Popen(
        [
            *[sys.executable, "-I", "-S", str(launcher)],
            *[str(os.getpid()), str(core), str(job.kernel.resolve()), ",".join(map(str, fds))],
            *command_line(job, has_gate=len(fds) > UNGATED),
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
