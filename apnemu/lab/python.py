"""The Python that a guest runs, and our own code as it finds it: by the same names, the same bytes, on every machine.

A guest's clock counts system calls, and its kernel's random numbers (BBR's, for one) follow from the clock. A longer
name, a symbolic link more, a module that has to be compiled or was compiled under a longer name: each moves how often
Python looks at folders or asks for memory (seen: a switch's first lookups 0.5 to 2 us apart from checkout to checkout).
So a guest is shown a copy, kept in the user's cache by its content and compiled under the name that it has there.
"""

from __future__ import annotations

import compileall
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

from apnemu.lab.kernel import KEY_DIGITS, user_cache

OURS: Final = "apnemu"
NOT_FOR_GUESTS: Final = ("__pycache__", "experiments", "topologies")
"""Folders of the package that no guest needs: a change to an experiment is no other code in the lab."""
CODE, ENVIRONMENT = "code", "python"
"""Names under /run."""
COPIES: Final = 8
"""As many are kept; those used longest ago go, unless a lab may run on them still."""
IN_USE_S: Final = 6 * 3600
_COPYING: Final = ".copy-"

log = logging.getLogger(__name__)


def guest_python() -> str:
    """This command's own interpreter, however the command was started: `python3` of its environment.

    Of an environment by the name that `guest_folders` gives it; Debian's own Python keeps its own.
    """
    if sys.prefix != sys.base_prefix:
        return f"/run/{ENVIRONMENT}/bin/python3"
    usual = Path(sys.prefix, "bin", "python3")
    return str(usual) if usual.exists() else sys.executable


def guest_code() -> str:
    """The folder in which a guest's Python finds our packages."""
    return f"/run/{CODE}"


def guest_folders() -> Mapping[str, Path]:
    """What a guest is to be shown for both. Where the cache cannot be written to, our code is shown as it lies here."""
    origin = Path(__file__).parents[2]
    try:
        found = {CODE: _copied(origin, user_cache() / CODE)}
    except OSError as error:
        place = user_cache() / CODE
        log.warning("%s: our code is not kept there (%s); times may differ by a few system calls", place, error)
        # a checkout's package has links to its parts beside it; they must lead somewhere in the guest too
        links = sorted(path for path in (origin / OURS).iterdir() if path.is_symlink())
        found = {f"{CODE}/{OURS}": origin / OURS} | {f"{CODE}/{link.name}": link.resolve() for link in links}
    return found | ({ENVIRONMENT: Path(sys.prefix)} if sys.prefix != sys.base_prefix else {})


def _copied(origin: Path, cache: Path) -> Path:
    """The copy of our packages as they are now, made if it is not there: whole or not at all."""
    files = sorted(_files(origin))
    digest = hashlib.sha256(importlib.util.MAGIC_NUMBER)
    for file in files:
        content = (origin / file).read_bytes()
        digest.update(f"{file}\0{len(content)}\0".encode() + content)
    copy = cache / digest.hexdigest()[:KEY_DIGITS]
    if not copy.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        _forget(cache)
        with tempfile.TemporaryDirectory(prefix=_COPYING, dir=cache, ignore_cleanup_errors=True) as place:
            draft = Path(place, CODE)
            for file in files:
                (draft / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(origin / file, draft / file)
            unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
            compileall.compile_dir(
                draft, quiet=2, stripdir=str(draft), prependdir=guest_code(), invalidation_mode=unchecked
            )
            try:
                draft.rename(copy)
            except OSError:
                if not copy.is_dir():  # of another command, a moment ago
                    raise
    with suppress(OSError):
        os.utime(copy)
    return copy


def _files(origin: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(origin / OURS, followlinks=True):
        folders[:] = [folder for folder in folders if folder not in NOT_FOR_GUESTS]
        for name in names:
            yield Path(place, name).relative_to(origin)


def _forget(cache: Path) -> None:
    """Leave room for one more. What goes loses its name first: half a copy under it would be taken for a whole one."""
    used: list[tuple[float, Path]] = []
    for folder in cache.iterdir():
        with suppress(OSError):  # another command has taken it away
            used.append((folder.stat().st_mtime, folder))
    unused_since = time.time() - IN_USE_S
    for used_at, folder in sorted(used)[: max(0, len(used) - COPIES + 1)]:
        if used_at < unused_since:
            leaving = folder.with_name(f"{_COPYING}{folder.name}-{os.getpid()}")
            with suppress(OSError):
                folder.rename(leaving)
                os.utime(leaving, (used_at, used_at))
                shutil.rmtree(leaving, ignore_errors=True)
