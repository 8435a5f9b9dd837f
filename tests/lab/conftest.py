# SPDX-License-Identifier: BSD-3-Clause
"""What the lab's tests share: a kernel, guests in folders, and a look at what is left on the host."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from apnemu.lab import guest, kernel

Run = Callable[..., tuple[guest.Outcome, str]]


@pytest.fixture(scope="session")
def lab_kernel() -> Path:
    """Built if it is not cached: minutes, once."""
    return kernel.ensure(report=print).path


@pytest.fixture
def make_job(lab_kernel: Path, tmp_path: Path) -> Callable[..., guest.Job]:
    def make(*argv: str, **values: object) -> guest.Job:
        settings: dict[str, object] = {"folder": tmp_path / "run", "memory_mb": 512, "wall_limit_s": 600, **values}
        return guest.Job(kernel=lab_kernel, argv=argv, **settings)  # type: ignore[arg-type]

    return make


@pytest.fixture
def boot(make_job: Callable[..., guest.Job]) -> Run:
    """Run a program in a guest; its outcome and its console without what the kernel itself prints."""

    def run(*argv: str, **values: object) -> tuple[guest.Outcome, str]:
        job = make_job(*argv, **values)
        outcome = guest.run(job)
        return outcome, console_of(job.folder)

    return run


def console_of(folder: Path) -> str:
    return (folder / "console.log").read_text().partition("reboot: Power down")[0].strip("\n")


def processes_in(folder: Path) -> list[str]:
    """The command lines of all processes whose working directory is `folder`: a guest's kernel and its children."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdecimal():
            try:
                if os.readlink(place / "cwd") == str(folder):
                    found.append(place.name + " " + (place / "cmdline").read_bytes().decode().replace("\0", " "))
            except OSError:
                continue
    return found


def wait_until(condition: Callable[[], bool], limit_s: float = 30.0) -> bool:
    """True as soon as it holds; False if it never did."""
    end_s = time.monotonic() + limit_s
    while time.monotonic() < end_s:
        if condition():
            return True
        time.sleep(0.05)
    return condition()
