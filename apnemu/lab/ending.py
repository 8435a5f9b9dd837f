# SPDX-License-Identifier: BSD-3-Clause
"""Endings that clean up: child processes end with the block that started them, and whatever they have started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from apnemu.interrupts import held

LONGEST_END_S: Final = 5.0
LEASHED: Final = Path(__file__).with_name("leashed.py")


def session_members(session: int) -> list[int]:
    """List the processes of a session that have not ended, from the kernel's list of all processes."""
    members = []
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                fields = Path("/proc", name, "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it ended meanwhile
                continue
            if int(fields[3]) == session and fields[0] not in "ZX":
                members.append(int(name))
    return sorted(members)


def end_session(leader: int) -> None:
    """End a child process that leads a session, and all processes in it; the caller then waits for the child.

    Until somebody has waited for the leader, its number, which is the session's, cannot be another process's.
    """
    end_s = time.monotonic() + LONGEST_END_S
    while (members := session_members(leader)) and time.monotonic() < end_s:
        for member in members:
            try:
                os.kill(member, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.002)


@contextmanager
def started(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start a program in a session of its own (`options` are Popen's), and end it and its children with the block.

    They end too where this process is killed within it (`leashed`). A signal that comes while the program is being
    started waits until the block owns it.
    """
    with ExitStack() as stack:
        with held():
            leash, own_end = os.pipe()
            stack.callback(os.close, own_end)
            try:
                process = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(LEASHED), str(leash), *command],
                    start_new_session=True,
                    text=True,
                    errors="replace",
                    pass_fds=(leash,),
                    **options,
                )
            finally:
                os.close(leash)
            stack.callback(_end, process)
        yield process


def _end(process: subprocess.Popen[str]) -> None:
    end_session(process.pid)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
