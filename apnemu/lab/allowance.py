# SPDX-License-Identifier: BSD-3-Clause
"""Allowance of disk that a guest has in its folder: bytes, names, and the length of a file.

A user without rights can set no quota on a folder. So the folder is counted now and then, the more often the less room
is left, with files that the guest has open and that have no name any more; and the host lets the guest's kernel make no
file longer than the allowance (RLIMIT_FSIZE), not even one without a byte in it.
"""

from __future__ import annotations

import resource
import time
from contextlib import suppress
from typing import Final

from apnemu.disk_use import use_of, use_without_names
from apnemu.errors import GuestError
from apnemu.lab.job import Job

MB: Final = 1024 * 1024
MOST_NAMES: Final = 100_000
"""Most files and folders in the folder of a guest."""
FASTEST_BYTES_S: Final = 4e9
"""Rate at which a guest may come nearer to its allowance; what memory takes, and not a disk."""
SHORTEST_S: Final = 0.02
LONGEST_S: Final = 1.0
"""Longest time between two counts."""
MOST_SHARE: Final = 0.1
"""Most of this command's time that counting may take."""
WAY_OUT: Final = "give more (--disk-limit-mb), or have programs write to /tmp, which is the guest's memory"


class Allowance:
    """Allowance of a guest, and how much of it is left; what lay in the folder before is not counted.

    Raises OSError where the folder cannot be looked at (when it is made, and `check`).
    """

    def __init__(self, job: Job) -> None:
        self._folder = job.folder
        self._limit_mb = job.disk_limit_mb
        self._device = job.folder.stat().st_dev
        before = use_of(job.folder, most_names=MOST_NAMES)
        self._bytes = before.taken_bytes + job.disk_limit_mb * MB
        self._names = before.names + MOST_NAMES
        self._longest_bytes = before.longest_bytes + job.disk_limit_mb * MB
        self._is_bound = False
        self._is_bound_by_host = False
        self.next_s = 0.0
        """Wall time of the guest at which it is counted next."""

    def check(self, wall_s: float, process: int, *, has_booted: bool) -> None:
        """Count, if it is time for that; once the guest's kernel has its memory, bind the length of its files.

        Raises:
            GuestError: the guest has taken more than it may.
        """
        if has_booted and not self._is_bound:
            self._bind(process)
        if wall_s < self.next_s:
            return
        begun_s = time.monotonic()
        taken = self.count(process)
        room_s = (self._bytes - taken) / FASTEST_BYTES_S if self._is_bound else SHORTEST_S
        took_s = time.monotonic() - begun_s
        self.next_s = wall_s + max(SHORTEST_S, min(room_s, LONGEST_S), took_s / MOST_SHARE)

    def count(self, process: int) -> int:
        """Bytes that are taken. Raises GuestError where that is more than may be."""
        use = use_of(self._folder, most_names=self._names)
        taken = use.taken_bytes + use_without_names(process, self._device)
        if use.hidden:
            raise GuestError(f"{self._folder} has {use.hidden}, so that what the lab takes of the disk is not known")
        if use.names > self._names:
            raise GuestError(f"the lab made more than {MOST_NAMES} files in {self._folder}, all that it may; {WAY_OUT}")
        if taken > self._bytes or use.longest_bytes > self._longest_bytes:
            raise self.used_up()
        return taken

    def used_up(self) -> GuestError:
        """Make the error of a guest that has used up its allowance."""
        return GuestError(
            f"the lab used up its allowance of disk in {self._folder}: {self._limit_mb} MB in all and as the length of "
            f"a file (disk_limit_mb); {WAY_OUT}"
        )

    def file_too_long(self) -> GuestError:
        """Make the error of a guest of which a file came to the length that it may have."""
        if not self._is_bound_by_host:
            return self.used_up()
        return GuestError(
            f"a file in {self._folder} came to the length that this machine allows (ulimit -f); raise that, or have "
            "programs write shorter ones"
        )

    def _bind(self, process: int) -> None:
        with suppress(OSError):  # it has just ended
            _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
            most = self._longest_bytes if hard == resource.RLIM_INFINITY else min(hard, self._longest_bytes)
            resource.prlimit(process, resource.RLIMIT_FSIZE, (most, most))
            self._is_bound, self._is_bound_by_host = True, most == hard
