# SPDX-License-Identifier: BSD-3-Clause
"""Page of a comparison of runs: one file, offline for good, a pure function of the comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.report import words
from apnemu.report.compared_words import (
    Value,
    headline,
    joining,
    most,
    text,
    values_of,
    what_of,
    what_was_set,
)
from apnemu.report.page import asset, template
from apnemu.report.plots import figure
from apnemu.report.svg import element, key_list, percent

Document = Mapping[str, Any]
MOST_FIGURES, MOST_ROWS, MOST_LINES = 12, 10, 2_000
"""Most figures that are drawn, rows of each, and lines of the table; the document has all."""
COLOURS = 6


def compared_page(document: Document) -> str:
    """The page as text."""
    runs, figures = document["runs"], document["figures"]
    lines = [_line(one, row, runs) for one in figures for row in most(one["rows"])]
    drawn = [_figure(one, runs) for one in figures[:MOST_FIGURES]]
    return template("compared.html.j2").render(
        document=document,
        style=asset("page.css"),
        headline=headline(document),
        joining=joining(document),
        colours=COLOURS,
        asked=[
            (what_was_set(one), one["what"], [text(value, one["unit"]) for value in one["values"]])
            for one in document["set"]
        ],
        first=drawn[:1],
        others=drawn[1:],
        lines=lines[:MOST_LINES],
        left_out=max(0, len(lines) - MOST_LINES),
        undrawn=max(0, len(figures) - MOST_FIGURES),
        texts=[
            (one["column"], row["name"], [text(value) for value in row["values"]])
            for one in document["texts"]
            for row in one["rows"][:MOST_ROWS]
        ],
    )


def _line(one: Document, row: Document, runs: Sequence[Document]) -> dict[str, Any]:
    values = values_of(one, row, runs)
    return {
        "what": what_of(one),
        "name": row["name"],
        "values": [value.said for value in values],
        "differences": [(value.difference, value.relative) for value in values[1:]],
    }


def _figure(one: Document, runs: Sequence[Document]) -> Markup:
    """Bars from 0 for the rows that differ most, a bar for each run with its number and its difference to the first."""
    rows = most(one["rows"])
    shown = [(row, values_of(one, row, runs)) for row in rows[:MOST_ROWS]]
    numbers = [value.number for _, values in shown for value in values if value.number is not None]
    low, high = min(0.0, *numbers), max(0.0, *numbers)
    left_out = f" The {MOST_ROWS} of {len(rows)} results that differ most." if len(rows) > MOST_ROWS else ""
    caption = f"Bars begin at 0; differences are to run {runs[0]['name']}.{left_out}"
    drawn = [_row(row["name"], values, low, high) for row, values in shown]
    keys = [_key(place, run) for place, run in enumerate(runs)]
    return figure(
        words.capital(what_of(one)), caption, key_list(keys), element("ul", *drawn, class_="beside"), wide=True
    )


def _key(place: int, run: Document) -> Markup:
    return element("li", element("b", run["name"], class_=f"run run-{place % COLOURS}"), str(run["label"]))


def _row(name: str, values: Sequence[Value], low: float, high: float) -> Markup:
    lines = [_bar(place, value, low, high) for place, value in enumerate(values)]
    heading = [element("span", name, class_="beside-name")] if name else []
    return element("li", *heading, *lines)


def _bar(place: int, value: Value, low: float, high: float) -> Markup:
    colour = f"run-{place % COLOURS}"
    drawn = []
    if value.number is not None and high > low:
        zero, at = (share / (high - low) for share in (-low, value.number - low))
        left, wide = percent(min(zero, at)), percent(abs(at - zero))
        drawn.append(element("rect", class_=f"run-bar {colour}", x=left, y=1, width=wide, height=12))
        drawn.append(element("rect", class_="run-zero", x=percent(zero), y=0, width=1, height=14))
    return element(
        "div",
        element("b", value.run, class_=f"run {colour}"),
        element("svg", *drawn, width="100%", height=14, aria_hidden="true"),
        element("span", value.said, class_="beside-value"),
        element("span", value.difference or "\N{ZERO WIDTH SPACE}", class_="beside-value"),
        element("span", value.relative or "\N{ZERO WIDTH SPACE}", class_="beside-value"),
        class_="beside-run",
    )
