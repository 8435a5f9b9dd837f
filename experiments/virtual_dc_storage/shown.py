# SPDX-License-Identifier: BSD-3-Clause
"""How a remote disk's results are shown: latency and bandwidth in a sentence, bandwidth over commands under way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apnemu.report import columns, words
from apnemu.report.curves import Curve
from apnemu.report.shown import Shown

Row = Mapping[str, Any]


def sentence(results: Sequence[Row], picture: Mapping[str, Any]) -> str:
    """The smallest read alone at the furthest disk, and the most that was read there, over each network.

    >>> row = {"network": "apn", "rw": "read", "distance_km": 100.0, "block_bytes": 4096, "queue_depth": 1, "jobs": 1}
    >>> sentence([{**row, "latency_ns_p50": 1_020_970, "bandwidth_gbps": 94.8}], {})
    'A disk 100 km away answers a read of 4,096 bytes in 1.02 ms and reads up to 94.8 Gbit/s over the APN.'
    """
    reads = [row for row in results if row["rw"] == "read"] or results
    parts = []
    for name in dict.fromkeys(row["network"] for row in reads):
        own = [row for row in reads if row["network"] == name]
        furthest = [row for row in own if row["distance_km"] == max(row["distance_km"] for row in own)]
        alone = min(furthest, key=lambda row: (row["queue_depth"] * row["jobs"], row["block_bytes"]))
        carried = [row["bandwidth_gbps"] for row in furthest if row["bandwidth_gbps"] is not None]
        most = words.gbps(max(carried)) if carried else "an unknown number of"
        verb = alone["rw"]
        parts.append(
            f"{'answers' if verb == 'read' else 'takes'} a {verb} of {alone['block_bytes']:,} bytes in "
            f"{words.duration(alone['latency_ns_p50'])} and {verb}s up to {most} Gbit/s over the "
            f"{words.network(name)}"
        )
    km = max(row["distance_km"] for row in reads)
    return f"A disk {km:g} km away {', '.join(parts)}."


def _distance(row: Row) -> str:
    return f"{row['distance_km']:g} km"


def _note(row: Row) -> str:
    return (
        f"{words.network(row['network'])}, {_distance(row)}: {words.plain(row['bandwidth_gbps'])} Gbit/s with"
        f" {words.count(row['queue_depth'], 'command')} under way"
    )


BRIEF = (
    columns.network_short(),
    columns.number("distance_km", "km", 0),
    columns.text("what"),
    columns.text("rw"),
    columns.plain("block_bytes", "bytes"),
    columns.plain("queue_depth", "depth"),
    columns.number("bandwidth_gbps", "Gbit/s", 3),
    columns.duration("latency_ns_p50", "p50"),
    columns.duration("latency_ns_p99", "p99"),
)
SHOWN = Shown(
    sentence=sentence,
    brief=BRIEF,
    figures=(
        Curve(
            title="What commands under way carry",
            caption="A line for each distance; it bends where bandwidth x delay / block commands fill the wavelength.",
            x="queue_depth",
            y="bandwidth_gbps",
            axes=("commands under way", "Gbit/s"),
            split=("what", "rw", "block_bytes"),
            split_words=lambda row: f"{row['what']}, {row['rw']}, {words.count(row['block_bytes'], 'byte')}",
            lines=("distance_km",),
            line_words=_distance,
            log=True,
            note=_note,
        ),
    ),
)
