# SPDX-License-Identifier: BSD-3-Clause
"""A day on the map: areas and the ties between them with their flows, and work that goes from site to site as arcs.

Without the page's script the map shows the whole day; with it a slider goes from slot to slot.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.experiments.watt_day.pictures import said
from apnemu.report import words
from apnemu.report.maps import Ground, Point
from apnemu.report.plant_map import names_placed, shape
from apnemu.report.plots import figure
from apnemu.report.svg import Attribute, element, key, key_list

Row = Mapping[str, Any]
MOST_MAPS = 4
WIDEST, THINNEST = 7.0, 1.5
"""Strokes of the greatest and of the least flow or move, in pixels."""


def day_maps(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """A map for each day on which work goes somewhere; of days alike in that, the first."""
    system = picture.get("power")
    known = [row for row in rows if row.get("shifts") and row.get("flow_mw") is not None] if system else []
    alike: dict[str, Row] = {}
    for row in known:
        alike.setdefault(repr(row["shifts"]), row)
    return [_figure(row, picture, said(row, rows)) for row in list(alike.values())[:MOST_MAPS]]


def _figure(row: Row, picture: Mapping[str, Any], day: str) -> Markup:
    ground = Ground(picture)
    areas = {area["name"]: _middle(area["sites"], ground) for area in picture["power"]["areas"] if area["sites"]}
    ties = [tie for tie in picture["power"]["ties"] if tie["a"] in areas and tie["b"] in areas]
    slots = len(next(iter(row["load_mw"].values())))
    most = max((abs(mw) for tie in ties for mw in row["flow_mw"][tie["name"]]), default=0.0)
    whole = [_flows(ties, areas, row, None, most), _arcs(row["shifts"], ground, row["slot_s"])]
    groups = [element("g", *whole, class_="slot", data_slot=-1, data_label="the whole day")]
    for slot in range(slots):
        moves = [move for move in row["shifts"] if move["slot"] == slot]
        label = f"{_clock(slot, row['slot_s'])}: {words.count(len(moves), 'move')}, {_mw(moves):,.1f} MW"
        drawn = [_flows(ties, areas, row, slot, most), _arcs(moves, ground, row["slot_s"])]
        groups.append(element("g", *drawn, class_="slot", data_slot=slot, data_label=label, visibility="hidden"))
    sites = picture["sites"]
    marks = [
        element("g", *[ground.fibre(fibre) for fibre in picture["fibres"]], opacity=0.35),
        *groups,
        *[mark for site in sites for mark in shape(site["kind"], *ground.at[site["name"]])],
        *names_placed(sites, ground.at, []),
    ]
    moved = _mw(row["shifts"])
    caption = (
        f"{day}. Arcs are work that goes from site to site, {words.count(len(row['shifts']), 'move')} of"
        f" {moved:,.1f} MW of IT together; straight lines are ties between areas, as thick as the power that they carry"
        " on top of what they did before. Point at one for its figures."
    )
    keys = [
        key("work that moves", element("path", d="M1 14Q8 -4 15 14", **_look("var(--other)", 2.5))),
        key("tie with its flow", element("path", d="M1 8H15", **_look("var(--packet)", 4.0))),
        key("tie without", element("path", d="M1 8H15", **_look("var(--packet)", THINNEST), stroke_dasharray="3 3")),
    ]
    label = f"{words.count(len(areas), 'area')}, {words.count(len(ties), 'tie')}; {day}"
    drawn_map = ground.drawn(*marks, label=label)
    return figure("Power and work over the day", caption, drawn_map, _slider(slots), key_list(keys))


def _slider(slots: int) -> Markup:
    """The slider that the page's script shows: from the whole day, which is before the first slot, to the last."""
    entry = element("input", type="range", min=-1, max=slots - 1, value=-1, aria_label="slot of the day")
    return element("p", entry, element("output", "the whole day"), class_="slider", hidden="hidden")


def _middle(sites: Sequence[str], ground: Ground) -> Point:
    """Mean of the places of an area's sites."""
    places = [ground.at[name] for name in sites]
    return sum(x for x, _ in places) / len(places), sum(y for _, y in places) / len(places)


