# SPDX-License-Identifier: BSD-3-Clause
"""A run of failover in headless Chromium: followed and paused it measures the same; cut by hand it is not judged."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from apnemu.records.table import read_parquet
from tests.experiments.command import apnemu
from tests.experiments.test_failover import RING
from tests.live.labs import CLOCK, PAUSED, live
from tests.live.test_page import SHOWS_S
from tests.pages.browser import CHROMIUM
from tests.shell.at_a_terminal import all_ended

pytestmark = [
    pytest.mark.guest,
    pytest.mark.slow,
    pytest.mark.alone,  # a cut is to be seen within a second of the wall's clock
    pytest.mark.skipif(CHROMIUM is None, reason="chromium, which shows the page, is not installed"),
]
ASKED = ("failover", "--topology", "ring.yaml", "--set", "scheme=1+1", "--network", "apn")
FAST = "document.getElementById('pace').value = '0.0'"
ENDED = "document.querySelector('.mode.ended') !== null"


def test_a_run_that_is_followed_and_paused_measures_what_one_alone_does(tmp_path: Path) -> None:
    (tmp_path / "ring.yaml").write_text(RING)
    with live(tmp_path, *ASKED, "--out", "followed") as at:
        page = at.page
        page.value(FAST)
        page.click("#run")
        page.wait_for("document.querySelector('#watches b') !== null")
        page.click("#pause")
        page.wait_for(PAUSED)
        stood = page.value(CLOCK)
        time.sleep(2)  # a person who thinks
        assert page.value(CLOCK) == stood
        page.value("document.getElementById('by').value = '100ms'")
        page.click("#advance button")
        page.wait_for(f"{CLOCK} !== '{stood}'")
        page.wait_for(PAUSED)
        assert float(page.value(CLOCK)) - float(stood) == pytest.approx(0.1, abs=0.001)
        page.click("#run")
        page.wait_for("document.querySelector('[data-fibre].cut') !== null")
        page.wait_for(ENDED)
        assert "and met" in page.value("document.getElementById('notice').textContent")
        assert page.value("document.querySelectorAll('#watches .trace[d^=\"M\"]').length") == 1
        assert page.complaints == []
        assert at.running.wait(60) == 0
    assert all_ended(tmp_path)
    assert apnemu("run", *ASKED, "--out", "alone", folder=tmp_path).code == 0
    followed, alone = (json.loads((tmp_path / name / "results.json").read_text()) for name in ("followed", "alone"))
    assert followed["results"] == alone["results"]
    tables = [read_parquet(tmp_path / name / "records.parquet") for name in ("followed", "alone")]
    probes = [[row for row in table.to_pylist() if row["kind"] == "probe"] for table in tables]
    ways = [[(row["seq"], row["rtt_ns"], row["one_way_ns"]) for row in rows] for rows in probes]
    assert len(ways[0]) > 100
    assert ways[0] == ways[1]
    apart_ns = [abs(one["at_ns"] - other["at_ns"]) for one, other in zip(*probes, strict=True)]
    assert max(apart_ns) < 1_000, "a guest with a gate has a console more: its kernel draws other chances"


def test_a_run_that_is_cut_by_hand_says_so_and_is_not_judged(tmp_path: Path) -> None:
    (tmp_path / "ring.yaml").write_text(RING)
    with live(tmp_path, *ASKED, "--out", "by-hand") as at:
        page = at.page
        page.value(FAST)
        page.click("#run")
        page.wait_for("document.querySelector('#watches b') !== null")
        page.click("#pause")
        page.wait_for(PAUSED)
        page.click("[data-fibre='b-c']")
        assert page.wait_for("document.querySelector(\"[data-fibre='b-c']\").classList.contains('cut')") < SHOWS_S
        page.click("#run")
        page.wait_for(ENDED)
        assert "disturbed by hand" in page.value("document.getElementById('notice').textContent")
        assert at.running.wait(60) == 0
    document = json.loads((tmp_path / "by-hand" / "results.json").read_text())
    assert document["expectation"]["met"] is None
    assert "disturbed by hand (apn: cut b-c at " in document["expectation"]["why"]
    manifest = json.loads((tmp_path / "by-hand" / "manifest.json").read_text())
    assert any("disturbed by hand: apn: cut b-c" in line for line in manifest["approximations"])


def test_what_is_computed_has_nothing_to_follow(tmp_path: Path) -> None:
    done = apnemu("live", "siting", folder=tmp_path)
    assert done.code == 2
    assert "siting is computed without a lab: there is nothing to follow; apnemu run siting" in done.err
