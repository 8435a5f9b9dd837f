"""A pool in the lab: transfers are measured, the makespan follows from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.experiments.command import apnemu, settings

pytestmark = pytest.mark.guest


def test_the_gap_grows_with_distance(tmp_path: Path) -> None:
    asked = settings(distance_km="0,2000", sizes_mw="4,2,2", rounds=3, cpu_s=0.01, gpu_s=0.02, input_bytes=1_000_000)
    found = apnemu(
        "run", "virtual_dc_pool", "--network", "apn", "--json", "--out", "run", *asked, folder=tmp_path
    ).json()
    assert found["expectation"]["met"]
    rows = {(row["form"], row["distance_km"]): row for row in found["results"]}
    assert len(rows) == 6
    assert all(row["makespan_s"] >= row["lower_bound_s"] > 0 for row in rows.values())
    assert rows["one", 2000]["gap"] == 1
    way_s = 2 * 2000 * 4.8967e-6
    slower_s = rows["disaggregated", 2000]["makespan_s"] - rows["disaggregated", 0]["makespan_s"]
    assert slower_s > 3 * 3 * way_s / 2, "three ways, three rounds: at least the light's own time"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("distance_km=-1", "distance_km is '-1'; it must be a number from 0 to 6000"),
        ("rate_gbps=10000", "rate_gbps is '10000'; it must be a number from 1 to 1600"),
        ("sizes_mw=100", "sizes_mw has one size; a pool needs two sites"),
        ("slot_mw=60", "slot_mw is 60; the smallest of sizes_mw, 50, must hold one"),
    ],
)
def test_bad_settings(given: str, said: str, tmp_path: Path) -> None:
    done = apnemu("run", "virtual_dc_pool", "--set", given, folder=tmp_path)
    assert done.code == 2 and said in done.err and done.err.count("\n") == 1
