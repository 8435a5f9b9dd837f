# SPDX-License-Identifier: BSD-3-Clause
"""Deadlines of control loops: the closed form says which distance keeps them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apnemu.experiments.control_loop import EXPERIMENT, SLACK_NS, Settings
from tests.experiments.command import apnemu, settings


@pytest.mark.long
@pytest.mark.guest
def test_the_deadline_says_how_far(tmp_path: Path) -> None:
    asked = settings(
        distance_km="50,280,320", load="0,1.1", loops=20, period_ms=5, inference_ms=1, deadline_ms=4, seconds=0.1
    )
    document = apnemu("run", "control_loop", *asked, "--json", "--out", "run", folder=tmp_path).json()
    assert document["expectation"]["met"] is True
    rows = {(row["network"], row["load"], row["distance_km"]): row for row in document["results"]}
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


def row(**changed: Any) -> dict[str, Any]:
    same = {"site": "far-0", "distance_km": 20, "network": "apn", "load": 0.0, "asked": 10, "missed": 0}
    return {**same, "predicted_response_ns": 5_000_000, "deadline_ns": 8_000_000, "missed_share": 0.0, **changed}


def test_who_has_time_must_miss_none_and_who_has_none_all() -> None:
    late = {"predicted_response_ns": 8_000_001}
    kept = EXPERIMENT.judge([row(), row(**late, missed=10)], Settings())
    assert (kept.met, kept.judged) == (True, 2)
    for broken in (row(missed=1), row(**late, missed=9)):
        verdict = EXPERIMENT.judge([row(), broken], Settings())
        assert verdict.met is False
        assert verdict.failed == ({"site": "far-0", "distance_km": 20, "network": "apn", "load": 0.0},)


def test_of_the_packet_network_and_within_the_slack_nothing_is_expected() -> None:
    within = row(missed=3, predicted_response_ns=8_000_000 - SLACK_NS + 1)
    for rows in ([], [row(network="packet", missed=10)], [within]):
        assert EXPERIMENT.judge(rows, Settings()).met is None


def test_a_figure_for_each_load() -> None:
    rows = [row(load=load, distance_km=km, missed_share=km / 2000) for load in (0.0, 0.7) for km in (20, 1000)]
    (group,) = EXPERIMENT.shown.groups(rows, {})
    assert ["Deadlines missed: load 0<" in group[1][0], "Deadlines missed: load 0.7<" in group[1][1]] == [True, True]
    assert "50.0 % at 1,000" in group[1][0]
