# SPDX-License-Identifier: BSD-3-Clause
"""Results as curves or dots: what was measured over what was varied, as an experiment declares it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from markupsafe import Markup

from apnemu.report import words
from apnemu.report.plots import Series, figure, plot
from apnemu.report.svg import Scale, legend, linear_scale, log_scale

Row = Mapping[str, Any]
Unit = Literal["time", "share", "number", "count", "gbps"]
MOST_DRAWN = 1e300
WIDE_SPAN = 30
"""Ratio of the greatest to the least duration from which on durations stand on a logarithmic scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Column `y` over column `x`, a figure for each combination of values of the columns `split`.

    `by` is the column that gives a line its colour, `lines` are those that tell lines of one colour apart, labelled by
    `line_words`. `reference` is a column drawn dashed for each line, called `reference_name`; `across`, since it
    depends on neither x nor the line, once and from side to side.
    `derive` gives the rows that are drawn, such as some of the results, or results with further columns. `joined` False
    draws dots. With `common` all figures have the same scales. `log` None lets the unit decide. `fewest` is the number
    of values of x below which there is no figure of a line. `split_words` and `note` put values and a point into words.
    """

    title: str
    caption: str
    x: str
    y: str
    axes: tuple[str, str]
    unit: Unit = "number"
    split: tuple[str, ...] = ()
    split_words: Callable[[Row], str] | None = None
    by: str = "network"
    lines: tuple[str, ...] = ()
    line_words: Callable[[Row], str] | None = None
    reference: str = ""
    reference_name: str = ""
    across: bool = False
    log: bool | None = None
    joined: bool = True
    common: bool = False
    fewest: int = 2
    wide: bool = False
    derive: Callable[[Sequence[Row]], Sequence[Row]] | None = None
    note: Callable[[Row], str] | None = None

    def __post_init__(self) -> None:
        if self.unit not in get_args(Unit):
            raise ValueError(f"unit is {self.unit!r}; it must be {' or '.join(get_args(Unit))}")
        for name in (self.split, self.lines):
            if isinstance(name, str):
                raise ValueError(f"'{name}' stands for columns; it must be a tuple, for example ('{name}',)")

    def names(self) -> tuple[str, ...]:
        """The columns that the curve is made of."""
        return tuple(name for name in (self.x, self.y, self.reference, self.by, *self.split, *self.lines) if name)

    def draw(self, rows: Sequence[Row]) -> list[Markup]:
        """The figures; none where no points are numbers, or where a line has fewer than `fewest` values of x."""
        drawn = self.derive(rows) if self.derive else rows
        placed = [row for row in drawn if _is_drawn(row.get(self.x))]
        known = [row for row in placed if _is_drawn(row.get(self.y))]
        parts: dict[tuple[Any, ...], list[Row]] = {}
        for row in known:
            parts.setdefault(self._part(row), []).append(row)
        worth = [
            part for part in parts.values() if not self.joined or len({row[self.x] for row in part}) >= self.fewest
        ]
        of_scale = [row for part in worth for row in part]
        empty = [row for row in placed if not _is_drawn(row.get(self.y))]
        return [self._figure(part, of_scale if self.common else part, empty) for part in worth]

    def _figure(self, rows: Sequence[Row], of_scale: Sequence[Row], empty: Sequence[Row]) -> Markup:
        """A figure of rows; `empty` are those of all figures in which nothing was measured."""
        lines: dict[tuple[str, ...], list[Row]] = {}
        for row in rows:
            lines.setdefault(self._label(row), []).append(row)
        where = self._part(rows[0])
        gaps: dict[tuple[str, ...], list[float]] = {}
        for row in empty:
            if self._part(row) == where:
                gaps.setdefault(self._label(row), []).append(float(row[self.x]))
        series = [
            Series(
                network=label[0],
                points=self._points(part),
                line=self.joined,
                label=self._line(part[0]),
                gaps=tuple(gaps.get(label, ())),
            )
            for label, part in lines.items()
        ]
        heights = [float(row[name]) for row in of_scale for name in self._heights() if _is_drawn(row.get(name))]
        x = linear_scale([float(row[self.x]) for row in of_scale])
        dashed = self._references(list(lines.values()), x)
        kinds = list(dict.fromkeys(one.network for one in series))
        more = [("reference-swatch", self.reference_name)] if dashed and self.reference_name else []
        told = self._where(rows[0])
        return figure(
            f"{self.title}: {told}" if told else self.title,
            self.caption,
            legend(kinds, *more),
            plot(series[::-1], x, self._scale(heights), self.axes, dashed),
            wide=self.wide,
        )

    def _part(self, row: Row) -> tuple[Any, ...]:
        """The values that tell a row's figure from the others."""
        return tuple(_hashable(row.get(name)) for name in self.split)

    def _label(self, row: Row) -> tuple[str, ...]:
        """The values that tell a row's line from the others of its figure."""
        return (str(row.get(self.by, "apn")), *(str(row.get(name, "")) for name in self.lines))

    def _heights(self) -> tuple[str, ...]:
        return (self.y, self.reference) if self.reference else (self.y,)

    def _where(self, row: Row) -> str:
        if self.split_words:
            return self.split_words(row)
        return ", ".join(f"{name} {words.plain(row.get(name))}" for name in self.split)

    def _points(self, rows: Sequence[Row]) -> tuple[tuple[float, float, str], ...]:
        """The points along x; rows with the same x and y, such as those of several leaves, are one point."""
        points = ((float(row[self.x]), float(row[self.y]), self._note(row)) for row in self._along(rows))
        return tuple(dict.fromkeys(points))

    def _references(self, lines: Sequence[Sequence[Row]], x: Scale) -> list[tuple[tuple[float, float], ...]]:
        known = list(dict.fromkeys(dashed for rows in lines if (dashed := tuple(self._dashed(rows, x)))))
        return known[:1] if self.across else known

    def _line(self, row: Row) -> str:
        return self.line_words(row) if self.line_words else ""

    def _dashed(self, rows: Sequence[Row], x: Scale) -> list[tuple[float, float]]:
        """The points of the reference; one alone makes no line, unless it reaches from side to side."""
        if not self.reference:
            return []
        known = [row for row in self._along(rows) if _is_drawn(row.get(self.reference))]
        points = list(dict.fromkeys((float(row[self.x]), float(row[self.reference])) for row in known))
        if self.across and points:
            return [(x.low, points[0][1]), *points, (x.high, points[-1][1])]
        return points if len(points) > 1 else []

    def _along(self, rows: Sequence[Row]) -> list[Row]:
        return sorted(rows, key=lambda row: float(row[self.x]))

    def _scale(self, values: Sequence[float]) -> Scale:
        if self.unit == "share":
            return linear_scale(values, words.percent)
        if self.unit == "time":
            spread = min(values) > 0 and max(values) / min(values) > WIDE_SPAN
            wide = spread if self.log is None else self.log
            return (
                log_scale(values, words.decade) if wide else linear_scale(values, lambda ns: words.duration(round(ns)))
            )
        label = words.gbps if self.unit == "gbps" else words.plain
        logarithmic = self.unit == "count" if self.log is None else self.log
        return log_scale(values, label) if logarithmic else linear_scale(values, label)

    def _note(self, row: Row) -> str:
        if self.note:
            return self.note(row)
        value = row[self.y]
        text = {"time": lambda: words.duration(round(value)), "share": lambda: words.percent(value)}
        said = text.get(self.unit, lambda: words.plain(value))()
        return f"{words.network(str(row.get(self.by, 'apn')))}: {said} at {words.plain(row[self.x])}"


def _hashable(value: Any) -> Any:
    """The value, or a text that tells it from others where a dictionary cannot."""
    return repr(value) if isinstance(value, list | dict) else value


def _is_drawn(value: Any) -> bool:
    """Whether a value has a place on an axis.

    >>> [_is_drawn(value) for value in (1, 0.5, None, "a", float("nan"), float("inf"), 10**400, [1])]
    [True, True, False, False, False, False, False, False]
    """
    return isinstance(value, int | float) and abs(value) <= MOST_DRAWN
