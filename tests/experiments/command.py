# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu` as a script calls it: another process, its exit code and its two outputs."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
TOPOLOGIES = REPOSITORY / "topologies"
THREE_SITES = ("--topology", str(TOPOLOGIES / "three-sites.yaml"))
JPN12 = ("--topology", str(TOPOLOGIES / "jpn12.yaml"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str
    wall_s: float

    def json(self) -> Any:
        """What it printed must be one JSON document and nothing else."""
        assert self.code in (0, 1), self.err
        return json.loads(self.out)


def start(*arguments: str, folder: Path, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "apnemu.cli", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200", **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def apnemu(*arguments: str, folder: Path, environment: Mapping[str, str] | None = None) -> Done:
    """Run it to its end in `folder`; what it leaves under `runs/` is there."""
    begun_s = time.monotonic()
    with start(*arguments, folder=folder, environment=environment) as running:
        out, err = running.communicate()
    return Done(code=running.returncode, out=out, err=err, wall_s=time.monotonic() - begun_s)


def cpu_s() -> float:
    """CPU seconds that the commands of this test's process have used so far, with all that they started."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def settings(**values: object) -> list[str]:
    return [part for name, value in values.items() for part in ("--set", f"{name}={value}")]
