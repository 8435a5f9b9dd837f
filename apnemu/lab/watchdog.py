"""Is the guest alive: its virtual time and the host's CPU, watched from outside without disturbing it."""

from __future__ import annotations

import mmap
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from apnemu.lab.ending import session_members
from apnemu.units import ns_to_s, s_to_ns

STILL_SHARE: Final = 5e-5
"""Virtual time that gains less than this share of the CPU time stands still: a program that spins may still make a
system call now and then, and the heaviest traffic gains twenty times as much."""

_LAYOUT: Final = struct.Struct("=QQI16s")
_PAGE_BYTES: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the kernel's status page said at one moment."""

    virtual_ns: int
    syscalls: int
    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name or 'the kernel'} (pid {self.pid})"


class StatusPage:
    """One page of memory that the guest's kernel writes and the host reads (`struct lab_status` of the patches)."""

    def __init__(self) -> None:
        self.fd = os.memfd_create("apnemu-status", os.MFD_CLOEXEC)
        os.ftruncate(self.fd, _PAGE_BYTES)
        self._page = mmap.mmap(self.fd, _PAGE_BYTES, prot=mmap.PROT_READ)

    def read(self) -> Reading:
        """Not atomic: the name may be that of the process just before."""
        virtual_ns, syscalls, pid, name = _LAYOUT.unpack_from(self._page)
        text = name.partition(b"\0")[0].decode(errors="replace")
        return Reading(virtual_ns=virtual_ns, syscalls=syscalls, pid=pid, name=text)

    def close(self) -> None:
        self._page.close()
        os.close(self.fd)


class StillWatch:
    """Notices virtual time that stands still while the CPU burns.

    CPU and not wall time is counted, so that a busy host or a stopped lab is no fault of the guest's.
    """

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._virtual_ns = 0
        self._cpu_s: float | None = None

    def is_still(self, virtual_ns: int, session: int) -> bool:
        """To be asked about once a second; reads the CPU time only while there is a doubt."""
        if virtual_ns - self._virtual_ns >= s_to_ns(self.limit_s * STILL_SHARE):
            self._virtual_ns, self._cpu_s = virtual_ns, None
            return False
        cpu_s = session_cpu_s(session)
        if self._cpu_s is None:
            self._cpu_s = cpu_s
        return cpu_s - self._cpu_s >= self.limit_s

    def __str__(self) -> str:
        return f"virtual time has stood still at {ns_to_s(self._virtual_ns):.6f} s for {self.limit_s:g} s of CPU"


def session_cpu_s(session: int) -> float:
    """CPU that the processes of a session have used: the kernel's own and that of each guest process's host half."""
    ticks = 0
    for member in session_members(session):
        try:
            fields = Path("/proc", str(member), "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
