# SPDX-License-Identifier: BSD-3-Clause
"""Make the lab's kernel from its source, in a folder that is thrown away."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import Final

from apnemu.errors import KernelError
from apnemu.lab.ending import started

RECIPE: Final = Path(__file__).with_name("kernel")
"""Folder of our configuration and patches."""
COMPILED_FILES: Final = 900
"""Number of files that the configuration compiles; only the estimate of the time left depends on it."""
NEEDED_BYTES: Final = 2_500_000_000
"""Disk space for the unpacked source and what is compiled from it."""
REPORT_EVERY_S: Final = 2.0
TOOLS: Final = {
    "gcc": "build-essential",
    "make": "build-essential",
    "patch": "build-essential",
    "ld": "build-essential",
    "tar": "tar",
    "xz": "xz-utils",
    "flex": "flex",
    "bison": "bison",
    "bc": "bc",
}
HEADERS: Final = {"/usr/include/libelf.h": "libelf-dev"}
_ENVIRONMENT: Final = {
    "LC_ALL": "C",
    "KBUILD_BUILD_TIMESTAMP": "2030-01-01",
    "KBUILD_BUILD_USER": "apnemu",
    "KBUILD_BUILD_HOST": "lab",
}

Report = Callable[[str], None]


def recipe_files() -> list[Path]:
    """List the configuration, then the patches in the order in which they are applied."""
    return [RECIPE / "kernel.config", *sorted(RECIPE.glob("*.patch"))]


def missing_packages() -> list[str]:
    """List the Debian packages that a build needs and this machine lacks, in alphabetical order."""
    missing = {package for tool, package in TOOLS.items() if shutil.which(tool) is None}
    missing |= {package for header, package in HEADERS.items() if not Path(header).is_file()}
    return sorted(missing)


def build(source: Path, folder: Path, report: Report) -> tuple[Path, str]:
    """Build in `folder` from a tarball or a tree; returns the stripped kernel's path, and its version.

    Raises:
        KernelError: a tool is missing, the disk is full, a patch does not apply, an option of the configuration does
            not exist in this source, or the compiler fails.
    """
    if missing := missing_packages():
        raise KernelError(f"building the kernel needs {', '.join(missing)}; `apt-get install {' '.join(missing)}`")
    state = os.statvfs(folder)
    if (free := state.f_bavail * state.f_frsize) < NEEDED_BYTES:
        raise KernelError(
            f"building the kernel needs {NEEDED_BYTES / 1e9:.1f} GB under {folder.parent}, {free / 1e9:.1f} GB are "
            "free; make room, or set XDG_CACHE_HOME to a folder on another disk"
        )
    tree = folder / "tree"
    report("kernel: unpacking the source (about 10 s)")
    if source.is_dir():
        _run(["cp", "-a", "--reflink=auto", str(source), str(tree)], folder)
        _run(["make", "-s", "ARCH=um", "mrproper"], tree)
    else:
        tree.mkdir()
        _run(["tar", "-xf", str(source.resolve()), "-C", str(tree), "--strip-components=1", "--no-same-owner"], folder)
    for patch in recipe_files()[1:]:
        # no fuzz: a patch that lands a line off could compile and be wrong
        _run(["patch", "-p1", "--batch", "--forward", "--fuzz=0", "-i", str(patch)], tree)
    report("kernel: configuring")
    wanted = RECIPE / "kernel.config"
    _run(["make", "-s", "ARCH=um", "allnoconfig", f"KCONFIG_ALLCONFIG={wanted}"], tree)
    if absent := absent_options(wanted.read_text(), (tree / ".config").read_text()):
        raise KernelError(f"this kernel source does not take these options: {', '.join(absent)}; try another version")
    _compile(tree, report)
    _run(["strip", "-o", str(folder / "linux"), str(tree / "linux")], folder)
    version = _run([str(folder / "linux"), "--version"], folder).strip()
    return folder / "linux", version


def absent_options(wanted: str, config: str) -> list[str]:
    """List options that were asked for and are not in the configuration as it came out.

    >>> absent_options("# why\\nCONFIG_NET=y\\nCONFIG_X=7\\n", "CONFIG_NET=y\\n# CONFIG_X is not set\\n")
    ['CONFIG_X=7']
    """
    have = set(config.splitlines())
    return [line for line in wanted.splitlines() if line.startswith("CONFIG_") and line not in have]


def _compile(tree: Path, report: Report) -> None:
    jobs = len(os.sched_getaffinity(0))
    start_s = reported_s = time.monotonic()
    compiled = 0
    report(f"kernel: compiling {COMPILED_FILES} files with {jobs} jobs")
    with closing(_lines(["make", f"-j{jobs}", "ARCH=um", "linux"], tree)) as lines:
        for line in lines:
            compiled += line.startswith("  CC ")
            now_s = time.monotonic()
            if now_s - reported_s >= REPORT_EVERY_S and compiled > COMPILED_FILES // 50:
                reported_s = now_s
                share = min(1.0, compiled / COMPILED_FILES)
                left_s = (now_s - start_s) * (1 - share) / share
                report(f"kernel: compiling, {share:.0%}, about {left_s:.0f} s left")


def _run(command: list[str], folder: Path) -> str:
    with closing(_lines(command, folder)) as lines:
        return "".join(lines)


def _lines(command: list[str], folder: Path) -> Generator[str, None, None]:
    """Run a program to its end, and yield each line that it prints."""
    messages: list[str] = []
    with started(
        command,
        cwd=folder,
        env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": "/nonexistent", **_ENVIRONMENT},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if not re.match(r"  [A-Z0-9]+ ", line):
                messages = [*messages[-200:], line]
            yield line
        code = process.wait()
    if code:
        raise KernelError(_failure(command, folder, messages))


def _failure(command: list[str], folder: Path, messages: list[str]) -> str:
    text = "".join(messages)
    if "No space left on device" in text:
        return f"the disk under {folder} filled up; building the kernel needs {NEEDED_BYTES / 1e9:.1f} GB"
    telling = [line.strip() for line in messages if re.search(r"error|FAILED|No such file|cannot", line, re.IGNORECASE)]
    shown = telling[:2] or [line.strip() for line in messages[-2:]]
    return f"`{' '.join(command[:4])}` failed while building the kernel: {' | '.join(shown)}"
