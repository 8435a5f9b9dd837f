"""Deadlines of control loops: the closed form says which distance keeps them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.experiments.command import apnemu, settings

pytestmark = pytest.mark.guest


def test_the_deadline_says_how_far(tmp_path: Path) -> None:
    asked = settings(
        distance_km="50,280,320", load="0,1.1", loops=20, period_ms=5, inference_ms=1, deadline_ms=4, seconds=0.1
    )
    found = apnemu("run", "control_loop", *asked, "--json", "--out", "run", folder=tmp_path).json()
    assert found["expectation"]["met"]
    rows = {(row["network"], row["load"], row["distance_km"]): row for row in found["results"]}
    assert len(rows) == 12 and all(row["asked"] == 400 for row in rows.values())
    for load in (0, 1.1):
        assert [rows["apn", load, km]["missed"] for km in (50, 280, 320)] == [0, 0, 400]
        assert [rows["apn", load, km]["kind"] for km in (50, 280, 320)] == ["edge", "local", "cluster"]
    assert rows["packet", 0, 50]["missed"] == 0 < rows["packet", 1.1, 280]["missed"]
    for (network, load, _), row in rows.items():
        if network == "apn" or not load:
            assert 0 <= row["response_ns_p50"] - row["predicted_response_ns"] + 1_000 < 20_000


def test_bad_settings(tmp_path: Path) -> None:
    done = apnemu("run", "control_loop", *settings(distance_km=-3), folder=tmp_path)
    assert done.code == 2 and "distance_km is '-3'; it must be a number from 0 to 6000" in done.err
