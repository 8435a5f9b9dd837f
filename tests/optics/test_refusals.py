# SPDX-License-Identifier: BSD-3-Clause
"""Acceptance: 1,500 km at 400G 16QAM, and the other ways in which light does not arrive."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from apnemu.model.assignment import Lightpath
from apnemu.model.plant import Plant
from apnemu.optics import judge_of, read_optics
from apnemu.planning import plan
from tests.optics.lines import row_of

KM_1500 = [500.0, 500.0, 500.0]


def reason(plant: Plant, kept: Path) -> str:
    (refusal,) = plan(plant, judge=judge_of(plant, folder=kept)).refusals
    return refusal.reason


def served(plant: Plant, kept: Path) -> Lightpath:
    (lightpath,) = plan(plant, judge=judge_of(plant, folder=kept)).lightpaths
    return lightpath


def test_400g_over_1500_km_is_refused_with_gsnr_need_and_margin(kept: Path) -> None:
    text = reason(row_of(KM_1500, rate_gbps=400), kept)
    found = re.fullmatch(
        r"quality: over s0 > s1 > s2 > s3 \(1500 km\) no mode with 400 Gbit/s closes; (\S+) has GSNR ([0-9.]+) dB"
        r" \(worst channel ([0-9.]+)\), needs 24, margin (-[0-9.]+) of the 2 wanted without penalties, and does not"
        r" bear dispersion ([0-9]+) ps/nm of 12000; ask for (\d+) Gbit/s \((\S+) closes\), or go in two parts",
        text,
    )
    assert found is not None, text
    worst, margin = float(found[3]), float(found[4])
    assert margin == pytest.approx(worst - 24, abs=0.011)
    assert float(found[5]) == pytest.approx(1500 * 16.7, rel=0.01)


def test_the_way_out_that_a_refusal_names_is_one(kept: Path) -> None:
    text = reason(row_of(KM_1500, rate_gbps=400), kept)
    found = re.search(r"ask for (\d+) Gbit/s \((\S+) closes\)", text)
    assert found is not None, text
    lightpath = served(row_of(KM_1500, rate_gbps=float(found[1])), kept)
    assert lightpath.rate_gbps == float(found[1])


def test_a_lower_mode_closes_with_the_wanted_margin(kept: Path) -> None:
    lightpath = served(row_of(KM_1500, rate_gbps=100), kept)
    assert lightpath.gsnr_db is not None
    assert lightpath.margin_db is not None
    assert lightpath.margin_db >= read_optics().load.margin_db
    assert lightpath.margin_db < lightpath.gsnr_db - 12  # the worst channel, less penalties
    assert lightpath.delay_ns > 1500 * 4896


def test_where_only_the_margin_is_missing_it_is_told_in_db(kept: Path) -> None:
    text = reason(row_of([400.0], rate_gbps=400), kept)
    found = re.search(r"needs 24 \+ ([0-9.]+) of penalties, margin (-?[0-9.]+) of the 2 wanted, ([0-9.]+) dB are", text)
    assert found is not None, text
    assert float(found[2]) + float(found[3]) == pytest.approx(2, abs=0.011)


def test_a_wanted_margin_of_nothing_lets_more_through(kept: Path) -> None:
    plant, optics = row_of([400.0], rate_gbps=400), read_optics()
    eager = replace(optics, load=replace(optics.load, margin_db=0.0))
    assert plan(plant, judge=judge_of(plant, folder=kept)).refusals
    assert plan(plant, judge=judge_of(plant, optics=eager, folder=kept)).lightpaths


def test_light_too_weak_is_told(kept: Path) -> None:
    text = reason(row_of([300.0], span_km=300), kept)
    assert re.match(r"quality: over s0 > s1 \(300 km\) light reaches a ROADM \d+\.\d dB too weak .* \(span_km\)", text)


def test_without_a_judge_the_table_is_asked_as_before() -> None:
    (lightpath,) = plan(row_of([100.0])).lightpaths
    assert lightpath.gsnr_db is None
    assert lightpath.margin_db is None
    (refusal,) = plan(row_of(KM_1500, rate_gbps=400)).refusals
    assert refusal.reason.startswith("reach: ")
