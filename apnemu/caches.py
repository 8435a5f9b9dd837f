# SPDX-License-Identifier: BSD-3-Clause
"""Folders in which this user keeps what is costly to make, and whether what lies there may be run.

A kernel, code or a pickle out of a cache is run with its user's rights. So it is taken only from where nobody else
can have put it: each folder on its way, each symbolic link among them and the file itself belong to this user or to
root, and nobody else may write to them. A folder in which everybody may make files, and nobody may take away another's
(the sticky bit, as /tmp has), may stand on the way.
"""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path
from typing import Final

OTHERS_WRITE: Final = 0o022
MOST_LINKS: Final = 40
"""Most symbolic links on a way, as Linux has it."""


def user_cache() -> Path:
    """Folder of this user's cache: in $XDG_CACHE_HOME, which is ignored where it is not absolute, as XDG demands."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else home() / ".cache") / "apnemu"


def home() -> Path:
    """Home of this user: $HOME, or where that is not absolute what the machine's list of users says."""
    named = Path(os.environ.get("HOME", ""))
    if named.is_absolute():
        return named
    try:
        return Path(pwd.getpwuid(os.geteuid()).pw_dir)
    except KeyError:  # a number without a name, as in containers
        return Path("/nonexistent")


def own_cache(name: str) -> Path | None:
    """Folder of the user's cache, made if it is not there; None where it cannot be, or others could write there."""
    folder = user_cache() / name
    try:
        make(folder)
    except OSError:
        return None
    return None if foreign_part(folder) else folder


def make(folder: Path) -> None:
    """Make a folder, and those above it, with nobody else's right to write, whatever the umask allows."""
    for part in reversed([folder, *folder.parents]):
        if not part.is_dir():
            part.mkdir(mode=0o755, exist_ok=True)


def foreign_part(path: Path, *, only_root: bool = False) -> str | None:
    """First part on the way to a file or folder, and it itself, that somebody else can change, and why.

    None where there is none. With `only_root` this user counts as somebody else. Takes some ten system calls.
    """
    owners = {0} if only_root else {0, os.geteuid()}
    waiting = list(path.absolute().parts[1:])
    place, links = Path("/"), 0
    if why := _foreign(place, owners):
        return why
    while waiting:
        part = waiting.pop(0)
        if part == "..":
            place = place.parent
            continue
        before, place = place, place / part
        if why := _foreign(place, owners):
            return why
        if place.is_symlink():
            links += 1
            if links > MOST_LINKS:
                return f"{place} leads through too many symbolic links"
            target = place.readlink()
            place = Path("/") if target.is_absolute() else before
            waiting = [*(target.parts[1:] if target.is_absolute() else target.parts), *waiting]
    return None


def _foreign(place: Path, owners: set[int]) -> str | None:
    try:
        state = place.lstat()
    except OSError as error:
        return f"{place} cannot be looked at ({error.strerror})"
    if state.st_uid not in owners:
        return f"{place} belongs to another user (number {state.st_uid})"
    is_shared = stat.S_ISDIR(state.st_mode) and state.st_mode & stat.S_ISVTX
    if not stat.S_ISLNK(state.st_mode) and state.st_mode & OTHERS_WRITE and not is_shared:
        return f"{place} can be written by others (its mode is {stat.S_IMODE(state.st_mode):o})"
    return None
