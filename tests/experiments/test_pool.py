# SPDX-License-Identifier: BSD-3-Clause
"""A pool in the lab: transfers are measured, the makespan follows from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apnemu.errors import InputError
from apnemu.experiments.virtual_dc_pool import EXPERIMENT
from apnemu.experiments.virtual_dc_pool.rows import measured_links
from apnemu.records.record import Record
from apnemu.records.table import to_table
from tests.experiments.command import apnemu, settings


@pytest.mark.guest
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


def row(form: str, distance_km: float, makespan_s: float, **changed: Any) -> dict[str, Any]:
    own = {"network": "apn", "form": form, "distance_km": distance_km, "makespan_s": makespan_s}
    return {**own, "lower_bound_s": 40.0, "gap": makespan_s / 45, **changed}


def test_bounds_and_growth_with_distance_are_judged() -> None:
    grown = [row("copies", 1000, 60.0), row("copies", 0, 45.0), row("one", 0, 45.0), row("one", 1000, 45.0)]
    assert EXPERIMENT.judge(grown, EXPERIMENT.settings()).met is True
    fallen = EXPERIMENT.judge([*grown, row("copies", 2000, 59.0)], EXPERIMENT.settings())
    assert [key["distance_km"] for key in fallen.failed] == [2000]
    assert "makespan beside 60 s at 1000 km 59 s, expected at least 59.94 s" in fallen.why
    for wrong in ({"lower_bound_s": 61.0}, {"gap": 0.99}):
        assert EXPERIMENT.judge([row("copies", 0, 60.0, **wrong)], EXPERIMENT.settings()).met is False


def test_one_data_centre_is_what_others_are_measured_by_and_not_drawn() -> None:
    rows = [row(form, km, 45.0 + km) for km in (0, 100) for form in ("one", "copies")]
    ((_, drawn),) = EXPERIMENT.shown.groups(rows, {})
    assert len(drawn) == 1 and "<h3>Against one data centre of the summed size: copies</h3>" in drawn[0]
    assert EXPERIMENT.shown.answer(rows[::2], {}) == "2 results."


@pytest.mark.parametrize(
    ("alone", "endless", "says"),
    [
        ({"duration_ns": 4_000}, {"duration_ns": 0, "bytes": 0}, "nothing arrived from a to b over packet"),
        ({"duration_ns": None, "bytes": 7}, {"duration_ns": 9, "bytes": 9}, "1000 bytes from a to b did not arrive"),
    ],
)
def test_a_line_that_dropped_so_much_that_nothing_can_be_told_is_named(
    alone: dict[str, Any], endless: dict[str, Any], says: str
) -> None:
    """Routers' lines of another rate than the light: TCP may be silent for all the time that its rate is measured."""
    way = {"network": "packet", "phase": "a>b", "source": "a", "target": "b", "at_ns": 0}
    table = to_table(
        [
            Record(kind="flow", name="1000 bytes", sent=1_000, **{"bytes": 1_000, **way, **alone}),
            Record(kind="interval", name="many in a row", **way, **endless),
        ]
    )
    with pytest.raises(InputError, match=says) as refused:
        measured_links(table, "packet")
    assert "buffer_bytes" in str(refused.value) and "line_rate_gbps nearer to rate_gbps" in str(refused.value)
