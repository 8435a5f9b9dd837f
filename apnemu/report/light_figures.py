"""What the light of a plan looks like: the margin it has left, fibre by fibre on the map, and the spectrum that is lit.

Both are drawn from the picture of a run alone, so that every page of a plan with light shows them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.report import words
from apnemu.report.drawing import element
from apnemu.report.plant_map import WIDTH, Projection
from apnemu.report.plots import figure

Path = Mapping[str, Any]
CLASSES = (
    (2.0, "under 2 dB", "var(--bad)", "3 3"),
    (5.0, "2 to 5 dB", "var(--packet)", "9 3"),
    (float("inf"), "5 dB and more", "var(--good)", ""),
)
"""Least margin on a fibre: below this, its name, colour, dashes. 2 dB is what a mode must have left (`Load`)."""
MOST_FIBRES = 100
MOST_NOTES = 3_000
"""Of more slots than this none has a note of its own: a page should stay small."""
ROW, LEFT, BOARD, RIGHT = 15, 230, 700, 70
"""Pixels: a fibre's row, its name, the band, its share."""


def light_figures(picture: Mapping[str, Any]) -> list[Markup]:
    """Margin map, where margins are known, and spectrum; none without light, or from an older run's picture."""
    paths = [path for path in picture["lightpaths"] if path.get("fibres")]
    if not paths or "band" not in picture:
        return []
    known = [path for path in paths if path["margin_db"] is not None]
    return [*([_margin_map(picture, known)] if known else []), _spectrum(picture, paths)]


def _over(paths: Sequence[Path]) -> dict[str, list[Path]]:
    """The lightpaths over each fibre, in the plan's order."""
    found: dict[str, list[Path]] = {}
    for path in paths:
        for fibre in path["fibres"]:
            found.setdefault(fibre, []).append(path)
    return found


def _margin_map(picture: Mapping[str, Any], paths: Sequence[Path]) -> Markup:
    projection = Projection(picture["sites"])
    at = {site["name"]: projection.point(site["lat"], site["lon"]) for site in picture["sites"]}
    over = _over(paths)
    marks: list[Markup] = []
    used = set()
    for fibre in picture["fibres"]:
        (x1, y1), (x2, y2) = at[fibre["a"]], at[fibre["b"]]
        line: dict[str, Any] = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
        here = over.get(fibre["name"], [])
        if not here:
            marks.append(element("line", class_="fibre", **line))
            continue
        least = min(here, key=lambda path: path["margin_db"])
        _, name, colour, dashes = next(one for one in CLASSES if least["margin_db"] < one[0])
        used.add(name)
        note = (
            f"{words.pair(fibre['a'], fibre['b'])}: least margin {least['margin_db']:.2f} dB ({least['name']}, "
            f"{least['mode']}, GSNR {least['gsnr_db']:.2f} dB), {words.count(len(here), 'lightpath')}"
        )
        drawn: dict[str, Any] = {
            "stroke": colour,
            "stroke_width": 4,
            **({"stroke_dasharray": dashes} if dashes else {}),
        }
        marks.append(element("line", element("title", note), **line, **drawn))
    marks += [element("circle", element("title", words.site(name)), cx=x, cy=y, r=3) for name, (x, y) in at.items()]
    worst = min(paths, key=lambda path: path["margin_db"])
    label = f"Least margin of the light in each fibre; the least of all is {worst['margin_db']:.2f} dB: {worst['name']}"
    svg = element("svg", *marks, class_="map", viewBox=f"0 0 {WIDTH} {projection.height}", role="img", aria_label=label)
    keys = [_key(name, colour, dashes) for _, name, colour, dashes in CLASSES if name in used]
    caption = (
        f"{label}. Margin is what is left of GSNR over what a mode needs, penalties taken off, with every slot lit. "
        "Point at a fibre for its figures."
    )
    return figure("Margin of the light in each fibre", caption, svg, element("ul", *keys, class_="legend"))


def _key(name: str, colour: str, dashes: str) -> Markup:
    drawn: dict[str, Any] = {"stroke": colour, "stroke_width": 4, **({"stroke_dasharray": dashes} if dashes else {})}
    line = element("line", x1=0, x2=28, y1=6, y2=6, **drawn)
    return element("li", element("svg", line, width=28, height=12, aria_hidden="true"), name)


def _spectrum(picture: Mapping[str, Any], paths: Sequence[Path]) -> Markup:
    low, high = picture["band"]["low"], picture["band"]["high"]
    over = _over(paths)
    shares = {
        fibre["name"]: sum(2 * path["slot"]["m"] for path in over.get(fibre["name"], [])) / (high - low)
        for fibre in picture["fibres"]
    }
    shown = sorted(shares, key=lambda name: (-shares[name], name))[:MOST_FIBRES]
    noted = sum(len(over.get(name, [])) for name in shown) <= MOST_NOTES
    marks = [_tick(picture, step, low, high) for step in range(-(-low // 160) * 160, high + 1, 160)]
    for row, name in enumerate(shown):
        top = 20 + ROW * row
        marks.append(element("text", name, class_="tick", x=LEFT - 8, y=top + 11, text_anchor="end"))
        marks.append(element("rect", x=LEFT, y=top + 2, width=BOARD, height=ROW - 4, fill="var(--grid)"))
        for path in over.get(name, []):
            marks.append(_slot(path, low, high, top, noted))
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
    left_out = f" The {MOST_FIBRES} fullest of {len(shares)} fibres." if len(shares) > MOST_FIBRES else ""
    caption = (
        f"Slots lit in each fibre, the same in both directions, over the band; at the right the share of it.{left_out} "
        "Point at a slot for its lightpath."
    )
    return figure("Spectrum of each fibre", caption, element("div", svg, class_="scroll"), wide=True)


def _tick(picture: Mapping[str, Any], step: int, low: int, high: int) -> Markup:
    """A frequency of the grid, every 1 THz."""
    thz = picture["band"]["anchor_thz"] + step * picture["band"]["step_ghz"] / 1e3
    x = LEFT + BOARD * (step - low) / (high - low)
    return element("text", f"{thz:.1f} THz", class_="tick", x=round(x, 1), y=12, text_anchor="middle")


def _slot(path: Path, low: int, high: int, top: int, noted: bool) -> Markup:
    """A slot as a box; its light grey edges keep neighbours apart."""
    first, width = path["slot"]["n"] - path["slot"]["m"], 2 * path["slot"]["m"]
    note = f"{path['name']}: {path['mode']}, n = {path['slot']['n']}, m = {path['slot']['m']}"
    return element(
        "rect",
        *([element("title", note)] if noted else []),
        x=round(LEFT + BOARD * (first - low) / (high - low), 2),
        y=top + 2,
        width=round(BOARD * width / (high - low), 2),
        height=ROW - 4,
        fill="var(--apn)",
        stroke="var(--sheet)",
        stroke_width=0.6,
    )
