# SPDX-License-Identifier: BSD-3-Clause
"""An idle network sleeps: nothing in it wakes up by itself and meets somebody's frame."""

from __future__ import annotations

from pathlib import Path

import pytest

from apnemu.lab import kernel
from apnemu.model.scenario import Stage
from apnemu.running import bench
from apnemu.units import s_to_ns

pytestmark = pytest.mark.guest


def test_a_longer_idle_time_takes_hardly_more_system_calls(tmp_path: Path) -> None:
    """12,000 in 900 s, most of them the controller's; with what Open vSwitch did every 5 s it was 69,000."""
    ready = kernel.ensure(report=print).path
    short, long = (
        bench._ours(
            ready,
            tmp_path / str(seconds),
            bench.chain(3),
            lambda context, seconds=seconds: (Stage(phase="idle", duration_ns=s_to_ns(seconds)),),
        ).outcome.syscalls
        for seconds in (100, 1000)
    )
    assert long - short < 20_000
