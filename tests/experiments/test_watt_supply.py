# SPDX-License-Identifier: BSD-3-Clause
"""Batteries, own plants and feeders of a day, by the very parties in simulated time and beside closed forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.emulation.apps.watt.calendar import Calendar
from apnemu.emulation.apps.watt.supply import Supply
from apnemu.experiments.watt_day.settings import Settings
from apnemu.experiments.watt_day.supplied import with_batteries
from apnemu.model.power import Feeder, OwnPlant, Power
from apnemu.power import closed
from tests.experiments.test_watt_day import a_day, played, power_of

HOUR = Calendar(begin_ns=0, slot_ns=3_600_000_000_000, slots=1000)


@pytest.mark.parametrize(("mwh", "round_trip"), [(40.0, 0.88), (40.0, 0.49), (25.0, 0.7)])
def test_a_battery_that_is_ordered_earns_the_difference_of_prices(mwh: float, round_trip: float) -> None:
    """Area a: 6 h at 8,000, 18 h at 16,000 yen; 40 MWh at 20 MW earn 276,364 yen a day at 0.88, nothing at 0.49."""
    plain = power_of("two-areas")
    stored = with_batteries(plain, mwh, 20.0, round_trip)
    assert [site.name for site in stored.sites if site.battery] == ["a"]
    without, _ = played(plain, a_day(shift="none"), Settings())
    real, world = played(stored, a_day(shift="none"), Settings())
    by_hand = max(0.0, closed.battery_gain(mwh=mwh, low=8_000, high=16_000, round_trip=round_trip))
    assert without.cost - real.cost == pytest.approx(by_hand, abs=1)
    if (mwh, round_trip) == (40.0, 0.88):
        assert by_hand == pytest.approx(276_364, abs=1)
    held = [note["stored_wh"] for _, note in world.notes if note.get("site") == "a" and "stored_wh" in note]
    assert min(held) >= 0 and max(held) <= mwh * 1e6 and held[-1] <= 2000


def test_a_battery_rests_while_nobody_orders() -> None:
    stored = with_batteries(power_of("two-areas"), 40.0, 20.0, 0.88)
    _, world = played(stored, a_day(control="alone"), Settings())
    assert {note["charge_wh"] for _, note in world.notes if "charge_wh" in note} == {0}


def test_an_own_plant_runs_where_it_is_cheaper_than_the_grid() -> None:
    plain = power_of("two-areas")
    plant = OwnPlant(mw=10, yen_per_mwh=10_000)
    power = replace(plain, sites=(replace(plain.sites[0], plant=plant), *plain.sites[1:]))
    without, _ = played(plain, a_day(shift="none"), Settings())
    real, _ = played(power, a_day(shift="none"), Settings())
    assert without.cost - real.cost == pytest.approx(18 * 10 * (16_000 - 10_000), rel=1e-6)


def fed(mw: float, base: float) -> Power:
    """Two areas with a feeder at b, of which nobody but its operator knows."""
    plain = power_of("two-areas")
    return replace(plain, feeders=(Feeder(name="b-66", area="area-b", sites=("b",), mw=mw, base=base),))


@pytest.mark.parametrize(("mw", "base", "room"), [(80.0, 50.0, 30.0), (80.0, 80.0, 0.0), (500.0, 10.0, 60.0)])
def test_an_operator_grants_what_its_feeder_bears(mw: float, base: float, room: float) -> None:
    power = fed(mw, base)
    real, world = played(power, a_day(shift="space", hide="feeders"), Settings())
    assert real.overload_mwh == 0
    most = max(float(value) for value in real.schedule.grid_mw[1])
    assert most == pytest.approx(min(room, 60.0), abs=0.01)
    vetoed = any(note["vetoes"] for _, note in world.notes if "vetoes" in note)
    assert vetoed == (room < 60)


def test_the_aggregator_knows_no_feeder_and_other_operators_hear_of_no_feed() -> None:
    _, world = played(fed(80.0, 50.0), a_day(shift="space", hide="feeders"), Settings())
    asked: dict[str, set[str]] = {}
    for message in world.sent:
        assert "b-66" not in str(message)
        if message["kind"] == "ask":
            asked.setdefault(message["to"], set()).update(message["change_kw"])
    assert asked == {
        "tso-a": {"area-a", "area-b", "feed-a"},
        "tso-b": {"area-a", "area-b", "feed-b"},
    }


@settings(max_examples=100, deadline=None)
@given(
    orders=st.lists(st.integers(-60_000, 60_000), min_size=1, max_size=40),
    wh=st.integers(0, 100_000),
    kw=st.integers(0, 50),
    keeps_ppm=st.integers(1, 1_000_000),
    part=st.floats(0, 1),
)
def test_a_battery_never_gives_what_it_has_not_and_loses_what_it_must(
    orders: list[int], wh: int, kw: int, keeps_ppm: int, part: float
) -> None:
    begun = int(part * wh)
    supply = Supply(wh=wh, kw=kw, keeps_ppm=keeps_ppm, holds_wh=begun, plant_kw=5)
    took = gave = 0
    for slot, wanted in enumerate(orders):
        did: dict[str, Any] = supply.does(HOUR, slot, {"slot": slot, "charge_wh": [wanted], "own_wh": [wanted]})
        assert 0 <= supply.holds_wh <= wh and abs(did["charge_wh"]) <= min(kw * 1000, abs(wanted))
        assert did["own_wh"] == max(0, min(5000, wanted))
        took += max(0, did["charge_wh"])
        gave += max(0, -did["charge_wh"])
    assert gave + supply.holds_wh <= begun + took * keeps_ppm / 1e6
