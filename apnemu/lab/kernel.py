# SPDX-License-Identifier: BSD-3-Clause
"""The lab's kernel: found in a cache, or built into it once.

A cache is a folder with a folder for each key (source, configuration, patches), which holds `linux` and `kernel.json`.
There are two caches: the user's, and the machine's, which only root writes (it is filled when root builds), so that a
user without rights, tools or sources finds a kernel too. A wheel that is installed may bring one too (`shipped`). A
kernel is taken from any of them only where nobody else can have put it (`apnemu.caches`), and while it has the hash
that was written down when it was put there.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from apnemu.caches import foreign_part, make, user_cache
from apnemu.errors import KernelError
from apnemu.interrupts import signals_raise
from apnemu.lab import build, cores, shipped, source
from apnemu.lab.build import Report

VARIABLE: Final = "APNEMU_KERNEL"
MACHINE_CACHE: Final = Path("/var/cache/apnemu")
FOLDER: Final = "kernels"
KEY_DIGITS: Final = 16
HASH: Final = "sha256"
"""File beside a kernel with its hash; `kernel.json` is read by every version of apnemu."""
_BUILDING: Final = ".build-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """A kernel that is ready.

    `recipe` is a hash of configuration and patches, `source` one of the source it was built from, `build_s` wall time
    (empty, 0: unknown).
    """

    path: Path
    key: str
    recipe: str
    version: str
    build_s: float
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """State of the lab on this machine, as `apnemu lab status` shows it."""

    kernel: Kernel | None
    cached: tuple[Kernel, ...]
    cached_bytes: int
    labs: tuple[cores.Claim, ...]


def find(given: Path | None = None) -> Kernel | None:
    """Find the kernel to use, if it is there; takes milliseconds.

    It is the kernel that $APNEMU_KERNEL names, or else the kernel of this version's recipe and the source on this
    machine; if no source is installed, the newest kernel of this recipe. An installed wheel's of this recipe does for
    any source that was not named.

    Raises:
        KernelError: the kernel or the source that was named is none.
    """
    if named := os.environ.get(VARIABLE):
        path = Path(named)
        if not os.access(path, os.X_OK) or path.is_dir():
            raise KernelError(f"{VARIABLE} is {named}, which cannot be executed; give a kernel, or unset it")
        return Kernel(path=path, key="", recipe="", version="", build_s=0.0)
    recipe = _recipe()
    try:
        key = _key(source.resolve(given), recipe)
    except KernelError:
        if given is not None or os.environ.get(source.VARIABLE):
            raise
        fitting = [kernel for kernel in _cached() if kernel.recipe == recipe]
        fitting.sort(key=lambda kernel: (_version_numbers(kernel.version), kernel.key), reverse=True)
        return next(filter(_is_whole, fitting), None)
    exact = next((kernel for kernel in _cached() if kernel.key == key and _is_whole(kernel)), None)
    if exact or given is not None or os.environ.get(source.VARIABLE):
        return exact
    return next((kernel for kernel in _shipped() if kernel.recipe == recipe and _is_whole(kernel)), None)


def ensure(*, source_path: Path | None = None, report: Report) -> Kernel:
    """Find the kernel, or build it, which takes minutes, once.

    `report` gets a line now and then. If another process builds the same cache's kernel, this process waits for it.
    An interrupted build leaves nothing.

    Raises:
        KernelError: the kernel cannot be built, or there is no room for it.
    """
    if kernel := find(source_path):
        return kernel
    if why := shipped.refusal():
        report(f"kernel: {why}")
    origin = source.resolve(source_path)
    folder = user_cache() / FOLDER
    with signals_raise(), _disk_named(folder):
        make(folder)
        if why := foreign_part(folder):
            raise KernelError(
                f"{why}, so that a kernel kept in {folder} could be theirs; take that right away (chmod go-w), or set "
                "XDG_CACHE_HOME to a folder of your own"
            )
        with _locked(folder, report):
            for stale in folder.glob(_BUILDING + "*"):  # its builder is dead: we hold the lock
                shutil.rmtree(stale, ignore_errors=True)
            if kernel := find(source_path):
                return kernel
            kernel = _build(origin, folder, report)
        if os.geteuid() == 0:
            _publish(kernel, report)
    return kernel


def status() -> Status:
    """State of the lab: which kernels are cached, and which cores labs hold."""
    cached = tuple(_cached())
    return Status(
        kernel=find(),
        cached=cached,
        cached_bytes=sum(kernel.path.stat().st_size for kernel in cached),
        labs=tuple(cores.claims()),
    )


def _build(origin: source.Source, folder: Path, report: Report) -> Kernel:
    recipe = _recipe()
    key = _key(origin, recipe)
    start_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=_BUILDING, dir=folder, ignore_cleanup_errors=True) as place:
        binary, version = build.build(origin.path, Path(place), report)
        build_s = round(time.monotonic() - start_s, 1)
        kernel = Kernel(
            path=folder / key / "linux",
            key=key,
            recipe=recipe,
            version=version,
            build_s=build_s,
            source=source.recorded_hash(origin),
        )
        _store(kernel, binary, Path(place), folder)
    if not source.is_tested(kernel.source):
        report(f"kernel: its source ({kernel.source}) is not one with which apnemu was tested ({source.TESTED})")
    report(f"kernel: {version} is ready after {build_s:.0f} s, in {folder / key}")
    return kernel


def _publish(kernel: Kernel, report: Report) -> None:
    """Copy a kernel that root built to where all users of this machine find it."""
    folder = MACHINE_CACHE / FOLDER
    try:
        make(folder)
        for part in (MACHINE_CACHE, folder):
            part.chmod(0o755)
        with tempfile.TemporaryDirectory(prefix=_BUILDING, dir=folder) as place:
            _store(kernel, kernel.path, Path(place), folder)
    except OSError as error:
        report(f"kernel: not shared with this machine's other users: {error}")


def _store(kernel: Kernel, binary: Path, place: Path, folder: Path) -> None:
    """Make the kernel's folder beside its place in the cache and move it there, whole or not at all."""
    ready = place / "ready"
    ready.mkdir()
    shutil.copyfile(binary, ready / "linux")
    facts = {name: value for name, value in asdict(kernel).items() if name != "path"}
    (ready / "kernel.json").write_text(json.dumps(facts, indent=1) + "\n")
    (ready / HASH).write_text(_hash_of(ready / "linux") + "\n")
    for part in (ready / "kernel.json", ready / HASH):
        part.chmod(0o644)
    for part in (ready / "linux", ready):
        part.chmod(0o755)
    shutil.rmtree(folder / kernel.key, ignore_errors=True)
    ready.rename(folder / kernel.key)


