# SPDX-License-Identifier: BSD-3-Clause
"""Probes that meet on light: how long one may wait for the other's frame, and what is said of one that waits longer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apnemu.experiments.latency import JITTER_NS, Settings, judge

ROWS = json.loads((Path(__file__).parents[1] / "recorded" / "latency" / "rows.json").read_text())
FULL = next(row for row in ROWS if (row["network"], row["phase"]) == ("apn", "full"))


def test_a_probe_waits_for_a_frame_at_either_end() -> None:
    """Frames of 98 bytes take 78 ns at 10 Gbit/s; an idle network's probes, and routers', have no such allowance."""
    assert FULL["meeting_ns"] == 156
    assert {row["meeting_ns"] for row in ROWS if (row["network"], row["phase"]) != ("apn", "full")} == {0}


@pytest.mark.parametrize(("phase", "late_ns", "met"), [("full", 206, True), ("full", 207, False), ("idle", 51, False)])
def test_more_than_that_is_not_as_expected(phase: str, late_ns: int, met: bool) -> None:
    row = {**FULL, "phase": phase, "meeting_ns": FULL["meeting_ns"] if phase == "full" else 0}
    assert FULL["meeting_ns"] + JITTER_NS == 206
    assert judge([{**row, "jitter_ns": late_ns}], Settings()).met is met
