# SPDX-License-Identifier: BSD-3-Clause
"""A machine that moves while it runs: pre-copy's closed form, and the same memory at the other side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apnemu.experiments.virtual_dc_migration import EXPERIMENT
from tests.experiments.command import apnemu, settings


def migration(folder: Path, *, met: bool | None = True, **given: object) -> list[dict[str, object]]:
    found = apnemu(
        "run", "virtual_dc_migration", "--network", "apn", "--json", "--out", "run", *settings(**given), folder=folder
    ).json()
    assert found["expectation"]["met"] is met
    rows: list[dict[str, object]] = found["results"]
    return rows


@pytest.mark.guest
@pytest.mark.parametrize("pattern", ["sequential", "random"])
def test_the_closed_form_and_the_same_memory(pattern: str, tmp_path: Path) -> None:
    rows = migration(
        tmp_path, distance_km="30,700", rate_gbps=10, memory_bytes=50_000_001, dirty_bytes_per_s=4e8, page_bytes=4096,
        pattern=pattern, verify="yes", stop_bytes=100_000,
    )  # fmt: skip
    assert [row["distance_km"] for row in rows] == [30, 700]
    assert all(row["same_memory"] is True and row["reason"] == "" for row in rows)
    assert rows[0]["downtime_ns"] < rows[1]["downtime_ns"]  # type: ignore[operator]


@pytest.mark.guest
def test_pages_that_are_shorter_on_the_line_than_a_system_call(tmp_path: Path) -> None:
    """At 100 Gbit/s a page of 4 KiB takes 0.34 us, the call that sends it 0.5."""
    rows = migration(
        tmp_path, distance_km="50,700", rate_gbps=100, memory_bytes=100_000_000, page_bytes=4096, pattern="random",
        stop_bytes=1_000_000,
    )  # fmt: skip
    for row in rows:
        for name, share in (("moved_bytes", 0.001), ("total_ns", 0.005), ("downtime_ns", 0.01)):
            assert row[name] == pytest.approx(row[f"predicted_{name}"], rel=share), name


@pytest.mark.guest
def test_a_path_that_is_too_slow_is_refused(tmp_path: Path) -> None:
    rows = migration(tmp_path, distance_km=50, rate_gbps="10,100", memory_bytes=100_000_000, dirty_bytes_per_s=2e9)
    assert "2 GB/s are dirtied, the path carries 1.2 GB/s" in str(rows[0]["reason"]) and rows[0]["rounds"] is None
    assert rows[1]["reason"] == "" and rows[1]["rounds"] == rows[1]["predicted_rounds"]


@pytest.mark.guest
def test_a_pair_that_gets_no_light_has_its_reason(tmp_path: Path) -> None:
    rows = migration(tmp_path, distance_km="50,1000", rate_gbps=400, memory_bytes=1_000_000)
    assert [(row["distance_km"], row["rate_gbps"], row["rounds"] is None) for row in rows] == [
        (50, 400, False),
        (1000, 400, True),
    ]
    assert str(rows[1]["reason"]).startswith("no light: reach: the shortest route has 1000 km, 400 Gbit/s reaches ")


@pytest.mark.guest
def test_many_at_once(tmp_path: Path) -> None:
    rows = migration(tmp_path, met=None, distance_km=50, rate_gbps=100, memory_bytes=100_000_000, machines=3)
    assert [row["machine"] for row in rows] == [1, 2, 3]
    alone_s = 100e6 / (100e9 / 8)
    assert all(row["total_ns"] > 2 * alone_s * 1e9 for row in rows), "they share one lightpath"  # type: ignore[operator]


MOVED: dict[str, Any] = {
    **{"network": "apn", "distance_km": 10, "rate_gbps": 10, "machine": 1, "machines": 1, "reason": ""},
    **dict.fromkeys(("moved_bytes", "total_ns", "downtime_ns"), 1_000),
    **{f"predicted_{name}": 1_000 for name in ("moved_bytes", "total_ns", "downtime_ns")},
    **{"rounds": 3, "predicted_rounds": 3, "same_memory": None},
}


@pytest.mark.parametrize(
    ("changed", "met"),
    [
        ({}, True),
        ({"network": "packet"}, True),
        ({"rounds": 4}, False),
        ({"moved_bytes": 1_060}, False),
        ({"total_ns": 940}, False),
        ({"downtime_ns": 1_060}, False),
        ({"same_memory": True}, True),
        ({"same_memory": False}, False),
        ({"machines": 3, "downtime_ns": 3_000}, None),
        ({"machines": 3, "same_memory": False}, False),
        ({"reason": "no light"}, None),
    ],
)
def test_machines_alone_are_judged_and_memories_that_were_compared(changed: dict[str, Any], met: bool | None) -> None:
    assert EXPERIMENT.judge([{**MOVED, **changed}], EXPERIMENT.settings()).met is met
