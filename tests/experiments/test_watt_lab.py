# SPDX-License-Identifier: BSD-3-Clause
"""Watt-bit days in the lab beside closed forms: a loop's grants, idle GPUs, wrong forecasts, whole jobs, cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apnemu.power import closed
from tests.experiments.command import TOPOLOGIES, apnemu, settings
from tests.experiments.test_watt_day import FREE, WHOLE
from tests.experiments.watt_files import written

pytestmark = [pytest.mark.guest, pytest.mark.slow, pytest.mark.long]


def rows(folder: Path, topology: Path, *given: str) -> list[dict[str, Any]]:
    asked = ("run", "watt_day", "--topology", str(topology), *given, "--json", "--wall-limit-s", "1500")
    done = apnemu(*asked, folder=folder)
    found: list[dict[str, Any]] = done.json()["results"]
    for row in found:
        assert row["overload_mwh"] == 0 and row["twice_mwh"] == 0
        assert row["unbalanced_yen"] == pytest.approx(0, abs=1)
        gains = row["dc_yen"] + row["aggregator_yen"] + row["tso_yen"]
        assert row["none_yen"] is None or gains == pytest.approx(row["none_yen"] - row["cost_yen"], abs=1)
    return found


def test_operators_of_a_loop_grant_what_it_bears(tmp_path: Path) -> None:
    known, blind = rows(
        tmp_path, TOPOLOGIES / "three-areas-loop.yaml", *settings(shift="space", flow="known,blind", decision_s=30)
    )
    mw = (1000.0, 1000.0, 1000.0)
    most, asked = closed.loop_most_mw(1, 1, 1, mw), closed.loop_blind_mw(mw)
    assert (known["asked_mw"], known["asked_over_mw"], known["granted_mw"]) == pytest.approx((most, 0, most), rel=1e-6)
    assert blind["asked_mw"] == pytest.approx(asked, rel=1e-6)
    assert blind["asked_over_mw"] == pytest.approx(asked * closed.loop_share(1, 1, 1) - 1000, rel=1e-6)
    assert blind["granted_mw"] == pytest.approx(most, rel=1e-6)


def test_a_periodic_day_by_yesterday_is_perfect_and_errors_cost_what_they_may(tmp_path: Path) -> None:
    given = settings(shift="both", idle="free", forecast="naive,noisy", error="uniform", sigma=0.2)
    for seed in ("3", "4"):
        naive, noisy = rows(tmp_path, TOPOLOGIES / "two-areas.yaml", *given, "--seed", seed)
        assert naive["cost_yen"] == pytest.approx(FREE["both"], rel=WHOLE)
        assert naive["regret_yen"] == pytest.approx(0, abs=1)
        assert -1 <= noisy["regret_yen"] <= 2 * 0.2 * 14_000 * 1200 * 1.4 + 1


@pytest.mark.parametrize("factor", [0.999, 1.001])
def test_endless_work_idles_above_what_gpus_are_worth(factor: float, tmp_path: Path) -> None:
    """As dear at both ends at night and by day: price over v / PUE, of the thriftier site."""
    topology = written(tmp_path / "given", hides=False)
    power, day = tmp_path / "given" / "power" / "zoo.yaml", tmp_path / "given" / "power" / "zoo-day.csv"
    price = factor * closed.idle_price(gpu=120_000, pue=1.25)
    lines = day.read_text().splitlines()
    day.write_text("\n".join([lines[0], *(line.rpartition(",")[0] + f",{price}" for line in lines[1:])]) + "\n")
    head = power.read_text().partition("work:")[0]
    power.write_text(f"{head}work:\n  - {{name: endless, owner: one, home: a, mw: 17, hours: all}}\n")
    topology.write_text(topology.read_text().replace("pue: 1.3", "pue: 1.25").replace("pue: 1.2}", "pue: 1.25}"))
    (row,) = rows(tmp_path, topology, *settings(shift="space", idle="priced", gpu_yen_per_it_mwh=120_000))
    assert row["idle_gpu_mwh"] == (0 if factor < 1 else pytest.approx(17 * 24, abs=1e-6))
    assert row["deadline_misses"] == 0


def test_whole_jobs_and_hidden_cost_go_by_the_market(tmp_path: Path) -> None:
    topology = written(tmp_path / "given", hides=False)
    power = tmp_path / "given" / "power" / "zoo.yaml"
    power.write_text(power.read_text().replace('by: "24:00"}', 'by: "24:00", whole: yes}'))
    found = rows(tmp_path, topology, *settings(shift="none,both", idle="free", jobs="whole", hide="cost"))
    none, _, known, cost = found
    assert [row["hide"] for row in found] == ["nothing", "cost", "nothing", "cost"]
    assert known["bound_yen"] <= known["cost_yen"] * (1 + WHOLE) <= none["cost_yen"]
    assert cost["lost_gain_yen"] >= -WHOLE * known["cost_yen"]
    assert known["deadline_misses"] == cost["deadline_misses"] == 0
