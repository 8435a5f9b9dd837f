# SPDX-License-Identifier: BSD-3-Clause
"""Result rows as tables for a terminal. They are returned, not printed: `cli` alone prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rich import box
from rich.table import Column, Table
from rich.text import Text

from apnemu.report import words
from apnemu.report.columns import Column as ResultColumn
from apnemu.report.columns import all_columns
from apnemu.report.fitted import Fitted
from apnemu.report.shown import Shown

MANY_COLUMNS = 8
"""Most columns of a table; of more, those that never change stand below it."""
COLOURS = {"apn": "bright_blue", "packet": "dark_orange"}


def results_table(rows: Sequence[Mapping[str, Any]], shown: Shown) -> Table:
    """The rows as their experiment shows them on a terminal; where it says nothing, the columns as they are."""
    if shown.table is not None and rows:
        return shown.table(rows)
    columns = list(shown.brief) or all_columns(rows, shown.columns)
    if len(rows) == 1 and len(columns) > MANY_COLUMNS:
        return _upright(rows[0], columns)
    table = titled("Results")
    if len(rows) > 1 and len(columns) > MANY_COLUMNS:
        same = [column for column in columns if len({column.cell(row) for row in rows}) == 1]
        columns = [column for column in columns if column not in same] or columns
        if same:
            table.caption = "the same in every row: " + "; ".join(
                f"{one.heading} {one.text(rows[0]) or words.NOTHING}" for one in same
            )
    for column in columns:
        table.add_column(Text(column.heading), justify="right" if column.number else "left")
    before = ""
    for row in rows:
        network = str(row.get("network", ""))
        if shown.brief and before and network != before:
            table.add_section()
        before = network
        table.add_row(*[coloured(column.cell(row), network, column.key) for column in columns])
    return table


def _upright(row: Mapping[str, Any], columns: Sequence[ResultColumn]) -> Table:
    """A result alone that has many columns: a line for each."""
    network = str(row.get("network", ""))
    table = titled("Result", *left("", ""))
    table.show_header = False
    for column in columns:
        table.add_row(Text(column.heading), coloured(column.cell(row) or words.NOTHING, network, column.key))
    return table


def coloured(text: str, network: str, key: str) -> Text:
    """A cell's text; the name of a network in its colour."""
    return Text(text, style=COLOURS.get(network, "") if key == "network" else "")


def right(*headings: str) -> list[Column]:
    """Columns of figures with these headings, aligned right."""
    return [Column(heading, justify="right") for heading in headings]


def left(*headings: str) -> list[Column]:
    """Columns of texts with these headings, aligned left."""
    return [Column(heading) for heading in headings]


def titled(title: str, *columns: Column) -> Table:
    """An empty table in the house's look."""
    return Fitted(
        *(replace(column) for column in columns),
        title=title,
        title_justify="left",
        caption_justify="left",
        header_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )


def plan_table(planned: Mapping[str, Any]) -> Table:
    """Table of a plan (`apnemu plan --json`): a line for each lightpath, then for each branch of its light trees.

    Names stand in it only where the ends of a way do not tell the lines apart.
    """
    ways: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = [
        *((path["name"], path, path) for path in planned["lightpaths"]),
        *((f"{tree['name']}/{branch['to']}", tree, branch) for tree in planned["trees"] for branch in tree["branches"]),
    ]
    named = len({(way["route"][0], way["route"][-1]) for _, _, way in ways}) < len(ways)
    table = titled(
        "Lightpaths",
        *left(*(["name"] if named else []), "from", "to", "via"),
        *right("one way", "Gbit/s", "margin, dB", "GSNR, dB", "slot n, m", "mode"),
    )
    for name, carrier, way in ways:
        table.add_row(*([Text(words.spelled(name))] if named else []), *_ends(way["route"]), *_light(carrier, way))
    return table


def _ends(route: Sequence[str]) -> list[Text]:
    """Cells of a route: where it begins and ends, and the sites between."""
    shown = [words.named(site) for site in route]
    return [Text(shown[0]), Text(shown[-1]), Text(" ".join(shown[1:-1]) or words.NOTHING)]


def _light(carrier: Mapping[str, Any], way: Mapping[str, Any]) -> list[str | Text]:
    """Cells of figures: what arrives at the end of a way, and the slot and the mode of what carries it."""
    return [
        words.both_ways(way["delay_ns"], way.get("return_delay_ns")),
        f"{carrier['rate_gbps']:g}",
        *(words.NOTHING if way[key] is None else f"{way[key]:.2f}" for key in ("margin_db", "gsnr_db")),
        f"{carrier['slot']['n']}, {carrier['slot']['m']}",
        Text(carrier["mode"]),
    ]
