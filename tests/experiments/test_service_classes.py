# SPDX-License-Identifier: BSD-3-Clause
"""Eight classes, four ways, each with its verdict."""

from __future__ import annotations

from pathlib import Path

from apnemu.experiments.service_classes import EXPERIMENT, computed
from tests.compiled import shipped
from tests.experiments.command import apnemu, settings


def test_each_class_has_each_way_and_a_reason() -> None:
    rows = computed(shipped("jpn12"), EXPERIMENT.resolve([]).own, 1)
    assert len(rows) == 32 and len({row["class"] for row in rows}) == 8
    assert EXPERIMENT.judge(rows, EXPERIMENT.resolve([]).own).met
    by_class = {(row["class"], row["way"]): row for row in rows}
    assert by_class["wide tolerant small", "packet"]["best"]
    assert not by_class["wide strict small", "packet"]["meets"], "queues add jitter"
    assert "subcarriers reach 450" in by_class["wide strict large", "subcarriers"]["reason"]
    assert by_class["wide strict large", "own wavelength"]["best"]
    assert by_class["local strict large", "own wavelength"]["meets"]
    assert "rate: 100 Gbit/s asked, 50 to be had" in by_class["local tolerant large", "packet"]["reason"]
    assert by_class["wide strict small", "shared wavelength"]["wavelengths"] < 0.02


def test_a_bound_that_light_cannot_keep() -> None:
    rows = computed(shipped("jpn12"), EXPERIMENT.resolve(["strict_wide_rtt_ms=1", "wide=tokyo-osaka"]).own, 1)
    strict = [row for row in rows if row["class"].startswith("wide strict")]
    assert not any(row["meets"] or row["best"] for row in strict)
    assert all("delay: a round trip takes" in row["reason"] for row in strict if row["way"] != "subcarriers")


def test_a_pair_that_is_none(tmp_path: Path) -> None:
    done = apnemu("run", "service_classes", *settings(wide="tokyo"), folder=tmp_path)
    assert done.code == 2 and "wide is 'tokyo'; it must be two data centres, joined by a hyphen" in done.err
