# SPDX-License-Identifier: BSD-3-Clause
"""The answer about quality: in a sentence, as margins over distance, and as a table of the lightpaths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup
from rich.table import Table
from rich.text import Text

from apnemu.report import words
from apnemu.report.plots import Series, figure, plot
from apnemu.report.svg import linear_scale
from apnemu.report.tables import left, right, titled

Row = Mapping[str, Any]
FEW_ROWS = 24
"""Lightpaths that a terminal's table has at most."""


def quality_figures(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """One plot: planned lightpaths and, behind them, the best that the other candidate routes offer."""
    lit = [row for row in rows if row["planned"] and row["margin_db"] is not None]
    routes = {(row["demand"], row["rank"]) for row in lit}
    others = [row for row in best_of_routes(rows) if (row["demand"], row["rank"]) not in routes]
    shown = [*others, *lit]
    if not shown:
        return []
    x = linear_scale([row["length_km"] for row in shown])
    y = linear_scale([row["margin_db"] for row in shown])
    wanted = shown[0]["wanted_db"]
    drawn = plot(
        [
            Series(network="other", points=tuple(_point(row) for row in others), line=False),
            Series(network="apn", points=tuple(_point(row) for row in lit), line=False),
        ],
        x,
        y,
        ("route, km of fibre", "margin, dB"),
        references=[[(x.low, wanted), (x.high, wanted)]],
    )
    caption = (
        f"Round: lightpaths of the plan. Square: the other candidate routes, each in the mode with most margin that "
        f"carries the rate asked. Dashed: the {wanted:g} dB wanted. GNPy, every slot lit."
    )
    return [figure("Margin over distance", caption, drawn, wide=True)]


def _point(row: Row) -> tuple[float, float, str]:
    note = (
        f"{words.pair(row['from'], row['to'])}, route {row['rank']}: {row['length_km']:,.1f} km, {row['mode']}, "
        f"GSNR {row['gsnr_db']:.2f} dB, margin {row['margin_db']:.2f} dB"
    )
    return row["length_km"], row["margin_db"], note


def best_of_routes(rows: Sequence[Row]) -> list[Row]:
    """Rows of most margin: for each demand and route that of the best mode that carries it, where any bears it."""
    best: dict[tuple[str, int], Row] = {}
    for row in rows:
        if row["margin_db"] is None or row["rate_gbps"] < row["demand_gbps"]:
            continue
        key = (row["demand"], row["rank"])
        if key not in best or row["margin_db"] > best[key]["margin_db"]:
            best[key] = row
    return list(best.values())


def sentence(rows: Sequence[Row], picture: Mapping[str, Any]) -> str:
    """How many lightpaths, the least margin among them, and how many candidate routes would do."""
    lit = [row for row in rows if row["planned"]]
    routes = {(row["demand"], row["rank"]) for row in rows}
    closing = {(row["demand"], row["rank"]) for row in rows if row["closes"] and row["rate_gbps"] >= row["demand_gbps"]}
    can = f"{len(closing)} of {len(routes)} candidate routes close at the rate asked"
    if not lit:
        return f"No demand gets light; {can}."
    known = [row for row in lit if row["margin_db"] is not None]
    if not known:
        return f"{words.count(len(lit), 'lightpath')}; {can}."
    worst = min(known, key=lambda row: row["margin_db"])
    return (
        f"{words.count(len(lit), 'lightpath')}; the least margin is {worst['margin_db']:.2f} dB, "
        f"{worst['demand']} by {worst['mode']} over {worst['length_km']:,.0f} km "
        f"(GSNR {worst['gsnr_db']:.2f} dB); {can}."
    )


def _least_margin(row: Row) -> tuple[float, str]:
    return (float("-inf") if row["margin_db"] is None else row["margin_db"], row["demand"])


def quality_table(rows: Sequence[Row]) -> Table:
    """The lightpaths of the plan, the least margin first; candidate routes stand in the page's table."""
    lit = sorted((row for row in rows if row["planned"]), key=_least_margin)
    table = titled("Lightpaths", *left("demand", "mode"), *right("km", "GSNR, dB", "need", "penalty", "margin"))
    for row in lit[:FEW_ROWS]:
        figures = (row[key] for key in ("gsnr_db", "need_db", "penalty_db", "margin_db"))
        table.add_row(
            Text(row["demand"]),
            Text(row["mode"]),
            f"{row['length_km']:,.1f}",
            *(words.NOTHING if value is None else f"{value:.2f}" for value in figures),
        )
    table.caption = f"{min(len(lit), FEW_ROWS)} of {len(lit)} lightpaths; report.html has all {len(rows):,} rows"
    return table
