# SPDX-License-Identifier: BSD-3-Clause
"""The three phases of Japan: one grid and one work, clusters away from hazards, and a saving that grows."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from apnemu.model.plant import Plant, Site
from apnemu.model.power import Power
from apnemu.power.horizon import Asked
from apnemu.power.outcome import outcome
from apnemu.power.shift import plan
from apnemu.topology import read_plant
from apnemu.topology.geography import great_circle_km

TOPOLOGIES = Path(__file__).parents[2] / "topologies"
NAMES = ("phase-2030", "phase-early-2030s", "phase-late-2030s")


@pytest.fixture(scope="module")
def phases() -> list[Plant]:
    return [read_plant(TOPOLOGIES / f"{name}.yaml") for name in NAMES]


def _power(plant: Plant) -> Power:
    assert plant.power is not None
    return plant.power


def test_years_follow_each_other_and_sites_stand_in_time(phases: list[Plant]) -> None:
    years = [plant.phase for plant in phases if plant.phase is not None]
    assert len(years) == 3
    assert all(after.from_year == before.to_year + 1 for before, after in pairwise(years))
    for plant, phase in zip(phases, years, strict=True):
        assert all(site.ready_year is None or site.ready_year <= phase.to_year for site in plant.sites)


def test_grid_and_work_are_the_same(phases: list[Plant]) -> None:
    systems = [_power(plant) for plant in phases]
    for power in systems:
        assert (power.areas, power.ties) == (systems[0].areas, systems[0].ties)
        bare = [replace(work, zone="") for work in power.work]
        assert bare == [replace(work, zone="") for work in systems[0].work]


def test_three_clusters_of_a_gw_stand_in_no_hazard(phases: list[Plant]) -> None:
    for plant, count in zip(phases, (0, 3, 3), strict=True):
        large = [site for site in plant.sites if (site.power_mw or 0) >= 1000]
        assert len(large) == count
        for site in large:
            for hazard in _power(plant).hazards:
                for lat, lon, km in hazard.circles:
                    middle = Site(name="middle", kind="exchange", lat=lat, lon=lon)
                    assert great_circle_km(site, middle) > km
        assert all(_power(plant).site[site.name].feed == "following" for site in large)
    assert {demand.kind for demand in phases[1].trees} == {"subcarriers"}
    assert {demand.kind for demand in phases[2].trees} == {"tree", "subcarriers"}


def test_each_phase_saves_more_than_the_one_before(phases: list[Plant]) -> None:
    costs = []
    for plant in phases:
        power = _power(plant)
        none = plan(power, Asked(shift="none"))
        costs.append([outcome(power, none, none).cost, outcome(power, plan(power, Asked(shift="both")), none).cost])
    assert costs[0][0] == pytest.approx(costs[1][0]) == pytest.approx(costs[2][0])  # at home nothing differs
    assert costs[0][1] > costs[1][1] > costs[2][1]
