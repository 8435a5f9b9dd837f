# SPDX-License-Identifier: BSD-3-Clause
"""`quality`: margins of candidate routes, a second way to the same figure, and its page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from apnemu.cli import app
from apnemu.errors import InputError
from apnemu.experiments.quality import EXPERIMENT, SAME_DB
from apnemu.model.plant import Plant
from apnemu.optics import judge_of
from apnemu.planning import plan
from apnemu.question.plants import star
from apnemu.report.light_figures import light_figures
from apnemu.report.picture import picture_of
from apnemu.topology import read_plant

TOPOLOGIES = Path(__file__).parents[2] / "topologies"


@pytest.fixture(autouse=True)
def no_cache_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "xdg"))


def rows_of(plant: Plant, *given: str):  # type: ignore[no-untyped-def]
    assert EXPERIMENT.computed is not None
    return EXPERIMENT.computed(plant, EXPERIMENT.resolve(given).own, 1)


def judged(rows):  # type: ignore[no-untyped-def]
    return EXPERIMENT.judge(rows, EXPERIMENT.resolve([]).own).met


def ran(folder: Path, *options: str):  # type: ignore[no-untyped-def]
    words = ["run", "quality", "--out", str(folder), "--json", *options]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_twice_with_one_seed_gives_the_same_rows_and_a_page(tmp_path: Path) -> None:
    documents = [ran(tmp_path / name, "--set", "k=2", "--set", "checked=2") for name in "ab"]
    assert documents[0]["results"] == documents[1]["results"]
    assert documents[0]["expectation"]["met"]
    rows = documents[0]["results"]
    plant = read_plant(TOPOLOGIES / "jpn12.yaml")
    assert len(rows) == len(plant.demands) * 2 * len(plant.modes)
    assert sum(row["planned"] for row in rows) == 66
    checked = [row for row in rows if row["end_to_end_gsnr_db"] is not None]
    assert len(checked) == 2
    assert all(abs(row["end_to_end_gsnr_db"] - row["gsnr_db"]) < SAME_DB for row in checked)
    page = (tmp_path / "a" / "report.html").read_text()
    for title in ("Margin over distance", "Margin of the light in each fibre", "Spectrum of each fibre"):
        assert f"<h3>{title}</h3>" in page
    assert "the least margin is" in page


def test_a_row_is_what_the_judge_says() -> None:
    plant = read_plant(TOPOLOGIES / "three-sites.yaml")
    (row,) = rows_of(plant, "mode=openroadm-400g-16qam", "checked=0")
    quality = judge_of(plant)(("tokyo-nagoya", "nagoya-osaka"))
    verdict = quality.verdict("openroadm-400g-16qam")
    assert (row["gsnr_db"], row["margin_db"], row["need_db"]) == (verdict.gsnr_db, verdict.margin_db, 24)
    assert not row["closes"]
    assert row["reason"] == f"{verdict.missing_db:.2f} dB of margin are missing"
    assert row["route"] == "tokyo > nagoya > osaka"


def test_too_far_for_every_mode_is_a_result() -> None:
    far = star(read_plant(TOPOLOGIES / "three-sites.yaml"), (0.0, 9000.0), rate_gbps=100)
    rows = rows_of(far, "k=1", "checked=5")
    assert {row["demand"] for row in rows if row["planned"]} == {"far-0"}
    lost = [row for row in rows if row["demand"] == "far-1"]
    assert lost
    assert all(row["reason"] and not row["closes"] for row in lost)
    assert judged(rows)
    assert judged(lost) is None


def test_figures_that_disagree_are_not_met() -> None:
    rows = rows_of(read_plant(TOPOLOGIES / "three-sites.yaml"), "checked=1")
    assert judged(rows)
    assert not judged([{**row, "end_to_end_gsnr_db": row["gsnr_db"] + 0.02} for row in rows])
    longer = {**rows[0], "route": f"{rows[0]['route']} > beyond", "planned": False, "gsnr_db": rows[0]["gsnr_db"] + 1}
    verdict = EXPERIMENT.judge([*rows, longer], EXPERIMENT.resolve([]).own)
    assert verdict.met is False
    assert [failed["demand"] for failed in verdict.failed] == [rows[0]["demand"]]
    assert "of a route that it begins with" in verdict.why


def test_unknown_modes_and_no_demands_are_refused() -> None:
    plant = read_plant(TOPOLOGIES / "three-sites.yaml")
    with pytest.raises(InputError, match=r"mode is '800g'; the equipment has 400zr, .*; for example --set mode=all"):
        rows_of(plant, "mode=400zr,800g")
    with pytest.raises(InputError, match="asks for no light; add demands"):
        rows_of(replace(plant, demands=()))


def test_light_figures_count_every_slot_of_every_fibre() -> None:
    plant = read_plant(TOPOLOGIES / "jpn12.yaml")
    planned = plan(plant, judge=judge_of(plant))
    margins, spectrum = light_figures(picture_of(plant, planned))
    assert str(spectrum).count('fill="var(--apn)"') == sum(len(path.fibres) for path in planned.lightpaths)
    least = min(path.margin_db for path in planned.lightpaths if path.margin_db is not None)
    assert f"the least of all is {least:.2f} dB" in margins


def test_without_margins_only_the_spectrum_is_drawn_and_without_light_nothing() -> None:
    plant = read_plant(TOPOLOGIES / "three-sites.yaml")
    assert len(light_figures(picture_of(plant, plan(plant)))) == 1
    assert light_figures(picture_of(plant, plan(replace(plant, demands=())))) == []
