# SPDX-License-Identifier: BSD-3-Clause
"""Timeline of each call: what the called sites draw, beside what they would draw without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.report.plots import figure
from apnemu.report.svg import Attribute, element

Row = Mapping[str, Any]
WIDTH, HEIGHT = 640, 170
LEFT, TOP, BOTTOM, RIGHT = 70, 30, 34, 20
SPARE = 1.15
"""Length of the picture beside the last change."""


def timelines(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """A figure with a picture for each call; MW at the grid over seconds."""
    drawn = [_timeline(row) for row in rows if row["load_mw"] and row["usual_mw"] and row["delivered_s"] is not None]
    if not drawn:
        return []
    caption = (
        "MW that the called sites draw from the grid, over the time since the call; dashed: without it. Between the "
        "call and the step down lie messages and the lever's time; what stands above the dashed line is made up."
    )
    return [figure("The answer to a call", caption, *drawn, wide=True)]


def _timeline(row: Row) -> Markup:
    held_s = row["held_s"] or 0.0
    ends_s = SPARE * max(row["load_mw"][-1][0], row["delivered_s"] + held_s, 1.0)
    values = [mw for _, mw in (*row["load_mw"], *row["usual_mw"])]
    low, high = _span(min(values), max(values))
    base = HEIGHT - BOTTOM

    def place(second: float, mw: float) -> tuple[float, float]:
        x = LEFT + (WIDTH - LEFT - RIGHT) * min(1.0, second / ends_s)
        return round(x, 1), round(base - (base - TOP) * (mw - low) / (high - low), 1)

    def path(steps: Sequence[Sequence[float]], **look: Attribute) -> Markup:
        points = []
        for number, (second, mw) in enumerate(steps):
            until = steps[number + 1][0] if number + 1 < len(steps) else ends_s
            if second < ends_s:
                points += [place(second, mw), place(min(until, ends_s), mw)]
        text = "M" + "L".join(f"{x:g},{y:g}" for x, y in points)
        return element("path", d=text, fill="none", **look)

    name = f"{row['by']}{'' if row['connection'] == 'none' else ' ' + row['connection']}: {row['called_mw'] or 0:,.4g} MW called for"
    marks: list[Markup] = [element("text", name, x=LEFT, y=14, font_weight=600)]
    for mw in dict.fromkeys((low, high)):
        y = place(0, mw)[1]
        marks.append(element("text", f"{mw:,.4g} MW", x=LEFT - 6, y=y + 4, text_anchor="end"))
        marks.append(element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, stroke="var(--grid)"))
    for share in (0.0, 0.5, 1.0):
        x = LEFT + (WIDTH - LEFT - RIGHT) * share
        anchor = "end" if share == 1 else "middle"
        marks.append(element("text", f"{share * ends_s:,.4g} s", x=x, y=base + 18, text_anchor=anchor))
    usual = path(row["usual_mw"], stroke="var(--muted)", stroke_width=1.5, stroke_dasharray="5 4")
    load = path(row["load_mw"], stroke="var(--apn)", stroke_width=2)
    label = f"{name}; {row['delivered_mw'] or 0:,.4g} MW are off after {row['delivered_s']:,.4g} s for {held_s:,.4g} s"
    box = f"0 0 {WIDTH} {HEIGHT}"
    return element("svg", *marks, usual, load, class_="map", viewBox=box, role="img", aria_label=label)


def _span(low: float, high: float) -> tuple[float, float]:
    """Limits of the scale: from nothing where the load falls by more than half, else around what there is.

    >>> _span(130, 170), _span(20, 150), _span(100, 100)
    ((90.0, 170), (0.0, 150), (0.0, 100))
    """
    if high - low < 1e-6 or low < high / 2:
        return (0.0 if high > 0 else low - 1.0), high if high > 0 else 1.0
    return round(max(0.0, low - (high - low)), 6), high
