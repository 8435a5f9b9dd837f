# SPDX-License-Identifier: BSD-3-Clause
"""Files in a folder that a guest can write: the one place where the host opens names in such a folder.

Whatever lies there may be a program's of the lab: a symbolic link to a file outside, a FIFO that never ends, a device,
a socket, a file of terabytes without a byte in it, a folder that was a file a moment ago. So every name is opened part
by part, each from the folder before it, without following a link (O_NOFOLLOW). What is read is a regular file of at
most a given size, looked at (O_PATH, fstat) before it is opened: opening alone would wait for a FIFO, and act on a
device. What is written is new. The folder's own path is the caller's, and is trusted.

Rejected: openat2 with RESOLVE_BENEATH, whose promise is no greater where no name has `..` and no part is followed, and
which Python reaches by numbers of system calls alone; checking a path and then opening it, between which a guest that
still runs can exchange the two.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from apnemu.errors import LabError
from apnemu.escapes import printable

MOST_BYTES: Final = 64 * 1024**2
"""Most bytes of a file that is read as a whole."""
MOST_COPIED_BYTES: Final = 1024**3
"""Most bytes that are copied out of a folder."""
MOST_COPIED_FILES: Final = 10_000
DEEPEST: Final = 16
"""Folders within folders that are copied, and parts of a name that is opened."""

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LOOK: Final = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_KINDS: Final = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
    stat.S_IFDIR: "a folder",
}
_WAY_OUT: Final = "a program in the lab made it so: see what ran there, and run again"


def opened(folder: Path, name: str, *, most_bytes: int = MOST_BYTES) -> BinaryIO:
    """Open a regular file for reading; nothing else is opened at all.

    Raises:
        FileNotFoundError: there is no such name.
        LabError: it is no regular file, larger than `most_bytes`, or cannot be read.
    """
    with _looked_at(folder, name) as look:
        return _open_regular(look, folder / name, most_bytes)


def read_bytes(folder: Path, name: str, *, most_bytes: int = MOST_BYTES) -> bytes:
    """Read a regular file whole. Raises FileNotFoundError, LabError, as `opened` does."""
    with opened(folder, name, most_bytes=most_bytes) as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:  # it has grown since
        raise _too_large(folder / name, len(content), most_bytes)
    return content


def read_text(folder: Path, name: str, *, most_bytes: int = MOST_BYTES) -> str:
    """Read a regular file as text; what is no UTF-8 is replaced. Raises FileNotFoundError, LabError."""
    return read_bytes(folder, name, most_bytes=most_bytes).decode(errors="replace")


def created(folder: Path, name: str) -> int:
    """Descriptor of a new file, opened for writing; what had the name before is gone. Raises OSError, LabError."""
    with _parent(folder, name) as (parent, last):
        for _ in range(3):
            with suppress(FileExistsError):
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
                return os.open(last, flags, 0o644, dir_fd=parent)
            _remove(parent, last)
    raise LabError(f"{_shown(folder / name)} comes again as often as it is removed; {_WAY_OUT}")


def write_bytes(folder: Path, name: str, content: bytes | memoryview) -> None:
    """Write a new file; what had the name before is gone. Raises OSError, LabError."""
    with os.fdopen(created(folder, name), "wb") as file:
        file.write(content)


def write_text(folder: Path, name: str, text: str) -> None:
    """Write a new file of text; what had the name before is gone. Raises OSError, LabError."""
    write_bytes(folder, name, text.encode())


def remove(folder: Path, name: str) -> None:
    """Remove a name and all beneath it, if it is there, however deep; a link goes, not what it leads to."""
    with suppress(FileNotFoundError), _parent(folder, name) as (parent, last):
        _remove(parent, last)


def remove_all(folder: Path) -> None:
    """Remove the shared folder itself, with all that is in it."""
    remove(folder.parent, folder.name)


def copy_files(folder: Path, name: str, target: Path) -> list[str]:
    """Copy the regular files of a folder, and of folders in it, into `target`, which is made; none if it is not there.

    Returns what was left out, in words: whatever is no regular file, and what is beyond the limits of this module.
    """
    with suppress(FileNotFoundError), _looked_at(folder, name) as look:
        if not stat.S_ISDIR(os.fstat(look).st_mode):
            return [f"{printable(name)} is {_kind(look)}"]
        copy = _Copy()
        copy.folder(look, target, name, DEEPEST)
        return copy.left_out
    return []


class _Copy:
    """Copy of a tree that stays within the limits, and knows what it left out."""

    def __init__(self) -> None:
        self.left_out: list[str] = []
        self._bytes, self._files = MOST_COPIED_BYTES, MOST_COPIED_FILES

    def folder(self, look: int, target: Path, name: str, levels: int) -> None:
        if levels == 0:
            self._leave_out(name, f"is deeper than {DEEPEST} folders")
            return
        try:
            opened_folder = os.open(f"/proc/self/fd/{look}", _FOLDER & ~os.O_NOFOLLOW)
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.ENAMETOOLONG):
                raise
            self._leave_out(name, f"cannot be copied ({error.strerror})")
            return
        try:
            for last in self._names(opened_folder, name):
                inner = os.open(last, _LOOK, dir_fd=opened_folder)
                try:
                    if stat.S_ISDIR(os.fstat(inner).st_mode):
                        self.folder(inner, target / last, f"{name}/{last}", levels - 1)
                    else:
                        self._file(inner, target / last, f"{name}/{last}")
                finally:
                    os.close(inner)
        finally:
            os.close(opened_folder)

    def _names(self, opened_folder: int, name: str) -> list[str]:
        names = []
        with os.scandir(opened_folder) as entries:
            for entry in entries:
                if self._files == 0:
                    self._leave_out(name, f"has more than {MOST_COPIED_FILES} names")
                    break
                self._files -= 1
                names.append(entry.name)
        return sorted(names)

    def _file(self, look: int, target: Path, name: str) -> None:
        try:
            with _open_regular(look, Path(name), self._bytes) as source, target.open("xb") as copy:
                while piece := source.read(min(1 << 20, self._bytes)):
                    self._bytes -= len(piece)
                    copy.write(piece)
        except LabError as error:
            self.left_out.append(str(error).rpartition("; ")[0])
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            self._leave_out(name, "has too long a name")

    def _leave_out(self, name: str, why: str) -> None:
        self.left_out.append(f"{printable(name)} {why}")


@contextmanager
def _parent(folder: Path, name: str) -> Iterator[tuple[int, str]]:
    """The folder that holds a name, opened part by part, and the name's last part."""
    parts = name.split("/")
    if len(parts) > DEEPEST or any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise LabError(f"'{printable(name)}' is no name in {_shown(folder)}; {_WAY_OUT}")
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for depth, part in enumerate(parts[:-1], start=1):
            try:
                inner = os.open(part, _FOLDER, dir_fd=place)
            except FileNotFoundError:
                raise
            except OSError as error:
                where = _shown(folder.joinpath(*parts[:depth]))
                raise LabError(f"{where} is not a folder that can be opened ({error.strerror}); {_WAY_OUT}") from error
            os.close(place)
            place = inner
        yield place, parts[-1]
    finally:
        os.close(place)


