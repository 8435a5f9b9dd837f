# SPDX-License-Identifier: BSD-3-Clause
"""PostgreSQL in two data centres: a commit waits for the round trip; the cut loses nothing that was acknowledged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apnemu.experiments.virtual_dc_database import EXPERIMENT
from tests.experiments.command import apnemu, settings

DARK_NS = 100_000_000


@pytest.mark.long
@pytest.mark.guest
@pytest.mark.slow
def test_a_commit_waits_for_the_round_trip(tmp_path: Path) -> None:
    asked = settings(distance_km="0.001,300", standbys=3, sync="first", transactions=20)
    found = apnemu(
        "run", "virtual_dc_database", "--network", "apn", *asked, "--json", "--out", "run", folder=tmp_path
    ).json()
    assert found["expectation"]["met"]
    none, _, far = found["results"]
    assert (none["distance_km"], far["distance_km"], far["standbys"]) == (0, 300, 3)
    waited_ns = far["commit_ns_p50"] - none["commit_ns_p50"]
    assert waited_ns == pytest.approx(2 * 300 * 4896.7, rel=0.05)
    assert far["acknowledged"] > 50 and far["acknowledged_lost"] == 0 and far["standby_takes_rows"]


def mended(folder: Path, *, met: bool | None = True, **given: object) -> dict[str, Any]:
    """The row of 300 km, where the fibre is dark for 0.1 s and then mended."""
    asked = settings(distance_km=300, transactions=20, after_cut="repair", dark_s=DARK_NS / 1e9, **given)
    words = ("--network", "apn", *asked, "--json", "--out", "run")
    found: dict[str, Any] = apnemu("run", "virtual_dc_database", *words, folder=folder).json()
    assert found["expectation"]["met"] is met
    row: dict[str, Any] = found["results"][-1]
    assert row["acknowledged"] is None and row["repair_acknowledged_since"] == 20
    return row


@pytest.mark.long
@pytest.mark.guest
@pytest.mark.slow
def test_commits_stall_while_the_fibre_is_dark_and_go_on(tmp_path: Path) -> None:
    row = mended(tmp_path)
    assert row["stalled_ns_least"] == DARK_NS
    most_ns = 2 * DARK_NS + 240_000_000 + 6 * row["rtt_ns"]
    assert DARK_NS < row["stalled_ns"] < row["stalled_ns_most"] == pytest.approx(most_ns, rel=0.01)
    before = row["repair_acknowledged"] - row["repair_acknowledged_since"]
    assert 100 < before < 0.4e9 / row["rtt_ns"], "one commit after the other until the cut, none in the dark"
    assert row["repair_acknowledged_lost"] == 0


@pytest.mark.long
@pytest.mark.guest
@pytest.mark.slow
def test_without_a_standby_to_wait_for_nothing_stalls_and_the_standby_lacks_rows(tmp_path: Path) -> None:
    row = mended(tmp_path, met=None, wait_for=0)
    assert row["stalled_ns"] < DARK_NS / 10
    assert row["repair_acknowledged_lost"] > 0


STALLED = {
    "network": "packet",
    "acknowledged": 30,
    "acknowledged_lost": 0,
    "repair_acknowledged": 33,
    "repair_acknowledged_since": 20,
    "repair_acknowledged_lost": 0,
    "stalled_ns": 1_800_000_000,
    "stalled_ns_least": 1_000_000_000,
    "stalled_ns_most": 2_400_000_000,
}


UNCUT = {"network": "apn", "acknowledged": None, "acknowledged_lost": None, "repair_acknowledged": None}


@pytest.mark.parametrize(
    ("changed", "met"),
    [
        ({}, True),
        ({"acknowledged_lost": 1}, False),
        ({"repair_acknowledged_lost": 1}, False),
        ({"repair_acknowledged_since": 0}, False),
        ({"stalled_ns": 900_000_000}, False),
        ({"stalled_ns": 2_500_000_000}, False),
        ({"stalled_ns": None}, False),
    ],
)
def test_what_is_not_as_expected_is_said(changed: dict[str, Any], met: bool) -> None:
    assert EXPERIMENT.judge([{**STALLED, **changed}], EXPERIMENT.settings()).met is met


@pytest.mark.parametrize(("more_ns", "met"), [(0, True), (-190_000, True), (190_000, True), (210_000, False)])
def test_a_commit_takes_a_round_trip_more_than_without_distance(more_ns: int, met: bool) -> None:
    """3 ms away: 5 % of the round trip and 50 us are allowed."""
    rows = [
        {**UNCUT, "distance_km": 0.0, "rtt_ns": 30_000, "commit_ns_p50": 80_000},
        {**UNCUT, "distance_km": 300.0, "rtt_ns": 3_000_000, "commit_ns_p50": 3_050_000 + more_ns},
    ]
    verdict = EXPERIMENT.judge(rows, EXPERIMENT.settings())
    assert (verdict.met, verdict.judged) == (met, 1)
    assert met or "APN, distance_km 300.0): median commit 3.26 ms, expected 3.05 ms within 200 µs" in verdict.why


def test_what_no_standby_was_waited_for_or_nothing_was_cut_over_the_packet_network_is_not_judged() -> None:
    assert EXPERIMENT.judge([{**STALLED, "acknowledged_lost": 9}], EXPERIMENT.settings(wait_for=0)).met is None
    assert EXPERIMENT.expected(EXPERIMENT.settings(wait_for=0)) == ""
    assert EXPERIMENT.judge([{**UNCUT, "network": "packet"}], EXPERIMENT.settings()).met is None
    nothing_to_lose = {"network": "packet", "acknowledged": 0, "acknowledged_lost": 0}
    assert EXPERIMENT.judge([{**UNCUT, **nothing_to_lose}], EXPERIMENT.settings()).met is None


@pytest.mark.long
@pytest.mark.guest
@pytest.mark.slow
def test_pgbench_has_its_tables(tmp_path: Path) -> None:
    asked = settings(distance_km=0, script="pgbench", transactions=20, cut="no")
    found = apnemu(
        "run", "virtual_dc_database", "--network", "apn", *asked, "--json", "--out", "run", folder=tmp_path
    ).json()
    (row,) = found["results"]
    assert row["commits"] == 20 and 0 < row["rtt_ns"] < row["commit_ns_p50"] < 1_000_000


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("distance_km=-5", "distance_km is '-5'; it must be a number from 0 to 6000"),
        ("standbys=0", "standbys is '0'; it must be a whole number from 1 to 8"),
        ("wait_for=3", "wait_for is 3; there are 1 standbys to wait for; give at most that"),
        ("rate_gbps=10000", "rate_gbps is '10000'; it must be a number from 1 to 1600"),
        ("dark_s=60", "dark_s is '60'; it must be a number from 0.05 to 10"),
        ("after_cut=nothing", "after_cut is 'nothing'; it must be failover or repair"),
    ],
)
def test_bad_settings(given: str, said: str, tmp_path: Path) -> None:
    done = apnemu("run", "virtual_dc_database", "--set", given, folder=tmp_path)
    assert done.code == 2 and said in done.err