def _cached() -> Iterator[Kernel]:
    """Kernels of both caches, and of a wheel, that nobody else can have put there."""
    yield from _kept(user_cache() / FOLDER)
    yield from _kept(MACHINE_CACHE / FOLDER, only_root=True)
    yield from _shipped()


def _shipped() -> Iterator[Kernel]:
    if folder := shipped.folder():
        yield from _kept(folder)


def _kept(folder: Path, *, only_root: bool = False) -> Iterator[Kernel]:
    if foreign_part(folder, only_root=only_root):
        return
    for facts in sorted(folder.glob("*/kernel.json")):
        binary = facts.with_name("linux")
        if any(foreign_part(file, only_root=only_root) for file in (binary, facts)):
            continue
        try:
            yield Kernel(path=binary, **json.loads(facts.read_text()))
        except (OSError, ValueError, TypeError):  # another version of apnemu wrote it
            continue


def _is_whole(kernel: Kernel) -> bool:
    """Whether a cached kernel is as it was kept. The hash of one that an earlier apnemu kept is written down now."""
    record = kernel.path.with_name(HASH)
    try:
        found = _hash_of(kernel.path)
        if not record.exists():
            with suppress(OSError):  # the machine's, which is root's
                record.write_text(found + "\n")
            return True
        return foreign_part(record) is None and record.read_text().strip() == found
    except (OSError, ValueError):
        return False


def _hash_of(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _recipe() -> str:
    digest = hashlib.sha256()
    for file in build.recipe_files():
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:KEY_DIGITS]


def _key(origin: source.Source, recipe: str) -> str:
    return hashlib.sha256(f"{origin.identity} {recipe}".encode()).hexdigest()[:KEY_DIGITS]


def _version_numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdecimal()]


@contextmanager
def _locked(folder: Path, report: Report) -> Iterator[None]:
    """Lock the cache for a single builder. The lock goes with its holder, however that ends."""
    fd = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("kernel: another apnemu is building it; waiting for that")
            fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


@contextmanager
def _disk_named(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise KernelError(f"the disk under {folder} is full; make room, or set XDG_CACHE_HOME") from error
        raise KernelError(
            f"{error.filename or folder}: {error.strerror}; the kernel is kept there: set XDG_CACHE_HOME to a folder "
            f"that you can write, or {VARIABLE} to a kernel"
        ) from error
