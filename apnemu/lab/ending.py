# SPDX-License-Identifier: BSD-3-Clause
"""Endings that clean up: signals become exceptions, and child processes end with the block that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

LONGEST_END_S: Final = 5.0


@contextmanager
def signals_raise() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into SystemExit (128 + number), so that `with` blocks end what they own.

    The handlers before are put back afterwards. Only the main thread can set handlers; in any other thread this does
    nothing.
    """

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
def ends_with_block(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """End `process` (started with `start_new_session=True`) and its children with the block, however the block ends."""
    try:
        yield process
    finally:
        end_session(process.pid)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
