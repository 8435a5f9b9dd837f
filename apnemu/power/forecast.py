# SPDX-License-Identifier: BSD-3-Clause
"""Forecasts of a profile: what a planner believes when it plans, while the truth is another.

Perfect is the truth. Naive is yesterday's slot. Noisy is the truth with an error of its own in each slot of each area.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from apnemu.errors import InputError
from apnemu.model.power import Power
from apnemu.model.profile import Profile, Series, series
from apnemu.seeds import generator

Kind = Literal["perfect", "naive", "noisy"]
PRICE = "price_yen_per_mwh"


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """A power system as a planner believes it to be; `largest_error` is that of each quantity in the slots to plan."""

    power: Power
    largest_error: Mapping[str, float]


def forecast(
    power: Power,
    kind: Kind = "perfect",
    *,
    sigma: float = 0.1,
    error: Literal["normal", "uniform"] = "normal",
    seed: int = 1,
) -> Forecast:
    """What a planner believes. A noisy error is `sigma` of the quantity's mean: its deviation, or, uniform, its most.

    Power that is forecast is never below 0, so that an error there is no larger than what is.

    Raises:
        InputError: a naive forecast of a profile without a day before the run's.
    """
    if kind == "perfect":
        return _believed(power, lambda thing, quantity, values: values)
    if kind == "naive":
        begin, day = power.profile.first_day(), power.profile.slots_a_day
        if begin < day:
            fact = f"forecast is naive; the profile of {power.name} has no day before the run's"
            raise InputError(f"{fact}; it must have one; give a longer profile, or another forecast", file="forecast")
        return _believed(power, lambda thing, quantity, values: _yesterday(values, begin, day))
    draws = {"normal": "standard_normal", "uniform": "uniform"}[error]

    def noisy(thing: str, quantity: str, values: Series) -> Series:
        owner = generator(seed, f"forecast of {quantity} of {thing}")
        drawn = getattr(owner, draws)(size=len(values))
        scale = sigma * float(np.abs(values).mean())
        wrong = values + scale * (drawn if error == "normal" else 2 * drawn - 1)
        return series(wrong if quantity == PRICE else np.maximum(0.0, wrong))

    return _believed(power, noisy)


def _believed(power: Power, change: Callable[[str, str, Series], Series]) -> Forecast:
    """The power system with each figure of its areas changed; feeders, ties and feeds stay as they are."""
    profile = power.profile
    areas = {area.name for area in power.areas}
    values = {
        thing: {name: change(thing, name, array) if thing in areas else array for name, array in quantities.items()}
        for thing, quantities in profile.values.items()
    }
    believed = Profile(begin=profile.begin, slot_s=profile.slot_s, values=values)
    window = slice(profile.first_day(), None)
    errors: dict[str, float] = {}
    for thing in areas & profile.values.keys():
        for name, array in profile.values[thing].items():
            wrong = float(np.abs(values[thing][name][window] - array[window]).max())
            errors[name] = max(errors.get(name, 0.0), wrong)
    return Forecast(power=replace(power, profile=believed), largest_error=dict(sorted(errors.items())))


def _yesterday(values: Series, begin: int, day: int) -> Series:
    """Each slot from the run's midnight on as it was on the last day before it; what is past stays."""
    believed = np.array(values)
    for slot in range(begin, len(values)):
        believed[slot] = values[begin - day + (slot - begin) % day]
    return series(believed)
