# SPDX-License-Identifier: BSD-3-Clause
"""Tables of plans and dispatches (`apnemu power`) for a terminal, at most 80 columns wide."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from apnemu.report.tables import left, right, titled

MILLION = 1e6
WORDS = {"yen": "yen", "usd": "USD", "eur": "EUR"}


def shift_tables(document: Mapping[str, Any]) -> list[Table]:
    """The four shifts side by side: what they cost, where work runs, who gains."""
    rows: Sequence[Mapping[str, Any]] = document["shifts"]
    money, shown = _money(document, [row[f"cost_{_unit(document)}"] for row in rows])
    unit = _unit(document)
    lines: list[tuple[str, Callable[[Mapping[str, Any]], str]]] = [
        (f"cost, {money}", lambda row: shown(row[f"cost_{unit}"])),
        ("energy, MWh", lambda row: _figure(row["energy_mwh"])),
        ("CO2, t", lambda row: _figure(row["tco2"])),
        ("peak, MW", lambda row: _figure(row["peak_mw"])),
        ("surplus used, MWh", lambda row: _figure(row["surplus_used_mwh"])),
        ("lines overloaded, MWh", lambda row: _figure(row["overload_mwh"])),
        ("GPUs idle, MWh", lambda row: _figure(row["idle_gpu_mwh"])),
        ("work undone, MWh", lambda row: _figure(row["undone_mwh"])),
        ("deadlines missed", lambda row: str(row["deadline_misses"])),
        ("moves", lambda row: str(row["moves"])),
        ("moved, TB", lambda row: _figure(row["moved_bytes"] / 1e12)),
    ]
    costs = titled("Plans", *left("what"), *right(*(row["shift"] for row in rows)))
    for name, cell in lines:
        costs.add_row(name, *(cell(row) for row in rows))
    sites = titled("Work done, MWh of IT", *left("site", "area"), *right(*(row["shift"] for row in rows)))
    for index, site in enumerate(rows[0]["sites"]):
        sites.add_row(Text(site["site"]), Text(site["area"]), *(_figure(row["sites"][index]["it_mwh"]) for row in rows))
    gains = titled(f"Gain beside none, {money}", *left("party"), *right(*(row["shift"] for row in rows)))
    parties = dict.fromkeys(party["party"] for row in rows for party in row["parties"])
    for name in parties:
        cells = [_gain(row, name, f"gain_{unit}") for row in rows]
        if any(cell is not None for cell in cells):
            gains.add_row(Text(name), *("" if cell is None else shown(cell) for cell in cells))
    return [costs, sites, gains]


def _gain(row: Mapping[str, Any], name: str, key: str) -> float | None:
    """What a party gains in a row; None where it has nothing to gain, as a market has not."""
    return next((party[key] for party in row["parties"] if party["party"] == name), None)


def dispatch_tables(document: Mapping[str, Any]) -> list[Table]:
    """Areas with their prices and plants, and ties with what they carry."""
    money, name = WORDS[_unit(document)], f"{_unit(document)}_per_mwh"
    dispatched = "tco2" in document
    more = right("demand, MWh", "plants, MWh", "thrown away, MWh") if dispatched else []
    areas = titled("Areas", *left("area"), *right(f"{money}/MWh", "lowest", "highest"), *more)
    for area in document["areas"]:
        prices = [f"{area[f'{which}_{name}']:,.3f}" for which in ("price", "lowest", "highest")]
        amounts = ("demand_mwh", "generation_mwh", "curtailed_mwh") if dispatched else ()
        areas.add_row(Text(area["area"]), *prices, *(_figure(area[amount]) for amount in amounts))
    if not document["ties"]:
        return [areas]
    ties = titled("Ties", *left("tie", "from", "to", "kind"), *right("MW", "mean", "most", "least", "full, h"))
    for tie in document["ties"]:
        ends = [Text(tie[key]) for key in ("tie", "from", "to", "kind")]
        ties.add_row(*ends, *(_figure(tie[key]) for key in ("mw", "mean_mw", "most_mw", "least_mw", "full_h")))
    return [areas, ties]


def _unit(document: Mapping[str, Any]) -> str:
    return {"JPY": "yen", "USD": "usd", "EUR": "eur"}[document["currency"]]


def _money(document: Mapping[str, Any], amounts: Sequence[float]) -> tuple[str, Callable[[float], str]]:
    """What a column of money is called, and how its amounts are written: in millions where they are that large."""
    word = WORDS[_unit(document)]
    if max(map(abs, amounts), default=0) >= MILLION:
        return f"M {word}", lambda amount: f"{amount / MILLION:,.2f}"
    return word, lambda amount: f"{amount:,.2f}"


def _figure(value: float) -> str:
    """A figure with a digit behind the point where it has one.

    >>> _figure(1234.56), _figure(20.0), _figure(-0.01)
    ('1,234.6', '20', '0')
    """
    return f"{round(value, 1) + 0.0:,.1f}".removesuffix(".0")
