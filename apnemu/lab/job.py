# SPDX-License-Identifier: BSD-3-Clause
"""The job of a guest: which program it runs, in which folder, within which limits; how far it is, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

DISK_LIMIT_MB: Final = 16384
"""Allowance of disk, in MiB, that a guest has unless another is asked for."""
PCAP_BYTES: Final = 128
"""Bytes of each captured frame that are kept, unless a run asks for others: all of its headers."""
MOST_PCAP_BYTES: Final = 262_144


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A program to run in a guest of its own, as the guest's root.

    `folder` is the only thing on the host that the guest can write; the guest finds it at /run/apnemu. `shown` gives
    names under /run to further folders of the host, which the guest can read, wherever they lie on the host. With
    `hide_home` the guest sees nothing of this user's home but the Python that runs this, and what of it is `visible`.
    `environment` is added to a fixed environment; nothing of the caller's comes through. `memory_mb` is a bound; pages
    are taken when touched. `stall_limit_s` is CPU time spent while virtual time stands still: what a program may
    compute at a single instant. `disk_limit_mb` is what the guest may add to the folder.

    Raises:
        ValueError: a value is outside its limits.
    """

    kernel: Path
    folder: Path
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, Path] = field(default_factory=dict)
    hide_home: bool = True
    visible: tuple[Path, ...] = ()
    working_directory: str = "/"
    seed: int = 1
    memory_mb: int = 2048
    time: Literal["virtual", "real"] = "virtual"
    syscall_cost_ns: int = 500
    clock_read_cost_ns: int = 1
    wall_limit_s: float = 600
    stall_limit_s: float = 20
    planned_virtual_s: float | None = None
    core: int | None = None
    disk_limit_mb: int = DISK_LIMIT_MB

    def __post_init__(self) -> None:
        if not self.argv:
            raise ValueError("argv is empty; it must name a program")
        for key in self.environment:
            if not (key.isascii() and key.isidentifier()):
                raise ValueError(f"environment has {key!r}; a name is made of letters, digits and _")
        if not 64 <= self.memory_mb <= 1_048_576:
            raise ValueError(f"memory_mb is {self.memory_mb}; it must be from 64 to 1048576")
        if self.disk_limit_mb < 1:
            raise ValueError(f"disk_limit_mb is {self.disk_limit_mb}; it must be at least 1")
        if not 0 <= self.seed < 2**64:
            raise ValueError(f"seed is {self.seed}; it must be from 0 to 2**64 - 1")
        if self.syscall_cost_ns < 0 or self.clock_read_cost_ns < 1:
            raise ValueError(f"costs are {self.syscall_cost_ns} and {self.clock_read_cost_ns} ns; at least 0 and 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Progress of a guest in virtual and wall time; `planned_virtual_s` is the job's."""

    virtual_ns: int
    wall_s: float
    planned_virtual_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Outcome of a guest whose program ended by itself.

    In real time `virtual_ns` is 0, since that clock was not used. `memory_bytes` is the most memory of the host's that
    the guest had, except for what it took in its last `TICK_S`.
    """

    exit_code: int
    virtual_ns: int
    wall_s: float
    syscalls: int
    core: int
    memory_bytes: int
