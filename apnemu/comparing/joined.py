# SPDX-License-Identifier: BSD-3-Clause
"""Rows of several runs side by side, joined by what identifies a row; what differs, in numbers and in other values."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apnemu.comparing.opened import Opened
from apnemu.question.verdict import named
from apnemu.report.curves import Curve
from apnemu.report.headings import measure_of

Row = Mapping[str, Any]
Id = tuple[str, ...]
MOST_NUMBER = 1e300
"""Greatest size of a number that differences are made of."""
CLOCK, LEAST, MEDIAN = "time", "_min", "_p50"
TELLING = ("network", "phase", "case", "scheme", "load")
"""Columns that are asked first where an experiment's own do not tell its rows apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Rows by their ids, run by run: `by` are the columns of an id, `told` those whose value tells the run.

    Where `medians`, a row stands for several: its numbers are their medians.
    """

    by: tuple[str, ...]
    told: tuple[str, ...]
    rows: tuple[Mapping[Id, Row], ...]
    medians: bool = False

    @property
    def ids(self) -> list[Id]:
        """All ids, in the order in which they come first."""
        return list(dict.fromkeys(one for rows in self.rows for one in rows))

    def of(self, one: Id) -> list[Row | None]:
        """The rows of an id, run by run."""
        return [rows.get(one) for rows in self.rows]


def compared_rows(runs: Sequence[Opened], settings: set[str]) -> dict[str, Any]:
    """The part of a comparison that is made of rows; `settings` are those that differ."""
    asked = runs[0].finished.asked
    joined = join([run.rows for run in runs], asked.key if asked else ())
    shared = [one for one in joined.ids if all(row is not None for row in joined.of(one))]
    names = {one: _name(joined, one) for one in joined.ids}
    columns = [name for name in _columns(runs, joined, settings) if name not in (*joined.by, *joined.told)]
    figures = [figure for name in columns if (figure := _figure(joined, name, names))]
    return {
        "joined_by": list(joined.by),
        "told_by_run": list(joined.told),
        "medians": joined.medians,
        "rows": {
            "in_all": len(shared),
            "in_some": len(joined.ids) - len(shared),
            "of_each": [len(run.rows) for run in runs],
        },
        "figures": [figure for figure in figures if figure["rows"]],
        "same": [figure["column"] for figure in figures if not figure["rows"]],
        "texts": [found for name in columns if (found := _texts(joined, name, names))],
    }


def join(runs: Sequence[Sequence[Row]], key: Sequence[str]) -> Joined:
    """Join rows by their key and by the clock.

    A column of the key with one value in each run, which is not the same in all, tells the run and joins nothing. Where
    no row is then in two runs, rows are joined by the columns that have values in common, and medians are compared.

    >>> a = [{"network": "apn", "load": 0.5, "x": 1}, {"network": "packet", "load": 0.5, "x": 2}]
    >>> b = [{"network": "apn", "load": 0.9, "x": 3}]
    >>> both = join([a, b], ("network", "load"))
    >>> both.by, both.told, [row and row["x"] for row in both.of(both.ids[0])]
    (('network',), ('load',), [1, 3])
    """
    present = {name for rows in runs for row in rows for name in row}
    clocks = {_text(row.get(CLOCK)) for rows in runs for row in rows}
    own = [name for name in (*key, *([CLOCK] if len(clocks) > 1 else ())) if name in present]
    told = tuple(name for name in own if _tells_the_run(runs, name))
    by = _unique(runs, [name for name in own if name not in told])
    rows = tuple(_by_id(part, by) for part in runs)
    if sum(len(part) > 0 for part in rows) < 2 or len({one for part in rows for one in part}) < sum(map(len, rows)):
        return Joined(by=by, told=told, rows=rows)
    common = tuple(name for name in by if not _disjoint(runs, name))
    grouped = tuple(_medians(part, common) for part in runs)
    return Joined(by=common, told=told, rows=grouped, medians=True)


def _values(rows: Sequence[Row], name: str) -> set[str]:
    return {_text(row.get(name)) for row in rows}


def _tells_the_run(runs: Sequence[Sequence[Row]], name: str) -> bool:
    each = [_values(rows, name) for rows in runs if rows]
    return all(len(values) == 1 for values in each) and len(set().union(*each)) > 1


def _disjoint(runs: Sequence[Sequence[Row]], name: str) -> bool:
    """Whether no two runs have a value of a column in common."""
    each = [_values(rows, name) for rows in runs]
    return len(set().union(*each)) == sum(map(len, each))


def _unique(runs: Sequence[Sequence[Row]], by: Sequence[str]) -> tuple[str, ...]:
    """The columns, and as many further ones that hold texts as tell the rows of each run apart."""
    rows = [row for part in runs for row in part]
    further = [name for name in dict.fromkeys(name for row in rows for name in row) if name not in by]
    further.sort(key=lambda name: TELLING.index(name) if name in TELLING else len(TELLING))
    chosen = list(by)
    for name in further:
        most = _ids(runs, chosen)
        if most == len(rows):
            break
        is_text = all(isinstance(row.get(name), str | bool) for row in rows)
        if (is_text or name in TELLING) and _ids(runs, [*chosen, name]) > most and not _tells_the_run(runs, name):
            chosen.append(name)
    return tuple(chosen)


def _ids(runs: Sequence[Sequence[Row]], by: Sequence[str]) -> int:
    return sum(len({_id(row, by) for row in part}) for part in runs)


def _id(row: Row, by: Sequence[str]) -> Id:
    return tuple(_text(row.get(name)) for name in by)


def _by_id(rows: Sequence[Row], by: Sequence[str]) -> dict[Id, Row]:
    """Rows by their ids; of several with one id each further one has its number behind it."""
    found: dict[Id, Row] = {}
    seen: dict[Id, int] = {}
    for row in rows:
        one = _id(row, by)
        seen[one] = seen.get(one, 0) + 1
        found[one if seen[one] == 1 else (*one, f"#{seen[one]}")] = row
    return found


def _medians(rows: Sequence[Row], by: Sequence[str]) -> dict[Id, Row]:
    groups: dict[Id, list[Row]] = {}
    for row in rows:
        groups.setdefault(_id(row, by), []).append(row)
    return {one: _median(part, by) for one, part in groups.items()}


def _median(rows: Sequence[Row], by: Sequence[str]) -> Row:
    found: dict[str, Any] = {name: rows[0].get(name) for name in by}
    for name in dict.fromkeys(name for row in rows for name in row):
        numbers = [row[name] for row in rows if is_number(row.get(name))]
        if name not in found and numbers:
            found[name] = statistics.median(numbers)
    return found


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def is_number(value: Any) -> bool:
    """Whether a value is a number of which a difference can be made.

    >>> [is_number(value) for value in (1, 0.5, True, None, "a", float("nan"), float("inf"), 10**400)]
    [True, True, False, False, False, False, False, False]
    """
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MOST_NUMBER


def _name(joined: Joined, one: Id) -> str:
    """The columns of an id in words."""
    row = next(row for row in joined.of(one) if row is not None)
    number = one[len(joined.by) :]
    return " ".join((named(row, joined.by) or "all rows" if joined.medians else named(row, joined.by), *number)).strip()


def _columns(runs: Sequence[Opened], joined: Joined, settings: set[str]) -> list[str]:
    """All columns: first those that the experiment draws and shows, last those that were predicted or set."""
    there = dict.fromkeys(name for rows in joined.rows for row in rows.values() for name in row)
    shown = runs[0].finished.shown
    drawn = [figure.y for figure in shown.figures if isinstance(figure, Curve)]
    first = dict.fromkeys((*drawn, *(column.key for column in (*shown.brief, *shown.columns))))
    ordered = [*(name for name in first if name in there), *(name for name in there if name not in first)]
    for name in [name for name in ordered if name.endswith(LEAST)]:  # the median tells more than what goes before it
        middle = name.removesuffix(LEAST) + MEDIAN
        if middle in ordered and ordered.index(middle) > ordered.index(name):
            ordered.remove(middle)
            ordered.insert(ordered.index(name), middle)
    last = [name for name in ordered if name.startswith("predicted_") or name in settings or name in joined.told]
    return [*(name for name in ordered if name not in last), *last]


def _figure(joined: Joined, name: str, names: Mapping[Id, str]) -> dict[str, Any] | None:
    """A column of numbers: a row for each id whose numbers are not the same in all runs; None where it has none."""
    rows = []
    some = False
    for one in joined.ids:
        found = joined.of(one)
        values = [row.get(name) if row is not None and is_number(row.get(name)) else None for row in found]
        some = some or any(value is not None for value in values)
        if len({value for value, row in zip(values, found, strict=True) if row is not None}) > 1:
            rows.append(_differing(joined, one, names[one], values))
    if not some:
        return None
    return {"column": name, "unit": measure_of(name).unit, "rows": rows}


def _differing(joined: Joined, one: Id, name: str, values: Sequence[Any]) -> dict[str, Any]:
    row = next(row for row in joined.of(one) if row is not None)
    first = values[0]
    differences = [None if first is None or value is None else value - first for value in values]
    relative = [None if not first or diff is None else diff / abs(first) for diff in differences]
    own = {column: row.get(column) for column in joined.by}
    return {"name": name, "row": own, "values": list(values), "difference": differences, "relative": relative}


def _is_said(value: Any) -> bool:
    return isinstance(value, str | bool | list)


def _texts(joined: Joined, name: str, names: Mapping[Id, str]) -> dict[str, Any] | None:
    """A column of texts, truths or lists that differs somewhere; None where it does not."""
    rows = []
    for one in joined.ids:
        found = joined.of(one)
        values = [None if row is None else row.get(name) for row in found]
        if any(row is None for row in found) or not any(_is_said(value) for value in values):
            continue
        if any(
            isinstance(part, Mapping) for value in values for part in (value if isinstance(value, list) else [value])
        ):
            continue
        if len({_text(value) for value in values}) > 1:
            rows.append({"name": names[one], "values": values})
    return {"column": name, "rows": rows} if rows else None
