# SPDX-License-Identifier: BSD-3-Clause
"""Reasons of a guest's end: what happened, the value and the limit, and the way out, for `verdict` to tell."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Final

from apnemu.errors import ended
from apnemu.lab.console import Console
from apnemu.lab.job import Job
from apnemu.lab.watchdog import Reading, StillWatch
from apnemu.units import ns_to_s

_OOM_KILLS: Final = re.compile(r"^oom_kill (\d+)$", re.MULTILINE)
_INIT_ENDED: Final = re.compile(r"Attempted to kill init! exitcode=0x([0-9a-f]{8})")
CRASHES: Final = ("SIGSEGV", "SIGBUS", "SIGILL", "SIGABRT", "SIGFPE", "SIGTRAP", "SIGSYS")
"""Signals that a program's own fault brings."""


def oom_kills() -> int:
    """Number of processes that the host's kernel has ended for want of memory since it booted; 0 where it says none."""
    try:
        found = _OOM_KILLS.search(Path("/proc/vmstat").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


def out_of_time(job: Job, wall_s: float, reading: Reading, still: StillWatch) -> str:
    """Why a guest came to its limit of wall time though its virtual time moved, and what to change."""
    virtual_s, planned_s = ns_to_s(reading.virtual_ns), job.planned_virtual_s
    slept_s, calls = ns_to_s(still.gained_ns(reading)), still.syscalls(reading)
    if slept_s >= 1 and calls <= slept_s and (planned_s is None or virtual_s > planned_s):
        return (
            f"all its programs sleep ({calls} system calls in the last {slept_s:.0f} virtual s) and nothing is due:"
            f" {job.argv[0]} waits for what never comes (a pipe, a socket, a lock, another program); let it wait with a"
            " limit"
        )
    if planned_s is None:
        return (
            f"its programs go on ({reading.syscalls} system calls so far); allow it longer (--wall-limit-s), or let it"
            " do less"
        )
    if virtual_s < planned_s:
        left_s = (planned_s - virtual_s) * wall_s / virtual_s if virtual_s > 0 else None
        pace = f"the rest takes about {left_s:.0f} s more at this pace" if left_s is not None else "it had just begun"
        return f"{planned_s:.3f} s were planned, and {pace}: allow it (--wall-limit-s), or play less"
    return (
        f"that is beyond the {planned_s:.3f} s planned: a job of an application has not ended, or what a stage awaits"
        " has not come; let it do less, or allow it longer (--wall-limit-s)"
    )


def panicked(job: Job, panic: str) -> str:
    """What a panic of the guest's kernel means, and what to change.

    >>> panicked(Job(kernel=Path("k"), folder=Path("f"), argv=("x",)), "Attempted to kill init! exitcode=0x0000000b")
    'its process 1 was ended by SIGSEGV; report it with console.log'
    """
    if "memory" in panic:
        return f"memory_mb is {job.memory_mb}: {more_memory()}"
    if found := _INIT_ENDED.search(panic):
        number = int(found[1], 16) & 0x7F
        return f"its process 1 {ended(-number if number else int(found[1], 16) >> 8)}; report it with console.log"
    return "this is a fault of the lab's kernel, whatever ran in it; report it with console.log"


def more_memory() -> str:
    """Way out of a guest that has too little memory."""
    return "give more (lab exec --memory-mb), or let it hold less: fewer or smaller programs, files, packets under way"


def from_outside(job: Job, number: int, starved: int) -> str:
    """What ended the guest's kernel by a signal; `starved` processes were ended by the host for want of memory."""
    name = signal.Signals(number).name
    if name == "SIGKILL" and starved:
        return (
            f"the host's kernel ended {starved} processes for want of memory meanwhile (memory_mb is {job.memory_mb});"
            " run fewer labs at once, or give the machine or its cgroup more"
        )
    if name in CRASHES:
        return "its kernel or the host's faulted, whatever ran in it; report it with console.log"
    return "somebody sent it, by hand or as a batch system does at its limits; the host did not want for memory"


def before_its_program(job: Job, code: int, console: Console, reading: Reading) -> str:
    """Why a guest ended without an exit code of its program."""
    if console.unbooted:
        return "it did not boot, since its files could not be mounted; what failed stands in its console"
    if reading.virtual_ns == 0:
        return "its kernel did not start; apnemu doctor tries a start, and says what is missing"
    if code == 0 and reading.pid > 1:
        return f"{reading.name} (pid {reading.pid}) turned it off or rebooted it; let a program end by itself"
    return (
        f"in the guest the shell that waits for {job.argv[0]} was killed, or the file with its exit code was taken from"
        " the shared folder; do not end processes that you did not start (kill -1)"
    )


def in_the_guest(name: str) -> str:
    """What a signal that ended a program in the guest means, where the guest's memory sufficed."""
    if name in CRASHES:
        return "a fault of its own"
    if name in ("SIGXCPU", "SIGXFSZ"):
        return f"it came to a limit that it had set (ulimit {'-t' if name == 'SIGXCPU' else '-f'})"
    return "a program in the guest sent it; memory did not run out"
