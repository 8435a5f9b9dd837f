# SPDX-License-Identifier: BSD-3-Clause
"""A guest's console: written to a file within bounds, and searched for what the kernel prints about its own end."""

from __future__ import annotations

import os
import re
from collections import deque
from pathlib import Path
from typing import Final

from apnemu import shared_folder
from apnemu.escapes import printable

KEPT_BYTES: Final = 2 * 1024 * 1024
"""Bytes kept of the beginning, and as many of the end, so that a guest that prints for ever does not fill the disk."""
TAIL_LINES: Final = 5
TAIL_COLUMNS: Final = 160

_PANIC: Final = re.compile(rb"^Kernel panic - not syncing: (.*)\n", re.MULTILINE)
_OUT_OF_MEMORY: Final = re.compile(rb"^Out of memory: Killed process (\d+) \((.*?)\)", re.MULTILINE)
_UNBOOTED: Final = b"apnemu: the guest's files could not be mounted"
"""What `boot.sh` prints before it gives up."""
_NO_SPACE: Final = b"No space left on device"
_NO_FILE: Final = b"Too many open files"
_NO_PROCESS: Final = re.compile(rb"fork failed: Resource temporarily unavailable|clone failed, errno = 11\b")
_NO_HOST_MEMORY: Final = re.compile(rb"UML ran out of memory on the host side|mmap failed, errno = 12\b")
_ALWAYS_PRINTED: Final = ("Powering off.", "reboot: Power down")


class Console:
    """Keeper of what a guest prints, with the kernel's panic or want of memory if it printed one.

    Raises:
        OSError: the disk is full (`write` and `close`).
    """

    def __init__(self, path: Path) -> None:
        self._file = shared_folder.created(path.parent, path.name)
        self._room = KEPT_BYTES
        self._late: deque[bytes] = deque()
        self._late_bytes = 0
        self._cut_bytes = 0
        self._recent = b""
        self._carriage_return = b""
        self.panic: str | None = None
        self.out_of_memory: str | None = None
        self.no_space = self.no_file = self.no_process = self.no_host_memory = False
        self.unbooted = False

    def write(self, data: bytes) -> None:
        """Take data as the terminal gave it: its line ends are CR LF, and become LF."""
        data = self._carriage_return + data
        self._carriage_return = data[-1:] if data.endswith(b"\r") else b""
        data = data.removesuffix(b"\r").replace(b"\r\n", b"\n")
        self._recent = (self._recent + data)[-max(len(data), 8192) - 1024 :]
        self._search()
        early, late = data[: self._room], data[self._room :]
        self._room -= len(early)
        _write_all(self._file, early)
        if late:
            self._late.append(late)
            self._late_bytes += len(late)
            while self._late_bytes - len(self._late[0]) >= KEPT_BYTES:
                cut = len(self._late.popleft())
                self._late_bytes -= cut
                self._cut_bytes += cut

    def close(self) -> None:
        """Write the end that was kept, and close the file."""
        if self._file < 0:
            return
        try:
            if self._cut_bytes:
                _write_all(self._file, b"\n[apnemu: %d bytes of console left out here]\n" % self._cut_bytes)
            for data in self._late:
                _write_all(self._file, data)
        finally:
            os.close(self._file)
            self._file = -1

    def tail(self) -> str:
        """Join the last lines into a single line, without those that every guest prints."""
        text = self._recent.decode(errors="replace")
        lines = [line for line in text.splitlines() if line.strip() and line not in _ALWAYS_PRINTED]
        tail = " | ".join(line.strip()[:TAIL_COLUMNS] for line in lines[-TAIL_LINES:])
        return printable(tail) or "(empty)"

    def _search(self) -> None:
        if self.panic is None and (match := _PANIC.search(self._recent)):
            self.panic = printable(match[1].decode(errors="replace"))
        if self.out_of_memory is None and (match := _OUT_OF_MEMORY.search(self._recent)):
            name = printable(match[2].decode(errors="replace"))
            self.out_of_memory = f"{name} (pid {int(match[1])})"
        self.unbooted = self.unbooted or _UNBOOTED in self._recent
        self.no_space = self.no_space or _NO_SPACE in self._recent
        self.no_file = self.no_file or _NO_FILE in self._recent
        self.no_process = self.no_process or bool(_NO_PROCESS.search(self._recent))
        self.no_host_memory = self.no_host_memory or bool(_NO_HOST_MEMORY.search(self._recent))


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
