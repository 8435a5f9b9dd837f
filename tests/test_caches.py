# SPDX-License-Identifier: BSD-3-Clause
"""What is run out of a cache is nobody else's, wherever the cache lies."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apnemu import caches
from apnemu.errors import KernelError
from apnemu.lab import build, cores, kernel, source
from apnemu.optics.cache import cache_folder
from apnemu.planning.blocking.compiled import _machine_code
from apnemu.running.finished import _is_mine

ANOTHER = 54321


def theirs(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root gives a file away")
    os.chown(path, ANOTHER, ANOTHER, follow_symlinks=False)


CHANGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "everybody writes": (lambda path: path.chmod(0o777), "can be written by others (its mode is 777)"),
    "a group writes": (lambda path: path.chmod(0o775), "can be written by others (its mode is 775)"),
    "another's": (theirs, f"belongs to another user (number {ANOTHER})"),
}
changed = pytest.mark.parametrize("change", CHANGES)


@pytest.fixture
def way(tmp_path: Path) -> Path:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/file").write_text("x")
    (tmp_path / "link").symlink_to("a/../a")
    return tmp_path / "a/b/file"


@changed
@pytest.mark.parametrize("part", ["a", "a/b", "a/b/file"])
@pytest.mark.parametrize("through", ["a/b/file", "link/b/file"])
def test_each_part_of_the_way_counts(way: Path, tmp_path: Path, change: str, part: str, through: str) -> None:
    assert caches.foreign_part(tmp_path / through) is None
    CHANGES[change][0](tmp_path / part)
    assert caches.foreign_part(tmp_path / through) == f"{tmp_path / part} {CHANGES[change][1]}"


def test_a_link_that_another_can_turn_counts(way: Path, tmp_path: Path) -> None:
    theirs(tmp_path / "link")
    assert (
        caches.foreign_part(tmp_path / "link/b/file") == f"{tmp_path / 'link'} belongs to another user (number 54321)"
    )


def test_a_folder_for_everybody_may_stand_on_the_way_and_a_loop_ends(way: Path, tmp_path: Path) -> None:
    (tmp_path / "a").chmod(0o1777)
    assert caches.foreign_part(way) is None
    (tmp_path / "loop").symlink_to("loop")
    assert "too many symbolic links" in str(caches.foreign_part(tmp_path / "loop"))
    assert "cannot be looked at (No such file or directory)" in str(caches.foreign_part(tmp_path / "absent/x"))


@changed
@pytest.mark.parametrize("part", ["a", "a/b", "a/b/file"])
def test_a_kept_experiment_that_another_can_have_put_there_is_not_loaded(
    way: Path, tmp_path: Path, change: str, part: str
) -> None:
    manifest = {"experiment_sha256": hashlib.sha256(way.read_bytes()).hexdigest()}
    assert _is_mine(way, manifest)
    CHANGES[change][0](tmp_path / part)
    assert not _is_mine(way, manifest)


@pytest.mark.parametrize("given", ["cache", "./cache", "", "../cache"])
def test_a_relative_folder_is_ignored(given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As XDG's specification says; what somebody has put into the folder where a command runs is not a cache."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", given)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert caches.user_cache() == tmp_path / "home/.cache/apnemu"
    assert cache_folder() == tmp_path / "home/.cache/apnemu/quality"
    monkeypatch.setenv("HOME", given)
    assert caches.user_cache().is_absolute()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert caches.user_cache() == tmp_path / "apnemu"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a cached kernel; what builds is a fake. Returns the folder above its cache."""

    def fake(_origin: Path, folder: Path, _report: build.Report) -> tuple[Path, str]:
        (folder / "linux").write_text("#!/bin/sh\n")
        return folder / "linux", "6.12.99"

    (tmp_path / "linux.tar.xz").write_bytes(b"source")
    monkeypatch.delenv(kernel.VARIABLE, raising=False)
    monkeypatch.setenv(source.VARIABLE, str(tmp_path / "linux.tar.xz"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(kernel, "MACHINE_CACHE", tmp_path / "machine")
    monkeypatch.setattr(build, "build", fake)
    kernel.ensure(report=print)
    (tmp_path / "machine").rename(tmp_path / "unused")
    return tmp_path


@changed
@pytest.mark.parametrize("part", ["", "apnemu", "apnemu/kernels", "KEY", "KEY/linux", "KEY/kernel.json", "KEY/sha256"])
def test_a_kernel_that_another_can_have_put_there_is_not_run(machine: Path, change: str, part: str) -> None:
    found = kernel.find()
    assert found is not None
    CHANGES[change][0](machine / "cache" / part.replace("KEY", f"apnemu/kernels/{found.key}"))
    assert kernel.find() is None
    if "KEY" in part:
        assert kernel.ensure(report=print) == found == kernel.find()  # made anew
    else:
        with pytest.raises(KernelError, match=r"so that a kernel kept in .* could be theirs; take that right away"):
            kernel.ensure(report=print)


def test_a_kernel_that_was_changed_is_not_run(machine: Path) -> None:
    found = kernel.find()
    assert found is not None
    found.path.write_text("#!/bin/sh\necho changed\n")
    assert kernel.find() is None
    assert kernel.ensure(report=print).path.read_text() == "#!/bin/sh\n"


def test_a_kernel_that_an_earlier_apnemu_kept_is_taken_and_its_hash_written_down(machine: Path) -> None:
    found = kernel.find()
    assert found is not None
    found.path.with_name(kernel.HASH).unlink()
    assert kernel.find() == found
    found.path.write_text("changed")
    assert kernel.find() is None


def add(one: int) -> int:
    return one + 1


def test_machine_code_is_kept_for_this_user_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """numba unpickles what it finds: not in the folder where a command runs, and not where others write."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    made: Any = _machine_code(add)
    assert Path(made._cache.cache_path).is_relative_to(tmp_path / "home/.cache/apnemu/numba")
    assert not (tmp_path / "relative").exists()
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "shared"))
    assert _machine_code(add)._cache.cache_path is None  # type: ignore[attr-defined]  # numba has types for no such thing


@pytest.mark.parametrize(
    "name", [b"", b"x", b"3-", b"3-0-1", b"-3-0", b"\xff3-0", b"3-0\n", b"99999999999-0", b"\xd9\xa3-0"]
)
def test_names_that_others_take_do_not_break_the_list_of_labs(name: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "PREFIX", f"apnemu-test-{os.getpid()}-")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3})
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as holder, cores.claimed():
        holder.bind(b"\0" + cores.PREFIX.encode() + name)
        assert [(claim.core, claim.slot) for claim in cores.claims()] == [(3, 0)]
