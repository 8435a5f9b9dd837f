# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of what happened: the frames of each stream along time, and on maps the cut, the old way and the new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from apnemu.report import words
from apnemu.report.maps import Ground, Point
from apnemu.report.plant_map import names_placed
from apnemu.report.plots import figure
from apnemu.report.svg import Attribute, css, element, key, key_list, percent

Row = Mapping[str, Any]
TRACK, BAR = 62, 14
"""Heights of a stream's track and of its frames, in pixels."""
AROUND = 0.16
"""Share of a track before the event, and after frames have come again."""
MOST_SINGLE = 160
"""Most frames of a track that are drawn one by one; more are drawn as one band."""
MOST_MAPS = 4
OLD, NEW, HIT = "var(--dark-fibre)", "var(--good)", "var(--bad)"


def frames_figure(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """A track for each stream: its frames around the outage, those that arrived and those that never did."""
    known = [row for row in rows if row.get("frames_seen")]
    if not known:
        return []
    drawing: list[Markup] = []
    for number, row in enumerate(known):
        drawing += _track(row, number * TRACK)
    height = TRACK * len(known)
    svg = element("svg", *drawing, class_="plot", width="100%", height=height)
    label = "frames sent along time by scheme; every value is in the table of all results below"
    caption = (
        "Frames by the instant at which they were sent, each track on a scale of its own around its outage. Single"
        " frames are drawn where they are few; in a band there are too many."
    )
    keys = [
        key("arrived, APN", element("rect", x=0, y=2, width=16, height=10, style="fill: var(--apn)")),
        key("arrived, packet network", element("rect", x=0, y=2, width=16, height=10, style="fill: var(--packet)")),
        key("lost", element("rect", x=1, y=3, width=14, height=8, **_lost())),
        key("the event", element("path", d="M8 0v16", stroke="var(--ink)", stroke_width=2)),
    ]
    box = element("div", svg, class_="plot-box bare", role="img", aria_label=label)
    return [figure("Frames before and after the event", caption, key_list(keys), box, wide=True)]


def _lost() -> dict[str, Attribute]:
    return {"style": "fill: none; stroke: var(--bad)", "stroke_dasharray": "3 2"}


def _track(row: Row, top: int) -> list[Markup]:
    """A stream's frames from a little before the event to a little after the outage."""
    seen = row["frames_seen"]
    lost = [span for span in seen if span["lost"]]
    most_ns = max(span["until_ns"] for span in seen)
    end_ns = row["outage_ns"] if row["restored"] and row["outage_ns"] else most_ns if lost else most_ns / 2
    length_ns = max(float(end_ns), 1.0) / (1 - 2 * AROUND)
    begin_ns = -AROUND * length_ns

    def at(ns: float) -> float:
        return min(1.0, max(0.0, (ns - begin_ns) / length_ns))

    gap_ns = row.get("gap_ns") or 0
    title = f"{words.network(row['network'])}, {row['scheme']}"
    drawn = [element("text", title, class_="tick", x=0, y=top + 14)]
    middle = top + 22
    for span in seen:
        if span["until_ns"] >= begin_ns and span["from_ns"] <= begin_ns + length_ns:
            drawn += _span(row, span, (begin_ns, begin_ns + length_ns), at, middle, gap_ns)
    event = percent(at(0))
    drawn.append(element("line", x1=event, x2=event, y1=middle - 5, y2=middle + BAR + 5, style="stroke: var(--ink)"))
    drawn.append(element("text", "0", class_="tick", x=event, y=middle + BAR + 17, text_anchor="middle"))
    if row["restored"] and row["outage_ns"]:
        said = words.duration(row["outage_ns"])
        drawn.append(
            element("text", said, class_="tick", x=percent(at(end_ns)), y=middle + BAR + 17, text_anchor="middle")
        )
    elif not row["restored"]:
        drawn.append(element("text", "not restored", class_="tick", x="100%", y=middle + BAR + 17, text_anchor="end"))
    return drawn


def _span(
    row: Row, span: Mapping[str, Any], shown: tuple[float, float], at: Any, top: int, gap_ns: int
) -> list[Markup]:
    """Frames of like fate: each a stroke where they are few, else a band."""
    first, last, frames = span["from_ns"], span["until_ns"], span["frames"]
    step = (last - first) / (frames - 1) if frames > 1 else gap_ns
    in_window = frames if not step else (min(last, shown[1]) - max(first, shown[0])) / step + 1
    note = f"{words.count(frames, 'frame')} {'lost' if span['lost'] else 'arrived'}"
    colour = f"var(--{css(row['network'])})"
    if in_window > MOST_SINGLE:
        left, right = at(first), at(last + step)
        look = _lost() if span["lost"] else {"style": f"fill: {colour}"}
        place: dict[str, Attribute] = {"x": percent(left), "y": top, "width": percent(right - left), "height": BAR}
        return [element("rect", element("title", note), **place, **look)]
    strokes = []
    for number in range(frames):
        ns = first + number * step
        if shown[0] <= ns <= shown[1]:
            x = percent(at(ns))
            look = (
                {"style": "stroke: var(--bad)", "stroke_dasharray": "3 2"}
                if span["lost"]
                else {"style": f"stroke: {colour}; stroke-width: 2"}
            )
            strokes.append(element("line", element("title", note), x1=x, x2=x, y1=top, y2=top + BAR, **look))
    return strokes


def ways_maps(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """A map for each way that was left: what was hit, the way before, and the one that carries in the end."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        if row.get("route"):
            ways = (row["network"], tuple(row["route"]), tuple(row.get("new_route") or ()))
            found.setdefault(ways, []).append(row)
    return [_map(of, picture) for of in list(found.values())[:MOST_MAPS]]


def _map(rows: Sequence[Row], picture: Mapping[str, Any]) -> Markup:
    row, ground = rows[0], Ground(picture)
    hit = set(row["hit_fibres"])
    lines = [(ground.at[fibre["a"]], ground.at[fibre["b"]]) for fibre in picture["fibres"]]
    marks = [ground.fibre(fibre) for fibre in picture["fibres"]]
    old, new = row["route"], row.get("new_route") or []
    marks += _way(old, picture, ground, stroke=OLD, stroke_width=9, stroke_opacity=0.55, stroke_linecap="round")
    marks += _way(new, picture, ground, stroke=NEW, stroke_width=3.5, stroke_linecap="round")
    for fibre in picture["fibres"]:
        if fibre["name"] in hit:
            look: dict[str, Attribute] = {"stroke": HIT, "stroke_width": 2.5, "stroke_dasharray": "2 5"}
            marks.append(ground.fibre(fibre, f"{words.pair(fibre['a'], fibre['b'])}: hit", **look))
            marks.append(_cross(_middle(ground.at[fibre["a"]], ground.at[fibre["b"]])))
    for name, (x, y) in ground.at.items():
        ends = name in (row["from"], row["to"])
        marks.append(
            element("circle", element("title", words.site(name)), class_="dot", cx=x, cy=y, r=5 if ends else 3)
        )
    marks.append(element("g", *names_placed(picture["sites"], ground.at, lines), class_="labels"))
    schemes = ", ".join(dict.fromkeys(str(one["scheme"]) for one in rows))
    said = _told(old), _told(new) if new else "none"
    label = f"Before: {said[0]}. After: {said[1]}."
    keys = [
        _key("the way before", stroke=OLD, stroke_width=9, stroke_opacity=0.55),
        *([_key("the way after", stroke=NEW, stroke_width=3.5)] if new else []),
        key("hit", _cross((14, 8)), width=28, height=16),
    ]
    caption = f"{label} Ways as planned: what is measured of them is their delay."
    title = f"Ways of {words.pair(row['from'], row['to'])} over the {words.network(row['network'])}: {schemes}"
    return figure(title, caption, ground.drawn(*marks, label=label), key_list(keys))


def _told(way: Sequence[str]) -> str:
    return " → ".join(map(words.site, way))


def _way(way: Sequence[str], picture: Mapping[str, Any], ground: Ground, **look: Attribute) -> list[Markup]:
    """The fibres of a way; of several between two sites the first that was not hit would do: all lie alike."""
    between = {frozenset((fibre["a"], fibre["b"])): fibre for fibre in reversed(picture["fibres"])}
    hops = [between.get(frozenset(hop)) for hop in pairwise(way)]
    return [ground.fibre(fibre, "", **look) for fibre in hops if fibre is not None]


def _key(meaning: str, **look: Attribute) -> Markup:
    return key(meaning, element("line", x1=2, x2=26, y1=8, y2=8, **look), width=28, height=16)


def _middle(a: Point, b: Point) -> Point:
    return round((a[0] + b[0]) / 2, 1), round((a[1] + b[1]) / 2, 1)


def _cross(place: Point) -> Markup:
    x, y = place
    return element("path", d=f"M{x - 6:g} {y - 6:g}l12 12m0 -12l-12 12", stroke=HIT, stroke_width=3, fill="none")
