# SPDX-License-Identifier: BSD-3-Clause
"""Figures and sentences of databases, migrations and disks: each figure has all its points, and says what it is of."""

from __future__ import annotations

import re
from typing import Any

from apnemu.experiments.virtual_dc_database import EXPERIMENT as DATABASE
from apnemu.experiments.virtual_dc_migration import EXPERIMENT as MIGRATION
from apnemu.experiments.virtual_dc_storage import EXPERIMENT as STORAGE
from apnemu.report.shown import Shown

MOVES = [
    {
        **{"network": "apn", "distance_km": km, "rate_gbps": rate, "reason": ""},
        **{"downtime_ns": 1_000 * km, "predicted_downtime_ns": 1_010 * km},
        **{"total_ns": 10**9 + km, "predicted_total_ns": 10**9},
    }
    for rate in (10.0, 100.0)
    for km in (10, 100, 1000)
]


def figures(shown: Shown, rows: list[dict[str, Any]]) -> list[str]:
    return [str(figure) for _, drawn in shown.groups(rows, {}) for figure in drawn]


def titles(shown: Shown, rows: list[dict[str, Any]]) -> list[str]:
    return re.findall("<h3>(.*?)</h3>", "".join(figures(shown, rows)))


def test_a_migration_has_figures_for_each_rate_with_all_their_points() -> None:
    assert titles(MIGRATION.shown, MOVES) == [
        "How long the machine stands still: 10 Gbit/s",
        "How long the machine stands still: 100 Gbit/s",
        "How long the whole move takes: 10 Gbit/s",
        "How long the whole move takes: 100 Gbit/s",
    ]
    first = figures(MIGRATION.shown, MOVES)[0]
    points = re.findall("<title>(.*?)</title>", first)
    assert [point.split(": ")[-1] for point in points] == ["10.0 µs at 10", "100 µs at 100", "1.00 ms at 1,000"]
    assert 'class="reference"' in first


def test_a_migration_that_was_refused_has_no_point_and_one_point_is_no_curve() -> None:
    refused = [{**row, "downtime_ns": None, "total_ns": None} for row in MOVES[1:3]]
    assert titles(MIGRATION.shown, [MOVES[0], *refused]) == []
    assert MIGRATION.shown.answer(refused, {}) == "None of 2 moves could be made."


def test_a_database_has_its_networks_told_apart() -> None:
    rows = [
        {
            **{"network": network, "distance_km": km, "commit_ns_p50": ns + km, "commit_ns_p99": ns},
            "commits_per_s": 10**9 / ns,
        }
        for network, ns in (("apn", 1000), ("packet", 3000))
        for km in (0, 3000)
    ]
    drawn = figures(DATABASE.shown, rows)
    assert len(drawn) == 3
    assert all('class="mark apn"' in figure and 'class="mark packet"' in figure for figure in drawn)
    assert DATABASE.shown.answer(rows, {}).startswith("A commit takes 4.00 µs at 3000 km over the APN")


def test_a_disk_has_a_figure_for_each_kind_of_command_and_a_line_for_each_distance() -> None:
    rows = [
        {
            **{"network": "apn", "distance_km": km, "what": "sweep", "rw": rw, "block_bytes": 4096},
            **{"queue_depth": depth, "bandwidth_gbps": depth / (1 + km)},
        }
        for rw in ("read", "write")
        for km in (0.0, 100.0)
        for depth in (1, 8)
    ]
    assert titles(STORAGE.shown, rows) == [
        "What commands under way carry: sweep, read, 4,096 bytes",
        "What commands under way carry: sweep, write, 4,096 bytes",
    ]
    assert figures(STORAGE.shown, rows)[0].count("<polyline") == 2
