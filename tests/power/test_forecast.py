# SPDX-License-Identifier: BSD-3-Clause
"""Forecasts: no regret where yesterday is today, and a regret within the error where it is drawn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.errors import InputError
from apnemu.model.power import Power, Shift
from apnemu.power.forecast import PRICE, forecast
from apnemu.power.horizon import Asked
from apnemu.power.planned import Believed, compared
from apnemu.topology import read_plant
from tests.power.made import site, system, work

TOPOLOGIES = Path(__file__).parents[2] / "topologies"


def regret(power: Power, shift: Shift, believed: Believed) -> tuple[float, float]:
    """What a plan on a forecast costs more than one on the truth, and the largest error of a price."""
    asked = Asked(idle="free")
    best = compared(power, asked, shifts=(shift,)).outcomes[shift].cost
    found = compared(power, asked, believed, shifts=(shift,))
    return found.outcomes[shift].cost - best, found.believed.largest_error[PRICE]


@pytest.mark.parametrize("shift", ["time", "space", "both"])
def test_yesterday_is_perfect_where_every_day_is_the_same(shift: Shift) -> None:
    power = read_plant(TOPOLOGIES / "two-areas.yaml").power
    assert power is not None
    assert regret(power, shift, Believed(kind="naive")) == pytest.approx((0, 0), abs=1)


@pytest.mark.parametrize("seed", range(20))
def test_regret_is_at_most_twice_the_error_times_the_energy(seed: int) -> None:
    """E is the facility's energy of flexible work where it is most; each MWh is misjudged by eps twice at most."""
    power = read_plant(TOPOLOGIES / "two-areas.yaml").power
    assert power is not None
    lost, error = regret(power, "both", Believed(kind="noisy", error="uniform", sigma=0.3, seed=seed))
    assert -1 <= lost <= 2 * error * 1200 * 1.4 + 1


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["normal", "uniform"]))
def test_regret_is_bounded_at_drawn_prices(seed: int, error: str) -> None:
    draw = np.random.default_rng(seed)
    prices = {name: draw.uniform(1e3, 2e4, 48) for name in ("x", "y")}
    power = system(prices, sites=(site("a", "x", 80, 1.5), site("b", "y", 60, 1.1)), work=(work(mw=50, hours=20.0),))
    lost, largest = regret(power, "both", Believed(kind="noisy", sigma=0.5, error=error, seed=seed))  # type: ignore[arg-type]
    assert -1 <= lost <= 2 * largest * 1000 * 1.5 + 1


def test_naive_is_the_last_day_before_the_run_for_every_day_of_it() -> None:
    values = np.arange(24 * 4, dtype=float)
    power = system({"x": values, "y": -values})
    believed = forecast(power, "naive").power.profile
    assert list(believed.of("x", PRICE)) == [*range(24), *([*range(24)] * 3)]
    assert forecast(power, "naive").largest_error == {PRICE: 72.0}
    with pytest.raises(InputError, match="has no day before the run's; it must have one"):
        forecast(system({"x": values[:24]}), "naive")


def test_noise_is_of_its_kind_its_size_and_its_seed() -> None:
    power = system({"x": np.full(20_000, 100.0)}, slot_s=1800, more={"x": {"solar_mw": np.full(20_000, 1.0)}})
    uniform = forecast(power, "noisy", sigma=0.2, error="uniform").power.profile.of("x", PRICE) - 100
    assert np.abs(uniform).max() <= 20
    assert float(uniform.std()) == pytest.approx(20 / 3**0.5, rel=0.02)
    normal = forecast(power, "noisy", sigma=2.0, error="normal").power.profile
    assert float((normal.of("x", PRICE) - 100).std()) == pytest.approx(200, rel=0.02)
    assert normal.of("x", "solar_mw").min() == 0
    again = forecast(power, "noisy", sigma=2.0, error="normal").power.profile
    other = forecast(power, "noisy", sigma=2.0, error="normal", seed=2).power.profile
    assert again == normal != other


def test_feeders_and_ties_stay_as_they_are() -> None:
    power = system({"x": np.full(48, 100.0)})
    values = {**power.profile.values, "tie t": {"flow_mw": power.profile.of("x", PRICE)}}
    power = replace(power, profile=replace(power.profile, values=values))
    believed = forecast(power, "noisy", sigma=1.0).power.profile
    assert list(believed.of("tie t", "flow_mw")) == [100.0] * 48
    assert list(believed.of("x", PRICE)) != [100.0] * 48
