# SPDX-License-Identifier: BSD-3-Clause
"""Figures of a plan's light: the margin that it has left, fibre by fibre on a map, and the spectrum that is lit.

Both are drawn from the picture of a run alone, so that every page of a plan with light shows them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.report import words
from apnemu.report.lights import Judged, Kind, Light, judged, lights, over
from apnemu.report.maps import Ground
from apnemu.report.plant_map import names_placed
from apnemu.report.plots import figure
from apnemu.report.svg import Attribute, element, key, key_list

CLASSES = (
    (2.0, "under 2 dB", "var(--bad)", "3 3"),
    (5.0, "2 to 5 dB", "var(--packet)", "9 3"),
    (float("inf"), "5 dB and more", "var(--good)", ""),
)
"""Classes of the least margin on a fibre: upper bound, name, colour, dashes. A mode must have 2 dB left (`Load`)."""
LOOKS: Mapping[Kind, tuple[str, str]] = {
    "lightpath": ("lightpath", "var(--apn)"),
    "tree": ("light tree, away from its hub", "var(--other)"),
    "back": ("leaf's answer, towards the hub", "var(--other)"),
    "subcarriers": ("shared subcarriers", "var(--good)"),
}
"""Meaning and colour of each kind of slot. Light in one direction has half a row: the upper half is away from the hub,
the lower half towards it."""
MOST_FIBRES = 100
MOST_NOTES = 3_000
"""Most slots that have a note each; a page should stay small."""
ROW, LEFT, BOARD, RIGHT = 15, 230, 700, 70
"""Height of a fibre's row; widths of its name, of the band, and of the share that is lit. In pixels."""


def light_figures(picture: Mapping[str, Any]) -> list[Markup]:
    """Draw the margin map, where margins are known, and the spectrum; neither without light, nor of an older run."""
    lit = lights(picture)
    if not lit or "band" not in picture:
        return []
    known = judged(picture)
    unknown = sum(light.kind == "lightpath" for light in lit) - sum(way.leaf == "" for way in known)
    return [*([_margin_map(picture, known, unknown)] if known else []), _spectrum(picture, lit)]


def _margin_map(picture: Mapping[str, Any], ways: Sequence[Judged], unknown: int) -> Markup:
    """The map of margins; `unknown` is the number of lightpaths whose margin is not known."""
    ground = Ground(picture)
    ways_over = over(ways)
    marks: list[Markup] = []
    used = set()
    for fibre in picture["fibres"]:
        here = ways_over.get(fibre["name"], [])
        if not here:
            marks.append(ground.fibre(fibre))
            continue
        least = min(here, key=lambda way: way.margin_db)
        name, look = next((name, _look(*look)) for below_db, name, *look in CLASSES if least.margin_db < below_db)
        used.add(name)
        note = (
            f"{words.pair(fibre['a'], fibre['b'])}: least margin {least.margin_db:.2f} dB"
            f" ({words.spelled(least.name)}, {least.mode}, GSNR {least.gsnr_db:.2f} dB), {_counted(here)}"
        )
        marks.append(ground.fibre(fibre, note, **look))
    marks += [
        element("circle", element("title", words.site(name)), class_="dot", cx=x, cy=y, r=3)
        for name, (x, y) in ground.at.items()
    ]
    lines = [(ground.at[fibre["a"]], ground.at[fibre["b"]]) for fibre in picture["fibres"]]
    marks.append(element("g", *names_placed(picture["sites"], ground.at, lines), class_="labels"))
    worst = min(ways, key=lambda way: way.margin_db)
    least_of_all = f"{worst.margin_db:.2f} dB: {words.spelled(worst.name)}"
    label = f"Least margin of the light in each fibre; the least of all is {least_of_all}"
    keys = [_key(name, *look) for _, name, *look in CLASSES if name in used]
    caption = f"{label}. {_what_margin_is(ways, unknown)} Point at a fibre for its figures."
    return figure("Margin of the light in each fibre", caption, ground.drawn(*marks, label=label), key_list(keys))


def _counted(ways: Sequence[Judged]) -> str:
    """
    >>> one = Judged(name="a-b", leaf="", mode="m", gsnr_db=20, margin_db=3, fibres=("f",))
    >>> _counted([one, one])
    '2 lightpaths'
    """
    leaves = sum(way.leaf != "" for way in ways)
    paths = len(ways) - leaves
    parts = [words.count(paths, "lightpath")] if paths or not leaves else []
    parts += [f"light to {leaves} {'leaf' if leaves == 1 else 'leaves'} of trees"] if leaves else []
    return ", ".join(parts)


def _what_margin_is(ways: Sequence[Judged], unknown: int) -> str:
    parts = ["Margin is what is left of GSNR over what a mode needs, penalties taken off, with every slot lit."]
    if any(way.leaf for way in ways):
        parts.append(
            "A light tree counts once for each leaf, after its splitters, by a closed form from the undivided route's"
            " GSNR; the leaves' answers are not judged."
        )
    if unknown:
        have = "has" if unknown == 1 else "have"
        parts.append(f"{words.count(unknown, 'lightpath')}, judged by a table of reach, {have} none.")
    return " ".join(parts)


