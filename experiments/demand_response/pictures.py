# SPDX-License-Identifier: BSD-3-Clause
"""Timeline of each call: what the called sites draw more or less than without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.experiments.demand_response.timeline import together
from apnemu.report.plots import figure
from apnemu.report.svg import Attribute, element, linear_scale

Row = Mapping[str, Any]
WIDTH, HEIGHT = 640, 170
LEFT, TOP, BOTTOM, RIGHT = 70, 30, 34, 20
SPARE = 1.15
"""Length of the picture beside the last change."""
USUAL: Mapping[str, Attribute] = {"stroke": "var(--muted)", "stroke_width": 1.5, "stroke_dasharray": "5 4"}
LOAD: Mapping[str, Attribute] = {"stroke": "var(--apn)", "stroke_width": 2}


def timelines(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """A figure with a picture for each call; MW at the grid over seconds."""
    drawn = [_timeline(row) for row in rows if row["load_mw"] and row["usual_mw"] and row["delivered_s"] is not None]
    if not drawn:
        return []
    caption = (
        "MW that the called sites draw from the grid beside what they would draw without the call (dashed), over the "
        "time since the call. Before the step down lie messages and the lever's time; above the dashed line is made up."
    )
    return [figure("The answer to a call", caption, *drawn, wide=True)]


def _timeline(row: Row) -> Markup:
    held_s = row["held_s"] or 0.0
    ends_s = SPARE * max(row["load_mw"][-1][0], row["delivered_s"] + held_s, 1.0)
    beside = _until(together([row["load_mw"], row["usual_mw"]], lambda both: both[0] - both[1]), ends_s)
    across = linear_scale([0.0, ends_s])
    up = linear_scale([mw for _, mw in beside])
    base = HEIGHT - BOTTOM

    def x(second: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * across.share(second), 1)

    def y(mw: float) -> float:
        return round(base - (base - TOP) * up.share(mw), 1)

    marks: list[Markup] = [element("text", _name(row), x=LEFT, y=14, font_weight=600)]
    for mw, label in (tick for tick in up.ticks if tick[0] in (up.low, 0, up.high)):
        marks.append(element("text", f"{label} MW", x=LEFT - 6, y=y(mw) + 4, text_anchor="end"))
        marks.append(element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y(mw), y2=y(mw), stroke="var(--grid)"))
    for second, label in across.ticks[:: max(1, len(across.ticks) // 3)]:
        marks.append(element("text", f"{label} s", x=x(second), y=base + 18, text_anchor="middle"))
    drawn = [
        element("path", d=_path([(x(second), y(mw)) for second, mw in steps], x(ends_s)), fill="none", **look)
        for steps, look in (([(0.0, 0.0)], USUAL), (beside, LOAD))
    ]
    told = f"{_name(row)}; {row['delivered_mw'] or 0:,.4g} MW off for {held_s:,.4g} s"
    box = f"0 0 {WIDTH} {HEIGHT}"
    return element("svg", *marks, *drawn, class_="map", viewBox=box, role="img", aria_label=told)


def _name(row: Row) -> str:
    """Heading of a picture: the lever, what was called for, and when it was there."""
    line = "" if row["connection"] == "none" else f", {row['connection']} connection"
    return f"{row['by']}{line}: {row['called_mw'] or 0:,.4g} MW called for, off after {row['delivered_s']:,.3f} s"


def _until(steps: Sequence[Sequence[float]], ends_s: float) -> list[tuple[float, float]]:
    """Steps that begin before an instant."""
    return [(second, mw) for second, mw in steps if second < ends_s]


def _path(places: Sequence[tuple[float, float]], ends: float) -> str:
    """Outline of steps, from left to right.

    >>> _path([(0, 9), (4, 5)], 10)
    'M0,9L4,9L4,5L10,5'
    """
    points = []
    for number, (left, top) in enumerate(places):
        right = places[number + 1][0] if number + 1 < len(places) else ends
        points += [(left, top), (right, top)]
    return "M" + "L".join(f"{left:g},{top:g}" for left, top in points)
