"""Curves: one figure for each value that tells figures apart, every point in it, and none of a single point."""

from __future__ import annotations

import re
from typing import Any

import pytest

from apnemu.report.curves import CURVES, curves_of
from apnemu.report.headline import sentence

MIGRATION = [
    {
        **{"network": "apn", "distance_km": km, "rate_gbps": rate, "reason": ""},
        **{"downtime_ns": 1_000 * km, "predicted_downtime_ns": 1_010 * km},
        **{"total_ns": 10**9 + km, "predicted_total_ns": 10**9},
    }
    for rate in (10.0, 100.0)
    for km in (10, 100, 1000)
]


def titles(rows: list[dict[str, Any]]) -> list[str]:
    return re.findall("<h3>(.*?)</h3>", "".join(curves_of(rows)))


def test_a_figure_for_each_rate_with_all_its_points() -> None:
    assert titles(MIGRATION) == [
        "How long the machine stands still: 10 Gbit/s",
        "How long the machine stands still: 100 Gbit/s",
        "How long the whole move takes: 10 Gbit/s",
        "How long the whole move takes: 100 Gbit/s",
    ]
    first = str(curves_of(MIGRATION)[0])
    assert re.findall("<title>(.*?)</title>", first) == ["10.0 µs at 10", "100 µs at 100", "1.00 ms at 1,000"]
    assert 'class="reference"' in first


def test_what_was_refused_has_no_point_and_one_point_is_no_curve() -> None:
    refused = [{**row, "downtime_ns": None, "total_ns": None} for row in MIGRATION[1:3]]
    assert titles([MIGRATION[0], *refused]) == []
    assert titles([]) == []


def test_networks_are_told_apart() -> None:
    rows = [
        {
            "network": network,
            "distance_km": km,
            "commit_ns_p50": ns + km,
            "commit_ns_p99": ns,
            "commits_per_s": 10**9 / ns,
        }
        for network, ns in (("apn", 1000), ("packet", 3000))
        for km in (0, 3000)
    ]
    drawn = curves_of(rows)
    assert len(drawn) == 3
    assert all('class="mark apn"' in one and 'class="mark packet"' in one for one in drawn)
    assert sentence(rows, {}).startswith("A commit takes 4.00 µs at 3000 km over the APN")


@pytest.mark.parametrize("column", sorted(CURVES))
def test_every_kind_is_known_by_a_column_that_it_draws_or_splits_by(column: str) -> None:
    """So that a column that is renamed does not quietly take a kind's figures away."""
    for curve in CURVES[column]:
        row = {curve.x: 1, curve.y: 2, curve.reference or "-": 3, column: 4, **dict.fromkeys(curve.split, 1)}
        assert curves_of([row, {**row, curve.x: 5 if curve.x != column else 6}])


def test_what_others_are_measured_by_is_not_drawn() -> None:
    """A pool's makespan divided by that of one data centre is 1 for one data centre, wherever it is."""
    each = {"network": "apn", "one_dc_makespan_s": 45.0}
    rows = [
        {**each, "distance_km": km, "form": form, "gap": gap}
        for km in (0, 100)
        for form, gap in (("one", 1.0), ("copies", 1.1))
    ]
    assert titles(rows) == ["Against one data centre of the summed size: copies"]