@contextmanager
def _looked_at(folder: Path, name: str) -> Iterator[int]:
    """Descriptor with which a name's file can be looked at, and not read."""
    with _parent(folder, name) as (parent, last):
        look = os.open(last, _LOOK, dir_fd=parent)
    try:
        yield look
    finally:
        os.close(look)


def _open_regular(look: int, path: Path, most_bytes: int) -> BinaryIO:
    state = os.fstat(look)
    if not stat.S_ISREG(state.st_mode):
        raise LabError(f"{_shown(path)} is {_kind(look)} and no file; {_WAY_OUT}")
    if state.st_size > most_bytes:
        raise _too_large(path, state.st_size, most_bytes)
    try:  # the very file that was looked at, whatever has its name by now
        return open(os.open(f"/proc/self/fd/{look}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except OSError as error:
        raise LabError(f"{_shown(path)} cannot be read ({error.strerror}); {_WAY_OUT}") from error


def _too_large(path: Path, size: int, most_bytes: int) -> LabError:
    return LabError(f"{_shown(path)} has {size} bytes, and at most {most_bytes} are read; {_WAY_OUT}")


def _kind(look: int) -> str:
    return _KINDS.get(stat.S_IFMT(os.fstat(look).st_mode), "something else")


def _shown(path: Path) -> str:
    return printable(str(path))


def _remove(parent: int, last: str) -> None:
    """Remove a name from an opened folder, and what is beneath it.

    A guest can build folders deeper than any path or recursion: folders in folders are moved up, one by one.
    """
    top = _emptied(parent, last, None)
    if top is None:
        return
    try:
        while names := _names_of(top):
            for name in names:
                inner = _emptied(top, name, top)
                if inner is not None:
                    os.close(inner)
                    os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)
    os.rmdir(last, dir_fd=parent)


def _emptied(parent: int, name: str, top: int | None) -> int | None:
    """Open a folder and empty it: its files go, its folders move into `top`. What is no folder goes; then None.

    Without `top` the folder is opened alone. Its owner may have taken from himself the rights to list and to write it.
    """
    look = os.open(name, _LOOK, dir_fd=parent)
    try:
        if not stat.S_ISDIR(os.fstat(look).st_mode):
            os.unlink(name, dir_fd=parent)
            return None
        with suppress(OSError):
            os.chmod(f"/proc/self/fd/{look}", 0o700)
        folder = os.open(f"/proc/self/fd/{look}", _FOLDER & ~os.O_NOFOLLOW)
    finally:
        os.close(look)
    try:
        while top is not None and (names := _names_of(folder)):
            for inner in names:
                if (opened_inner := _emptied(folder, inner, None)) is not None:
                    os.close(opened_inner)
                    os.rename(inner, f".{secrets.token_hex(8)}", src_dir_fd=folder, dst_dir_fd=top)
    except BaseException:
        os.close(folder)
        raise
    return folder


def _names_of(folder: int) -> list[str]:
    """Names in an opened folder; some of them where there are very many."""
    with os.scandir(folder) as entries:
        return [entry.name for entry in islice(entries, MOST_COPIED_FILES)]
