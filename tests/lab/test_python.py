# SPDX-License-Identifier: BSD-3-Clause
"""The code that a guest is shown: the same bytes from any checkout or installed package, and never an old version's."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from apnemu.caches import foreign_part
from apnemu.lab import python

VERSIONS = 12


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "apnemu" / python.CODE


def checkout(folder: Path, text: str = "ONE = 1\n") -> Path:
    """Returns the folder that stands where our own checkout does, with two parts of the package beside it."""
    package = folder / python.OURS
    (package / "part").mkdir(parents=True)
    (package / "part" / "__init__.py").write_text(text)
    for name in ("controllers", "experiments"):
        (folder / name).mkdir()
        (folder / name / "data.json").write_text("{}")
        (package / name).symlink_to(f"../{name}")
    return folder


def installed(folder: Path, text: str = "ONE = 1\n") -> Path:
    """Returns a folder such as site-packages: the same package without links, beside another one's."""
    shutil.copytree(checkout(folder.with_name(f"{folder.name}-source"), text) / python.OURS, folder / python.OURS)
    (folder / "other").mkdir()
    (folder / "other" / "__init__.py").write_text("TWO = 2\n")
    return folder


def shown(monkeypatch: pytest.MonkeyPatch, origin: Path) -> Path:
    monkeypatch.setattr(python, "__file__", str(origin / "apnemu" / "lab" / "python.py"))
    return python.guest_folders()[python.CODE]


def test_two_checkouts_show_the_same_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = shown(monkeypatch, checkout(tmp_path / "a"))
    other = checkout(tmp_path / ("another-" * 10))
    (other / "apnemu" / "__pycache__").mkdir()
    (other / "apnemu" / "__pycache__" / "old.pyc").write_text("of the host's own Python")
    assert shown(monkeypatch, other) == first
    assert not (first / "apnemu" / "__pycache__" / "old.pyc").exists()


def test_a_copy_is_compiled_under_the_name_that_the_guest_sees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = shown(monkeypatch, checkout(tmp_path / "a"))
    (compiled,) = [path.read_bytes() for path in copy.rglob("*.pyc")]
    assert f"{python.guest_code()}/apnemu/part/__init__.py".encode() in compiled
    assert str(tmp_path).encode() not in compiled


def test_a_part_beside_the_package_is_in_the_copy_unless_no_guest_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shown(monkeypatch, checkout(tmp_path / "a"))
    assert (copy / "apnemu" / "controllers" / "data.json").read_text() == "{}"
    assert not (copy / "apnemu" / "controllers").is_symlink()
    assert not (copy / "apnemu" / "experiments").exists()


def test_an_installed_package_shows_the_same_copy_and_nothing_of_its_neighbours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = shown(monkeypatch, checkout(tmp_path / "a"))
    assert shown(monkeypatch, installed(tmp_path / "site-packages")) == first
    assert [path.name for path in first.iterdir()] == ["apnemu"]


