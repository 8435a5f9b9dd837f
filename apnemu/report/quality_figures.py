"""Margin over distance for every candidate route."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.report import words
from apnemu.report.plots import Series, figure, plot
from apnemu.report.quality_rows import best_of_routes
from apnemu.report.svg import linear_scale


def quality_figures(rows: Sequence[Mapping[str, Any]]) -> list[Markup]:
    """One plot: planned lightpaths and, behind them, the best that the other candidate routes offer."""
    lit = [row for row in rows if row["planned"]]
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
        reference=[(x.low, wanted), (x.high, wanted)],
    )
    caption = (
        f"Round: lightpaths of the plan. Square: the other candidate routes, each in the mode with most margin that "
        f"carries the rate asked. Dashed: the {wanted:g} dB wanted. GNPy, every slot lit."
    )
    return [figure("Margin over distance", caption, drawn, wide=True)]


def _point(row: Mapping[str, Any]) -> tuple[float, float, str]:
    note = (
        f"{words.pair(row['from'], row['to'])}, route {row['rank']}: {row['length_km']:,.1f} km, {row['mode']}, "
        f"GSNR {row['gsnr_db']:.2f} dB, margin {row['margin_db']:.2f} dB"
    )
    return row["length_km"], row["margin_db"], note
