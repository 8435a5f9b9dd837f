# SPDX-License-Identifier: BSD-3-Clause
"""How the database's results are shown: the answer in a sentence, and curves over distance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apnemu.report import columns, words
from apnemu.report.curves import Curve
from apnemu.report.shown import Shown

KM = "distance, km"


def sentence(results: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> str:
    """A commit at the furthest distance over each network, beside one without distance.

    >>> sentence([{"network": "apn", "distance_km": 0, "commit_ns_p50": 54_000, "commit_ns_p99": 60_000},
    ...           {"network": "apn", "distance_km": 100, "commit_ns_p50": 1_041_000, "commit_ns_p99": 1_050_000}], {})
    'A commit takes 1.04 ms at 100 km over the APN, 99 of 100 at most 1.05 ms (54.0 µs without distance).'
    """
    parts = []
    for network in dict.fromkeys(row["network"] for row in results):
        own = sorted((row for row in results if row["network"] == network), key=lambda row: float(row["distance_km"]))
        far, near = own[-1], own[0]
        text = (
            f"{words.duration(far['commit_ns_p50'])} at {far['distance_km']:g} km over the {words.network(network)},"
            f" 99 of 100 at most {words.duration(far['commit_ns_p99'])}"
        )
        if near["distance_km"] == 0 and near is not far:
            text += f" ({words.duration(near['commit_ns_p50'])} without distance)"
        parts.append(text)
    return f"A commit takes {'; '.join(parts)}."


BRIEF = (
    columns.network_short(),
    columns.plain("distance_km", "km"),
    columns.plain("standbys"),
    columns.plain("load"),
    columns.duration("commit_ns_p50", "commit p50"),
    columns.duration("commit_ns_p99", "p99"),
    columns.number("commits_per_s", "per second", 0),
    columns.duration("stalled_ns", "stalled"),
    columns.part("acknowledged_lost", "acknowledged", "rows lost"),
)
SHOWN = Shown(
    sentence=sentence,
    brief=BRIEF,
    figures=(
        Curve(
            title="A commit's time over distance, median",
            caption="From the client's commit to its acknowledgement, for which a standby has to answer: a round trip.",
            x="distance_km",
            y="commit_ns_p50",
            axes=(KM, "time"),
            unit="time",
        ),
        Curve(
            title="A commit's time over distance, 99th percentile",
            caption="What the packet network's queues, and its routers' fixed delays, add shows here.",
            x="distance_km",
            y="commit_ns_p99",
            axes=(KM, "time"),
            unit="time",
        ),
        Curve(
            title="Commits a second over distance",
            caption="All clients together; each waits for its commit before it begins the next.",
            x="distance_km",
            y="commits_per_s",
            axes=(KM, "commits a second"),
            log=True,
        ),
    ),
)
