# SPDX-License-Identifier: BSD-3-Clause
"""SVG elements, scales, and plots that are as wide as the page while their text keeps its size.

x is given in per cent of the plot's width, y in pixels. Lines, which SVG cannot give in per cent, are drawn on a layer
that is stretched in x alone, with strokes that do not stretch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from apnemu.report import words
from apnemu.report.language import heard

Attribute = str | int | float
SAID = ("aria_label", "data_label")
"""Attributes that hold text for people."""
LEAST = 1e-290
"""Least size of a value that an axis tells from 0: below it a step would be none."""


def element(tag: str, *children: str, **attributes: Attribute) -> Markup:
    """An SVG element. Texts and attributes are escaped, `Markup` is taken as it is; `class_` is class, `_` a hyphen.

    Texts, and attributes that are read out or shown, are in the page's language.

    >>> str(element("text", "a < b", class_="tick", text_anchor="end", x=1.50))
    '<text class="tick" text-anchor="end" x="1.5">a &lt; b</text>'
    """
    inner = Markup("").join(child if isinstance(child, Markup) else heard(child) for child in children)
    pairs = Markup("").join(
        Markup(' {}="{}"').format(_attribute_name(name), heard(str(value)) if name in SAID else _number(value))
        for name, value in attributes.items()
    )
    start = Markup("<{}{}>").format(Markup(tag), pairs)
    return start + inner + Markup("</{}>").format(Markup(tag)) if inner else start[:-1] + Markup("/>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Scale of an axis: value -> share of its length. `ticks` are (value, label); on a logarithmic axis 0 has a band of
    its own, `zero` wide."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    log: bool = False
    zero: float = 0.0

    def share(self, value: float) -> float:
        """Place of a value on the axis, from 0 to 1.

        >>> counts = log_scale([0, 10, 1000], words.plain)
        >>> [round(counts.share(value), 2) for value in (0, 10, 100, 1000)]
        [0.06, 0.16, 0.58, 1.0]
        """
        if not self.log:
            return (value - self.low) / (self.high - self.low)
        if value <= 0:
            return self.zero * 0.4
        span = math.log10(self.high) - math.log10(self.low)
        return self.zero + (1 - self.zero) * (math.log10(max(value, self.low)) - math.log10(self.low)) / span


def linear_scale(values: Sequence[float], label: Callable[[Any], str] = words.plain) -> Scale:
    """Linear scale in round steps from 0, or from below a negative least value, at most seven steps each way.

    >>> [tick for tick, label in linear_scale([7.9]).ticks]
    [0, 2, 4, 6, 8]
    >>> [label for tick, label in linear_scale([-0.3, 1.2]).ticks]
    ['-0.4', '-0.2', '0', '0.2', '0.4', '0.6', '0.8', '1', '1.2']
    >>> linear_scale([3e-12]).ticks[-1], linear_scale([1e-320]).high
    ((3e-12, '3e-12'), 0.2)
    """
    size = max((abs(value) for value in values), default=0.0)
    size = size if size > LEAST else 1.0
    power = 10.0 ** math.floor(math.log10(size))
    step = next(factor * power for factor in (0.2, 0.5, 1, 2) if size / (factor * power) <= 6.001)
    top = max(math.ceil(max(values, default=0.0) / step - 1e-9), 0)
    bottom = min(math.floor(min(values, default=0.0) / step + 1e-9), 0)
    decimals = max(9, 2 - math.floor(math.log10(step)))
    ticks = [_tidy(index * step, decimals) for index in range(bottom, max(top, bottom + 1) + 1)]
    return Scale(low=ticks[0], high=ticks[-1], ticks=tuple((tick, label(tick)) for tick in ticks))


def log_scale(values: Sequence[float], label: Callable[[Any], str] = words.plain) -> Scale:
    """Logarithmic scale in whole decades around the values above 0; zeros have a band of their own.

    >>> [label for tick, label in log_scale([0, 30, 2000]).ticks]
    ['0', '10', '100', '1,000', '10,000']
    >>> [label for tick, label in log_scale([0.03, 5]).ticks]
    ['0.01', '0.1', '1', '10']
    """
    positive = [value for value in values if value > 0]
    low = math.floor(math.log10(min(positive, default=1)))
    high = max(math.ceil(math.log10(max(positive, default=10))), low + 1)
    zero = 0.0 if len(positive) == len(values) else 0.16
    every = 1 if high - low <= 4 else 3
    ticks = [(0, label(0))] if zero else []
    ticks += [(10**power, label(10**power) if power % every == 0 else "") for power in range(low, high + 1)]
    return Scale(low=10**low, high=10**high, ticks=tuple(ticks), log=True, zero=zero)


def percent(share: float) -> str:
    """
    >>> percent(1 / 3)
    '33.33%'
    """
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"


def line_layer(points: Sequence[tuple[float, float]], height: int, **attributes: Attribute) -> Markup:
    """A line through points (share of the width, y in pixels)."""
    text = " ".join(f"{100 * x:.2f},{y:.1f}" for x, y in points)
    line = element("polyline", points=text, fill="none", vector_effect="non-scaling-stroke", **attributes)
    return element(
        "svg", line, viewBox=f"0 0 100 {height}", preserveAspectRatio="none", width="100%", height=height, x=0, y=0
    )


def marker(network: str, x: str, y: float, title: str = "") -> Markup:
    """A network's mark, told apart by shape as well as by colour: the APN's is round, the packet network's square.

    Of kinds of light, lightpaths are round, light trees square, and shared subcarriers stand on a corner.
    """
    note = [element("title", title)] if title else []
    if css(network) == "good":
        corner = element("path", *note, class_="mark good", d="M0 -6l6 6l-6 6l-6 -6z")
        return element("svg", corner, x=x, y=round(y, 1), width=1, height=1, overflow="visible")
    if css(network) == "apn":
        return element("circle", *note, class_=f"mark {css(network)}", cx=x, cy=round(y, 1), r=4.5)
    return element(
        "rect",
        *note,
        class_=f"mark {css(network)}",
        x=x,
        y=round(y - 4, 1),
        width=8,
        height=8,
        transform="translate(-4)",
    )


def css(network: str) -> str:
    """The class that gives a network, or a kind of light, its colour."""
    return {"apn": "apn", "packet": "packet", "p2p": "apn", "subcarriers": "good"}.get(network, "other")


def legend(networks: Sequence[str], *more: tuple[str, str]) -> Markup:
    """Key of a plot: the networks' marks and names, and `more`, each (class of the swatch, meaning)."""
    keys = [key(words.network(name), marker(name, "8", 8)) for name in networks]
    keys += [
        element("li", element("span", "\N{ZERO WIDTH SPACE}", class_=f"swatch {kind}"), text) for kind, text in more
    ]
    return key_list(keys)


def key(meaning: str, *drawn: Markup, width: int = 16, height: int = 16) -> Markup:
    """Line of a figure's key: a drawing and its meaning."""
    return element("li", element("svg", *drawn, width=width, height=height, aria_hidden="true"), meaning)


def key_list(keys: Sequence[Markup]) -> Markup:
    """Key of a figure."""
    return element("ul", *keys, class_="legend")


def _attribute_name(name: str) -> Markup:
    return Markup(name.rstrip("_").replace("_", "-") if name not in ("viewBox", "preserveAspectRatio") else name)


def _number(value: Attribute) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _tidy(value: float, decimals: int) -> float:
    """The value without what rounding has left of it.

    >>> _tidy(0.6000000000000001, 9), _tidy(3.0000000000000004e-12, 14), _tidy(2.0, 9)
    (0.6, 3e-12, 2)
    """
    return round(value) if abs(value - round(value)) < 10.0**-decimals else round(value, decimals)
