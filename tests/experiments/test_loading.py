# SPDX-License-Identifier: BSD-3-Clause
"""A job whose data are in another data centre: what bounds its steps, what is refused, what is judged."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path
from typing import Any

import pytest

from apnemu.experiments.virtual_dc_loading import EXPERIMENT
from apnemu.placement.loading import Loading, step_s
from tests.experiments.command import apnemu, settings


def loading(folder: Path, *more: str, **given: object) -> list[dict[str, Any]]:
    words = ("virtual_dc_loading", *more, "--json", "--out", "run", *settings(**given))
    found = apnemu("run", *words, folder=folder).json()
    assert found["expectation"]["met"]
    rows: list[dict[str, Any]] = found["results"]
    return rows


@pytest.mark.guest
def test_what_is_read_ahead_hides_the_round_trip_and_what_is_not_is_lost(tmp_path: Path) -> None:
    """The published loss of 12 % at 15 ms is that of a job of 110 ms that reads nothing ahead."""
    rows = loading(
        tmp_path, "--network", "apn", distance_km=1530, depth="0,1,2", batch_bytes=46_000_000, compute_s=0.0715, steps=3
    )
    home, far = rows[:3], rows[3:]
    assert [row["lost_share"] for row in home] == [0, 0, 0]
    assert far[0]["lost_share"] == pytest.approx(0.12, abs=0.003)
    assert far[0]["step_s"] - home[0]["step_s"] == pytest.approx(far[0]["rtt_ns"] / 1e9, rel=0.01)
    assert [row["bound"] for row in far] == ["round trip", "computing", "computing"]
    assert far[1]["lost_share"] < 1e-4 and far[2]["lost_share"] < 1e-4


@pytest.mark.long
@pytest.mark.guest
def test_the_form_holds_where_the_line_the_window_or_the_round_trip_decides(tmp_path: Path) -> None:
    draws = random.Random("loading 1")
    far_km = round(draws.uniform(300, 2500), 1)
    for name, given, bounds in (
        ("line", {}, {"line", "round trip"}),
        ("window", {"tcp_window_bytes": 4_194_304}, {"window", "round trip"}),
    ):
        (tmp_path / name).mkdir()
        size = draws.randrange(4_000_000, 12_000_000)
        asked = {"distance_km": far_km, "depth": "0,1,4", "batch_bytes": size, "compute_s": 0.002, "steps": 8}
        rows = loading(tmp_path / name, "--network", "packet", **asked | given)
        assert {row["bound"] for row in rows[3:]} <= bounds and rows[5]["bound"] != "computing"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"depth": 12},
            "depth is 12; of 45864000 bytes each that is 525 MiB under way; the lab holds 512; give at most",
        ),
        ({"depth": -1}, "depth is '-1'; it must be a whole number from 0 to 1024"),
        ({"batch_bytes": 1e6}, "batch_bytes is '1000000.0'; it must be a whole number from 4096"),
        ({"compute_s": 0}, "compute_s is '0'; it must be a number from 0.0001 to 1000"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, object], said: str, tmp_path: Path) -> None:
    done = apnemu("run", "virtual_dc_loading", "--out", "run", *settings(**given), folder=tmp_path)
    assert done.code == 2 and said in done.err


PLAN = Loading(
    batch_bytes=1_000, compute_s=1.0, depth=4, rtt_s=2.0, line_bytes_per_s=1e4, most_bytes_per_s=1e4, window_bytes=10**6
)


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({}, (1.0, "computing")),
        ({"depth": 0}, (3.1, "round trip")),
        ({"depth": 1}, (2.1, "round trip")),
        ({"rtt_s": 39.9}, (10.0, "round trip")),
        ({"line_bytes_per_s": 500, "most_bytes_per_s": 500}, (2.0, "line")),
        ({"window_bytes": 500, "most_bytes_per_s": 250}, (4.0, "window")),
        ({"window_bytes": 500, "most_bytes_per_s": 250, "depth": 1}, (4.05, "round trip")),
    ],
)
def test_a_step_is_as_long_as_what_bounds_it(changed: dict[str, Any], wanted: tuple[float, str]) -> None:
    took_s, bound = step_s(dataclasses.replace(PLAN, **changed))
    assert (took_s, bound) == (pytest.approx(wanted[0]), wanted[1])


ROW: dict[str, Any] = {"network": "apn", "distance_km": 100, "depth": 1, "step_s": 1.0, "predicted_step_s": 1.0}


@pytest.mark.parametrize(
    ("changed", "met"),
    [({}, True), ({"network": "packet"}, True), ({"step_s": 1.03}, False), ({"step_s": 0.97}, False)],
)
def test_every_step_is_judged(changed: dict[str, Any], met: bool) -> None:
    assert EXPERIMENT.judge([{**ROW, **changed}], EXPERIMENT.settings()).met is met
    assert EXPERIMENT.judge([], EXPERIMENT.settings()).met is None


def test_a_figure_for_each_number_of_batches_ahead() -> None:
    rows = [
        {**ROW, "network": network, "distance_km": km, "depth": depth, "rtt_ns": km * 10_000, "bound": "line"}
        | {"lost_share": 0.1 * bool(km), "predicted_lost_share": 0.1 * bool(km)}
        for network in ("apn", "packet")
        for km in (0, 1530)
        for depth in (0, 1)
    ]
    ((_, drawn),) = EXPERIMENT.shown.groups(rows, {})
    assert len(drawn) == 2 and "0 batches ahead" in str(drawn[0]) and "1 batch ahead" in str(drawn[1])
    said = EXPERIMENT.shown.answer(rows, {})
    assert (
        "1530 km from its data" in said
        and "over the packet network, 10.0 % with 0 batches ahead, 10.0 % with 1" in said
    )
