# SPDX-License-Identifier: BSD-3-Clause
"""A figure with its caption, and a plot of y over x for a few networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from apnemu.report import words
from apnemu.report.svg import Scale, css, element, line_layer, marker, percent

HEIGHT = 240
CROWD = 150
"""Most marks of one network at full size; more of them are drawn smaller, and shine through."""

LABEL_WIDTH, LABEL_HEIGHT = 0.15, 13
"""Room of a line's label: share of the plot's width, and pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Points (x, y, note) of a network; `line` joins them in their order, `label` stands at the last.

    `gaps` are values of x at which nothing was measured: no line is drawn over them.
    """

    network: str
    points: tuple[tuple[float, float, str], ...]
    line: bool = True
    label: str = ""
    gaps: tuple[float, ...] = ()

    def joined(self) -> list[list[tuple[float, float]]]:
        """The points in lines, each up to the next gap.

        >>> points = ((1.0, 5.0, ""), (2.0, 6.0, ""), (4.0, 7.0, ""), (5.0, 8.0, ""))
        >>> Series(network="apn", points=points, gaps=(3.0,)).joined()
        [[(1.0, 5.0), (2.0, 6.0)], [(4.0, 7.0), (5.0, 8.0)]]
        """
        lines: list[list[tuple[float, float]]] = []
        for x, y, _ in self.points:
            last = lines[-1][-1][0] if lines else None
            if last is None or any(min(last, x) < gap < max(last, x) for gap in self.gaps):
                lines.append([])
            lines[-1].append((x, y))
        return lines


def figure(title: str, caption: str, *content: Markup, wide: bool = False) -> Markup:
    """A figure with its heading above and its caption below."""
    return element(
        "figure", element("h3", title), *content, element("figcaption", caption), **({"class_": "wide"} if wide else {})
    )


def plot(
    series: Sequence[Series],
    x: Scale,
    y: Scale,
    axes: tuple[str, str],
    references: Sequence[Sequence[tuple[float, float]]] = (),
) -> Markup:
    """A plot of several networks' points over one scale each way; `axes` name x and y, `references` are dashed."""
    drawing = [*_grid(x, y), element("text", axes[1], class_="axis", x=0, y=-16, dx=-48)]
    drawing.append(element("text", axes[0], class_="axis", x="100%", y=HEIGHT + 36, text_anchor="end"))
    for reference in references:
        drawing.append(line_layer([_place(x, y, *point) for point in reference], HEIGHT, class_="reference"))
    for one in series:
        for part in one.joined() if one.line else ():
            if len(part) > 1:
                places = [_place(x, y, *point) for point in part]
                drawing.append(line_layer(places, HEIGHT, class_=f"line {css(one.network)}"))
    for one in series:
        for across, up, note in one.points:
            left, top = _place(x, y, across, up)
            drawing.append(marker(one.network, percent(left), top, note))
    drawing += _labels(series, x, y)
    names = ", ".join(words.network(one.network) for one in series)
    label = f"{axes[1]} over {axes[0]}; {names}; every value is in the table of all results below"
    crowded = any(len(one.points) > CROWD for one in series)
    svg = element("svg", *drawing, class_="plot crowded" if crowded else "plot", width="100%", height=HEIGHT)
    return element("div", svg, class_="plot-box", role="img", aria_label=label)


def _place(x: Scale, y: Scale, across: float, up: float) -> tuple[float, float]:
    return x.share(across), HEIGHT * (1 - y.share(up))


def _labels(series: Sequence[Series], x: Scale, y: Scale) -> list[Markup]:
    """Labels above the last points of lines; none where it would cover that of a line drawn further in front."""
    placed: list[tuple[float, float]] = []
    drawing: list[Markup] = []
    for one in reversed(series):
        if not one.label or not one.points:
            continue
        left, top = _place(x, y, *one.points[-1][:2])
        if all(abs(left - other) > LABEL_WIDTH or abs(top - near) > LABEL_HEIGHT for other, near in placed):
            placed.append((left, top))
            above = round(top - 8, 1)
            drawing.append(element("text", one.label, class_="tick", text_anchor="end", x=percent(left), y=above))
    return drawing


def _grid(x: Scale, y: Scale) -> list[Markup]:
    drawing: list[Markup] = []
    if y.zero:
        band = HEIGHT * y.zero * 0.8
        drawing.append(element("rect", class_="zero", x=0, y=HEIGHT - band, width="100%", height=band))
    for tick, label in y.ticks:
        top = round(HEIGHT * (1 - y.share(tick)), 1)
        drawing.append(element("line", class_="grid", x1=0, x2="100%", y1=top, y2=top))
        drawing.append(element("text", label, class_="tick", x=0, dx=-8, y=top + 4, text_anchor="end"))
    for tick, label in x.ticks:
        left = percent(x.share(tick))
        drawing.append(element("line", class_="grid", x1=left, x2=left, y1=HEIGHT, y2=HEIGHT + 5))
        drawing.append(element("text", label, class_="tick", x=left, y=HEIGHT + 19, text_anchor="middle"))
    return drawing
