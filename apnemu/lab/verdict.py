# SPDX-License-Identifier: BSD-3-Clause
"""Verdict on a guest's end: each way to fail, named in one line."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Final

from apnemu.errors import GuestError
from apnemu.lab import limits, reasons, staging
from apnemu.lab.allowance import Allowance
from apnemu.lab.console import Console
from apnemu.lab.disk import check_disk
from apnemu.lab.job import Job
from apnemu.lab.watchdog import Reading, StillWatch
from apnemu.units import ns_to_s

STANDS_S: Final = 1.0
"""CPU time at one instant from which a guest that ran out of wall time is told why its time stood."""
SIGNAL_EXIT: Final = 128
"""Exit code that a shell gives for a program that a signal ended, less the signal's number."""


def check_kernel(kernel: Path) -> None:
    """Check that the kernel is there and can be run.

    Raises:
        GuestError: it is not.
    """
    if not kernel.is_file():
        raise GuestError(f"the lab's kernel is not at {kernel}; build it with `apnemu lab build`")
    if not os.access(kernel, os.X_OK):
        raise GuestError(f"the lab's kernel at {kernel} is not executable; `chmod +x` it or build it again")


def check_limits(job: Job, wall_s: float, console: Console, reading: Reading, still: StillWatch, process: int) -> None:
    """Check that a guest that runs is within its limits.

    Raises:
        GuestError: it is out of memory, of time, or of disk.
    """
    if console.out_of_memory:
        raise _out_of_memory(job, console)
    if wall_s > job.wall_limit_s:
        stands = still.stood_s >= STANDS_S
        stopped = f"its kernel is stopped: kill -CONT {process} lets it go on; " if is_stopped(process) else ""
        raise GuestError(
            f"the guest ran for {job.wall_limit_s:g} s of wall time, its limit (wall_limit_s), and came to "
            f"{ns_to_s(reading.virtual_ns):.3f} s of virtual time; {stopped}"
            + (
                _stands(console, reading, still)
                if stands
                else f"{reasons.out_of_time(job, wall_s, reading, still)}; {_at_the_end(console, reading)}"
            )
        )
    check_disk(job.folder)


def stood_still(still: StillWatch, console: Console, reading: Reading) -> GuestError:
    """Make the error of a guest whose virtual time did not move though the CPU worked."""
    return GuestError(_stands(console, reading, still))


def exit_code(
    job: Job, code: int, console: Console, reading: Reading, allowance: Allowance, *, starved: int = 0
) -> int:
    """Exit code of the program, if the program's end ended the guest.

    `code` is the exit code of the kernel, negative for a signal; `starved` the number of processes that the host's
    kernel ended for want of memory since the guest was started.

    Raises:
        GuestError: the guest ended in any other way.
    """
    text = staging.exit_text(job)
    if console.out_of_memory:
        raise _out_of_memory(job, console)
    if code == -signal.SIGXFSZ:
        raise allowance.file_too_long()
    check_disk(job.folder)
    if text == staging.NOT_FOUND:
        raise GuestError(f"{job.argv[0]} is not a program that the guest finds (from {job.working_directory})")
    if text.isdecimal():
        return _program_exit(job, int(text), console)
    if code == 0 and reading.virtual_ns and reading.pid <= 1 and not console.unbooted and limits.few_files():
        console.no_file = True  # the shell that waits for the program could not even open the file of its exit code
    if limit := limits.named(code, console):
        raise GuestError(f"the guest's kernel came to its end: {limit}; {_at_the_end(console, reading)}")
    if console.panic:
        raise GuestError(
            f"the guest's kernel panicked: {console.panic}; {reasons.panicked(job, console.panic)};"
            f" {_at_the_end(console, reading)}"
        )
    if code == 1 and not reading.virtual_ns and console.tail().endswith("KeyboardInterrupt"):
        code = -signal.SIGINT  # it reached Python, a moment before that became the kernel
    if code < 0:
        name = signal.Signals(-code).name
        raise GuestError(
            f"the guest's kernel was ended from outside by {name}: {reasons.from_outside(job, -code, starved)};"
            f" {_at_the_end(console, reading)}"
        )
    raise GuestError(
        f"the guest ended (exit code {code} of its kernel) before its program did:"
        f" {reasons.before_its_program(job, code, console, reading)}; {_at_the_end(console, reading)}"
    )


def _program_exit(job: Job, exit_code: int, console: Console) -> int:
    if exit_code and console.no_space:
        raise GuestError(
            f"{job.argv[0]} ended with exit code {exit_code}, and a file system in the guest's memory is full "
            f"(memory_mb is {job.memory_mb}); console: {console.tail()}"
        )
    if exit_code and (limit := limits.named(0, console)):
        raise GuestError(f"{job.argv[0]} ended with exit code {exit_code}: {limit}; console: {console.tail()}")
    if exit_code > SIGNAL_EXIT and exit_code - SIGNAL_EXIT in set(signal.Signals):
        name = signal.Signals(exit_code - SIGNAL_EXIT).name
        raise GuestError(
            f"{job.argv[0]} was ended by {name} in the guest: {reasons.in_the_guest(name)}; console: {console.tail()}"
        )
    return exit_code


def is_stopped(process: int) -> bool:
    """Whether somebody has stopped a process (SIGSTOP)."""
    try:
        return Path("/proc", str(process), "stat").read_text().rpartition(")")[2].split()[0] == "T"
    except (OSError, IndexError):  # it has ended
        return False


def _out_of_memory(job: Job, console: Console) -> GuestError:
    return GuestError(
        f"the guest ran out of memory and its kernel ended {console.out_of_memory}; memory_mb is {job.memory_mb}: "
        f"{reasons.more_memory()}; console: {console.tail()}"
    )


def _stands(console: Console, reading: Reading, still: StillWatch) -> str:
    calls = still.syscalls(reading)
    return (
        f"{still}: {reading} runs on, with {calls or 'no'} system calls in that time, and the clock moves only by them "
        "and while all sleep; if it waits in a loop (a spin lock, another thread's flag), let the loop sleep, yield or "
        "read the clock (OMP_WAIT_POLICY=passive, OPENBLAS_NUM_THREADS=1), or run it on the host's clock (--time real);"
        f" if it computes, allow it longer (stall_limit_s); console: {console.tail()}"
    )


def _at_the_end(console: Console, reading: Reading) -> str:
    return f"{reading} ran last; console: {console.tail()}"
