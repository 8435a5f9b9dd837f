# SPDX-License-Identifier: BSD-3-Clause
"""Load of all sites over a day as stacked areas, one picture for each day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.report import words
from apnemu.report.plots import figure
from apnemu.report.svg import Attribute, element
from apnemu.units import S_PER_H

Row = Mapping[str, Any]
WIDTH, HEIGHT = 640, 150
LEFT, TOP, BOTTOM, RIGHT = 62, 26, 30, 110
COLOURS = ("var(--apn)", "var(--packet)", "var(--other)", "var(--good)", "var(--lit)", "var(--bad)")
PALER = (0.85, 0.5, 0.25)
"""Opacities by which the colours come again where there are more sites than colours."""
LEAST_SHARE = 0.08
"""Share of the picture's height from which a site's name fits beside its area."""


def load_pictures(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """A figure with a stack for each day; MW of IT over hours."""
    most = max((_peak(row) for row in rows if row["load_mw"]), default=0.0)
    if not most:
        return []
    stacks = [_stack(row, most) for row in rows if row["load_mw"]]
    caption = "MW of IT at each site, one above the other, slot by slot; point at an area for its energy."
    return [figure("Where the work runs", caption, *stacks, wide=True)]


def _peak(row: Row) -> float:
    return max((sum(slot) for slot in zip(*row["load_mw"].values(), strict=True)), default=0.0)


def _stack(row: Row, most_mw: float) -> Markup:
    loads: Mapping[str, Sequence[float]] = row["load_mw"]
    slots = len(next(iter(loads.values())))
    hours = slots * row["slot_s"] / S_PER_H
    across, up = (WIDTH - LEFT - RIGHT) / slots, (HEIGHT - TOP - BOTTOM) / most_mw
    floor = [0.0] * slots
    drawn: list[Markup] = []
    for number, (site, mw) in enumerate(loads.items()):
        ceiling = [below + own for below, own in zip(floor, mw, strict=True)]
        energy = sum(mw) * row["slot_s"] / S_PER_H
        title = element("title", f"{words.site(site)}: {energy:,.1f} MWh")
        look: dict[str, Attribute] = {
            "fill": COLOURS[number % len(COLOURS)],
            "fill_opacity": PALER[number // len(COLOURS) % len(PALER)],
        }
        drawn.append(element("path", title, d=_area(floor, ceiling, across, up), **look))
        if mw[-1] >= LEAST_SHARE * most_mw:
            middle = _y((floor[-1] + ceiling[-1]) / 2, up)
            drawn.append(element("text", words.site(site), x=WIDTH - RIGHT + 8, y=middle + 4))
        floor = ceiling
    name = f"{row['shift']}, GPUs idle {row['idle']}, forecast {row['forecast']}, {row['control']}"
    base = HEIGHT - BOTTOM
    axes = [
        element("text", name, x=LEFT, y=14, font_weight=600),
        element("text", f"{most_mw:,.4g} MW", x=LEFT - 6, y=TOP + 5, text_anchor="end"),
        element("text", "0", x=LEFT - 6, y=base + 4, text_anchor="end"),
        element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=base, y2=base, stroke="var(--muted)"),
    ]
    for hour in range(0, int(hours) + 1, 6 if hours <= 72 else 24):
        x = round(LEFT + hour * S_PER_H / row["slot_s"] * across, 1)
        axes.append(element("text", f"{hour} h", x=x, y=base + 18, text_anchor="middle"))
    label = f"Load of {words.count(len(loads), 'site')} over {hours:g} h: {name}"
    box = f"0 0 {WIDTH} {HEIGHT}"
    return element("svg", *drawn, *axes, class_="map", viewBox=box, role="img", aria_label=label)


def _y(mw: float, up: float) -> float:
    return round(HEIGHT - BOTTOM - mw * up, 1)


def _area(floor: Sequence[float], ceiling: Sequence[float], across: float, up: float) -> str:
    """Outline of steps: along the ceiling to the right, back along the floor."""
    there = [(LEFT + (slot + side) * across, _y(mw, up)) for slot, mw in enumerate(ceiling) for side in (0, 1)]
    back = [(LEFT + (slot + side) * across, _y(mw, up)) for slot, mw in enumerate(floor) for side in (0, 1)][::-1]
    return "M" + "L".join(f"{x:.1f},{y:g}" for x, y in (*there, *back)) + "Z"
