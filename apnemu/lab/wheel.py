# SPDX-License-Identifier: BSD-3-Clause
"""A wheel with the lab's kernel in it, so that another machine never compiles one.

The wheel has the kernel in a folder with its key, as a cache has, with its hash; the licence (GNU GPL 2), and the way
to its source: configuration and patches whole, Linux by name, hash and Debian's version. Its tag says which glibc it
needs.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Final

from apnemu.errors import InputError, KernelError
from apnemu.lab import build, source
from apnemu.lab.build import Report
from apnemu.lab.kernel import HASH, VARIABLE, Kernel
from apnemu.lab.shipped import PACKAGE

LICENCE: Final = build.RECIPE / "COPYING"
OLDEST_GLIBC: Final = (2, 17)
"""Oldest glibc that a tag of this form names (PEP 600)."""
STAMP: Final = "1893456000"
"""Time of all files in a wheel, 2030-01-01: the same kernel is the same wheel."""
PROJECT: Final = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "apnemu-kernel"
version = "{version}"
description = "Kernel of apnemu's virtual-time lab: Linux {linux} for User Mode Linux, with apnemu's patches"
readme = "README.md"
license = "GPL-2.0-only"
license-files = ["COPYING"]

[tool.setuptools]
packages = ["{package}"]

[tool.setuptools.package-data]
{package} = ["*/*"]
"""
SETUP: Final = "[bdist_wheel]\nplat_name = {tag}\npython_tag = py3\n"
README: Final = """\
# Kernel of apnemu's virtual-time lab

Linux {linux} as User Mode Linux (x86-64), an ordinary program, which apnemu boots networks in. Install it beside
apnemu; nothing else uses it.

It is under the GNU General Public License, version 2 (COPYING). Its source:

- Linux: {name}, {recorded}{debian};
- configuration and patches: `{package}/source` of this wheel;
- how it is built: `apnemu lab build`, of apnemu {apnemu} (its `apnemu/lab/build.py`): patches in their order, then
  `make ARCH=um`.

Whoever passes this wheel on gives the source too: `apnemu lab wheel --with-source` writes both, side by side.
"""


def make(kernel: Kernel, out: Path, report: Report, *, with_source: Path | None = None) -> list[Path]:
    """Make the wheel of a cached kernel in a folder; `with_source`, a tarball of Linux, has its source put beside it.

    Raises:
        InputError: the kernel is none of apnemu's own, or the source is none of that kernel.
        KernelError: pip cannot make the wheel.
    """
    if not kernel.key or not kernel.source:
        raise InputError(f"{kernel.path} is of unknown source; unset {VARIABLE}, and build one: apnemu lab build")
    if with_source is not None and source.recorded_hash(source.resolve(with_source)) != kernel.source:
        raise InputError(f"{with_source} is not what the kernel was built from ({kernel.source}); give that tarball")
    version, tag = f"{kernel.version}+{kernel.recipe}", platform_tag(kernel.path)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="apnemu-wheel-") as place:
        project = Path(place, "project")
        _lay_out(kernel, project, version, tag)
        report(f"kernel: making the wheel of {kernel.version} for {tag}")
        found = _build(project, Path(place))
        target = out / found.name
        shutil.move(found, target)
    made = [target]
    if with_source is not None:
        archive = out / f"apnemu_kernel-{version}-source.tar"
        with tarfile.open(archive, "w") as tar:
            for file in (with_source, LICENCE, *build.recipe_files(), Path(build.__file__)):
                tar.add(file, f"apnemu_kernel-{version}/{file.name}")
        made.append(archive)
    return made


def platform_tag(binary: Path) -> str:
    """The tag of the machines on which a program runs, by the newest symbols of glibc that it asks for (PEP 600)."""
    asked = re.findall(rb"GLIBC_(\d+)\.(\d+)", binary.read_bytes())
    major, minor = max([(int(one), int(other)) for one, other in asked], default=OLDEST_GLIBC)
    major, minor = max((major, minor), OLDEST_GLIBC)
    return f"manylinux_{major}_{minor}_x86_64"


def _lay_out(kernel: Kernel, project: Path, version: str, tag: str) -> None:
    from apnemu import __version__

    package = project / PACKAGE
    for folder in (package / kernel.key, package / "source"):
        folder.mkdir(parents=True)
    shutil.copyfile(kernel.path, package / kernel.key / "linux")
    (package / kernel.key / "linux").chmod(0o755)
    facts = {name: value for name, value in asdict(kernel).items() if name != "path"}
    (package / kernel.key / "kernel.json").write_text(json.dumps(facts, indent=1) + "\n")
    shutil.copyfile(kernel.path.with_name(HASH), package / kernel.key / HASH)
    for file in (LICENCE, *build.recipe_files()):
        shutil.copyfile(file, package / "source" / file.name)
    shutil.copyfile(LICENCE, project / "COPYING")
    linux = {"version": version, "linux": kernel.version, "package": PACKAGE}
    (package / "__init__.py").write_text(
        f'"""Kernel of apnemu\'s lab, Linux {kernel.version}: a program, no Python."""\n'
    )
    (project / "pyproject.toml").write_text(PROJECT.format(**linux))
    (project / "setup.cfg").write_text(SETUP.format(tag=tag))
    name, debian = _origin(kernel)
    told = README.format(**linux, name=name, recorded=kernel.source, debian=debian, apnemu=__version__)
    for readme in (project / "README.md", package / "source" / "README.md"):
        readme.write_text(told)


def _origin(kernel: Kernel) -> tuple[str, str]:
    """Name of the source, and where it is had: of one that was tested, which Debian's package it is."""
    for line in source.TESTED.read_text().splitlines():
        digest, *words = line.split()
        if kernel.source == f"sha256:{digest}" and len(words) == 3:
            where = f"https://snapshot.debian.org/package/linux/{words[2]}/"
            return words[0], f", of Debian's package {words[1]} {words[2]} ({where})"
    return source.DEFAULT.name, ""


def _build(project: Path, place: Path) -> Path:
    """Have pip make the wheel. Raises KernelError with its last words."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": STAMP}
    done = subprocess.run(
        [*command, "--wheel-dir", str(place / "made"), str(project)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=environment,
    )
    if done.returncode:
        raise KernelError(f"pip cannot make the wheel: {' '.join((done.stderr or done.stdout).split()[-40:])}")
    return next((place / "made").glob("*.whl"))
