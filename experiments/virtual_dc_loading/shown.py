# SPDX-License-Identifier: BSD-3-Clause
"""How loading is shown: what an accelerator loses at the furthest data in a sentence, and over the round trip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apnemu.report import columns, words
from apnemu.report.curves import Curve
from apnemu.report.shown import Shown
from apnemu.units import ns_to_ms

Row = Mapping[str, Any]


def sentence(results: Sequence[Row], picture: Mapping[str, Any]) -> str:
    """What is lost at the furthest data, for each number of batches asked for ahead.

    >>> row = {"network": "apn", "distance_km": 1530.0, "depth": 0, "lost_share": 0.054}
    >>> sentence([row, {**row, "depth": 1, "lost_share": 0.0}], {})
    'An accelerator 1530 km from its data loses, of its work over the APN, 5.4 % with 0 batches ahead, 0.0 % with 1.'
    """
    parts = []
    for name in dict.fromkeys(row["network"] for row in results):
        own = [row for row in results if row["network"] == name and row["lost_share"] is not None]
        furthest = [row for row in own if row["distance_km"] == max(row["distance_km"] for row in own)]
        lost = [f"{words.percent(row['lost_share'])} with {row['depth']}" for row in furthest]
        if lost:
            first = f"{words.percent(furthest[0]['lost_share'])} with {_ahead(furthest[0])}"
            parts.append(f"over the {words.network(name)}, {', '.join([first, *lost[1:]])}")
    if not parts:
        return f"{words.count(len(results), 'job')} without a measured step."
    km = max(row["distance_km"] for row in results)
    return f"An accelerator {km:g} km from its data loses, of its work {'; '.join(parts)}."


def _over_rtt(results: Sequence[Row]) -> list[Row]:
    """Rows with what the figure shows."""
    return [
        {
            **row,
            "rtt_ms": ns_to_ms(row["rtt_ns"]),
            "lost_percent": None if row["lost_share"] is None else 100 * row["lost_share"],
            "predicted_lost_percent": 100 * row["predicted_lost_share"],
        }
        for row in results
    ]


def _ahead(row: Row) -> str:
    """
    >>> _ahead({"depth": 1}), _ahead({"depth": 0})
    ('1 batch ahead', '0 batches ahead')
    """
    return f"{row['depth']} {'batch' if row['depth'] == 1 else 'batches'} ahead"


def _note(row: Row) -> str:
    return (
        f"{words.network(row['network'])}, {words.duration(row['rtt_ns'])}, {_ahead(row)}: a step of"
        f" {row['step_s']:.4f} s, bounded by the {row['bound']}"
    )


BRIEF = (
    columns.network_short(),
    columns.number("distance_km", "km", 0),
    columns.duration("rtt_ns", "round trip"),
    columns.plain("depth"),
    columns.number("step_s", "step, s", 4),
    columns.number("predicted_step_s", "predicted", 4),
    columns.text("bound", "bounded by"),
    columns.percent("lost_share", "lost"),
    columns.gbps("read_gbps", "Gbit/s"),
)
SHOWN = Shown(
    sentence=sentence,
    brief=BRIEF,
    figures=(
        Curve(
            title="What the accelerator loses",
            caption="Share of its work, beside the same job with its data in the same data centre, measured in the same"
            " run.",
            x="rtt_ms",
            y="lost_percent",
            axes=("round trip to the data, ms", "lost, %"),
            split=("depth",),
            split_words=_ahead,
            reference="predicted_lost_percent",
            reference_name="closed form",
            common=True,
            fewest=1,
            derive=_over_rtt,
            note=_note,
        ),
    ),
)
