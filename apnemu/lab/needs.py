# SPDX-License-Identifier: BSD-3-Clause
"""Needs of the lab: what a machine must have, what this one lacks, and the command that mends it (`apnemu doctor`)."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Final

from apnemu.errors import KernelError, LabError
from apnemu.lab import build, kernel, shipped, source

PROGRAMS: Final = {
    "mnexec": ("mininet", "Mininet's hosts are processes in namespaces of their own"),
    "ovs-vswitchd": ("openvswitch-switch", "every ROADM and every router is an Open vSwitch bridge"),
    "ip": ("iproute2", "the guest's loopback, and what users type in it"),
    "tcpdump": ("tcpdump", "captures"),
    "ping": ("iputils-ping", "Mininet's ping and pingAll"),
    "ifconfig": ("net-tools", "Mininet's own commands"),
    "iperf3": ("iperf3", "stock Mininet's traffic in apnemu bench"),
    "chrt": ("util-linux", "the guest's network thread goes before every program"),
}
COMPILER: Final = "build-essential"
"""Package that a lab needs too: networks on demand, and FRR's routers, compile what their daemons preload."""
SYSTEM_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
RYU_STEPS: Final = (("ryu-build.txt",), ("ryu.txt", "--no-build-isolation"))
"""Lists of packages with their hashes, beside this file, which pip installs in two steps: Ryu 4.34 builds with a
setuptools of its time alone, and not in isolation."""
OLDEST_HOST: Final = (5, 6)
"""Oldest kernel of the host that will do: it has openat2, by which the guest's writes are bound to one folder."""
FREE_MEMORY_MB: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A need of the lab: whether the machine has it, what it is for, and the command that mends it."""

    name: str
    present: bool
    why: str
    mend: str


def check() -> list[Need]:
    """Check everything that the lab needs, in the order in which it should be mended."""
    try:
        ready = kernel.find() is not None
    except KernelError:
        ready = False
    return [*_host(), *_packages(ready), _kernel(ready)]


def _host() -> list[Need]:
    release = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2] if part.isdecimal())
    scope = _number(Path("/proc/sys/kernel/yama/ptrace_scope"), default=0)
    memory_mb = _free_memory_mb()
    return [
        Need(
            name="x86-64",
            present=platform.machine() == "x86_64",
            why="User Mode Linux exists for x86-64 hosts only",
            mend="use an x86-64 machine",
        ),
        Need(
            name=f"Linux {'.'.join(map(str, OLDEST_HOST))}",
            present=release >= OLDEST_HOST,
            why="openat2, by which the guest's writes are bound to one folder",
            mend="apt-get dist-upgrade",
        ),
        Need(
            name="ptrace",
            present=scope < 2 or (scope == 2 and os.geteuid() == 0),
            why=f"the guest's kernel traces its processes (kernel.yama.ptrace_scope is {scope})",
            mend="sysctl -w kernel.yama.ptrace_scope=1",
        ),
        Need(
            name=f"{FREE_MEMORY_MB} MB of memory",
            present=memory_mb >= FREE_MEMORY_MB,
            why=f"a guest of one topology ({memory_mb} MB are free)",
            mend="end other programs",
        ),
    ]


def _packages(has_kernel: bool) -> list[Need]:
    """Check the packages; those that only build the kernel are not needed where it is built."""
    missing = build.missing_packages()
    tools = sorted({*build.TOOLS.values(), *build.HEADERS.values()})
    needs = [
        Need(
            name=package,
            present=package not in missing or (has_kernel and package != COMPILER),
            why="builds the lab's kernel" + (", and what its daemons preload" if package == COMPILER else ""),
            mend=f"apt-get install {package}",
        )
        for package in tools
    ]
    try:
        has_source = bool(source.resolve(None))
    except KernelError:
        has_source = False
    needs.append(
        Need(
            name="linux-source-6.12",
            present=has_kernel or has_source,
            why="the source of the lab's kernel",
            mend="apt-get install linux-source-6.12",
        )
    )
    return needs + [
        Need(
            name=package,
            present=has_program(program),
            why=why,
            mend=f"apt-get install {package}",
        )
        for program, (package, why) in PROGRAMS.items()
    ]


def _kernel(ready: bool) -> Need:
    why = "the lab's own kernel, built once"
    if not ready and (refused := shipped.refusal()):
        why += f" ({refused})"
    return Need(name="kernel", present=ready, why=why, mend="apnemu lab build")


def has_program(path: str) -> bool:
    """Whether this machine has a program, by its name or by a path with *."""
    if "/" in path:
        return bool(glob(path))
    return shutil.which(path, path=os.environ.get("PATH", "") + ":" + SYSTEM_PATH) is not None


def install(packages: Sequence[str]) -> None:
    """Install Debian packages, as root or through sudo.

    Raises:
        LabError: apt-get failed; the message has the last words that it printed.
    """
    rights = [] if os.geteuid() == 0 else ["sudo"]
    quiet = [*rights, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        done = subprocess.run([*quiet, *command], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            last_words = " ".join((done.stderr or done.stdout).split()[-40:])
            raise LabError(f"apt-get {command[0]} ended with {done.returncode}: {last_words}")


def has_ryu() -> bool:
    """Whether the Python of this command has Ryu."""
    return importlib.util.find_spec("ryu") is not None


def install_ryu() -> None:
    """Install Ryu 4.34 and what it needs into the Python of this command, each file by its hash: what was tested.

    Raises:
        LabError: pip failed; the message has the last words that it printed.
    """
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--require-hashes"]
    for listed, *options in RYU_STEPS:
        command = [*pip, "--requirement", str(Path(__file__).with_name(listed)), *options]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            last_words = " ".join((done.stderr or done.stdout).split()[-40:])
            raise LabError(f"pip install --requirement {listed} ended with {done.returncode}: {last_words}")


def _number(path: Path, *, default: int) -> int:
    try:
        return int(path.read_text())
    except OSError:
        return default


def _free_memory_mb() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    return 0
