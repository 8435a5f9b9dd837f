"""[guest] Processes that play devices: in a real network each is on a computer of its own, which no other waits for."""

from __future__ import annotations

import os
from pathlib import Path

NICE = -20
"""The lab's kernel charges a process at this a fiftieth for what it does (its patch 0007)."""


def plays_devices(pid: int) -> None:
    """All threads that a process has, and those that they begin."""
    for thread in Path("/proc", str(pid), "task").iterdir():
        os.setpriority(os.PRIO_PROCESS, int(thread.name), NICE)
