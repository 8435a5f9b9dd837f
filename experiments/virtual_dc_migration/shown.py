# SPDX-License-Identifier: BSD-3-Clause
"""How migrations are shown: the longest standstill in a sentence, and times over distance at each rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apnemu.report import columns, words
from apnemu.report.curves import Curve
from apnemu.report.shown import Shown

Row = Mapping[str, Any]
KM = "distance, km"


def sentence(results: Sequence[Row], picture: Mapping[str, Any]) -> str:
    """The number of moves that were made, and the longest standstill among them.

    >>> sentence([{"distance_km": 10, "rate_gbps": 10.0, "downtime_ns": 9_000_000},
    ...           {"distance_km": 10, "rate_gbps": 1.0, "downtime_ns": None}], {})
    'Of 2 moves 1 was made, with 9.00 ms of standstill (10 km, 10 Gbit/s) at the longest.'
    """
    made = [row for row in results if row["downtime_ns"] is not None]
    if not made:
        return f"None of {words.count(len(results), 'move')} could be made."
    worst = max(made, key=lambda row: int(row["downtime_ns"]))
    was = "was" if len(made) == 1 else "were"
    return (
        f"Of {words.count(len(results), 'move')} {len(made)} {was} made, with {words.duration(worst['downtime_ns'])} of"
        f" standstill ({worst['distance_km']:g} km, {worst['rate_gbps']:g} Gbit/s) at the longest."
    )


def _at_rate(row: Row) -> str:
    return f"{words.gbps(row['rate_gbps'])} Gbit/s"


BRIEF = (
    columns.number("distance_km", "km", 0),
    columns.gbps("rate_gbps", "Gbit/s"),
    columns.plain("machine"),
    columns.plain("rounds"),
    columns.number("moved_bytes", "moved, GB", 3, 1e-9),
    columns.duration("total_ns", "total"),
    columns.duration("downtime_ns", "downtime"),
    columns.duration("predicted_downtime_ns", "predicted"),
    columns.reasons("reason", "refused for"),
)
SHOWN = Shown(
    sentence=sentence,
    brief=BRIEF,
    figures=(
        Curve(
            title="How long the machine stands still",
            caption="From the last round of copying until the other side goes on.",
            x="distance_km",
            y="downtime_ns",
            axes=(KM, "time"),
            unit="time",
            split=("rate_gbps",),
            split_words=_at_rate,
            reference="predicted_downtime_ns",
            reference_name="pre-copy's closed form",
        ),
        Curve(
            title="How long the whole move takes",
            caption="All rounds of copying and the stop.",
            x="distance_km",
            y="total_ns",
            axes=(KM, "time"),
            unit="time",
            split=("rate_gbps",),
            split_words=_at_rate,
            reference="predicted_total_ns",
            reference_name="pre-copy's closed form",
        ),
    ),
)
