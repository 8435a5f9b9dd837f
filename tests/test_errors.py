# SPDX-License-Identifier: BSD-3-Clause
"""A command that a signal from outside ends says so, in one line."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

ENDS = """
import os, signal, sys
import typer
from apnemu import cli
from apnemu.interrupts import signals_raise

def ends() -> None:
    with signals_raise():
        os.kill(os.getpid(), int(sys.argv[2]))
        signal.pause()

cli.app.command("ends-by", context_settings={"ignore_unknown_options": True, "allow_extra_args": True})(ends)
cli.main()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_from_outside_is_named(number: signal.Signals) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDS, "ends-by", str(int(number))], capture_output=True, text=True, check=False
    )
    assert done.returncode == 128 + number
    assert done.stderr.splitlines() == [f"ended by {number.name}"]
