# SPDX-License-Identifier: BSD-3-Clause
"""Watch over a guest from outside, without disturbing it: its virtual time, the host's CPU and memory that it takes.

In memory a guest is a single process. Its memory is a file of its kernel's, and the kernel has touched and mapped every
page of it that holds anything (measured: file 216.8 MB, mapped 216.8 MB, high water 224.7 MB with the kernel's own
program), and never gives a page back. The host halves of guest processes map pages of the same file and have next to no
memory of their own. `ru_maxrss` would be exact to the last page, but begins with what the process had before it
executed the kernel: the parent's memory, with vfork.
"""

from __future__ import annotations

import mmap
import os
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from apnemu.escapes import printable
from apnemu.lab.ending import session_members
from apnemu.units import ns_to_s, s_to_ns

STILL_SHARE: Final = 5e-5
"""Share of the CPU time that virtual time must gain, or else it stands still: a program that spins may still make a
system call now and then, and the heaviest traffic gains twenty times as much."""

_HIGH_WATER: Final = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)
_LAYOUT: Final = struct.Struct("=QQI16s")
_PAGE_BYTES: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Reading of the kernel's status page at a moment."""

    virtual_ns: int
    syscalls: int
    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name or 'the kernel'} (pid {self.pid})"


class StatusPage:
    """Page of memory that the guest's kernel writes and the host reads (`struct lab_status` of the patches)."""

    def __init__(self) -> None:
        self.fd = os.memfd_create("apnemu-status", os.MFD_CLOEXEC)
        os.ftruncate(self.fd, _PAGE_BYTES)
        self._page = mmap.mmap(self.fd, _PAGE_BYTES, prot=mmap.PROT_READ)

    def read(self) -> Reading:
        """Read the page; this is not atomic, and the name may be that of the process just before."""
        virtual_ns, syscalls, pid, name = _LAYOUT.unpack_from(self._page)
        text = printable(name.partition(b"\0")[0].decode(errors="replace"))
        return Reading(virtual_ns=virtual_ns, syscalls=syscalls, pid=pid, name=text)

    def close(self) -> None:
        """Give the page back."""
        self._page.close()
        os.close(self.fd)


class StillWatch:
    """Watch for virtual time that stands still while the CPU burns.

    It counts CPU time and not wall time, so that a busy host or a stopped lab is no fault of the guest's.
    """

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self.stood_s = 0.0
        """CPU time, in s, since virtual time stands still, when last asked."""
        self._since = Reading(virtual_ns=0, syscalls=0, pid=0, name="")
        self._cpu_s: float | None = None

    def is_still(self, reading: Reading, session: int) -> bool:
        """Whether virtual time stands still; asked about once a second, it reads the CPU time only while in doubt."""
        if reading.virtual_ns - self._since.virtual_ns >= s_to_ns(self.limit_s * STILL_SHARE):
            self._since, self._cpu_s, self.stood_s = reading, None, 0.0
            return False
        cpu_s = session_cpu_s(session)
        if self._cpu_s is None:
            self._cpu_s = cpu_s
        self.stood_s = cpu_s - self._cpu_s
        return self.stood_s >= self.limit_s

    def syscalls(self, reading: Reading) -> int:
        """Number of system calls since virtual time stands still."""
        return reading.syscalls - self._since.syscalls

    def gained_ns(self, reading: Reading) -> int:
        """Virtual time since it was last seen to move, a second of wall time ago or less."""
        return reading.virtual_ns - self._since.virtual_ns

    def __str__(self) -> str:
        return (
            f"virtual time has stood still at {ns_to_s(self._since.virtual_ns):.6f} s for {self.stood_s:.0f} s of CPU"
        )


def session_cpu_s(session: int) -> float:
    """CPU time, in s, that the processes of a session have used: the kernel's and each guest process's host half."""
    ticks = 0
    for member in session_members(session):
        try:
            fields = Path("/proc", str(member), "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_bytes(process: int) -> int:
    """Most memory that a process has had at once since it began its program; 0 if it has ended.

    >>> peak_bytes(2**22 + 1)
    0
    """
    try:
        high_water = _HIGH_WATER.search(Path("/proc", str(process), "status").read_text())
    except OSError:  # it has been waited for
        return 0
    return int(high_water[1]) * 1024 if high_water else 0
