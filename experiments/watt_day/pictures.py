# SPDX-License-Identifier: BSD-3-Clause
"""Days over their hours as stacked areas: load of all sites, and power that was thrown away and is now used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.report import words
from apnemu.report.plots import figure
from apnemu.report.stacks import Series, stack, stack_key
from apnemu.units import S_PER_H

Row = Mapping[str, Any]
WAYS = {"none": "as it arrives", "time": "in time", "space": "in space", "both": "in time and space"}
"""How work shifts, in words."""


APART = {
    "idle": "GPUs idle",
    "forecast": "forecast",
    "flow": "flows",
    "control": "control",
    "jobs": "work as",
    "hide": "hidden",
    "drop": "messages dropped",
    "pooled_share": "share of sites pooled",
    "network": "network",
}
"""Columns that tell days of one shift apart, and what they are called."""


def apart(row: Row, rows: Sequence[Row]) -> str:
    """What tells a day from others of the same shift, among rows that differ in it.

    >>> rows = [{"idle": "never", "control": "alone"}, {"idle": "free", "control": "alone"}]
    >>> apart(rows[1], rows), apart(rows[1], rows[1:])
    ('GPUs idle: free', '')
    """
    differ = [name for name in APART if len({one.get(name) for one in rows}) > 1]
    return ", ".join(f"{APART[name]}: {words.network(words.plain(row.get(name)))}" for name in differ)


def said(row: Row, rows: Sequence[Row]) -> str:
    """A day in words: how work shifts, and what tells it from the other rows.

    >>> said({"shift": "both"}, [])
    'Work in time and space'
    """
    return ", ".join(filter(None, (f"Work {WAYS[row['shift']]}", apart(row, rows))))


def day_pictures(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """Figures of load, and of surplus power where an area has any."""
    return [*load_pictures(rows, picture), *surplus_pictures(rows, picture)]


def load_pictures(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """A figure with a stack for each day; MW of IT over hours."""
    known = [row for row in rows if row["load_mw"]]
    most = max((_peak(row["load_mw"]) for row in known), default=0.0)
    if not most:
        return []
    stacks = [_stack(row, row["load_mw"], most, said(row, rows), "Load of sites in MW of IT") for row in known]
    caption = "MW of IT at each site, one above the other, slot by slot; point at an area for its energy."
    return [figure("Where the work runs", caption, stack_key([row["load_mw"] for row in known]), *stacks, wide=True)]


def surplus_pictures(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """A figure with a stack for each day on which work shifts: power used now below what is still thrown away."""
    known = [row for row in rows if row.get("surplus_mw") and row["shift"] != "none"]
    stacks = {str(index): _surplus(row) for index, row in enumerate(known)}
    most = max((_peak(series) for series in stacks.values()), default=0.0)
    if not most:
        return []
    drawn = [
        _stack(row, series, most, said(row, rows), "Surplus power in MW")
        for row, series in zip(known, stacks.values(), strict=True)
    ]
    title = "Power that was thrown away and is now used"
    sums = "; ".join(f"{said(row, rows)}: {_used(row):,.1f} of {_whole(row):,.1f} MWh are used" for row in known)
    caption = f"Power that all areas together would throw away where nothing shifts. {sums}."
    return [figure(title, caption, stack_key(list(stacks.values())), *drawn, wide=True)]


def _surplus(row: Row) -> Series:
    whole = [sum(slot) for slot in zip(*row["surplus_mw"].values(), strict=True)]
    used = [sum(slot) for slot in zip(*row["used_mw"].values(), strict=True)]
    return {"used now": used, "still thrown away": [max(0.0, a - b) for a, b in zip(whole, used, strict=True)]}


def _used(row: Row) -> float:
    return sum(map(sum, row["used_mw"].values())) * float(row["slot_s"]) / S_PER_H


def _whole(row: Row) -> float:
    return sum(map(sum, row["surplus_mw"].values())) * float(row["slot_s"]) / S_PER_H


def _stack(row: Row, series: Series, most_mw: float, day: str, what: str) -> Markup:
    hours = len(next(iter(series.values()))) * row["slot_s"] / S_PER_H
    return stack(series, row["slot_s"], most_mw, day, f"{what} over {words.plain(float(hours))} h: {day}")


def _peak(series: Series) -> float:
    return max((sum(slot) for slot in zip(*series.values(), strict=True)), default=0.0)
