# SPDX-License-Identifier: BSD-3-Clause
"""A stage that is not ready when its first event is due does not start late: it is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .conftest import Run

pytestmark = pytest.mark.guest
STAGE = """
import os, sys, time
from pathlib import Path
sys.path[:0] = [sys.argv[1]]
from apnemu.emulation.notes import Notes
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.emulation.player import play_stage
from apnemu.errors import LateError
from apnemu.model.scenario import LEAD_NS, Stage

class Slow(Playing):
    def start(self, loop, start_ns):
        loop.at(start_ns, lambda: print(time.monotonic_ns() - start_ns < 1_100))
        time.sleep(LEAD_NS / 1e9 * float(sys.argv[2]))
        return 0

folder = Path("/run/apnemu")
scene = Scene(net=None, folder=folder, notes=Notes(folder / "x", "apn"), controller=None, ends=None, namespaces={})
try:
    play_stage(scene, Stage(phase="rush", duration_ns=0), (Slow,))
except LateError as error:
    print(error)
"""


def test_a_stage_that_is_not_ready_in_time_is_refused(boot: Run) -> None:
    top = str(Path(__file__).parents[2])
    in_time, late = (boot(sys.executable, "-c", STAGE, top, share)[1] for share in ("0.98", "1.1"))
    assert in_time == "True"
    assert late.startswith("stage 'rush' was ready 5,0"), late
    assert "us after its first event was due; its 0 activities have 50,000 us for that; put fewer" in late
