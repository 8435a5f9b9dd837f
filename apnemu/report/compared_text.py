# SPDX-License-Identifier: BSD-3-Clause
"""A comparison of runs on a terminal: what was set, answers and verdicts, and a block of bars for each figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from apnemu.report import words
from apnemu.report.compared_words import (
    Value,
    grouped,
    headline,
    joining,
    most,
    text,
    values_of,
    what_of,
    what_was_set,
)
from apnemu.report.tables import left, titled

Document = Mapping[str, Any]
SIDE_BY_SIDE = 4
"""Most runs that have a column each."""
MOST_FIGURES, MOST_ROWS, MOST_TEXTS = 3, 4, 8
"""Most figures that are drawn, rows of each, and texts that differ; what is left out is named."""
LEAST_BAR, MOST_BAR = 8, 40
COLOURS = ("bright_blue", "dark_orange", "magenta", "green", "red", "cyan")
EIGHTHS = " ▏▎▍▌▋▊▉█"


def compared(document: Document, width: int) -> Iterator[Table | Text]:
    """The comparison for a terminal so many columns wide."""
    runs = document["runs"]
    yield Text(headline(document), style="bold")
    yield _runs(runs)
    yield _set(document["set"], runs)
    figures = document["figures"]
    for figure in figures[:MOST_FIGURES]:
        yield from _block(figure, runs, width)
    if more := [what_of(figure) for figure in figures[MOST_FIGURES:]]:
        yield Text(f"\nalso different: {', '.join(more)}")
    for found in document["texts"][:MOST_TEXTS]:
        shown = found["rows"][0]
        others = len(found["rows"]) - 1
        of_row = f" ({shown['name']})" if shown["name"] else ""
        further = f", and in {words.count(others, 'more result')}" if others else ""
        yield Text(f"{found['column']}{of_row} {grouped(shown['values'], runs)}{further}")
    same = f" {words.count(len(document['same']), 'figure')} the same in all." if document["same"] else ""
    yield Text(f"\n{joining(document)}{same}", style="dim")


def _runs(runs: Sequence[Document]) -> Table:
    table = titled("Runs", *left("", "directory", "answer, and whether it was expected"))
    for run in runs:
        met = {True: "as expected", False: "not as expected"}.get(run["expectation"].get("met"), "not judged")
        table.add_row(_letter(run["name"]), Text(run["label"]), Text(f"{run['answer']} ({met})"))
    return table


def _set(asked: Sequence[Document], runs: Sequence[Document]) -> Table | Text:
    if not asked:
        return Text("Nothing was set differently.")
    if len(runs) > SIDE_BY_SIDE:
        table = titled("Set differently", *left("", "by run"))
        for one in asked:
            table.add_row(Text(what_was_set(one)), Text(grouped(one["values"], runs, one["unit"])))
        return table
    table = titled("Set differently", *left("", *(run["name"] for run in runs)))
    for one in asked:
        table.add_row(Text(what_was_set(one)), *(Text(text(value, one["unit"])) for value in one["values"]))
    return table


def _letter(name: str) -> Text:
    return Text(name, style=COLOURS[(ord(name[0]) - ord("A")) % len(COLOURS)])


def _block(figure: Document, runs: Sequence[Document], width: int) -> Iterator[Text]:
    """A figure: its heading, and for each row a line of each run with number, difference and bar."""
    rows = most(figure["rows"])
    shown = [(row, values_of(figure, row, runs)) for row in rows[:MOST_ROWS]]
    of_all = [value for _, values in shown for value in values]
    numbers = [value.number for value in of_all if value.number is not None]
    low, high = min(0.0, *numbers), max(0.0, *numbers)
    widths = [max(cell_len(part(value)) for value in of_all) for part in _PARTS]
    bar = min(MOST_BAR, width - 6 - sum(size + 2 for size in widths))
    yield Text(f"\n{what_of(figure)}", style="bold")
    for row, values in shown:
        if row["name"]:
            yield Text(f"  {row['name']}")
        for value in values:
            line = Text("    ").append_text(_letter(value.run)).append(" ")
            for part, size in zip(_PARTS, widths, strict=True):
                said = part(value)
                line.append(" " * (size - cell_len(said) + 1) + said + " " if size else "")
            if bar >= LEAST_BAR and value.number is not None and high > low:
                line.append(_bar((value.number - low) / (high - low), bar), style=_letter(value.run).style)
            line.rstrip()
            yield line
    if len(rows) > MOST_ROWS:
        yield Text(
            f"  and {words.count(len(rows) - MOST_ROWS, 'more result')}; --html and --json have all", style="dim"
        )


def _said(value: Value) -> str:
    return value.said


def _difference(value: Value) -> str:
    return value.difference


def _relative(value: Value) -> str:
    return value.relative


_PARTS = (_said, _difference, _relative)


def _bar(share: float, width: int) -> str:
    """
    >>> _bar(0.5, 8), _bar(0.53, 8), _bar(0.0, 8)
    ('████', '████▎', '▏')
    """
    eighths = max(1, round(share * width * 8))
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()
