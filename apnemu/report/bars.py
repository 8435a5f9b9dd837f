# SPDX-License-Identifier: BSD-3-Clause
"""Bars of shares under headings, each with its words behind it, as a funnel or a comparison of kinds has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from apnemu.report.svg import Attribute, element

WIDTH = 640
LABEL = 130
FULL = 250
"""Length of a bar of share 1; the rest of the width is for the words behind it, also in a telephone's letters."""
HEIGHT, GAP = 16, 8
LETTERS = 58
"""Letters of a second line that fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar of a share from 0 to 1, with its label before and its words behind it; `note` shows where one points at it.

    `mark` is a share at which a stroke stands, such as an expectation. `below` is a second line of words.
    """

    label: str
    share: float
    words: str
    note: str = ""
    mark: float | None = None
    below: str = ""
    good: bool = False


def bars(groups: Sequence[tuple[str, Sequence[Bar]]], label: str) -> Markup:
    """Bars under headings as an SVG; `label` says in words what it shows."""
    drawn: list[Markup] = []
    top = 0
    for heading, of in groups:
        if heading:
            top += GAP
            drawn.append(element("text", heading, x=0, y=top + 12, font_weight=600))
            top += HEIGHT + GAP
        for bar in of:
            drawn += _bar(bar, top)
            top += HEIGHT + GAP + (HEIGHT + 2 if bar.below else 0)
    whole = {"viewBox": f"0 0 {WIDTH} {top + GAP}", "style": "max-height:none"}
    return element("svg", *drawn, class_="map", role="img", aria_label=label, **whole)


def swatch() -> Markup:
    """A bar's colour, for a figure's key."""
    return element("rect", x=0, y=2, width=16, height=12, style="fill:var(--apn)")


def stroke() -> Markup:
    """A mark, for a figure's key."""
    return element("path", d="M8 0v16", stroke="var(--ink)", stroke_width=2)


def shortened(names: Sequence[str], letters: int = LETTERS) -> str:
    """Names, as many as fit, and how many more there are.

    >>> shortened(["aa", "bb", "cc"], 6), shortened(["aa", "bb"], 9), shortened(["a" * 99], 9)
    ('aa, bb and 1 more', 'aa, bb', 'aaaaaaaaa…')
    """
    shown: list[str] = []
    for name in names:
        if shown and len(", ".join([*shown, name])) > letters:
            break
        shown.append(name if len(name) <= letters else name[:letters] + "…")
    left = len(names) - len(shown)
    return ", ".join(shown) + (f" and {left} more" if left else "")


def _bar(bar: Bar, top: int) -> list[Markup]:
    length = FULL * min(1.0, max(0.0, bar.share))
    note = [element("title", bar.note)] if bar.note else []
    colour = "fill:var(--good)" if bar.good else "fill:var(--apn)"
    end = LABEL + max(length, FULL * (bar.mark or 0.0)) + 6
    drawn = [
        element("text", bar.label, x=LABEL - 8, y=top + 12, text_anchor="end"),
        element("rect", *note, x=LABEL, y=top, width=round(length, 1), height=HEIGHT, style=colour),
        element("text", bar.words, x=round(end, 1), y=top + 12),
    ]
    if bar.mark is not None:
        at = LABEL + FULL * bar.mark
        look: dict[str, Attribute] = {"stroke": "var(--ink)", "stroke_width": 2}
        drawn.append(element("path", d=f"M{at:.1f} {top - 2}v{HEIGHT + 4}", **look))
    if bar.below:
        drawn.append(element("text", bar.below, x=LABEL, y=top + HEIGHT + 14, style="fill:var(--muted)"))
    return drawn
