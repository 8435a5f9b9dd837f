# SPDX-License-Identifier: BSD-3-Clause
"""Use of the disk by a folder that a guest can write, as it is counted while the guest runs.

Names are looked at folder by folder, each opened from the one before it and none by a link, so that nothing outside is
counted. A file counts by the blocks that it has, and its length is kept apart: one of terabytes without a byte in it
takes no room, but whoever copies it.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

BLOCK_BYTES: Final = 512
"""Unit of `st_blocks`, whatever the file system's blocks are."""
DEEPEST: Final = 64
"""Folders within folders that are counted."""

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(slots=True, kw_only=True)
class Use:
    """Use of the disk: bytes in blocks, names, the length of the longest file, and why it may be more than that."""

    taken_bytes: int = 0
    names: int = 0
    longest_bytes: int = 0
    hidden: str = ""
    _linked: set[int] = field(default_factory=set)

    def add(self, state: os.stat_result) -> None:
        """Count a file; one of several names once."""
        if stat.S_ISREG(state.st_mode):
            self.longest_bytes = max(self.longest_bytes, state.st_size)
            if state.st_nlink > 1:
                if state.st_ino in self._linked:
                    return
                self._linked.add(state.st_ino)
        self.taken_bytes += state.st_blocks * BLOCK_BYTES


def use_of(folder: Path, *, most_names: int) -> Use:
    """Count what lies in a folder, up to a number of names. What is made or removed meanwhile may count or not."""
    use = Use()
    place = os.open(folder, _FOLDER & ~os.O_NOFOLLOW)
    try:
        _count(place, use, most_names, DEEPEST)
    finally:
        os.close(place)
    return use


def use_without_names(process: int, device: int) -> int:
    """Bytes of files on a device that a process holds open and that have no name any more; 0 if it has ended."""
    taken_bytes = 0
    seen = set()
    place = f"/proc/{process}/fd"
    try:
        for number in os.listdir(place):
            try:
                state = os.stat(f"{place}/{number}")
            except OSError:  # closed meanwhile
                continue
            if stat.S_ISREG(state.st_mode) and not state.st_nlink and state.st_dev == device:
                taken_bytes += 0 if state.st_ino in seen else state.st_blocks * BLOCK_BYTES
                seen.add(state.st_ino)
    except OSError:
        return taken_bytes
    return taken_bytes


def _count(place: int, use: Use, most_names: int, levels: int) -> None:
    with os.scandir(place) as entries:
        for entry in entries:
            use.names += 1
            if use.names > most_names or use.hidden:
                return
            try:
                state = entry.stat(follow_symlinks=False)
                use.add(state)
                if not stat.S_ISDIR(state.st_mode):
                    continue
                if levels == 0:
                    use.hidden = f"folders in folders, more than {DEEPEST}"
                    return
                inner = os.open(entry.name, _FOLDER, dir_fd=place)
            except (FileNotFoundError, NotADirectoryError):  # removed or exchanged meanwhile
                continue
            except OSError as error:
                use.hidden = f"a folder that cannot be looked into ({error.strerror})"
                return
            try:
                _count(inner, use, most_names, levels - 1)
            finally:
                os.close(inner)
