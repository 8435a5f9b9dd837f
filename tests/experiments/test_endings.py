# SPDX-License-Identifier: BSD-3-Clause
"""Runs that end badly in their labs: one line has the reason and the way out, and not only what ran last."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.experiments.command import THREE_SITES, apnemu

pytestmark = pytest.mark.guest
RUN = ("run", "latency", *THREE_SITES, "--set", "probes=1", "--out", "run")

CONTROLLERS = {
    "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)": (
        "the controller was ended by SIGSEGV: it said nothing, and the network still needed it"
    ),
    "import sys; sys.exit(0)": "the controller ended with 0: it said nothing, and the network still needed it",
    "import time; print('waiting for a licence', flush=True); time.sleep(100_000)": (
        "the controller did not make its switches ready within 300 virtual seconds; 0 of 3 switches are connected to"
        " it; its last words: waiting for a licence"
    ),
}


@pytest.mark.parametrize(
    "text",
    [pytest.param(text, marks=pytest.mark.long) if "licence" in text else text for text in CONTROLLERS],
    ids=["signal", "nothing said", "never ready"],
)
def test_a_controller_that_ends_or_hangs(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.py").write_text(text + "\n")
    done = apnemu(*RUN, "--network", "packet", "--controller", "mine.py", folder=tmp_path)
    assert done.code == 3
    assert CONTROLLERS[text] in done.err.splitlines()[-1]


def test_a_run_that_is_too_long_for_its_wall_limit(tmp_path: Path) -> None:
    asked = ("run", "throughput", *THREE_SITES, "--set", "seconds=3000", "--network", "apn", "--wall-limit-s", "20")
    done = apnemu(*asked, "--out", "run", folder=tmp_path)
    assert done.code == 3
    assert re.search(
        r"came to \d+\.\d+ s of virtual time; \d+\.\d+ s were planned, and the rest takes about \d+ s more at this"
        r" pace: allow it \(--wall-limit-s\), or play less; .* ran last",
        done.err.splitlines()[-1],
    )
