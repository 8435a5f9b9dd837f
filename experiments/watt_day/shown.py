# SPDX-License-Identifier: BSD-3-Clause
"""How a watt-bit day is shown: what shifting saves in a sentence, the load over the day as a stacked picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apnemu.experiments.watt_day.map import day_maps
from apnemu.experiments.watt_day.money import cost_bars, currency, millions, party_bars
from apnemu.experiments.watt_day.pictures import day_pictures
from apnemu.report import columns, words
from apnemu.report.shown import Shown

Row = Mapping[str, Any]


def sentence(results: Sequence[Row], picture: Mapping[str, Any]) -> str:
    """The cheapest day beside the one on which nothing shifts.

    >>> day = {"forecast": "perfect", "idle": "never", "control": "aggregator", "flow": "known", "moved_mwh": 600.0}
    >>> sentence([{**day, "shift": "none", "cost_yen": 2e7, "none_yen": 2e7},
    ...           {**day, "shift": "space", "cost_yen": 1.5e7, "none_yen": 2e7}], {})
    'Work that follows power in space costs 15.00 M JPY in a day, 25.0 % less than where it arrives.'
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
        f"Work that follows power {how} costs {best['cost_yen'] / 1e6:,.2f} M {currency(best)} in a day, "
        f"{100 * saved:.1f} % less than where it arrives."
    )


def money(key: str, heading: str) -> columns.Column:
    """Column of money in millions, each cell with its currency."""

    def text(row: Row) -> str:
        return words.NOTHING if row.get(key) is None else millions(row[key], currency(row))

    return columns.Column(key=key, heading=heading, text=text)


BRIEF = (
    columns.plain("shift"),
    columns.plain("idle", "GPUs idle"),
    columns.plain("forecast"),
    columns.plain("control"),
    columns.plain("hide", "hidden"),
    money("cost_yen", "cost"),
    money("planned_yen", "planned"),
    money("lost_gain_yen", "lost by hiding"),
    columns.number("energy_mwh", "energy, MWh", 1),
    columns.number("moved_mwh", "moved, MWh", 1),
    columns.number("moves", "moves", 0),
    columns.number("meant_bytes", "of state, TB", 3, 1e-12),
    columns.number("late_moves", "given up", 0),
    columns.number("overload_mwh", "overload, MWh", 3),
)
COLUMNS = (
    columns.network(),
    *BRIEF[:4],
    columns.plain("flow", "flows", number=False),
    columns.plain("jobs", "work as", number=False),
    columns.plain("drop", "messages dropped", number=False),
    columns.percent("pooled_share", "of sites pooled"),
    *BRIEF[4:7],
    money("bound_yen", "bound"),
    money("none_yen", "where nothing shifts"),
    money("dc_yen", "gain of data centres"),
    money("aggregator_yen", "gain of the aggregator"),
    money("tso_yen", "gain of grid operators"),
    money("regret_yen", "regret of the forecast"),
    money("unbalanced_yen", "paid and not received"),
    *BRIEF[7:],
    columns.number("peak_mw", "peak, MW", 1),
    columns.number("asked_over_mw", "asked beyond limits, MW", 2),
    columns.number("granted_mw", "granted, MW", 2),
    columns.number("battery_mwh", "from batteries, MWh", 3),
    columns.number("own_mwh", "from own plants, MWh", 3),
    columns.number("tco2", "CO2, t", 1),
    columns.number("surplus_used_mwh", "surplus used, MWh", 1),
    columns.number("curtailed_mwh", "still thrown away, MWh", 1),
    columns.number("idle_gpu_mwh", "GPUs idle, MWh", 3),
    columns.number("undone_mwh", "undone, MWh", 3),
    columns.number("twice_mwh", "ran twice, MWh", 3),
    columns.number("unknown_mwh", "of unknown guests, MWh", 3),
    columns.number("large_to_small_mwh", "from large to small sites, MWh", 1),
    columns.number("small_to_large_mwh", "from small to large sites, MWh", 1),
    columns.plain("deadline_misses", "deadlines missed"),
    columns.plain("vetoes", "slots with a veto"),
    columns.plain("alone_slots", "slots of sites alone"),
    columns.plain("refused_messages", "messages refused"),
    columns.number("message_bytes", "messages, kB", 1, 1e-3),
    columns.plain("slot_s", "slot, s"),
)
SHOWN = Shown(
    sentence=sentence,
    brief=BRIEF,
    columns=COLUMNS,
    figures=(cost_bars, day_maps, day_pictures, party_bars),
)
