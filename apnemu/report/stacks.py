# SPDX-License-Identifier: BSD-3-Clause
"""Series slot by slot as steps, one above the other, over the hours that they take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from apnemu.report import words
from apnemu.report.svg import Attribute, element, key, key_list
from apnemu.units import S_PER_H

WIDTH, HEIGHT = 640, 150
LEFT, TOP, BOTTOM, RIGHT = 84, 30, 30, 30
COLOURS = ("var(--apn)", "var(--packet)", "var(--other)", "var(--good)", "var(--lit)", "var(--bad)")
PALER = (0.85, 0.5, 0.25)
"""Opacities by which the colours come again where there are more series than colours."""

Series = Mapping[str, Sequence[float]]


def stack(series: Series, slot_s: int, most_mw: float, heading: str, label: str) -> Markup:
    """A picture of series in MW under a heading, as high as `most_mw`; `label` says in words what it shows."""
    slots = len(next(iter(series.values())))
    hours = slots * slot_s / S_PER_H
    across, up = (WIDTH - LEFT - RIGHT) / slots, (HEIGHT - TOP - BOTTOM) / most_mw
    floor = [0.0] * slots
    drawn: list[Markup] = []
    for number, (name, mw) in enumerate(series.items()):
        ceiling = [below + own for below, own in zip(floor, mw, strict=True)]
        energy_mwh = sum(mw) * slot_s / S_PER_H
        title = element("title", f"{words.site(name)}: {energy_mwh:,.1f} MWh")
        drawn.append(element("path", title, d=_area(floor, ceiling, across, up), **_look(number)))
        floor = ceiling
    base = HEIGHT - BOTTOM
    axes = [
        element("text", heading, x=0, y=14, font_weight=600),
        element("text", f"{most_mw:,.4g} MW", x=LEFT - 6, y=TOP + 8, text_anchor="end"),
        element("text", "0 MW", x=LEFT - 6, y=base + 4, text_anchor="end"),
        element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=base, y2=base, stroke="var(--muted)"),
    ]
    step = next((step for step in (6, 24, 120) if hours / step <= 8), 240)
    for hour in range(0, int(hours) + 1, step):
        x = round(LEFT + hour * S_PER_H / slot_s * across, 1)
        axes.append(element("text", f"{hour} h", x=x, y=base + 20, text_anchor="middle"))
    box = f"0 0 {WIDTH} {HEIGHT}"
    return element("svg", *drawn, *axes, class_="map", viewBox=box, role="img", aria_label=label)


def stack_key(several: Sequence[Series]) -> Markup:
    """Key of stacks with the same series: a line for each that is above 0 anywhere."""
    names = dict.fromkeys(name for series in several for name in series)
    shown = [
        (number, name) for number, name in enumerate(names) if any(any(series.get(name, ())) for series in several)
    ]
    return key_list(
        [key(words.site(name), element("rect", width=16, height=12, y=2, **_look(number))) for number, name in shown]
    )


def _look(number: int) -> dict[str, Attribute]:
    """Look of a series by its number."""
    paler = PALER[number // len(COLOURS) % len(PALER)]
    return {"fill": COLOURS[number % len(COLOURS)], "fill_opacity": paler}


def _y(mw: float, up: float) -> float:
    return round(HEIGHT - BOTTOM - mw * up, 1)


def _area(floor: Sequence[float], ceiling: Sequence[float], across: float, up: float) -> str:
    """Outline of steps: along the ceiling to the right, back along the floor."""
    there = [(LEFT + (slot + side) * across, _y(mw, up)) for slot, mw in enumerate(ceiling) for side in (0, 1)]
    back = [(LEFT + (slot + side) * across, _y(mw, up)) for slot, mw in enumerate(floor) for side in (0, 1)][::-1]
    return "M" + "L".join(f"{x:.1f},{y:g}" for x, y in (*there, *back)) + "Z"
