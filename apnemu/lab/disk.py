# SPDX-License-Identifier: BSD-3-Clause
"""Disk under a lab's folders: whether there is room, and what is said where there is none."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from apnemu.errors import GuestError

DISK_RESERVE_BYTES: Final = 1024 * 1024
"""Free space under the folder below which the disk counts as full: results would be cut short."""


def check_disk(folder: Path) -> None:
    """Check that a folder's disk has room for bytes and for files. Raises GuestError where it has none."""
    if free_bytes(folder) < DISK_RESERVE_BYTES or not _has_names(folder):
        raise _disk_full(folder)


def free_bytes(folder: Path) -> int:
    """Bytes that this user may still write under a folder."""
    state = os.statvfs(folder)
    return state.f_bavail * state.f_frsize


@contextmanager
def disk_named(folder: Path) -> Iterator[None]:
    """Turn an OSError within the block into a GuestError that names the file, or the folder where it names none."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            last = error.filename2 or error.filename  # of a link the name, not what it leads to
            named = last if isinstance(last, str | bytes) else ""
            raise _disk_full(_there(Path(os.fsdecode(named)), folder)) from error
        raise GuestError(f"{error.filename or folder}: {error.strerror}; the lab writes there") from error


def _there(path: Path, folder: Path) -> Path:
    """The folder that a file was to be in; `folder` where its name says nothing of that."""
    return next((place for place in (path, *path.parents) if path.is_absolute() and place.is_dir()), folder)


def _has_names(folder: Path) -> bool:
    """Whether another file can be made; a file system without a number of them has as many as it has room for."""
    state = os.statvfs(folder)
    return state.f_files == 0 or state.f_favail > 0


def _disk_full(folder: Path) -> GuestError:
    if not _has_names(folder):
        told = "has no file left that could be made (inodes, df -i); remove some"
    else:
        told = f"is full: {free_bytes(folder)} bytes free; make room"
    return GuestError(f"the disk under {folder} {told} or choose another folder")
