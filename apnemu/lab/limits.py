# SPDX-License-Identifier: BSD-3-Clause
"""Limits that the host sets its users (`ulimit`), as far as a lab feels them: what it needs, and which one ended it.

`launch` raises each limit to the most that is allowed (from the soft to the hard one), so that only the hard one
counts. Some cannot be known to suffice before, such as the number of a user's processes: they are named when the
guest's kernel runs into them.
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from apnemu.errors import GuestError
from apnemu.lab.console import Console
from apnemu.lab.job import Job

MB: Final = 1024 * 1024
FILES: Final = 128
"""Open files that a guest needs to boot; each that is open in it is one of the host's."""
KERNEL_MB: Final = 192
"""Address space of the guest's kernel beyond the guest's memory: its program, its tables, what it maps twice."""
MANY_FILES: Final = 16384
"""Limit of open files from which it is a program's own, and not the host's, that the guest feels."""
SCARCE_FILES: Final = 1024
"""Limit of open files below which a guest that lost its exit code is taken to have wanted for one."""
FEW_FILES: Final = 8
"""Number of files that may still be opened when they count as used up."""
DATA_MB: Final = 64
STACK_MB: Final = 1
WAY_OUT: Final = "raise it (in /etc/security/limits.conf, or where the batch system sets it)"


def check(job: Job) -> None:
    """Check that the host's limits let a lab start.

    Raises:
        GuestError: one does not; it is named, with what the lab needs.
    """
    memory = job.memory_mb * MB
    _check("open files", "n", resource.RLIMIT_NOFILE, FILES, "", "")
    less = f", or give the lab less than memory_mb {job.memory_mb}"
    _check("address space", "v", resource.RLIMIT_AS, memory + KERNEL_MB * MB, " bytes", less)
    _check("the length of a file", "f", resource.RLIMIT_FSIZE, memory, " bytes, for the lab's memory is one", less)
    _check("data", "d", resource.RLIMIT_DATA, DATA_MB * MB, " bytes", "")
    _check("the stack", "s", resource.RLIMIT_STACK, STACK_MB * MB, " bytes", "")


def _check(name: str, letter: str, number: int, needed: int, unit: str, less: str) -> None:
    _, hard = resource.getrlimit(number)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise GuestError(
            f"this machine's limit of {name} is {hard} (ulimit -H{letter}), and a lab needs {needed}{unit}; {WAY_OUT}"
            f"{less}"
        )


def named(code: int, console: Console) -> str | None:
    """Name the limit that ended a guest, by its kernel's exit code (negative for a signal) and by its console."""
    if code == -signal.SIGXCPU or (code == -signal.SIGKILL and _shown(resource.RLIMIT_CPU) == "1"):
        return f"it used up the time of the processor that a process may take (ulimit -t); {WAY_OUT}"
    if console.no_process:
        return (
            "the host gave it no further process: each of a guest's is one of the host's, and this user's may be "
            f"{_shown(resource.RLIMIT_NPROC)} (ulimit -u; a control group may have fewer); {WAY_OUT}"
        )
    if console.no_host_memory:
        return (
            f"the host gave it no further memory: address space is limited to {_shown(resource.RLIMIT_AS)} bytes "
            f"(ulimit -v), mappings of a process to vm.max_map_count; {WAY_OUT}"
        )
    if console.no_file and (hard := resource.getrlimit(resource.RLIMIT_NOFILE)[1]) < MANY_FILES:
        return f"it has too many open files: they may be {hard} (ulimit -Hn); {WAY_OUT}"
    return None


def few_files() -> bool:
    """Whether the host gives a guest's kernel so few files that programs may want for them."""
    return 0 < resource.getrlimit(resource.RLIMIT_NOFILE)[1] < SCARCE_FILES


def files_are_out(process: int) -> bool:
    """Whether a guest's kernel has as many files open as it may; those that programs have read it keeps open."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= MANY_FILES:
        return False
    try:
        return len(os.listdir(f"/proc/{process}/fd")) > hard - FEW_FILES
    except OSError:  # it has ended
        return False


def _shown(number: int) -> str:
    _, hard = resource.getrlimit(number)
    return "any number" if hard == resource.RLIM_INFINITY else str(hard)


@contextmanager
def threads_named() -> Iterator[None]:
    """Turn what Python raises where no further thread or process may be started into a GuestError."""
    try:
        yield
    except (BlockingIOError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "thread" not in str(error):
            raise
        raise GuestError(
            f"the lab cannot be started: {error}; this user's processes and threads may be "
            f"{_shown(resource.RLIMIT_NPROC)} (ulimit -u; a control group may have fewer): end some, or {WAY_OUT}"
        ) from error