def _flows(
    ties: Sequence[Mapping[str, Any]], areas: Mapping[str, Point], row: Row, slot: int | None, most_mw: float
) -> Markup:
    """Ties with what they carry in a slot, or at most over the day, and an arrow that way."""
    drawn: list[Markup] = []
    for tie in ties:
        series = row["flow_mw"][tie["name"]]
        mw = max(series, key=abs) if slot is None else series[slot]
        a, b = (tie["a"], tie["b"]) if mw >= 0 else (tie["b"], tie["a"])
        limit = tie["mw"] if mw >= 0 else tie["back_mw"]
        when = "at most " if slot is None else ""
        ends = f"{words.site(a)} → {words.site(b)}"
        title = element("title", f"{tie['name']}: {ends}, {when}{abs(mw):,.1f} of {limit:,.0f} MW")
        (x1, y1), (x2, y2) = areas[a], areas[b]
        flows = abs(mw) > 1e-3
        width = THINNEST + (WIDEST - THINNEST) * abs(mw) / most_mw if flows else THINNEST
        dashes: dict[str, Attribute] = {} if flows else {"stroke_dasharray": "3 3"}
        line = element(
            "path", title, d=f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}", **_look("var(--packet)", width), **dashes
        )
        drawn.append(line)
        if flows:
            drawn.append(_arrow((x1, y1), (x2, y2), width))
    return element("g", *drawn)


def _arrow(a: Point, b: Point, width: float) -> Markup:
    """A head in the middle of a line, towards its second end."""
    turn = math.degrees(math.atan2(b[1] - a[1], b[0] - a[0]))
    size = 4 + width
    place = f"translate({(a[0] + b[0]) / 2:.1f} {(a[1] + b[1]) / 2:.1f}) rotate({turn:.1f})"
    return element(
        "path", d=f"M{-size:g} {-size:g}L{size:g} 0L{-size:g} {size:g}z", transform=place, fill="var(--packet)"
    )


def _arcs(moves: Sequence[Mapping[str, Any]], ground: Ground, slot_s: int) -> Markup:
    """Moves as arcs; those of one way in one slot or more are one arc, as wide as what goes."""
    ways: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for move in moves:
        ways.setdefault((move["from"], move["to"]), []).append(move)
    most = max((_mw(of_way) for of_way in ways.values()), default=0.0)
    drawn: list[Markup] = []
    for (origin, target), of_way in ways.items():
        (x1, y1), (x2, y2) = ground.at[origin], ground.at[target]
        middle = (x1 + x2) / 2 + (y1 - y2) * 0.3, (y1 + y2) / 2 + (x2 - x1) * 0.3
        told = [f"{move['work']} {_clock(move['slot'], slot_s)}, {move['mw']:,.1f} MW" for move in of_way[:6]]
        more = len(of_way) - len(told)
        rest = f" and {more} more" if more > 0 else ""
        title = element("title", f"{words.site(origin)} → {words.site(target)}: {'; '.join(told)}{rest}")
        width = THINNEST + (WIDEST / 2 - THINNEST) * _mw(of_way) / most
        curve = f"M{x1:g} {y1:g}Q{middle[0]:.1f} {middle[1]:.1f} {x2:g} {y2:g}"
        drawn.append(element("path", title, d=curve, **_look("var(--other)", width)))
    return element("g", *drawn)


def _look(colour: str, width: float) -> dict[str, Attribute]:
    return {"fill": "none", "stroke": colour, "stroke_width": round(width, 1), "stroke_linecap": "round"}


def _mw(moves: Sequence[Mapping[str, Any]]) -> float:
    return sum(float(move["mw"]) for move in moves)


def _clock(slot: int, slot_s: int) -> str:
    """Time of the day at which a slot begins.

    >>> _clock(19, 1800), _clock(50, 1800)
    ('09:30', '25:00')
    """
    minutes = slot * slot_s // 60
    return f"{minutes // 60:02}:{minutes % 60:02}"