def _key(name: str, colour: str, dashes: str) -> Markup:
    line = element("line", x1=0, x2=28, y1=6, y2=6, **_look(colour, dashes))
    return key(name, line, width=28, height=12)


def _look(colour: str, dashes: str) -> dict[str, Attribute]:
    dashed: dict[str, Attribute] = {"stroke_dasharray": dashes} if dashes else {}
    return {"stroke": colour, "stroke_width": 4, **dashed}


def _spectrum(picture: Mapping[str, Any], lit: Sequence[Light]) -> Markup:
    low, high = picture["band"]["low"], picture["band"]["high"]
    found = over(lit)
    shares = {
        fibre["name"]: sum(2 * light.m for light in found.get(fibre["name"], [])) / (high - low)
        for fibre in picture["fibres"]
    }
    shown = sorted(shares, key=lambda name: (-shares[name], name))[:MOST_FIBRES]
    noted = sum(len(found.get(name, [])) for name in shown) <= MOST_NOTES
    marks = [_tick(picture, step, low, high) for step in range(-(-low // 160) * 160, high + 1, 160)]
    for row, name in enumerate(shown):
        top = 20 + ROW * row
        marks.append(element("text", name, class_="tick", x=LEFT - 8, y=top + 11, text_anchor="end"))
        marks.append(element("rect", x=LEFT, y=top + 2, width=BOARD, height=ROW - 4, fill="var(--grid)"))
        for light in found.get(name, []):
            marks.append(_slot(light, low, high, top, noted))
        marks.append(element("text", words.percent(shares[name]), class_="tick", x=LEFT + BOARD + 8, y=top + 11))
    wide, tall = LEFT + BOARD + RIGHT, 26 + ROW * len(shown)
    svg = element(
        "svg",
        *marks,
        viewBox=f"0 0 {wide} {tall}",
        width="100%",
        style="min-width: 640px",
        role="img",
        aria_label=f"Spectrum lit in each fibre; the fullest is {shown[0]} with {words.percent(shares[shown[0]])}",
    )
    kinds = [kind for kind in LOOKS if any(light.kind == kind for light in lit)]
    one_way = "tree" in kinds
    both = (
        "Slots given away in each fibre, over the band; at the right the share of it. A slot is nobody else's in either"
        " direction; where it is lit in one alone it has half a row, the upper half away from the hub of its tree."
        if one_way
        else "Slots lit in each fibre, the same in both directions, over the band; at the right the share of it."
    )
    left_out = f" The {MOST_FIBRES} fullest of {len(shares)} fibres." if len(shares) > MOST_FIBRES else ""
    caption = f"{both}{left_out} Point at a slot for its light."
    keys = [key_list([_swatch(kind) for kind in kinds])] if kinds != ["lightpath"] else []
    return figure("Spectrum of each fibre", caption, *keys, element("div", svg, class_="scroll"), wide=True)


def _swatch(kind: Kind) -> Markup:
    text, colour = LOOKS[kind]
    top, tall = _half(kind)
    ground = element("rect", x=0, y=0, width=22, height=ROW - 4, fill="var(--grid)")
    box = element("rect", x=4, y=top, width=14, height=tall, fill=colour)
    return key(text, ground, box, width=22, height=ROW - 4)


def _half(kind: Kind) -> tuple[float, float]:
    """Top and height within a row, in pixels.

    >>> _half("lightpath"), _half("tree"), _half("back")
    ((0, 11), (0, 5.5), (5.5, 5.5))
    """
    tall = ROW - 4
    return {"tree": (0, tall / 2), "back": (tall / 2, tall / 2)}.get(kind, (0, tall))


def _tick(picture: Mapping[str, Any], step: int, low: int, high: int) -> Markup:
    """A frequency of the grid, every 1 THz."""
    thz = picture["band"]["anchor_thz"] + step * picture["band"]["step_ghz"] / 1e3
    x = LEFT + BOARD * (step - low) / (high - low)
    return element("text", f"{thz:.1f} THz", class_="tick", x=round(x, 1), y=12, text_anchor="middle")


def _slot(light: Light, low: int, high: int, top: int, noted: bool) -> Markup:
    """A slot as a box; its light grey edges keep neighbours apart."""
    first, width = light.n - light.m, 2 * light.m
    note = f"{words.spelled(light.name)}: {light.mode}, {words.slot(light.n, light.m)}"
    down, tall = _half(light.kind)
    return element(
        "rect",
        *([element("title", note)] if noted else []),
        x=round(LEFT + BOARD * (first - low) / (high - low), 2),
        y=top + 2 + down,
        width=round(BOARD * width / (high - low), 2),
        height=tall,
        fill=LOOKS[light.kind][1],
        stroke="var(--sheet)",
        stroke_width=0.6,
    )
