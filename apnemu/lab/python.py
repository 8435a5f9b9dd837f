# SPDX-License-Identifier: BSD-3-Clause
"""The Python that a guest runs, and our own code as it sees them: the same names, the same bytes, on every machine.

A guest's clock counts system calls, and its kernel's random numbers (BBR's, for example) follow from the clock. A
longer name, a further symbolic link, a module that has to be compiled or was compiled under a longer name: each changes
how often Python looks at folders or asks for memory (measured: a switch's first lookups 0.5 to 2 us apart from checkout
to checkout). So a guest is shown a copy, kept in the user's cache by its content and compiled under the name that it
has in the guest. A copy is shown only where nobody else can have changed it, and while it has the hash that was written
down when it was made.
"""

from __future__ import annotations

import compileall
import errno
import hashlib
import importlib.util
import logging
import os
import py_compile
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from apnemu.caches import OTHERS_WRITE, foreign_part, make, user_cache
from apnemu.interrupts import signals_raise
from apnemu.lab.kernel import KEY_DIGITS

OURS: Final = "apnemu"
NOT_FOR_GUESTS: Final = ("__pycache__", "experiments", "topologies")
"""Folders of the package that no guest needs: a change to an experiment is no other code in the lab."""
CODE, ENVIRONMENT = "code", "python"
"""Names of both under /run."""
COPIES: Final = 8
"""Number of copies kept; those used longest ago go first, unless a lab may still run on them."""
IN_USE_S: Final = 6 * 3600
_COPYING: Final = ".copy-"

log = logging.getLogger(__name__)


def guest_python() -> str:
    """Path in the guest of this command's interpreter, however the command was started: `python3` of its environment.

    An environment has the name that `guest_folders` gives it; Debian's own Python keeps its path.
    """
    if sys.prefix != sys.base_prefix:
        return f"/run/{ENVIRONMENT}/bin/python3"
    usual = Path(sys.prefix, "bin", "python3")
    return str(usual) if usual.exists() else sys.executable


def guest_path() -> str:
    """Search path of a guest: first the programs of the environment that apnemu runs in."""
    return f"{Path(sys.executable).parent}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def guest_code() -> str:
    """Folder in which a guest's Python finds our packages."""
    return f"/run/{CODE}"


def guest_folders() -> Mapping[str, Path]:
    """Folders of the host that a guest is shown for both; our code itself where the cache cannot be written."""
    origin = Path(__file__).parents[2]
    try:
        shown = {CODE: _copied(origin, user_cache() / CODE)}
    except OSError as error:
        place = user_cache() / CODE
        log.warning("%s: our code is not kept there (%s); times may differ by a few system calls", place, error)
        # a checkout's package has links to its parts beside it; they must lead somewhere in the guest too
        links = sorted(path for path in (origin / OURS).iterdir() if path.is_symlink())
        shown = {f"{CODE}/{OURS}": origin / OURS} | {f"{CODE}/{link.name}": link.resolve() for link in links}
    return shown | ({ENVIRONMENT: Path(sys.prefix)} if sys.prefix != sys.base_prefix else {})


def _copied(origin: Path, cache: Path) -> Path:
    """Copy our packages as they are now into the cache, unless it has them: whole or not at all."""
    files = sorted(_files(origin))
    digest = hashlib.sha256(importlib.util.MAGIC_NUMBER)
    for file in files:
        content = (origin / file).read_bytes()
        digest.update(f"{file}\0{len(content)}\0".encode() + content)
    copy = cache / digest.hexdigest()[:KEY_DIGITS]
    make(cache)
    if why := foreign_part(cache):
        raise PermissionError(errno.EPERM, why)
    if not _is_whole(copy):
        _take_away(copy)
        _forget(cache)
        with (
            signals_raise(),
            tempfile.TemporaryDirectory(prefix=_COPYING, dir=cache, ignore_cleanup_errors=True) as place,
        ):
            draft = Path(place, CODE)
            for file in files:
                (draft / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(origin / file, draft / file)
            unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
            compileall.compile_dir(
                draft, quiet=2, stripdir=str(draft), prependdir=guest_code(), invalidation_mode=unchecked
            )
            for part in [draft, *draft.rglob("*")]:
                part.chmod(part.stat().st_mode & ~OTHERS_WRITE)
            try:
                draft.rename(copy)
            except OSError:
                if not copy.is_dir():  # another command made it a moment ago
                    raise
        _write_down(copy, _hash_of(copy))
    with suppress(OSError):
        os.utime(copy)
    return copy


def _is_whole(copy: Path) -> bool:
    """Whether there is a copy as it was made. The hash of one that an earlier apnemu made is written down now."""
    try:
        found, record = _hash_of(copy), _record_of(copy)
        if not record.exists():
            _write_down(copy, found)
        return foreign_part(record) is None and record.read_text() == found
    except (OSError, ValueError):
        return False


def _hash_of(copy: Path) -> str:
    """Hash of all names and contents. Raises PermissionError where somebody else can change a part."""
    if why := foreign_part(copy):
        raise PermissionError(errno.EPERM, why)
    digest = hashlib.sha256()
    for part in sorted(copy.rglob("*")):
        state = part.lstat()
        if state.st_uid not in (0, os.geteuid()) or state.st_mode & OTHERS_WRITE or part.is_symlink():
            raise PermissionError(errno.EPERM, f"{part} can be changed by others")
        content = part.read_bytes() if part.is_file() else b"/"
        digest.update(f"{part.relative_to(copy)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _record_of(copy: Path) -> Path:
    return copy.parent.with_name(f"{copy.parent.name}-sha256") / copy.name


def _write_down(copy: Path, found: str) -> None:
    record = _record_of(copy)
    make(record.parent)
    draft = record.with_name(f"{_COPYING}{record.name}-{os.getpid()}")
    draft.write_text(found)
    draft.chmod(0o644)
    draft.replace(record)


def _files(origin: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(origin / OURS, followlinks=True):
        folders[:] = [folder for folder in folders if folder not in NOT_FOR_GUESTS]
        for name in names:
            yield Path(place, name).relative_to(origin)


def _forget(cache: Path) -> None:
    """Make room for another copy. A copy that goes loses its name first: half of it would be taken for the whole."""
    used: list[tuple[float, Path]] = []
    for folder in cache.iterdir():
        with suppress(OSError):  # another command has taken it away
            used.append((folder.stat().st_mtime, folder))
    unused_since = time.time() - IN_USE_S
    for used_at, folder in sorted(used)[: max(0, len(used) - COPIES + 1)]:
        if used_at < unused_since:
            _take_away(folder, used_at)


def _take_away(folder: Path, used_at: float = 0.0) -> None:
    leaving = folder.with_name(f"{_COPYING}{folder.name}-{os.getpid()}")
    with suppress(OSError):
        _record_of(folder).unlink(missing_ok=True)
        folder.rename(leaving)
        os.utime(leaving, (used_at, used_at))
        shutil.rmtree(leaving, ignore_errors=True)
