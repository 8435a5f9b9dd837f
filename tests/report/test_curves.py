# SPDX-License-Identifier: BSD-3-Clause
"""Declared curves: a figure for each value that tells figures apart, every point in it, and none of a single point."""

from __future__ import annotations

import re
from typing import Any

from apnemu.report.curves import Curve

COMMON: dict[str, Any] = {"title": "Waits", "caption": "c", "x": "km", "y": "ns", "axes": ("km", "time")}
MOVES = [
    {"network": network, "km": km, "rate": rate, "ns": factor * km, "predicted": factor * km + 10}
    for network, factor in (("apn", 1_000), ("packet", 3_000))
    for rate in (10.0, 100.0)
    for km in (10, 100, 1000)
]


def titles(curve: Curve, rows: list[dict[str, Any]]) -> list[str]:
    return re.findall("<h3>(.*?)</h3>", "".join(curve.draw(rows)))


def points(curve: Curve, rows: list[dict[str, Any]]) -> list[str]:
    return re.findall("<title>(.*?)</title>", "".join(curve.draw(rows)))


def test_a_figure_for_each_value_with_all_its_points() -> None:
    curve = Curve(**COMMON, unit="time", split=("rate",), reference="predicted")
    assert titles(curve, MOVES) == ["Waits: rate 10.0", "Waits: rate 100.0"]
    first = str(curve.draw(MOVES)[0])
    assert re.findall("<title>(.*?)</title>", first)[-3:] == [
        "APN: 10.0 µs at 10",
        "APN: 100 µs at 100",
        "APN: 1.00 ms at 1,000",
    ]
    assert 'class="reference"' in first
    assert 'class="mark apn"' in first and 'class="mark packet"' in first


def test_values_that_tell_figures_apart_can_have_words() -> None:
    curve = Curve(**COMMON, split=("rate",), split_words=lambda row: f"{row['rate']:g} Gbit/s")
    assert titles(curve, MOVES) == ["Waits: 10 Gbit/s", "Waits: 100 Gbit/s"]


def test_what_is_not_known_has_no_point_and_one_point_is_no_curve() -> None:
    curve = Curve(**COMMON)
    assert curve.draw([MOVES[0], *({**row, "ns": None} for row in MOVES[1:3])]) == []
    assert curve.draw([]) == []


def test_dots_need_no_second_point() -> None:
    assert len(points(Curve(**COMMON, joined=False), MOVES[:1])) == 1
    assert "<polyline" not in str(Curve(**COMMON, joined=False).draw(MOVES)[0])


def test_rows_that_say_the_same_are_one_mark() -> None:
    assert len(points(Curve(**COMMON), [*MOVES[:3], *MOVES[:3]])) == 3


def test_rows_may_be_derived() -> None:
    curve = Curve(**COMMON, derive=lambda rows: [{**row, "ns": 7} for row in rows if row["network"] == "apn"])
    assert set(points(curve, MOVES)) == {"APN: 7 at 10", "APN: 7 at 100", "APN: 7 at 1,000"}


def test_figures_have_one_scale_where_that_is_asked_for() -> None:
    grown = [{**row, "ns": row["ns"] * row["rate"]} for row in MOVES if row["network"] == "apn"]
    ticks = [
        [re.findall('class="tick"[^>]*>([^<]*)<', str(drawn)) for drawn in curve.draw(grown)]
        for curve in (Curve(**COMMON, split=("rate",)), Curve(**COMMON, split=("rate",), common=True))
    ]
    assert ticks[0][0] != ticks[0][1]
    assert ticks[1][0] == ticks[1][1]


def test_none_at_all_has_a_band_on_a_scale_of_counts() -> None:
    counts = [{"network": "apn", "km": km, "ns": 0 if km < 100 else km} for km in (10, 100, 1000)]
    assert 'class="zero"' in str(Curve(**COMMON, unit="count").draw(counts)[0])
    assert 'class="zero"' not in str(Curve(**COMMON).draw(counts)[0])


def test_lines_of_one_colour_are_told_apart() -> None:
    drawn = str(Curve(**COMMON, lines=("rate",)).draw(MOVES)[0])
    assert drawn.count("<polyline") == 4


def test_a_reference_that_differs_is_dashed_for_each_line() -> None:
    """What was offered to a slow line is another than to a fast one; a reference that is the same is drawn once."""
    dashed = re.compile('class="reference"')
    assert len(dashed.findall(str(Curve(**COMMON, split=("rate",), reference="predicted").draw(MOVES)[0]))) == 2
    same = [{**row, "predicted": 7_000} for row in MOVES]
    assert len(dashed.findall(str(Curve(**COMMON, split=("rate",), reference="predicted").draw(same)[0]))) == 1


def test_small_values_keep_their_places_on_a_logarithmic_scale() -> None:
    rows = [{"km": km, "ns": rate} for km, rate in ((0, 0.02), (10, 0.2), (100, 5.0))]
    places = re.findall(r'cy="([\d.]+)"', str(Curve(**COMMON, log=True).draw(rows)[0]))
    assert len({*places}) == 1 + 3, "a mark in the legend, and three heights"


def test_lines_of_one_colour_are_told_apart_in_words() -> None:
    curve = Curve(**COMMON, lines=("rate",), line_words=lambda row: f"{row['rate']:g} Gbit/s")
    drawn = str(curve.draw([row for row in MOVES if row["network"] == "apn"])[0])
    assert re.findall(">([^<]*Gbit/s)</text>", drawn) == ["10 Gbit/s"], "both lie on one another: one label"
    apart = [{**row, "ns": row["ns"] * row["rate"]} for row in MOVES if row["network"] == "apn"]
    assert {*re.findall(">([^<]*Gbit/s)</text>", str(curve.draw(apart)[0]))} == {"10 Gbit/s", "100 Gbit/s"}
