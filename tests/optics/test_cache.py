# SPDX-License-Identifier: BSD-3-Clause
"""A second run costs nothing, a changed plant is computed anew, and a spoilt file does no harm."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from apnemu.optics import cache, judging, quality, read_optics
from apnemu.optics.equipment import Optics
from apnemu.optics.light import Section
from tests.optics.lines import row_of

ROUTE = ("f0",)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sections that GNPy was asked for."""
    asked: list[str] = []
    real = judging._compute

    def noted(work: judging._Work) -> tuple[Section, ...]:
        asked.append(work.key)
        return real(work)

    monkeypatch.setattr(judging, "_compute", noted)
    return asked


def test_the_second_time_comes_from_the_cache_to_the_bit(tmp_path: Path, computed: list[str]) -> None:
    plant = row_of([90.0, 90.0, 30.0])
    routes = [("f0",), ("f0", "f1", "f2")]
    first = quality(plant, routes, folder=tmp_path)
    assert len(computed) == 2  # f0 and f1 are of one kind
    assert quality(plant, routes, folder=tmp_path) == first
    assert len(computed) == 2
    assert not list(tmp_path.glob("*.draft"))


@pytest.mark.parametrize(
    "change",
    [
        lambda optics: replace(optics, ageing_db=0.0),
        lambda optics: replace(optics, fibre=replace(optics.fibre, loss_db_per_km=0.18)),
        lambda optics: replace(optics, roadm=replace(optics.roadm, out_mw_per_ghz_of_slot=1e-4)),
        lambda optics: replace(optics, amplifiers=tuple(replace(each, nf_min_db=5.0) for each in optics.amplifiers)),
    ],
)
def test_what_changes_the_line_is_computed_anew(
    tmp_path: Path, computed: list[str], change: Callable[[Optics], Optics]
) -> None:
    plant, optics = row_of([90.0]), read_optics()
    before = quality(plant, [ROUTE], optics=optics, folder=tmp_path)[ROUTE]
    after = quality(plant, [ROUTE], optics=change(optics), folder=tmp_path)[ROUTE]
    assert len(set(computed)) == 2
    assert after.verdicts[0].gsnr_db != before.verdicts[0].gsnr_db


def test_what_a_mode_needs_is_no_part_of_the_line(tmp_path: Path, computed: list[str]) -> None:
    plant, optics = row_of([90.0]), read_optics()
    before = quality(plant, [ROUTE], optics=optics, folder=tmp_path)[ROUTE].verdicts[1]
    stricter = replace(optics, modes=tuple(replace(mode, need_osnr_db=mode.need_osnr_db + 1) for mode in optics.modes))
    after = quality(plant, [ROUTE], optics=stricter, folder=tmp_path)[ROUTE].verdicts[1]
    assert after.margin_db == pytest.approx(before.margin_db - 1)
    assert len(computed) == 1


@pytest.mark.parametrize("spoil", ["", "x", "half", "other"])
def test_a_spoilt_file_is_said_ignored_and_mended(
    tmp_path: Path, computed: list[str], caplog: pytest.LogCaptureFixture, spoil: str
) -> None:
    plant = row_of([90.0])
    first = quality(plant, [ROUTE], folder=tmp_path)
    (path,) = tmp_path.glob("*.json")
    text = path.read_text()
    digit = text.replace("0.9", "0.8", 1)
    path.write_text({"": "", "x": "x", "half": text[: len(text) // 2], "other": digit}[spoil])
    assert quality(plant, [ROUTE], folder=tmp_path) == first
    assert len(computed) == 2
    assert f"{path}: cannot be used" in caplog.text
    assert path.read_text() == text


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    plant = row_of([90.0])
    assert quality(plant, [ROUTE], folder=tmp_path / "file" / "folder")[ROUTE].verdicts
    assert "signal quality is not kept" in caplog.text


def test_the_folder_is_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.cache_folder() == tmp_path / "apnemu" / "quality"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.cache_folder() == tmp_path / ".cache" / "apnemu" / "quality"


MESH = """
import os, sys
from dataclasses import replace
from apnemu.model.demand import Demand
from apnemu.optics import judge_of
from apnemu.planning import plan
from apnemu.topology import read_plant

if __name__ == "__main__":
    plant = read_plant(sys.argv[1])
    largest = sorted(plant.sites, key=lambda site: (-(site.power_mw or 0), site.name))[:12]
    pairs = [(a.name, b.name) for index, a in enumerate(largest) for b in largest[index + 1 :]]
    demands = tuple(Demand(name=f"{a}-{b}", source=a, target=b, rate_gbps=100) for a, b in pairs)
    plant = replace(plant, demands=demands)
    started = sum(os.times()[:4])
    found = plan(plant, judge=judge_of(plant))
    print(sum(os.times()[:4]) - started, len(found.lightpaths), "gnpy" in sys.modules)
    print(found.to_json(), file=sys.stderr)
"""


@pytest.mark.slow
def test_jpn48_among_its_12_largest_is_judged_once(tmp_path: Path) -> None:
    """In processes of their own, under two hash seeds: the same bytes; no GNPy the second time, and a third of the CPU
    time that the first took, at most."""
    script = tmp_path / "mesh.py"
    script.write_text(MESH)
    root = Path(__file__).parents[2]
    runs = [
        subprocess.run(
            [sys.executable, str(script), str(root / "topologies" / "jpn48.yaml")],
            env={**os.environ, "PYTHONPATH": str(root), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=600,
        )
        for seed in ("1", "2")
    ]
    (first_s, lit, _), (second_s, lit_again, imported) = (run.stdout.split() for run in runs)
    assert lit == lit_again == "66"
    assert float(second_s) < float(first_s) / 3
    assert imported == "False"
    assert runs[0].stderr == runs[1].stderr
