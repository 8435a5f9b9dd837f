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
    """What each hazard leaves, and the most that copies and light suffer under any of them.

    >>> row = {"hazard": "quake", "poles": 2, "placing": "apart", "kept_at_once": 0.5, "restore_s": 70.6}
    >>> row |= {"replication": "sync", "data_lost_bytes": 0, "cables_lost": 3, "cables": 24, "pairs_left": 45}
    >>> for part in sentence([row], {}).split(". "):
    ...     print(part)
    Quake: 2 poles keep 50.0 %, 21 of 24 cables and 45 pairs are left
    Copies lose at most 0 bytes (sync); light is back after 70.6 s at most.
    """
    by_hazard: dict[str, list[Row]] = {}
    for row in results:
        by_hazard.setdefault(row["hazard"], []).append(row)
    return " ".join([*(_left(hazard, rows) for hazard, rows in by_hazard.items()), _suffered(results)])


def _left(hazard: str, rows: Sequence[Row]) -> str:
    kept = {(row["placing"], row["poles"]): words.percent(row["kept_at_once"]) for row in rows}
    shares = list(dict.fromkeys(kept.values()))
    numbers = ", ".join(f"{number}" for _, number in kept)
    keep = f"{numbers} pole{'s keep' if numbers != '1' else ' keeps'}"
    first = rows[0]
    left = first["cables"] - first["cables_lost"]
    cables = f"{left} of {words.count(first['cables'], 'cable')} and " if first["cables"] else ""
    pairs = (
        f"{words.count(first['pairs_left'], 'pair')} {'is' if first['pairs_left'] == 1 and not cables else 'are'} left"
    )
    told = ", ".join(shares if len(shares) == 1 else kept.values())
    return f"{words.capital(hazard)}: {keep} {told}, {cables}{pairs}."


def _suffered(rows: Sequence[Row]) -> str:
    """What was lost of copies, by the way of keeping them, and how long light was away."""
    lost: dict[str, int] = {}
    for row in rows:
        if row["data_lost_bytes"] is not None:
            lost[row["replication"]] = max(lost.get(row["replication"], 0), row["data_lost_bytes"])
    parts = [f"{words.count(most, 'byte')} ({mode})" for mode, most in lost.items()]
    told = [f"copies lose at most {', '.join(parts)}"] if parts else []
    back = [row["restore_s"] for row in rows if row["restore_s"]]
    told += [f"light is back after {max(back):.1f} s at most"] if back else []
    return words.capital(f"{'; '.join(told)}.") if told else ""


COLUMNS = (
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
    columns.number("predicted_rtt_ms_before", "the same before, ms", 3),
    columns.number("predicted_rtt_ms_worst", "expected RTT, ms", 3),
    columns.percent("predicted_at_once", "expected at once"),
    columns.percent("predicted_after", "expected after"),
)
BRIEF = (
    columns.text("hazard"),
    columns.plain("poles"),
    columns.text("placing"),
    columns.text("replication", "copies"),
    columns.percent("kept_at_once", "at once"),
    columns.percent("kept_after", "after"),
    columns.number("restore_s", "light, s", 1),
    columns.plain("data_lost_bytes", "bytes lost"),
    columns.plain("pairs_left", "pairs"),
)
SHOWN = Shown(sentence=sentence, figures=(before_and_after,), columns=COLUMNS, brief=BRIEF)
