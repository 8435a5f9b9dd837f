# SPDX-License-Identifier: BSD-3-Clause
"""How an experiment's results are shown: the answer in a sentence, its figures, its columns.

A report is handed rows and this description; it never guesses from names of columns which experiment it is about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from rich.table import Table

from apnemu.report import words
from apnemu.report.columns import Column
from apnemu.report.curves import Curve
from apnemu.report.lines import noted, of_rows

Row = Mapping[str, Any]
Picture = Mapping[str, Any]
"""The plant and its light as `report.picture` makes it."""
Draw = Callable[[Sequence[Row], Picture], Sequence[Markup]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairSaid:
    """Text on a pair of sites that is chosen on the page's map: lines of (term, text)."""

    ends: tuple[str, str]
    lines: tuple[tuple[str, str], ...]


def count_of(rows: Sequence[Row], picture: Picture) -> str:
    """The answer of an experiment that has no sentence of its own."""
    return f"{words.count(len(rows), 'result')}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Description of how the rows of an experiment are shown.

    `sentence` is handed at least one row. `figures` are declared curves, or functions that draw. `phases` is a column:
    its last and its first value have figures of their own. `columns` come first in the page's table, `brief` are the
    terminal's, or `table` makes the latter whole. `pairs` is what is said of pairs of sites on the map.
    """

    sentence: Callable[[Sequence[Row], Picture], str] = count_of
    figures: tuple[Curve | Draw, ...] = ()
    phases: str = ""
    columns: tuple[Column, ...] = ()
    brief: tuple[Column, ...] = ()
    table: Callable[[Sequence[Row]], Table] | None = None
    pairs: Callable[[Sequence[Row], Picture], Sequence[PairSaid]] | None = None

    def __post_init__(self) -> None:
        kinds: dict[str, tuple[Any, ...]] = {"figures": (Curve, Callable), "columns": (Column,), "brief": (Column,)}
        for name, wanted in kinds.items():
            entries = getattr(self, name)
            if not isinstance(entries, list | tuple) or not all(isinstance(entry, wanted) for entry in entries):
                words = {"figures": "curves or functions"}.get(name, "columns")
                raise ValueError(f"{name} is {entries!r:.60}; it must be a tuple of {words}")

    def names(self) -> tuple[str, ...]:
        """Names of all columns that the description refers to."""
        curves = [name for figure in self.figures if isinstance(figure, Curve) for name in figure.names()]
        columns = [column.key for column in (*self.columns, *self.brief)]
        return tuple(dict.fromkeys((*columns, *curves, *filter(None, [self.phases]))))

    def answer(self, rows: Sequence[Row], picture: Picture) -> str:
        """The answer in a sentence, and one more where the lines of what is compared differ."""
        return (
            " ".join(filter(None, (self.sentence(rows, picture), of_rows(rows)))) if rows else "Nothing was measured."
        )

    def groups(self, rows: Sequence[Row], picture: Picture) -> list[tuple[str, list[Markup]]]:
        """The figures as (heading, figures): one group, or with `phases` one for the last, which the answer is about,
        and one for the first."""
        values = list(dict.fromkeys(str(row.get(self.phases, "")) for row in rows)) if self.phases else []
        if len(values) < 2:
            drawn = self._drawn(rows, picture)
            return [("", drawn)] if drawn else []
        shown = dict.fromkeys((values[-1], values[0]))
        parts = [(value, [row for row in rows if str(row.get(self.phases, "")) == value]) for value in shown]
        return [(value, drawn) for value, part in parts if (drawn := self._drawn(part, picture))]

    def _drawn(self, rows: Sequence[Row], picture: Picture) -> list[Markup]:
        if not rows:
            return []
        return [
            noted(drawn, rows)
            for figure in self.figures
            for drawn in (figure.draw(rows) if isinstance(figure, Curve) else figure(rows, picture))
        ]
