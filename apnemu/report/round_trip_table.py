# SPDX-License-Identifier: BSD-3-Clause
"""The table of round trips for a terminal: every row if there are few, else the telling ones and sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from rich.table import Table
from rich.text import Text

from apnemu.report import words
from apnemu.report.ordering import networks, phases
from apnemu.report.round_trips import LatencyRow, off_closed_form_ns
from apnemu.report.tables import coloured, left, right, titled

FEW_ROWS = 24
"""Most rows that are all shown; of more rows, the telling ones are."""
HEADINGS = ("p50, ms", "p99, ms", "jitter", "off closed form", "lost")


def round_trip_table(results: Sequence[Mapping[str, Any]], named: Iterable[tuple[str, str]] = ()) -> Table:
    """Round trips: every row if there are few; else the pairs `named`, the nearest, the farthest and the worst.

    The last lines sum up each network in each phase: the range of its medians, its worst p99, jitter and distance from
    the prediction, and all its lost probes.
    """
    rows = cast(Sequence[LatencyRow], results)
    several = len(phases(rows)) > 1
    names = left("network", *(["phase"] if several else []))
    table = titled("Round trips", *left("pair"), *names, *right(*HEADINGS))
    shown = _telling(rows, named) if len(rows) > FEW_ROWS else rows
    before = ""
    for row in shown:
        pair = words.pair(row["from"], row["to"])
        table.add_row(Text(pair if pair != before else ""), *_latency_cells(row, several))
        before = pair
    if len(rows) > 1:
        table.add_section()
        for phase in phases(rows):
            for network in networks(rows):
                of_network = [row for row in rows if row["network"] == network and row.get("phase", "") == phase]
                if of_network:
                    table.add_row(*_summary(of_network, several))
    if len(shown) < len(rows):
        table.caption = f"{len(shown)} of {len(rows):,} rows; report.html has all"
    return table


def _telling(rows: Sequence[LatencyRow], named: Iterable[tuple[str, str]]) -> list[LatencyRow]:
    """All rows of the pairs named, then of the pairs with the least and the greatest median and the most jitter."""
    seen = [row for row in rows if row["rtt_ns_p50"] is not None]
    ends = [frozenset(pair) for pair in named]
    if seen:
        ordered = sorted(seen, key=lambda row: row["rtt_ns_p50"] or 0)
        jitter = max(seen, key=lambda row: row["jitter_ns"] or 0)
        ends += [frozenset((row["from"], row["to"])) for row in (ordered[0], ordered[-1], jitter)]
    ends += [frozenset((row["from"], row["to"])) for row in rows if row["lost"]][:1]
    chosen = list(dict.fromkeys(ends))
    return [row for pair in chosen for row in rows if frozenset((row["from"], row["to"])) == pair]


def _latency_cells(row: LatencyRow, several: bool) -> list[str | Text]:
    return [
        _network(row),
        *([Text(row["phase"])] if several else []),
        words.ms(row["rtt_ns_p50"], 3),
        words.ms(row["rtt_ns_p99"], 3),
        words.duration(row["jitter_ns"]),
        words.duration(off_closed_form_ns(row)),
        f"{row['lost']} of {row['sent']}" if row["lost"] else "0",
    ]


def _summary(rows: Sequence[LatencyRow], several: bool) -> list[str | Text]:
    """Summary row of a network in a phase."""
    medians = [row["rtt_ns_p50"] for row in rows if row["rtt_ns_p50"] is not None]
    off = [distance for row in rows if (distance := off_closed_form_ns(row)) is not None]
    lost = sum(row["lost"] for row in rows)
    return [
        Text(f"worst of {words.count(len(rows), 'pair')}", style="bold"),
        _network(rows[0]),
        *([Text(rows[0]["phase"])] if several else []),
        f"{words.ms(min(medians), 3)} … {words.ms(max(medians), 3)}" if medians else words.NOTHING,
        words.ms(_worst(row["rtt_ns_p99"] for row in rows), 3),
        words.duration(_worst(row["jitter_ns"] for row in rows)),
        words.duration(max(off, key=abs, default=None)),
        f"{lost:,} of {sum(row['sent'] for row in rows):,}" if lost else "0",
    ]


def _worst(values: Iterable[int | None]) -> int | None:
    return max((value for value in values if value is not None), default=None)


def _network(row: LatencyRow) -> Text:
    return coloured("APN" if row["network"] == "apn" else row["network"], row["network"], "network")
