"""Result rows as tables for a terminal. They are returned, not printed: `cli` alone prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from rich import box
from rich.table import Column, Table
from rich.text import Text

from apnemu.report import words
from apnemu.report.pairs import networks, phases
from apnemu.report.results import columns, kind_of, over_prediction_ns
from apnemu.report.rows import LatencyRow, LossRow, ThroughputRow

FEW_ROWS = 24
"""Up to so many latency rows are shown one by one; of more, the telling ones."""
MANY_COLUMNS = 8
"""Of more columns those that never change stand below the table."""
COLOURS = {"apn": "bright_blue", "packet": "dark_orange"}


def _right(*headings: str) -> tuple[Column, ...]:
    return tuple(Column(heading, justify="right") for heading in headings)


LATENCY = _right("p50, ms", "p99, ms", "jitter", "over predicted", "lost")
LOSS = _right("load", "offered", "goodput, Gbit/s", "sent again", "drops", "done", "FCT p50", "p99")
THROUGHPUT = _right("flows", "goodput", "line, Gbit/s", "share", "sent again")


def results_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """The table that fits the rows; of an experiment that is not known here, its columns as they are."""
    kind = kind_of(rows)
    if kind == "latency":
        return latency_table(cast(Sequence[LatencyRow], rows))
    if kind == "loss":
        return loss_table(cast(Sequence[LossRow], rows))
    if kind == "throughput":
        return throughput_table(cast(Sequence[ThroughputRow], rows))
    if kind == "quality":
        return quality_table(rows)
    found = columns(rows)
    table = _table("Results")
    if len(rows) > 1 and len(found) > MANY_COLUMNS:
        same = [column for column in found if len({column.text(row) for row in rows}) == 1]
        found = [column for column in found if column not in same] or found
        table.caption = "the same in every row: " + ", ".join(f"{one.heading} {one.text(rows[0])}" for one in same)
    for column in found:
        table.add_column(Text(column.heading), justify="right" if column.number else "left")
    for row in rows:
        table.add_row(*[Text(column.text(row)) for column in found])
    return table


def latency_table(rows: Sequence[LatencyRow], named: Iterable[tuple[str, str]] = ()) -> Table:
    """Round trips: every row if there are few; else the pairs `named`, the nearest, the farthest and the worst.

    The last lines sum up each network in each phase: the range of its medians, its worst p99, jitter and distance from
    the prediction, and all its lost probes.
    """
    several = len(phases(rows)) > 1
    table = _table("Round trips", *_left("pair", "network", *(["phase"] if several else [])), *LATENCY)
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


def loss_table(rows: Sequence[LossRow]) -> Table:
    """What flows felt, load by load."""
    table = _table("Loss", *_left("network"), *LOSS)
    before = ""
    for row in rows:
        if before and row["network"] != before:
            table.add_section()
        before = row["network"]
        table.add_row(
            _network(row["network"]),
            f"{row['load']:g}",
            words.gbps(row["offered_gbps"]),
            words.gbps(row["goodput_gbps"]),
            f"{row['retransmits']:,}",
            f"{row['drops']:,}",
            f"{row['flows_done']:,} of {row['flows']:,}",
            words.duration(row["fct_ns_p50"]),
            words.duration(row["fct_ns_p99"]),
        )
    return table


def throughput_table(rows: Sequence[ThroughputRow]) -> Table:
    """Goodput against line rate, case by case."""
    table = _table("Throughput", *_left("pair", "case", "network"), *THROUGHPUT)
    for row in rows:
        table.add_row(
            Text(words.pair(row["from"], row["to"])),
            Text(row["case"]),
            _network(row["network"]),
            str(row["flows"]),
            words.gbps(row["goodput_gbps"]),
            words.gbps(row["line_rate_gbps"]),
            words.percent(row["share_of_line"]),
            f"{row['retransmits']:,}",
        )
    return table


def quality_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """The lightpaths of the plan, the least margin first; candidate routes stand in the page's table."""
    lit = sorted((row for row in rows if row["planned"]), key=lambda row: (row["margin_db"], row["demand"]))
    table = _table("Lightpaths", *_left("demand", "mode"), *_right("km", "GSNR, dB", "need", "penalty", "margin"))
    for row in lit[:FEW_ROWS]:
        figures = (row[key] for key in ("gsnr_db", "need_db", "penalty_db", "margin_db"))
        table.add_row(
            Text(row["demand"]),
            Text(row["mode"]),
            f"{row['length_km']:,.1f}",
            *(f"{value:.2f}" for value in figures),
        )
    table.caption = f"{min(len(lit), FEW_ROWS)} of {len(lit)} lightpaths; report.html has all {len(rows):,} rows"
    return table