def test_a_change_is_seen_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though its size and its time are the same."""
    origin = checkout(tmp_path / "a")
    module = origin / "apnemu" / "part" / "__init__.py"
    before, state = shown(monkeypatch, origin), module.stat()
    module.write_text("ONE = 2\n")
    os.utime(module, ns=(state.st_atime_ns, state.st_mtime_ns))
    after = shown(monkeypatch, origin)
    assert after != before
    assert (after / "apnemu" / "part" / "__init__.py").read_text() == "ONE = 2\n"


def test_old_copies_go_and_those_in_use_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    origins = [checkout(tmp_path / str(number), f"ONE = {number}\n") for number in range(VERSIONS)]
    used = shown(monkeypatch, origins[0])
    for number, origin in enumerate(origins[1:], start=1):
        copy = shown(monkeypatch, origin)
        os.utime(copy, (number, number))
        assert shown(monkeypatch, origins[0]) == used
    assert used.is_dir()
    assert copy.is_dir()
    assert len(list(cache.iterdir())) == python.COPIES


def test_copies_that_a_lab_may_run_on_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copies = [shown(monkeypatch, checkout(tmp_path / str(number), f"ONE = {number}\n")) for number in range(VERSIONS)]
    assert all(copy.is_dir() for copy in copies)


def test_half_a_copy_is_never_taken_for_a_whole_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that takes the oldest one away is killed in the midst of it."""
    origins = [checkout(tmp_path / str(number), f"ONE = {number}\n") for number in range(python.COPIES + 1)]
    for number, origin in enumerate(origins[:-1], start=1):
        os.utime(shown(monkeypatch, origin), (number, number))

    def killed(folder: Path, **_: object) -> None:
        (folder / "apnemu" / "part" / "__init__.py").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(python.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            shown(patched, origins[-1])
    again = shown(monkeypatch, origins[0])
    assert (again / "apnemu" / "part" / "__init__.py").read_text() == "ONE = 0\n"


def test_without_a_cache_the_code_is_shown_as_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    origin = checkout(tmp_path / "a")
    monkeypatch.setattr(python, "__file__", str(origin / "apnemu" / "lab" / "python.py"))
    folders = python.guest_folders()
    assert {name: path for name, path in folders.items() if name != python.ENVIRONMENT} == {
        f"{python.CODE}/apnemu": origin / "apnemu",
        **{f"{python.CODE}/{name}": origin / name for name in ("controllers", "experiments")},
    }


def test_what_a_lax_umask_leaves_is_not_to_be_written_by_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "new" / "cache"))
    before = os.umask(0)
    try:
        copy = shown(monkeypatch, checkout(tmp_path / "a"))
    finally:
        os.umask(before)
    assert copy.is_relative_to(tmp_path / "new")
    for path in (copy, *copy.rglob("*")):
        assert foreign_part(path) is None


def theirs(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root gives a file away")
    os.chown(path, 54321, 54321)


CHANGES: dict[str, Callable[[Path], object]] = {
    "everybody writes": lambda path: path.chmod(0o777),
    "a group writes": lambda path: path.chmod(0o775),
    "another's": theirs,
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("part", ["apnemu", "apnemu/code", "COPY", "COPY/apnemu/part/__init__.py", "PYC"])
def test_code_that_another_can_have_put_there_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path, change: str, part: str
) -> None:
    origin = checkout(tmp_path / "a")
    copy = shown(monkeypatch, origin)
    (compiled,) = copy.rglob("*.pyc")
    place = (
        compiled
        if part == "PYC"
        else cache.parents[1] / part.replace("COPY", str(copy.relative_to(tmp_path / "cache")))
    )
    CHANGES[change](place)
    again = python.guest_folders()
    if part in ("apnemu", "apnemu/code"):  # nothing there can be trusted
        assert again[f"{python.CODE}/apnemu"] == origin / "apnemu"
    else:
        assert again[python.CODE] == copy
        assert foreign_part(place) is None


@pytest.mark.parametrize("part", ["apnemu/part/__init__.py", "PYC", "apnemu/more.py"])
def test_code_that_was_changed_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    copy = shown(monkeypatch, checkout(tmp_path / "a"))
    (compiled,) = copy.rglob("*.pyc")
    file = compiled if part == "PYC" else copy / part
    before = file.read_bytes() if file.exists() else None
    file.write_bytes(b"import os")
    assert python.guest_folders()[python.CODE] == copy
    assert (file.read_bytes() if file.exists() else None) == before


def test_a_copy_that_an_earlier_apnemu_made_is_shown_and_its_hash_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    copy = shown(monkeypatch, checkout(tmp_path / "a"))
    (record,) = cache.with_name("code-sha256").iterdir()
    said, made = record.read_text(), copy.stat().st_ino
    record.unlink()
    assert python.guest_folders()[python.CODE] == copy
    assert (record.read_text(), copy.stat().st_ino) == (said, made)
