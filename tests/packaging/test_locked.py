# SPDX-License-Identifier: BSD-3-Clause
"""What installs is what was tested: constraints with hashes fit pyproject.toml, and `make` installs by them alone."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from apnemu.lab import needs, source

from .environments import REPOSITORY

LOCKS = ("constraints.txt", ".ci/tools.txt", ".ci/docs.txt", "apnemu/lab/ryu-build.txt", "apnemu/lab/ryu.txt")


def entries(name: str) -> list[tuple[Requirement, list[str]]]:
    """Each locked requirement, with its hashes."""
    text = (REPOSITORY / name).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    return [(Requirement(line.split(" --hash")[0]), re.findall(r"--hash=(\S+)", line)) for line in lines]


@pytest.mark.parametrize("name", LOCKS)
def test_every_entry_is_one_version_with_hashes(name: str) -> None:
    for requirement, hashes in entries(name):
        assert [part.operator for part in requirement.specifier] == ["=="], requirement
        assert hashes and all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes), requirement


@pytest.mark.parametrize("python", ["3.11", "3.12"])
def test_the_locked_versions_fit_what_the_project_asks_for(python: str) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    machine = {"python_version": python, "python_full_version": python + ".0"}
    locked = {
        canonicalize_name(requirement.name): str(requirement.specifier).removeprefix("==")
        for requirement, _ in entries("constraints.txt")
        if requirement.marker is None or requirement.marker.evaluate(machine)
    }
    for asked in map(Requirement, [*project["dependencies"], *project["optional-dependencies"]["dev"]]):
        assert asked.specifier.contains(locked[canonicalize_name(asked.name)]), f"{asked}: run `make lock`"


def test_make_installs_by_hashes_alone() -> None:
    made = (REPOSITORY / "Makefile").read_text()
    installed = [line for line in made.splitlines() if "pip install" in line and "NO_PYTHON" not in line]
    assert len(installed) >= 3
    for line in installed:
        assert "--require-hashes" in line or line.endswith("--no-deps --no-build-isolation --editable ."), line


def test_setup_installs_ryu_by_hashes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(needs.subprocess, "run", run)
    needs.install_ryu()
    assert len(asked) == 2
    for command in asked:
        listed = Path(command[command.index("--requirement") + 1])
        assert "--require-hashes" in command and f"{listed.relative_to(REPOSITORY)}" in LOCKS
        packages = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
        assert any(listed.relative_to(REPOSITORY / "apnemu").match(pattern) for pattern in packages["apnemu"])
    assert any(str(requirement) == "ryu==4.34" for requirement, _ in entries("apnemu/lab/ryu.txt"))


def test_these_tests_ran_with_what_is_locked() -> None:
    """The environment in which the suite passes is the one that is written down."""
    for requirement, _ in entries("constraints.txt"):
        if requirement.name == "setuptools" or (requirement.marker and not requirement.marker.evaluate()):
            continue  # setuptools: an older one builds Ryu 4.34
        assert requirement.specifier.contains(metadata.version(requirement.name)), requirement


def test_sources_that_passed_are_recorded() -> None:
    lines = [line for line in source.TESTED.read_text().splitlines() if not line.startswith("#")]
    assert lines
    assert all(re.fullmatch(r"[0-9a-f]{64}  linux-source-\S+  linux-source-\S+ \S+", line) for line in lines)


def test_the_bill_of_materials_is_completed() -> None:
    script = Path(REPOSITORY / ".ci" / "sbom.py")
    given = '{"bomFormat": "CycloneDX", "components": [{"name": "numpy"}]}'
    done = subprocess.run(
        [sys.executable, str(script), "make", "no-such-package"],
        input=given,
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
    )
    assert '"name": "numpy"' in done.stdout
    assert "pkg:deb/debian/make@" in done.stdout
    assert "apnemu/lab/kernel/kernel.config" in done.stdout
    assert "no-such-package" not in done.stdout
