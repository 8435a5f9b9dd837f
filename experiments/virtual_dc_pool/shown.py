# SPDX-License-Identifier: BSD-3-Clause
"""How a pool is shown: its makespan against one data centre of the summed size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apnemu.report import columns, words
from apnemu.report.curves import Curve
from apnemu.report.shown import Shown, count_of

Row = Mapping[str, Any]


def sentence(results: Sequence[Row], picture: Mapping[str, Any]) -> str:
    """The makespan of each form at the furthest distance over each network, in that of one data centre.

    >>> sentence([{"network": "apn", "form": "one", "distance_km": 1000, "gap": 1.0},
    ...           {"network": "apn", "form": "copies", "distance_km": 1000, "gap": 1.0994},
    ...           {"network": "packet", "form": "copies", "distance_km": 1000, "gap": 1.44}], {})
    'Against one data centre of the summed size, at 1000 km: copies take 1.10 times as long over the APN, 1.44 over \
the packet network.'
    """
    far_km = max(float(row["distance_km"]) for row in results)
    far = [row for row in _pools(results) if float(row["distance_km"]) == far_km]
    parts = []
    for form in dict.fromkeys(row["form"] for row in far):
        gaps = [
            (words.network(row["network"]), row["gap"]) for row in far if row["form"] == form and row["gap"] is not None
        ]
        named = [
            f"{gap:.2f}{'' if number else ' times as long'} over the {name}" for number, (name, gap) in enumerate(gaps)
        ]
        if not named:
            continue
        what = {"copies": "copies take", "disaggregated": "a disaggregated pool takes"}.get(form, f"{form} takes")
        parts.append(f"{what} {', '.join(named)}")
    if not parts:
        return count_of(results, picture)
    return f"Against one data centre of the summed size, at {far_km:g} km: {'; '.join(parts)}."


def _pools(results: Sequence[Row]) -> list[Row]:
    """The rows of several data centres: a single one is what they are measured by."""
    return [row for row in results if row["form"] != "one"]


BRIEF = (
    columns.network_short(),
    columns.text("form"),
    columns.number("distance_km", "km", 0),
    columns.number("makespan_s", "makespan, s", 1),
    columns.number("one_dc_makespan_s", "in one, s", 1),
    columns.number("gap", "ratio", 3),
    columns.percent("utilisation", "in use"),
    columns.gbps("link_gbps", "Gbit/s"),
)
SHOWN = Shown(
    sentence=sentence,
    brief=BRIEF,
    figures=(
        Curve(
            title="Against one data centre of the summed size",
            caption="The job's makespan over the pool, divided by its makespan in one data centre.",
            x="distance_km",
            y="gap",
            axes=("distance, km", "times as long"),
            split=("form",),
            split_words=lambda row: str(row["form"]),
            derive=_pools,
        ),
    ),
)
