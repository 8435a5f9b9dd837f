# SPDX-License-Identifier: BSD-3-Clause
"""A wheel with the kernel in it: what it holds, when its kernel is taken, and when not."""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from apnemu.errors import InputError
from apnemu.lab import build, kernel, needs, shipped, source, wheel

ELF = b"\x7fELF GLIBC_2.2.5 GLIBC_2.35 GLIBC_2.4"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> kernel.Kernel:
    """A kernel in the cache, of a source that is there; no other source, no wheel."""
    tarball = tmp_path / "linux-source-9.9.tar.xz"
    tarball.write_bytes(b"source")
    monkeypatch.delenv(kernel.VARIABLE, raising=False)
    monkeypatch.delenv(source.VARIABLE, raising=False)
    monkeypatch.setattr(source, "DEFAULT", tarball)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(kernel, "MACHINE_CACHE", tmp_path / "machine")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site"), *sys.path])

    def build_it(origin: Path, folder: Path, report: build.Report) -> tuple[Path, str]:
        (folder / "linux").write_bytes(ELF)
        return folder / "linux", "9.9.1"

    monkeypatch.setattr(build, "build", build_it)
    return kernel.ensure(report=lambda line: None)


def installed(made: kernel.Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The wheel's files where pip would put them, on a machine with an empty cache; the folder of the package."""
    project = tmp_path / "project"
    wheel._lay_out(made, project, "9.9.1", "any")
    site = tmp_path / "site"
    site.mkdir()
    (project / shipped.PACKAGE).rename(site / shipped.PACKAGE)
    importlib.invalidate_caches()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    monkeypatch.setattr(kernel, "MACHINE_CACHE", tmp_path / "empty-machine")
    return site / shipped.PACKAGE


def test_it_is_found_without_any_source(made: kernel.Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = installed(made, tmp_path, monkeypatch)
    monkeypatch.setattr(source, "DEFAULT", tmp_path / "nowhere")
    found = kernel.find()
    assert found is not None and found.path == package / made.key / "linux"
    assert (found.key, found.recipe, found.source) == (made.key, made.recipe, made.source)
    assert kernel.ensure(report=pytest.fail) == found
    assert shipped.PACKAGE not in sys.modules
    assert kernel.status().cached == (found,)


def test_it_does_for_another_source_that_nobody_named(
    made: kernel.Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = installed(made, tmp_path, monkeypatch)
    other = tmp_path / "linux-source-9.10.tar.xz"
    other.write_bytes(b"another")
    monkeypatch.setattr(source, "DEFAULT", other)
    found = kernel.find()
    assert found is not None and found.path.is_relative_to(package)
    assert kernel.find(other) is None
    monkeypatch.setenv(source.VARIABLE, str(other))
    assert kernel.find() is None


def test_one_of_another_recipe_is_not_taken(
    made: kernel.Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = installed(made, tmp_path, monkeypatch)
    facts = package / made.key / "kernel.json"
    facts.write_text(json.dumps({**json.loads(facts.read_text()), "recipe": "0" * 16}))
    monkeypatch.setattr(source, "DEFAULT", tmp_path / "nowhere")
    assert kernel.find() is None


def test_one_that_was_changed_is_not_taken(
    made: kernel.Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = installed(made, tmp_path, monkeypatch)
    (package / made.key / "linux").write_bytes(ELF + b"!")
    monkeypatch.setattr(source, "DEFAULT", tmp_path / "nowhere")
    assert kernel.find() is None


@pytest.mark.parametrize("part", [".", "{key}", "{key}/linux", "{key}/sha256"])
def test_one_that_others_can_change_is_not_taken_and_why_is_said(
    made: kernel.Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    package = installed(made, tmp_path, monkeypatch)
    file = package / part.format(key=made.key)
    file.chmod(file.stat().st_mode | 0o020)
    monkeypatch.setattr(source, "DEFAULT", tmp_path / "nowhere")
    assert kernel.find() is None
    why = f"the kernel of the installed wheel is not taken: {file} can be written by others"
    assert str(shipped.refusal()).startswith(why)
    assert any(need.name == "kernel" and why in need.why for need in needs.check())


def test_a_tag_says_which_glibc_is_needed(tmp_path: Path) -> None:
    for content, tag in ((ELF, "manylinux_2_35_x86_64"), (b"\x7fELF", "manylinux_2_17_x86_64")):
        (tmp_path / "linux").write_bytes(content)
        assert wheel.platform_tag(tmp_path / "linux") == tag


def test_a_kernel_of_unknown_source_is_refused(tmp_path: Path) -> None:
    unknown = kernel.Kernel(path=tmp_path / "linux", key="", recipe="", version="", build_s=0)
    with pytest.raises(InputError, match="of unknown source; unset APNEMU_KERNEL, and build one"):
        wheel.make(unknown, tmp_path, print)


@pytest.mark.wheel
def test_the_wheel_has_licence_and_source(made: kernel.Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    once, archive = wheel.make(made, tmp_path / "dist", said.append, with_source=source.DEFAULT)
    assert once.name == f"apnemu_kernel-9.9.1+{made.recipe}-py3-none-manylinux_2_35_x86_64.whl"
    with zipfile.ZipFile(once) as zipped:
        names = zipped.namelist()
        info = zipped.getinfo(f"{shipped.PACKAGE}/{made.key}/linux")
        licence = zipped.read(next(name for name in names if name.endswith("licenses/COPYING"))).decode()
        readme = zipped.read(f"{shipped.PACKAGE}/source/README.md").decode()
    assert info.external_attr >> 16 & 0o111, "it can be executed"
    assert "GNU GENERAL PUBLIC LICENSE" in licence and "Version 2, June 1991" in licence
    assert {f"{shipped.PACKAGE}/source/{file.name}" for file in build.recipe_files()} <= set(names)
    assert hashlib.sha256(b"source").hexdigest() in readme
    with tarfile.open(archive) as tar:
        inside = {Path(name).name for name in tar.getnames()}
    assert {"linux-source-9.9.tar.xz", "kernel.config", "COPYING", "build.py"} <= inside
    again = wheel.make(made, tmp_path / "again", said.append)[0]
    assert again.read_bytes() == once.read_bytes()
    other = tmp_path / "other.tar.xz"
    other.write_bytes(b"another")
    with pytest.raises(InputError, match="is not what the kernel was built from"):
        wheel.make(made, tmp_path, said.append, with_source=other)
