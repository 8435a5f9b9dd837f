# SPDX-License-Identifier: BSD-3-Clause
"""Days side by side as bars: what each costs beside the one on which nothing shifts, and what each party has of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.experiments.watt_day.pictures import apart, said
from apnemu.report.bars import Bar, bars, stroke, swatch
from apnemu.report.plots import figure
from apnemu.report.svg import key, key_list

Row = Mapping[str, Any]
LEAST_SHARE = 1e-6
"""Share of the greatest amount below which a party's change is what rounding leaves."""


def millions(amount: float, currency: str, sign: str = "") -> str:
    """An amount in millions, with its currency.

    >>> millions(137_610_271.8, "JPY"), millions(-1.2e6, "USD", "+")
    ('137.610 M JPY', '-1.200 M USD')
    """
    return f"{amount / 1e6:{sign},.3f} M {currency}"


def currency(row: Row) -> str:
    """The currency of a row's money."""
    return str(row.get("currency") or "JPY")


def unit_of_money(row: Row) -> str:
    """The word for a row's money in a sentence.

    >>> unit_of_money({"currency": "JPY"}), unit_of_money({"currency": "EUR"})
    ('yen', 'EUR')
    """
    return "yen" if currency(row) == "JPY" else currency(row)


def cost_bars(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """Costs of all days side by side; a stroke where the same day without a plan is."""
    known = [row for row in rows if row["cost_yen"] is not None]
    most = max((abs(row["cost_yen"]) for row in known), default=0.0)
    if not most:
        return []
    groups: dict[str, list[Bar]] = {}
    for row in known:
        none = row["none_yen"]
        beside = f", {100 * (row['cost_yen'] / none - 1) + 0.0:+.1f} %" if none and row["shift"] != "none" else ""
        told = f"{millions(row['cost_yen'], currency(row))}{beside}"
        bar = Bar(
            label=row["shift"],
            share=row["cost_yen"] / most,
            words=told,
            note=f"{row['energy_mwh']:,.1f} MWh, {row['tco2']:,.1f} t CO2" if row["energy_mwh"] is not None else "",
            mark=none / most if none and 0 <= none <= most else None,
            good=row["shift"] != "none",
        )
        groups.setdefault(apart(row, rows), []).append(bar)
    label = "; ".join(f"{row['shift']}: {millions(row['cost_yen'], currency(row))}" for row in known)
    keys = [key("cost of the day", swatch()), key("the same day where nothing shifts", stroke())]
    caption = "All power, moves and idle GPUs of a day; beside it the difference from the day on which nothing shifts."
    drawn = bars(list(groups.items()), label)
    return [figure("What the day costs", caption, drawn, key_list(keys), wide=True)]


def party_bars(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """What each party has more, or less, than where nothing shifts: the sum over all is 0."""
    known = [row for row in rows if row.get("balance_yen") and row["shift"] != "none"]
    most = max((abs(yen) for row in known for yen in row["balance_yen"].values()), default=0.0)
    if not most:
        return []
    groups: list[tuple[str, list[Bar]]] = []
    for row in known:
        changed = [(name, yen) for name, yen in row["balance_yen"].items() if abs(yen) > LEAST_SHARE * most]
        listed = [
            Bar(label=name, share=abs(yen) / most, words=millions(yen, currency(row), "+"), good=yen > 0)
            for name, yen in changed
        ]
        groups.append((said(row, rows), listed))
    label = "; ".join(f"{bar.label}: {bar.words}" for _, listed in groups for bar in listed)
    caption = (
        "Money that a party has more (green) or less (blue) than where nothing shifts. Every amount that one pays"
        " another gets: the sum is 0. The market is who sells power to grid operators."
    )
    return [figure("Money by party", caption, bars(groups, label), wide=True)]
