# SPDX-License-Identifier: BSD-3-Clause
"""Columns of a table of results: headings, and the text of each cell. Times are exact to the nanosecond."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apnemu.model.reason import read_reasons
from apnemu.report import headings, words

Row = Mapping[str, Any]
LONG = ("reason", "refused")
"""Names of columns that hold sentences: they stand last, so that they push no figure out of sight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Column of a table: the key of its values, its heading, and how a cell's text is made.

    `number` aligns right, and keeps to one line. `factor` is what a value is multiplied by for its text, which is
    then a number in the heading's unit; None where the text has its own unit, or is no number.
    """

    key: str
    heading: str
    text: Callable[[Row], str]
    number: bool = True
    factor: float | None = None

    def cell(self, row: Row) -> str:
        """The text of a row's cell, whatever `text` makes."""
        return str(self.text(row))


def plain(key: str, heading: str = "", *, number: bool = True) -> Column:
    """Column of values as they are."""
    return Column(key=key, heading=heading or key, text=lambda row: words.plain(row.get(key)), number=number)


def text(key: str, heading: str = "") -> Column:
    """Column of texts, aligned left."""
    return plain(key, heading, number=False)


def site(key: str, heading: str = "") -> Column:
    """Column of sites, as proper names."""
    return Column(key=key, heading=heading or key, text=lambda row: words.site(row[key]), number=False)


def network(key: str = "network") -> Column:
    """Column of networks, by their names."""
    return Column(key=key, heading=key, text=lambda row: words.network(row[key]), number=False)


def network_short() -> Column:
    """Column of networks, as short as a terminal's table needs them."""
    return Column(
        key="network",
        heading="network",
        text=lambda row: "APN" if row["network"] == "apn" else str(row["network"]),
        number=False,
    )


def pair() -> Column:
    """Column of pairs of sites."""
    return Column(key="from", heading="pair", text=lambda row: words.pair(row["from"], row["to"]), number=False)


def part(key: str, whole: str, heading: str) -> Column:
    """Column of counts out of those of another column."""

    def text(row: Row) -> str:
        return words.NOTHING if row.get(key) is None else f"{row[key]:,} of {row[whole]:,}"

    return Column(key=key, heading=heading, text=text)


def number(key: str, heading: str, decimals: int, factor: float = 1.0) -> Column:
    """Column of numbers, multiplied by a factor, with this many decimals."""

    def text(row: Row) -> str:
        return words.NOTHING if row.get(key) is None else f"{factor * row[key]:,.{decimals}f}"

    return Column(key=key, heading=heading, text=text, factor=factor)


def reasons(key: str, heading: str) -> Column:
    """Column of what was lacking, in a word each; the texts stand on the page."""

    def text(row: Row) -> str:
        return ", ".join(reason.code for reason in read_reasons(row.get(key) or ""))

    return Column(key=key, heading=heading, text=text, number=False)


def ms(key: str, heading: str, decimals: int = 6) -> Column:
    """Column of nanoseconds shown in milliseconds; with six decimals nothing is lost."""
    return Column(key=key, heading=heading, text=lambda row: words.ms(row.get(key), decimals))


def us(key: str, heading: str) -> Column:
    """Column of nanoseconds shown in microseconds, nothing lost."""
    return Column(key=key, heading=heading, text=lambda row: words.us(row.get(key)))


def duration(key: str, heading: str) -> Column:
    """Column of nanoseconds to three digits in the unit that fits."""
    return Column(key=key, heading=heading, text=lambda row: words.duration(row.get(key)))


def gbps(key: str, heading: str, decimals: int | None = None) -> Column:
    """Column of rates in Gbit/s, to three digits, or with the given number of decimals."""

    def text(row: Row) -> str:
        if row.get(key) is None:
            return words.NOTHING
        return words.gbps(row[key]) if decimals is None else f"{row[key]:,.{decimals}f}"

    return Column(key=key, heading=heading, text=text)


def percent(key: str, heading: str) -> Column:
    """Column of shares in per cent."""
    return Column(
        key=key, heading=heading, text=lambda row: words.NOTHING if row.get(key) is None else words.percent(row[key])
    )


def all_columns(rows: Sequence[Row], declared: Sequence[Column] = ()) -> list[Column]:
    """The columns of a full table: those declared that the rows have, then every other as it is, sentences last.

    What is a value for each of many names, or a list of such, is for figures: no cell has room for it.
    """
    keys = [key for key in dict.fromkeys(key for row in rows for key in row) if not is_nested(rows, key)]
    first = [column for column in declared if column.key in keys]
    known = {column.key for column in first}
    rest = sorted((key for key in keys if key not in known), key=lambda key: key in LONG)
    return [*first, *(undescribed(key, rows) for key in rest)]


def undescribed(key: str, rows: Sequence[Row]) -> Column:
    """Column that nobody has described: its name says what it holds, and in which unit.

    Its figures stand in one multiple of that unit; of whole numbers nothing is lost.

    >>> column = undescribed("outage_ns", [{"outage_ns": 59_808_173}, {"outage_ns": None}])
    >>> column.heading, column.cell({"outage_ns": 59_808_173}), column.cell({"outage_ns": None})
    ('outage, ms', '59.808173', '–')
    """
    measure = headings.measure_of(key)
    if not any(isinstance(row.get(key), str | bool | int | float) for row in rows):
        return plain(key, measure.heading(measure.unit), number=False)
    if not _is_number(rows, key):
        said = {"network": words.network, "from": words.site, "to": words.site, "site": words.site}.get(
            key, words.plain
        )
        name = headings.named(key)
        return Column(key=key, heading=name, text=lambda row: _said(said, row.get(key)), number=False)
    numbers = [row[key] for row in rows if row.get(key) is not None]
    size, unit = headings.shown_unit(measure.unit, numbers)

    def text(row: Row) -> str:
        value = row.get(key)
        return headings.exact(value, size) if isinstance(value, int | float) else words.plain(value)

    return Column(key=key, heading=measure.heading(unit) or key, text=text, factor=1 / size)


def _said(said: Callable[[str], str], value: Any) -> str:
    return said(value) if isinstance(value, str) else words.plain(value)


def is_nested(rows: Sequence[Row], key: str) -> bool:
    """Whether a column holds mappings, or lists of them.

    >>> is_nested([{"a": {"x": 1}}], "a"), is_nested([{"a": None}, {"a": [{}]}], "a"), is_nested([{"a": [1]}], "a")
    (True, True, False)
    """
    values = [row.get(key) for row in rows]
    return any(isinstance(one, Mapping) for value in values for one in (value if isinstance(value, list) else [value]))


def _is_number(rows: Sequence[Row], key: str) -> bool:
    """
    >>> rows = [{"a": None, "b": True, "c": 1}, {"a": 2, "b": False, "c": "one"}]
    >>> [_is_number(rows, key) for key in "abc"]
    [True, False, False]
    """
    known = [value for row in rows if (value := row.get(key)) is not None]
    return bool(known) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in known)
