# SPDX-License-Identifier: BSD-3-Clause
"""How a watt-bit day is shown: what shifting saves in a sentence, the load over the day as a stacked picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apnemu.experiments.watt_day.pictures import load_pictures
from apnemu.report import columns, words
from apnemu.report.shown import Shown

Row = Mapping[str, Any]


def sentence(results: Sequence[Row], picture: Mapping[str, Any]) -> str:
    """The cheapest day beside the one on which nothing shifts.

    >>> day = {"forecast": "perfect", "idle": "never", "control": "aggregator", "flow": "known", "moved_mwh": 600.0}
    >>> sentence([{**day, "shift": "none", "cost_yen": 2e7, "none_yen": 2e7},
    ...           {**day, "shift": "space", "cost_yen": 1.5e7, "none_yen": 2e7}], {})
    'Work that follows power in space costs 15.00 million in a day, 25.0 % less than where it arrives.'
    """
    known = [row for row in results if row["cost_yen"] is not None]
    shifted = [row for row in known if row["shift"] != "none" and row["none_yen"]]
    if not shifted:
        told = sum(row["shift"] != "none" for row in known)
        return (
            f"{words.count(len(results), 'day')}, {told} of them with a plan; none is compared with a day without one."
        )
    best = min(shifted, key=lambda row: float(row["cost_yen"] / row["none_yen"]))
    saved = 1 - best["cost_yen"] / best["none_yen"]
    how = {"time": "in time", "space": "in space", "both": "in time and space"}[best["shift"]]
    return (
        f"Work that follows power {how} costs {best['cost_yen'] / 1e6:,.2f} million in a day, "
        f"{100 * saved:.1f} % less than where it arrives."
    )


BRIEF = (
    columns.plain("shift"),
    columns.plain("idle", "GPUs idle"),
    columns.plain("forecast"),
    columns.plain("control"),
    columns.number("cost_yen", "cost, M", 3, 1e-6),
    columns.number("planned_yen", "planned, M", 3, 1e-6),
    columns.number("energy_mwh", "MWh", 1),
    columns.number("moved_mwh", "moved, MWh", 1),
    columns.number("moves", "moves", 0),
    columns.number("meant_bytes", "of state, TB", 3, 1e-12),
    columns.number("late_moves", "given up", 0),
    columns.number("overload_mwh", "overload, MWh", 3),
)
SHOWN = Shown(sentence=sentence, brief=BRIEF, columns=BRIEF, figures=(load_pictures,))
