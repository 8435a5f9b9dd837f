# SPDX-License-Identifier: BSD-3-Clause
"""Page of a sweep: measured columns as curves over what was swept, and the points that failed.

A pure function of its inputs, as `page`: no date, no path, no wall time.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from apnemu.report import words
from apnemu.report.columns import Column, is_nested, plain, undescribed
from apnemu.report.page import asset, template
from apnemu.report.plots import Series, figure, plot
from apnemu.report.shown import Shown
from apnemu.report.svg import Scale, legend, linear_scale

MOST_FIGURES = 24
MOST_LINES = 12
"""Most lines in a figure; of more, the median of each network is drawn instead."""
NOT_FOUND = frozenset({"point", "seed"})
SET = "set_"
TOPOLOGY = "set_topology"
NAMED = "name of "
"""Column, within this file, that holds a name where its place stands for it."""

Row = Mapping[str, Any]


def write_sweep_page(
    folder: Path,
    facts: Mapping[str, Any],
    rows: Sequence[Row],
    axes: Sequence[str],
    failed: Sequence[Row],
    shown: Shown | None = None,
) -> Path:
    """Write `sweep.html` into the folder and return its path.

    `facts` has experiment, question, topology, seed, points, failed, unmet, unjudged. `axes` are the swept columns of
    `rows`, `failed` the rows of points that failed. Columns have the headings, with units, that `shown` has for them.
    """
    known = _known(shown)
    names = dict.fromkeys(name for row in rows for name in row)
    headings = [name for name in names if not is_nested(rows, name)]
    columns = [_column(name, rows, known) for name in headings]
    page = folder / "sweep.html"
    page.write_text(
        template("sweep.html.j2").render(
            facts=facts,
            style=asset("page.css"),
            figures=curves(rows, axes, known),
            headings=[column.heading for column in columns],
            numbers=[all(_is_number(row.get(name)) for row in rows if row.get(name) is not None) for name in headings],
            rows=[[_cell(row, column) for column in columns] for row in rows],
            failed=failed,
            axes=axes,
        ),
        encoding="utf-8",
        errors="backslashreplace",
        newline="\n",
    )
    return page


def _known(shown: Shown | None) -> dict[str, Column]:
    """The columns that an experiment has headings for; two ends of a pair stand in columns of their own here."""
    columns = () if shown is None else (*shown.brief, *shown.columns)
    return {column.key: column for column in columns if column.key not in ("from", "to")}


def curves(rows: Sequence[Row], axes: Sequence[str], known: Mapping[str, Column] | None = None) -> list[Markup]:
    """A figure for each measured column that varies, over each swept column that is a number, and over topologies;
    at most 24."""
    found: list[Markup] = []
    for axis in axes:
        if axis != TOPOLOGY and not all(_is_number(row[axis]) for row in rows):
            continue
        others = [name for name in axes if name != axis]
        for name in _measured(rows, axes, known or {}):
            kept = [row for row in rows if _is_number(row.get(name))]
            if len({row[name] for row in kept}) > 1 and len(found) < MOST_FIGURES:
                column = (known or {}).get(name)
                if column is None or column.factor is None:  # figures of another column are no plain numbers
                    column = undescribed(name, rows)
                factor = column.factor or 1.0
                drawn = [{**row, name: factor * row[name] if _is_number(row.get(name)) else None} for row in rows]
                found.append(_curve(drawn, axis, name, others, column.heading))
    return found


def _column(name: str, rows: Sequence[Row], known: Mapping[str, Column]) -> Column:
    """A column of the table: as the experiment shows it, a setting by its own name, any other as its name says."""
    if name.startswith(SET):
        return plain(name, f"set: {name.removeprefix(SET)}")
    return known.get(name) or undescribed(name, rows)


def _numbered(rows: Sequence[Row], axis: str) -> Scale:
    """Scale on which names stand side by side, in the order in which they come first."""
    names = dict.fromkeys(str(row[axis]) for row in rows)
    ticks = tuple((float(number), name) for number, name in enumerate(names, 1))
    return Scale(low=0.5, high=len(names) + 0.5, ticks=ticks)


def _curve(rows: Sequence[Row], axis: str, name: str, others: Sequence[str], heading: str) -> Markup:
    if axis == TOPOLOGY:
        x = _numbered(rows, axis)
        place = {label: at for at, label in x.ticks}
        rows = [{**row, axis: place[str(row[axis])], NAMED: row[axis]} for row in rows]
    else:
        x = linear_scale([float(row[axis]) for row in rows])
    keys = [*others, *_labels(rows)]
    lines: dict[tuple[str, ...], list[Row]] = {}
    gaps: dict[tuple[str, ...], list[float]] = {}
    for row in rows:
        label = (str(row.get("network", "")), *(f"{key} {row.get(key)}" for key in keys))
        if _is_number(row.get(name)):
            lines.setdefault(label, []).append(row)
        else:
            gaps.setdefault(label, []).append(float(row[axis]))
    if len(lines) > MOST_LINES:
        series = [
            _median(rows, axis, name, network) for network in dict.fromkeys(str(row.get("network", "")) for row in rows)
        ]
        caption = "The median over all other settings and rows, for each network."
    else:
        series = [
            Series(
                network=label[0],
                points=tuple(
                    (
                        float(row[axis]),
                        float(row[name]),
                        f"{words.plain(row[name])} at {words.plain(row.get(NAMED, row[axis]))}; {', '.join(label[1:])}",
                    )
                    for row in sorted(part, key=lambda row: float(row[axis]))
                ),
                line=axis != TOPOLOGY,
                gaps=tuple(gaps.get(label, ())),
            )
            for label, part in lines.items()
        ]
        caption = "Each line holds the other settings fixed; point at a mark to read them."
    y = linear_scale([float(row[name]) for row in rows if _is_number(row.get(name))])
    networks = list(dict.fromkeys(one.network for one in series if one.network))
    return figure(
        f"{heading} over {axis.removeprefix('set_')}",
        caption,
        plot(series, x, y, (axis, heading)),
        legend(networks) if networks else Markup(""),
    )


def _median(rows: Sequence[Row], axis: str, name: str, network: str) -> Series:
    at: dict[float, list[float]] = {}
    for row in rows:
        if str(row.get("network", "")) == network and _is_number(row.get(name)):
            at.setdefault(float(row[axis]), []).append(float(row[name]))
    return Series(
        network=network,
        points=tuple((x, statistics.median(values), f"median of {len(values)}") for x, values in sorted(at.items())),
    )


def _measured(rows: Sequence[Row], axes: Sequence[str], known: Mapping[str, Column]) -> list[str]:
    """Names of the numeric columns that were measured and not set: first those that the experiment shows.

    What was set is no result: neither a column of a setting's name, nor one that repeats a swept setting (`load` as
    `load_erlang`).
    """
    names = dict.fromkeys((*(name for name in known), *(name for row in rows for name in row)))
    asked = {name.removeprefix(SET) for row in rows for name in row if name.startswith(SET)}
    return [
        name
        for name in names
        if name not in NOT_FOUND
        and not name.startswith(SET)
        and name not in asked
        and any(_is_number(row.get(name)) for row in rows)
        and not any(_repeats(rows, name, axis) for axis in axes)
    ]


def _repeats(rows: Sequence[Row], name: str, axis: str) -> bool:
    """Whether a column holds a swept setting's own values, and has its name with something to it."""
    named = {*axis.removeprefix(SET).split("_")} <= {*name.split("_")}
    return named and all(row.get(name) in (None, row.get(axis)) for row in rows)


def _labels(rows: Sequence[Row]) -> list[str]:
    """Names of the text columns that tell the rows of a point apart."""
    names = dict.fromkeys(name for row in rows for name in row)
    return [
        name
        for name in names
        if name not in ("network", "reason", "time")
        and not name.startswith(("set_", NAMED))
        and len({row[name] for row in rows if isinstance(row.get(name), str)}) > 1
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(row: Row, column: Column) -> str:
    return "" if row.get(column.key) is None else column.cell(row)
