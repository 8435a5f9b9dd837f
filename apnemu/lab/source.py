# SPDX-License-Identifier: BSD-3-Clause
"""Source of the lab's kernel, and what identifies it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from apnemu.errors import KernelError

DEFAULT: Final = Path("/usr/src/linux-source-6.12.tar.xz")
"""Source that Debian's package linux-source-6.12 installs."""
VARIABLE: Final = "APNEMU_KERNEL_SOURCE"
PACKAGE_HASHES: Final = Path("/var/lib/dpkg/info")
TESTED: Final = Path(__file__).parent / "kernel" / "tested-sources.sha256"
"""Hashes of the sources with which the tests passed, in the form of sha256sum. Debian's updates come in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A tarball or an unpacked tree, and an identity that changes when its contents do."""

    path: Path
    identity: str


def resolve(given: Path | None) -> Source:
    """Choose the source: the one given, or the one that $APNEMU_KERNEL_SOURCE names, or else Debian's.

    Raises:
        KernelError: there is no such source, or it is no source of Linux with User Mode Linux.
    """
    path = given or Path(os.environ.get(VARIABLE) or DEFAULT)
    if path.is_dir():
        if not (path / "Makefile").is_file() or not (path / "arch/um").is_dir():
            raise KernelError(f"{path} is not a Linux source tree: it has no Makefile or no arch/um")
        return Source(path=path, identity="tree:" + _hash_of_tree(path))
    if not path.is_file():
        raise KernelError(
            f"no kernel source at {path}; `apt-get install linux-source-6.12`, or name a tarball or a tree with "
            f"{VARIABLE}"
        )
    return Source(path=path, identity=_packaged_hash(path) or "sha256:" + _hash_of_file(path))


def recorded_hash(source: Source) -> str:
    """Hash that is kept beside the kernel: SHA-256 of a tarball; of a tree, what identifies it."""
    return f"sha256:{_hash_of_file(source.path)}" if source.path.is_file() else source.identity


def is_tested(recorded: str) -> bool:
    """Whether a hash by `recorded_hash` is that of a source with which the tests passed."""
    tested = {line.split()[0] for line in TESTED.read_text().splitlines() if line and not line.startswith("#")}
    return recorded.removeprefix("sha256:") in tested


def _packaged_hash(path: Path) -> str | None:
    """Hash that the package manager knows: reading its list takes no time, hashing 150 MB does."""
    package = path.name.split(".tar")[0]
    try:
        lines = (PACKAGE_HASHES / f"{package}.md5sums").read_text().splitlines()
    except OSError:
        return None
    wanted = str(path).lstrip("/")
    return next(("md5:" + line.split()[0] for line in lines if line.split(maxsplit=1)[1:] == [wanted]), None)


def _hash_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hash_of_tree(path: Path) -> str:
    """Hash of a tree's names, sizes and times of change: reading all contents would take a minute."""
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(path):
        folders.sort()
        for name in sorted(files):
            file = os.path.join(folder, name)
            state = os.lstat(file)
            digest.update(f"{os.path.relpath(file, path)} {state.st_size} {state.st_mtime_ns}\n".encode())
    return digest.hexdigest()
