# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu power` and `apnemu check`: documents, tables at 80 columns, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from apnemu.cli import app
from apnemu.errors import InputError
from tests.power.sound import write


def asked(*words: str) -> Any:
    ran = CliRunner().invoke(app, ["power", *words, "--json"], catch_exceptions=False)
    assert ran.exit_code == 0
    return json.loads(ran.stdout)


def test_case5_alone() -> None:
    document = asked("case5")
    assert document["cost_usd_per_h"] == pytest.approx(17_479.90, abs=0.01)
    assert [area["price_usd_per_mwh"] for area in document["areas"]] == pytest.approx(
        [16.977, 26.384, 30, 39.943, 10], abs=0.001
    )
    assert [tie["full_h"] for tie in document["ties"]] == [0, 0, 0, 0, 0, 1]


def test_the_four_shifts_of_a_topology() -> None:
    for idle, costs in (("free", [23.52, 20.16, 13.44, 9.60]), ("never", [23.52, 23.52, 13.44, 13.44])):
        document = asked("two-areas", "--idle", idle)
        assert [row["shift"] for row in document["shifts"]] == ["none", "time", "space", "both"]
        assert [row["cost_yen"] / 1e6 for row in document["shifts"]] == pytest.approx(costs, rel=1e-3)
        for row in document["shifts"]:
            parts = ("energy_yen", "own_yen", "co2_yen", "moves_yen", "idle_yen", "undone_yen")
            assert sum(row[part] for part in parts) == pytest.approx(row["cost_yen"])
            assert sum(party["balance_yen"] for party in row["parties"]) == pytest.approx(0, abs=1)
            assert sum(site["it_mwh"] for site in row["sites"]) == pytest.approx(1200)


def test_a_power_file_with_given_prices_alone() -> None:
    shipped = Path(__file__).parents[2] / "topologies" / "power" / "two-areas.yaml"
    document = asked(str(shipped))
    assert [area["lowest_yen_per_mwh"] for area in document["areas"]] == [8000, 4000]
    assert [area["price_yen_per_mwh"] for area in document["areas"]] == [14_000, 10_000]


@pytest.mark.parametrize("name", ["two-areas", "three-areas-loop", "case5"])
def test_tables_fit_80_columns(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ran = CliRunner().invoke(app, ["power", name], catch_exceptions=False)
    assert ran.exit_code == 0
    assert max(len(line) for line in ran.stdout.splitlines()) <= 80
    assert "yen" in ran.stdout or "USD" in ran.stdout


def test_options_reach_the_plan(tmp_path: Path) -> None:
    topology = write(tmp_path)
    known = asked(str(topology), "--forecast", "noisy", "--sigma", "0.5", "--error", "uniform", "--jobs", "whole")
    assert (known["forecast"], known["jobs"], known["idle"]) == ("noisy", "whole", "never")
    assert known["largest_error"]["price_yen_per_mwh"] > 0
    one = asked(str(topology), "--shift", "space")
    assert [row["shift"] for row in one["shifts"]] == ["space"]
    assert one["shifts"][0]["cost_yen"] == pytest.approx(asked(str(topology))["shifts"][2]["cost_yen"])
    dear = asked(str(topology), "--idle", "priced", "--gpu-yen-per-it-mwh", "1")
    assert dear["shifts"][1]["idle_gpu_mwh"] > 0
    taxed = asked(str(topology), "--yen-per-tco2", "10000")
    assert taxed["shifts"][0]["co2_yen"] == pytest.approx(taxed["shifts"][0]["tco2"] * 10_000)


def test_check_covers_power_files_and_what_is_wrong_is_refused(tmp_path: Path) -> None:
    topology = write(tmp_path)
    ran = CliRunner().invoke(app, ["check", str(topology)], catch_exceptions=False)
    assert "power system there" in ran.stdout
    ran = CliRunner().invoke(app, ["check", str(tmp_path / "power" / "there.yaml"), "--json"], catch_exceptions=False)
    assert json.loads(ran.stdout)["areas"] == 2
    ran = CliRunner().invoke(app, ["check", "japan-10", "--json"], catch_exceptions=False)
    assert (json.loads(ran.stdout)["areas"], json.loads(ran.stdout)["ties"]) == (10, 10)
    for words, message in (
        (["power", "jpn12"], "jpn12: the topology names no power system; add power: NAME"),
        (["power", str(topology), "--days", "2"], "days is 2; the profile of there has 1 from the run's midnight on"),
        (
            ["power", str(topology), "--shift", "space,tim"],
            "--shift: 'tim' is no shift; it may be none, time, space, both",
        ),
        (["power", "case6"], "there is no topology 'case6'"),
    ):
        with pytest.raises(InputError, match=message):
            CliRunner().invoke(app, words, standalone_mode=False, catch_exceptions=False)
