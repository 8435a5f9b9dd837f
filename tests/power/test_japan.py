# SPDX-License-Identifier: BSD-3-Clause
"""Japan's areas as shipped: days by their formula, scaled to what was printed, and a plan that overloads nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from apnemu.model.power import islands
from apnemu.power.forecast import PRICE
from apnemu.power.horizon import horizon
from apnemu.power.planned import Asked, compared
from apnemu.topology import read_plant, read_power
from tests.power.japan_day import FILE, THROWN_AWAY_MWH, text

TOPOLOGIES = Path(__file__).parents[2] / "topologies"


def test_the_days_are_those_of_the_formula() -> None:
    assert FILE.read_text() == text()


def test_the_day_of_the_run_has_the_printed_totals() -> None:
    power = read_power(TOPOLOGIES / "power" / "japan-10.yaml")
    over = horizon(power)
    assert (over.begin, power.profile.slot_s, len(power.areas)) == (48, 1800, 10)
    day = slice(48, 96)
    assert sum(power.profile.of(area.name, "curtailed_mw")[day].sum() for area in power.areas) / 2 == pytest.approx(
        THROWN_AWAY_MWH, rel=1e-3
    )
    assert power.profile.of("tokyo", PRICE)[day].mean() == pytest.approx(12_260, abs=1)


def test_two_frequencies_are_joined_by_dc_alone_and_okinawa_by_nothing() -> None:
    power = read_power(TOPOLOGIES / "power" / "japan-10.yaml")
    names = [area.name for area in power.areas]
    assert [len(island) for island in islands(names, power.ties)] == [9, 1]
    for island in islands(names, power.ties, ("ac",)):
        assert len({power.area[name].hz for name in island}) == 1


def test_a_day_of_japan() -> None:
    power = read_plant(TOPOLOGIES / "jpn12-power.yaml").power
    assert power is not None
    found = compared(power, Asked()).outcomes
    assert found["none"].cost == pytest.approx(found["time"].cost, rel=1e-6)
    assert found["both"].cost <= found["space"].cost <= 0.95 * found["none"].cost
    for each in found.values():
        assert (each.overload_mwh, each.deadline_misses) == (0, 0)
        assert each.idle_gpu_mwh == pytest.approx(0, abs=1e-3)
        assert each.undone_mwh == pytest.approx(0, abs=1e-3)
        assert each.schedule.run_mw.sum() * 0.5 == pytest.approx(sum(work.mwh or 24 * work.mw for work in power.work))
    assert found["space"].surplus_used_mwh > 500
    at_home = {name for site in power.sites if not site.pooled for name in [site.name]}
    assert not {move.target for move in found["both"].schedule.moves} & at_home
