# SPDX-License-Identifier: BSD-3-Clause
"""Workers that are ended from outside end their task, and what the others have done is kept."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from apnemu.errors import LabError
from apnemu.interrupts import signals_raise
from apnemu.running import workers

LONG_S = 600.0


def work(place: Path) -> str:
    """Say who works; the first is done at once, and the others take long, and tidy up."""
    with signals_raise():
        if place.name == "0":
            return "done"
        place.write_text(str(os.getpid()))
        try:
            time.sleep(LONG_S)
        finally:
            place.with_suffix(".tidy").touch()
        return "never"


def test_a_worker_that_is_terminated_takes_no_other_task(tmp_path: Path) -> None:
    """It has begun the second of four; the others are not begun any more."""
    tasks = [tmp_path / str(number) for number in range(4)]
    done = workers.on_this_machine(work, tasks, 1)
    assert next(done) == "done"
    while not (tasks[1].is_file() and tasks[1].read_text()):
        time.sleep(0.01)
    os.kill(int(tasks[1].read_text()), signal.SIGTERM)
    with pytest.raises(LabError, match="a worker was ended from outside"):
        next(done)
    assert tasks[1].with_suffix(".tidy").is_file()
    assert not tasks[2].exists()
