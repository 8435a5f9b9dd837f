# SPDX-License-Identifier: BSD-3-Clause
"""Claims of labs on processor cores.

A claim is an abstract Unix socket: its name is taken once on the machine, every user sees it, and the kernel frees it
when the holder dies, however it dies. A lock file would need a folder that all users can write, and would stay behind.
"""

from __future__ import annotations

import errno
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from apnemu.errors import GuestError

PREFIX = "apnemu-core-"
MOST_LABS_ON_A_CORE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Claim of a lab on `core`; `slot` is 0 unless all cores were taken and the lab shares its core."""

    core: int
    slot: int


@contextmanager
def claimed(core: int | None = None) -> Iterator[int]:
    """Claim a core for a lab: the core asked for, or else the first that the fewest labs hold.

    Only cores that this process may use are considered (sched_getaffinity), lowest first.

    Raises:
        GuestError: this process may not use the core asked for.
    """
    usable = sorted(os.sched_getaffinity(0))
    if core is not None and core not in usable:
        raise GuestError(f"core {core} is not one that this command may use; it may use {', '.join(map(str, usable))}")
    holder, claimed_core = _claim(usable if core is None else [core])
    try:
        yield claimed_core
    finally:
        holder.close()


def claims() -> list[Claim]:
    """List the claims of all labs that run now, in the order of cores, for `apnemu lab status`."""
    held = set()
    ours = re.compile(rb"@%s(\d{1,6})-(\d{1,3})" % re.escape(PREFIX.encode()))
    for line in Path("/proc/net/unix").read_bytes().splitlines()[1:]:
        if found := ours.fullmatch(line.rpartition(b" ")[2]):  # others may take any name, in any bytes
            held.add(Claim(core=int(found[1]), slot=int(found[2])))
    return sorted(held, key=lambda claim: (claim.core, claim.slot))


def _claim(cores: list[int]) -> tuple[socket.socket, int]:
    for slot in range(MOST_LABS_ON_A_CORE):
        for core in cores:
            holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                holder.bind(f"\0{PREFIX}{core}-{slot}")
            except OSError as error:
                holder.close()
                if error.errno != errno.EADDRINUSE:
                    raise
            else:
                return holder, core
    return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), cores[0]