def plan_table(planned: Mapping[str, Any]) -> Table:
    """The lightpaths of `apnemu plan --json`, one a line, then the branches of its light trees."""
    table = _table(
        "Lightpaths",
        *_left("name", "route", "mode"),
        *_right("slot n, m", "Gbit/s", "GSNR, dB", "margin, dB", "one way"),
    )
    for path in planned["lightpaths"]:
        table.add_row(
            Text(path["name"]),
            Text(" ".join(path["route"])),
            Text(path["mode"]),
            f"{path['slot']['n']}, {path['slot']['m']}",
            f"{path['rate_gbps']:g}",
            *(words.NOTHING if path[key] is None else f"{path[key]:.2f}" for key in ("gsnr_db", "margin_db")),
            words.duration(path["delay_ns"]),
        )
    for tree in planned["trees"]:
        for branch in tree["branches"]:
            table.add_row(
                Text(f"{tree['name']}/{branch['to']}"),
                Text(" ".join(branch["route"])),
                Text(tree["mode"]),
                f"{tree['slot']['n']}, {tree['slot']['m']}",
                f"{tree['rate_gbps']:g}",
                *(f"{branch[key]:.2f}" for key in ("gsnr_db", "margin_db")),
                words.duration(branch["delay_ns"]),
            )
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
        _network(row["network"]),
        *([Text(row["phase"])] if several else []),
        words.ms(row["rtt_ns_p50"], 3),
        words.ms(row["rtt_ns_p99"], 3),
        words.duration(row["jitter_ns"]),
        words.duration(over_prediction_ns(row)),
        f"{row['lost']} of {row['sent']}" if row["lost"] else "0",
    ]


def _summary(rows: Sequence[LatencyRow], several: bool) -> list[str | Text]:
    """One network in one phase."""
    medians = [row["rtt_ns_p50"] for row in rows if row["rtt_ns_p50"] is not None]
    off = [distance for row in rows if (distance := over_prediction_ns(row)) is not None]
    lost = sum(row["lost"] for row in rows)
    return [
        Text(f"worst of {words.count(len(rows), 'pair')}", style="bold"),
        _network(rows[0]["network"]),
        *([Text(rows[0]["phase"])] if several else []),
        f"{words.ms(min(medians), 3)} … {words.ms(max(medians), 3)}" if medians else words.NOTHING,
        words.ms(_worst(row["rtt_ns_p99"] for row in rows), 3),
        words.duration(_worst(row["jitter_ns"] for row in rows)),
        words.duration(max(off, key=abs, default=None)),
        f"{lost:,} of {sum(row['sent'] for row in rows):,}" if lost else "0",
    ]


def _worst(values: Iterable[int | None]) -> int | None:
    return max((value for value in values if value is not None), default=None)


def _network(name: str) -> Text:
    return Text("APN" if name == "apn" else name, style=COLOURS.get(name, ""))


def _left(*headings: str) -> list[Column]:
    return [Column(heading) for heading in headings]


def _table(title: str, *found: Column) -> Table:
    return Table(
        *(replace(column) for column in found),
        title=title,
        title_justify="left",
        caption_justify="left",
        header_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
