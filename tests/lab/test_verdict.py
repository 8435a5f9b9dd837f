# SPDX-License-Identifier: BSD-3-Clause
"""How a guest's end is named: what happened, the value and the limit, and the way out, not the last program alone."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from apnemu.errors import GuestError
from apnemu.lab import reasons, verdict
from apnemu.lab.allowance import Allowance
from apnemu.lab.console import Console
from apnemu.lab.job import Job
from apnemu.lab.watchdog import Reading, StillWatch


@pytest.mark.parametrize("stood_s", [0.0, 7.0])
def test_a_wall_limit_says_whether_time_stood_still(tmp_path: Path, stood_s: float) -> None:
    job = Job(kernel=tmp_path, folder=tmp_path, argv=("x",), wall_limit_s=60)
    still = StillWatch(20)
    still.stood_s = stood_s
    reading = Reading(virtual_ns=12_000_000, syscalls=0, pid=44, name="python3")
    with pytest.raises(GuestError) as caught:
        verdict.check_limits(job, 61, Console(tmp_path / "console.log"), reading, still, os.getpid())
    said = str(caught.value)
    assert said.startswith(
        "the guest ran for 60 s of wall time, its limit (wall_limit_s), and came to 0.012 s of virtual"
    )
    assert bool(re.search(r"for 7 s of CPU: python3 \(pid 44\) runs on, with no system calls", said)) == bool(stood_s)
    assert ("python3 (pid 44) ran last" in said) == (not stood_s)


SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("planned_s", "now", "words"),
    [
        (
            40.0,
            (10 * SECOND, 9_000),
            r"came to 10\.000 s of virtual time; 40\.000 s were planned, and the rest takes about 180 s",
        ),
        (40.0, (0, 100), r"40\.000 s were planned, and it had just begun: allow it \(--wall-limit-s\), or play less"),
        (5.0, (10 * SECOND, 9_000), r"beyond the 5\.000 s planned: a job of an application has not ended"),
        (5.0, (90_000 * SECOND, 3), r"all its programs sleep \(3 system calls .*: x waits for what never comes"),
        (None, (90_000 * SECOND, 3), r"all its programs sleep \(3 system calls in the last 90000 virtual s\)"),
        (
            None,
            (10 * SECOND, 9_000),
            r"its programs go on \(9000 system calls so far\); allow it longer \(--wall-limit-s\)",
        ),
    ],
)
def test_a_wall_limit_says_why_and_what_to_change(
    tmp_path: Path, planned_s: float | None, now: tuple[int, int], words: str
) -> None:
    job = Job(kernel=tmp_path, folder=tmp_path, argv=("x",), wall_limit_s=60, planned_virtual_s=planned_s)
    reading = Reading(virtual_ns=now[0], syscalls=now[1], pid=17, name="kworker/0:1")
    with pytest.raises(GuestError, match=words):
        verdict.check_limits(job, 60.1, Console(tmp_path / "console.log"), reading, StillWatch(20), os.getpid())


@pytest.mark.parametrize(
    ("number", "starved", "words"),
    [
        (signal.SIGKILL, 0, "by SIGKILL: somebody sent it, by hand or as a batch system does"),
        (
            signal.SIGKILL,
            2,
            r"the host's kernel ended 2 processes for want of memory meanwhile \(memory_mb is 2048\); run",
        ),
        (signal.SIGTERM, 2, "by SIGTERM: somebody sent it"),
        (signal.SIGSEGV, 0, "its kernel or the host's faulted, whatever ran in it; report it"),
        (signal.SIGXCPU, 0, r"it used up the time of the processor that a process may take \(ulimit -t\); raise it"),
        (signal.SIGXFSZ, 0, r"length of a file \(disk_limit_mb\); give more"),
    ],
)
def test_a_kernel_that_a_signal_ended(tmp_path: Path, number: int, starved: int, words: str) -> None:
    assert re.search(words, _said(tmp_path, -number, starved=starved))


@pytest.mark.parametrize(
    ("printed", "code", "last", "words"),
    [
        ("", 1, (0, 0, ""), "its kernel did not start; apnemu doctor tries a start"),
        ('  File "<frozen>"\nKeyboardInterrupt\n', 1, (0, 0, ""), "ended from outside by SIGINT: somebody sent it"),
        ("apnemu: the guest's files could not be mounted\n", 0, (9, 1, "sh"), "it did not boot, since its files"),
        ("", 0, (9, 46, "python3"), r"python3 \(pid 46\) turned it off or rebooted it; let a program end by itself"),
        ("", 0, (9, 1, "sh"), "in the guest the shell that waits for x was killed, or the file with its exit code"),
        ("Kernel panic - not syncing: it broke\n", 6, (9, 1, "sh"), "it broke; this is a fault of the lab's kernel"),
        (
            "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000007\n",
            6,
            (9, 1, "sh"),
            "its process 1 was ended by SIGBUS",
        ),
        (
            "Kernel panic - not syncing: System is deadlocked on memory\n",
            6,
            (9, 1, "sh"),
            r"memory_mb is 2048: give more \(lab exec --memory-mb\), or let it hold less",
        ),
    ],
)
def test_a_guest_that_ended_without_an_exit_code(
    tmp_path: Path, printed: str, code: int, last: tuple[int, int, str], words: str
) -> None:
    assert re.search(words, _said(tmp_path, code, printed=printed, last=last))


def _said(
    folder: Path, code: int, *, printed: str = "", last: tuple[int, int, str] = (9, 46, "x"), starved: int = 0
) -> str:
    job = Job(kernel=folder, folder=folder, argv=("x",))
    console = Console(folder / "console.log")
    console.write(printed.encode())
    reading = Reading(virtual_ns=last[0], syscalls=1, pid=last[1], name=last[2])
    with pytest.raises(GuestError) as caught:
        verdict.exit_code(job, code, console, reading, Allowance(job), starved=starved)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_hosts_want_of_memory_is_counted() -> None:
    counted = re.search(r"^oom_kill (\d+)$", Path("/proc/vmstat").read_text(), re.MULTILINE)
    assert counted and reasons.oom_kills() >= int(counted[1])
