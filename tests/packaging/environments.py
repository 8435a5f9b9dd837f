# SPDX-License-Identifier: BSD-3-Clause
"""Environments of their own, into which apnemu is installed as a user does: no checkout, and no path to one.

Pythons are those that apnemu says it runs on, as far as this machine has them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", "runs", "build", "dist", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """An environment with apnemu in it, and an empty folder to work in."""

    python: Path
    folder: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command as a user types it, in the empty folder; all that it gets from this test is where the cache is."""
        cache = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
        return subprocess.run(
            command,
            cwd=self.folder,
            env={
                "PATH": f"{self.python.parent}:{SYSTEM_PATH}",
                "HOME": str(self.folder.parent / "home"),
                "XDG_CACHE_HOME": cache,
                "LANG": "C.UTF-8",
                "COLUMNS": "200",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def text(self, *command: str, code: int = 0) -> str:
        """Standard output of a command that ends with `code`."""
        done = self.run(*command)
        assert done.returncode == code, f"{' '.join(command)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout


def interpreter(version: str) -> str | None:
    """A Python of that version which can make environments, or None: on the path, of uv, or of pyenv."""
    uv = shutil.which("uv")
    asked = [uv, "python", "find", "--no-python-downloads", "--system", version]
    of_uv = subprocess.run(asked, capture_output=True, text=True, cwd="/").stdout.strip() if uv else ""
    of_pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    given = [getattr(sys, "_base_executable", sys.executable), f"/usr/bin/python{version}", f"python{version}", of_uv]
    probe = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    for candidate in [*given, *map(str, of_pyenv)]:
        if candidate and shutil.which(candidate):
            done = subprocess.run([candidate, "-c", probe], capture_output=True, text=True)
            if done.stdout.strip() == version:
                return candidate
    return None


def copy_of_the_checkout(folder: Path) -> Path:
    """The repository as it is now, its links kept: a build leaves files in the tree that it builds from."""
    return Path(shutil.copytree(REPOSITORY, folder / "checkout", symlinks=True, ignore=NOT_COPIED))


def install(python: str, distribution: Path, folder: Path) -> Installed:
    """A new environment with the distribution and what it depends on, from the index that pip is set up with."""
    environment = folder / "environment"
    if uv := shutil.which("uv"):
        _quietly(uv, "venv", "--python", python, str(environment))
        _quietly(uv, "pip", "install", "--python", str(environment), str(distribution))
    else:
        _quietly(python, "-m", "venv", str(environment))
        _quietly(str(environment / "bin" / "pip"), "install", "--disable-pip-version-check", str(distribution))
    for name in ("empty", "home"):
        (folder / name).mkdir()
    return Installed(python=environment / "bin" / "python", folder=folder / "empty")


def _quietly(*command: str) -> None:
    """A command that succeeds; a checkout that this test's Python is told of would count as installed already."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-2000:]}\n{done.stderr[-2000:]}"
