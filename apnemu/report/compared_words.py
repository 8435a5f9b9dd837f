# SPDX-License-Identifier: BSD-3-Clause
"""Words of a comparison of runs, for a terminal and a page: headline, values, differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apnemu.report import words
from apnemu.report.headings import measure_of, named, told

Document = Mapping[str, Any]
MOST_LETTERS = 60
"""Most letters of a value that is a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A run's number in a row, in words: the number, its difference to the first run's, and that in per cent.

    `share` is the number itself, for bars; None, with empty words, where the run has none.
    """

    run: str
    number: float | None
    said: str
    difference: str
    relative: str


def what_of(figure: Document) -> str:
    """What a column of numbers measures, in words of the page's language."""
    return measure_of(figure["column"]).what or str(figure["column"])


def values_of(figure: Document, row: Document, runs: Sequence[Document]) -> list[Value]:
    """The numbers of a row, run by run, in one unit.

    >>> row = {"values": [100, 150, None], "difference": [0, 50, None], "relative": [0.0, 0.5, None]}
    >>> found = values_of({"unit": "ns"}, row, [{"name": "A"}, {"name": "B"}, {"name": "C"}])
    >>> [(one.run, one.said, one.difference, one.relative) for one in found]
    [('A', '100 ns', '', ''), ('B', '150 ns', '+50 ns', '+50 %'), ('C', '–', '', '')]
    """
    said = told(row["values"], figure["unit"])
    return [
        Value(
            run=run["name"],
            number=value,
            said=text or words.NOTHING,
            difference=signed(diff, figure["unit"]) if place else "",
            relative=percent(share) if place else "",
        )
        for place, (run, value, text, diff, share) in enumerate(
            zip(runs, row["values"], said, row["difference"], row["relative"], strict=True)
        )
    ]


def signed(difference: float | None, unit: str) -> str:
    """A difference with its sign, in its unit; nothing where there is none to be told.

    >>> signed(-640_000, "ns"), signed(0, "ns"), signed(None, "ns"), signed(0.0123, "share")
    ('−640 µs', '0 ns', '', '+1.23 % points')
    """
    if difference is None:
        return ""
    size = told([abs(difference)], unit)[0] + (" points" if unit == "share" else "")
    return f"{'+' if difference > 0 else '−' if difference < 0 else ''}{size}"


def percent(share: float | None) -> str:
    """A relative difference with its sign; of a difference beyond tenfold the factor.

    >>> percent(0.118), percent(-0.5), percent(0.0), percent(19.0), percent(None), percent(1e-9)
    ('+11.8 %', '−50 %', '0 %', 'x 20', '', '+1e-07 %')
    """
    if share is None:
        return ""
    if share > 9:
        return f"x {share + 1:,.4g}"
    sign = "+" if share > 0 else "−" if share < 0 else ""
    return f"{sign}{100 * abs(share):.3g} %"


def text(value: Any, unit: str = "") -> str:
    """A value of a setting, or of a column that holds no numbers, not longer than a line.

    >>> text(["idle", "full"]), text(True), text(None), text(10, "Gbit/s"), text("x" * 99)[-3:]
    ('idle, full', 'yes', '–', '10 Gbit/s', 'xx…')
    """
    said = words.plain(value)
    said = said if len(said) <= MOST_LETTERS else said[: MOST_LETTERS - 1] + "…"
    return f"{said} {unit}" if unit and value is not None else said


def grouped(values: Sequence[Any], runs: Sequence[Document], unit: str = "") -> str:
    """Values with the runs that have each.

    >>> grouped([1, 2, 1], [{"name": "A"}, {"name": "B"}, {"name": "C"}])
    'A, C: 1; B: 2'
    """
    by: dict[str, list[str]] = {}
    for run, value in zip(runs, values, strict=True):
        by.setdefault(text(value, unit), []).append(run["name"])
    return "; ".join(f"{', '.join(names)}: {said}" for said, names in by.items())


def what_was_set(one: Document) -> str:
    """The name of what was set differently, as a person knows it."""
    name = str(one["name"])
    return name if one["what"] in ("setting", "input", "version") else named(name)


def most(rows: Sequence[Document]) -> list[Document]:
    """Rows by their greatest difference, relative first; those whose first number is 0 go before all others."""

    def size(row: Document) -> tuple[float, float]:
        shares = [abs(share) for share in row["relative"] if share is not None]
        by = [abs(diff) for diff in row["difference"] if diff is not None]
        return (max(shares, default=float("inf") if any(by) else -1.0), max(by, default=0.0))

    return sorted(rows, key=size, reverse=True)


def headline(document: Document) -> str:
    """What came out differently, in a sentence: the figure that is told first, and how many further ones."""
    figures, rows = document["figures"], document["rows"]
    names = ", ".join(run["name"] for run in document["runs"])
    if not figures:
        if not rows["in_all"]:
            return f"{names}: no result of one run has its like in another."
        return f"{names}: all figures are the same in all runs."
    first = figures[0]
    shares = [abs(share) for row in first["rows"] for share in row["relative"] if share is not None]
    by = f", by up to {percent(max(shares)).lstrip('+')}" if shares else ""
    others = len(figures) - 1
    more = f"; {words.count(others, 'more figure')} differ{'s' if others == 1 else ''} too" if others else ""
    number = len(first["rows"])
    differ = f"{number} of {words.count(rows['in_all'], 'result')} differ{'s' if number == 1 else ''}"
    return f"{words.capital(what_of(first))}: {differ}{by}{more}."


def joining(document: Document) -> str:
    """How rows were joined, in a sentence."""
    rows = document["rows"]
    by = ", ".join(named(name) for name in document["joined_by"]) or "nothing, since each run has one result"
    parts = [f"Results are joined by {by}"]
    if document["told_by_run"]:
        parts.append(f"{', '.join(named(name) for name in document['told_by_run'])} tells the runs apart")
    if document["medians"]:
        parts.append("no result is in two runs, so medians are compared")
    parts.append(f"{words.count(rows['in_all'], 'result')} of all runs, {rows['in_some']} of some alone")
    return "; ".join(parts) + "."
