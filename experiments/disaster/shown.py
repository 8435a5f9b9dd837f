# SPDX-License-Identifier: BSD-3-Clause
"""What a disaster leaves: in a sentence and as a table, with the maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apnemu.experiments.disaster.maps import before_and_after
from apnemu.report import columns, words
from apnemu.report.shown import Shown

Row = Mapping[str, Any]


def sentence(results: Sequence[Row], picture: Mapping[str, Any]) -> str:
    """What each hazard takes and leaves.

    >>> row = {"hazard": "quake", "poles": 2, "placing": "apart", "kept_at_once": 0.5, "restore_s": 70.6}
    >>> row |= {"replication": "sync", "data_lost_bytes": 0, "cables_lost": 3, "cables": 24, "pairs_left": 45}
    >>> for part in sentence([row], {}).split("; "):
    ...     print(part)
    Quake: 50.0 % kept at once with 2 poles
    sync loses 0 bytes
    light is back after 70.6 s
    3 of 24 cables lost, 45 pairs left.
    """
    by_hazard: dict[str, list[Row]] = {}
    for row in results:
        by_hazard.setdefault(row["hazard"], []).append(row)
    return " ".join(_said(hazard, rows) for hazard, rows in by_hazard.items())


def _said(hazard: str, rows: Sequence[Row]) -> str:
    kept = {(row["placing"], row["poles"]): words.percent(row["kept_at_once"]) for row in rows}
    shares, poles = list(dict.fromkeys(kept.values())), [f"{number}" for _, number in kept]
    many = words.count(rows[0]["poles"], "pole") if len(poles) == 1 else f"{', '.join(poles)} poles"
    parts = [f"{', '.join(shares if len(shares) == 1 else kept.values())} kept at once with {many}"]
    lost: dict[str, int] = {}
    for row in rows:
        if row["data_lost_bytes"] is not None:
            lost[row["replication"]] = max(lost.get(row["replication"], 0), row["data_lost_bytes"])
    if lost:
        parts.append(", ".join(f"{mode} loses {words.count(most, 'byte')}" for mode, most in lost.items()))
    back = [row["restore_s"] for row in rows if row["restore_s"]]
    if back:
        parts.append(f"light is back after {max(back):.1f} s")
    first = rows[0]
    cables = f"{first['cables_lost']} of {words.count(first['cables'], 'cable')} lost" if first["cables"] else ""
    left = f"{words.count(first['pairs_left'], 'pair')} left"
    parts.append(", ".join(filter(None, (cables, left))))
    return f"{words.capital(hazard)}: {'; '.join(parts)}."


BRIEF = (
    columns.text("hazard"),
    columns.plain("poles"),
    columns.text("placing"),
    columns.text("replication", "copies"),
    columns.plain("sites_lost", "sites lost"),
    columns.plain("fibres_lost", "fibres lost"),
    columns.percent("kept_at_once", "kept at once"),
    columns.percent("kept_after", "kept after"),
    columns.number("restore_s", "light back, s", 3),
    columns.plain("data_lost_bytes", "bytes lost"),
    columns.number("commit_ms", "commit, ms", 3),
    columns.number("ride_through_s", "batteries, s", 0),
    columns.plain("cables_lost", "cables lost"),
    columns.number("gbps_left", "Gbit/s left", 0),
    columns.plain("pairs_left", "pairs left"),
    columns.plain("pairs_lit", "pairs lit"),
    columns.number("rtt_ms_worst", "longest RTT, ms", 3),
)
SHOWN = Shown(sentence=sentence, figures=(before_and_after,), columns=BRIEF, brief=BRIEF)
