# SPDX-License-Identifier: BSD-3-Clause
"""How a guest's end is named."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from apnemu.errors import GuestError
from apnemu.lab import verdict
from apnemu.lab.console import Console
from apnemu.lab.job import Job
from apnemu.lab.watchdog import Reading, StillWatch


@pytest.mark.parametrize("stood_s", [0.0, 7.0])
def test_a_wall_limit_says_whether_time_stood_still(tmp_path: Path, stood_s: float) -> None:
    job = Job(kernel=tmp_path, folder=tmp_path, argv=("x",), wall_limit_s=60)
    still = StillWatch(20)
    still.stood_s = stood_s
    reading = Reading(virtual_ns=12_000_000, syscalls=0, pid=44, name="python3")
    with pytest.raises(GuestError) as caught:
        verdict.check_limits(job, 61, Console(tmp_path / "console.log"), reading, still, os.getpid())
    said = str(caught.value)
    assert said.startswith(
        "the guest ran for 60 s of wall time, its limit (wall_limit_s), and came to 0.012 s of virtual"
    )
    assert bool(re.search(r"for 7 s of CPU: python3 \(pid 44\) runs on, with no system calls", said)) == bool(stood_s)
    assert ("python3 (pid 44) ran last" in said) == (not stood_s)
