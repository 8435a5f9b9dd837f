"""PostgreSQL in two data centres: a commit waits for the round trip; the cut loses nothing that was acknowledged."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.experiments.command import apnemu, settings

pytestmark = [pytest.mark.guest, pytest.mark.slow]


def test_a_commit_waits_for_the_round_trip(tmp_path: Path) -> None:
    asked = settings(distance_km=300, standbys=2, sync="first", transactions=40)
    found = apnemu(
        "run", "virtual_dc_database", "--network", "apn", *asked, "--json", "--out", "run", folder=tmp_path
    ).json()
    assert found["expectation"]["met"]
    none, far = found["results"]
    assert (none["distance_km"], far["distance_km"], far["standbys"]) == (0, 300, 2)
    waited_ns = far["commit_ns_p50"] - none["commit_ns_p50"]
    assert waited_ns == pytest.approx(2 * 300 * 4896.7, rel=0.05)
    assert far["acknowledged"] > 50 and far["acknowledged_lost"] == 0 and far["standby_takes_rows"]


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
    ],
)
def test_bad_settings(given: str, said: str, tmp_path: Path) -> None:
    done = apnemu("run", "virtual_dc_database", "--set", given, folder=tmp_path)
    assert done.code == 2 and said in done.err
