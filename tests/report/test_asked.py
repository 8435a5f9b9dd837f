# SPDX-License-Identifier: BSD-3-Clause
"""Charts draw what was asked: no setting over itself, no line over what was not measured; names, units for people."""

from __future__ import annotations

import re
from typing import Any

from sample_run import document, documents, parts, picture

from apnemu.experiments.failover.pictures import frames_figure, ways_maps
from apnemu.report.curves import Curve
from apnemu.report.light_figures import light_figures
from apnemu.report.page import render
from apnemu.report.sweep_page import curves


def point(load: float, delay_ns: int | None) -> dict[str, Any]:
    """A row of a sweep over loads, in which the setting stands twice under other names."""
    return {
        "point": 0,
        "seed": 1,
        "set_load": load,
        "network": "apn",
        "load": load,
        "load_erlang": load,
        "delay_ns": delay_ns,
    }


def lines(drawn: str) -> list[int]:
    """The number of points of each line."""
    return [len(points.split()) for points in re.findall(r'<polyline points="([^"]*)"', drawn)]


def test_a_sweep_draws_no_setting_over_itself() -> None:
    drawn = curves([point(load, int(1000 * load)) for load in (0.5, 1.0, 1.5)], ["set_load"])
    assert len(drawn) == 1
    assert "<h3>delay, µs over load</h3>" in drawn[0]
    assert lines(drawn[0]) == [3]


def test_a_sweep_joins_nothing_over_a_point_that_was_not_measured() -> None:
    measured = {0.5: 500, 1.0: 1000, 1.5: None, 2.0: 2000, 2.5: 2500}
    (drawn,) = curves([point(load, delay_ns) for load, delay_ns in measured.items()], ["set_load"])
    assert lines(drawn) == [2, 2]
    assert drawn.count("<circle") == 4 + 1, "and one in the key"


def test_a_curve_joins_nothing_over_a_point_that_was_not_measured() -> None:
    curve = Curve(title="t", caption="c", x="km", y="ns", axes=("km", "ns"), unit="time")
    rows = [{"network": "apn", "km": km, "ns": ns} for km, ns in ((1, 10), (2, 20), (3, None), (4, 40), (5, 50))]
    assert lines(curve.draw(rows)[0]) == [2, 2]
    assert lines(curve.draw([row for row in rows if row["ns"]])[0]) == [4]
    other = [{"network": "packet", "km": 3, "ns": None}]
    assert lines(curve.draw([*(row for row in rows if row["ns"]), *other])[0]) == [4], "a gap of another line"


def test_a_page_begins_with_the_answers_own_chart() -> None:
    plant = picture()
    page = render(parts(documents(plant)[:1], plant), plant)
    order = ['id="figures-1"', 'id="table-1"', 'id="plant"', 'id="light"', 'id="how"']
    assert [page.index(part) for part in order if part in page] == sorted(
        page.index(part) for part in order if part in page
    )
    assert all(part in page for part in order if part != 'id="light"')


def test_raw_keys_are_in_the_data_alone() -> None:
    rows = [{"network": "apn", "from": "kita", "outage_ns": 59_808_173, "lost_share": 0.25, "hit": True}]
    plant = picture()
    page = render(parts([document("own", rows)], plant), plant)
    headings = re.findall(r"<th[^>]*>([^<]+)</th>", page)
    assert headings == ["network", "from", "outage, ms", "lost, %", "hit"]
    assert re.findall(r"<td[^>]*>([^<]+)</td>", page) == ["APN", "Kita", "59.808173", "25", "yes"]


def test_slots_stand_in_thz_and_the_margin_map_has_names() -> None:
    plant = picture()
    band = {"band": {"low": -288, "high": 480, "anchor_thz": 193.1, "step_ghz": 6.25}}
    names = {frozenset((fibre["a"], fibre["b"])): fibre["name"] for fibre in plant["fibres"]}
    for path in plant["lightpaths"]:
        hops = zip(path["route"], path["route"][1:], strict=False)
        path["fibres"] = [names[frozenset(hop)] for hop in hops]
    margin, spectrum = light_figures({**plant, **band})
    assert ">Kita</text>" in margin and ">Minami</text>" in margin
    assert "n = -282, m = 6 (191.3375 THz, 75 GHz wide)" in spectrum


def outage(**changed: Any) -> dict[str, Any]:
    """A row of failover over a plant of five sites."""
    seen = [(-40, -10, 4, False), (0, 50, 6, True), (60, 90, 4, False)]
    keys = ("from_ns", "until_ns", "frames", "lost")
    return {
        "network": "apn",
        "scheme": "1+1",
        "from": "kita",
        "to": "minami",
        "route": ["kita", "minami"],
        "new_route": ["kita", "naka", "nishi", "higashi", "minami"],
        "hit_fibres": ["kita-minami"],
        "outage_ns": 60,
        "gap_ns": 10,
        "restored": True,
        "frames_seen": [dict(zip(keys, span, strict=True)) for span in seen],
    } | changed


def test_failover_draws_frames_along_time() -> None:
    (drawn,) = frames_figure([outage()], picture())
    assert drawn.count("6 frames lost") == 6, "each frame is drawn"
    assert drawn.count("4 frames arrived") == 3, "those around the outage: one before it, two after"
    assert ">60 ns</text>" in drawn
    (never,) = frames_figure(
        [outage(outage_ns=None, restored=False, frames_seen=outage()["frames_seen"][:2])], picture()
    )
    assert "not restored" in never
    assert frames_figure([outage(frames_seen=[])], picture()) == []


def test_failover_draws_the_cut_and_both_ways() -> None:
    rows = [outage(), outage(scheme="ospf", network="packet", new_route=None), outage(scheme="prepared")]
    light, packets = ways_maps(rows, picture())
    assert "Ways of Kita–Minami over the APN: 1+1, prepared" in light
    assert "Before: Kita → Minami. After: Kita → Naka → Nishi → Higashi → Minami." in light
    assert "the way after" in light and "the way after" not in packets
    assert light.count("Kita–Minami: hit") == 1
    assert ways_maps([outage(route=None)], picture()) == []
