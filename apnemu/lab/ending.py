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
    """SIGTERM and SIGHUP become SystemExit (128 + number), so that `with` blocks end what they own.

    Afterwards all is as before. Only the main thread can do that; elsewhere this does nothing.
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
    """The processes of a session that have not ended, by the kernel's list of all."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                fields = Path("/proc", name, "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it ended meanwhile
                continue
            if int(fields[3]) == session and fields[0] not in "ZX":
                found.append(int(name))
    return sorted(found)


def end_session(leader: int) -> None:
    """End a child process that leads a session, and all processes in it; afterwards the child is to be waited for.

    As long as nobody has waited for the leader its number, which is the session's, cannot mean another's.
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
    """Whatever the block does, `process` (started with `start_new_session=True`) and its children end with it."""
    try:
        yield process
    finally:
        end_session(process.pid)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
