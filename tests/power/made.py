# SPDX-License-Identifier: BSD-3-Clause
"""Power systems that tests make in memory: one area for each series of figures, one slot length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from apnemu.model.power import Area, Power, SitePower, Work
from apnemu.model.profile import Profile, series
from apnemu.power.horizon import Asked
from apnemu.power.outcome import Outcome, outcome
from apnemu.power.shift import plan

DAY = 24


def profile(values: Mapping[str, Mapping[str, Sequence[float]]], slot_s: int = 3600) -> Profile:
    """A profile that begins at midnight."""
    held = {area: {name: series(of) for name, of in quantities.items()} for area, quantities in values.items()}
    return Profile(begin=datetime(2030, 4, 1, tzinfo=UTC), slot_s=slot_s, values=held)


def system(prices: Mapping[str, Sequence[float]], slot_s: int = 3600, **parts: Any) -> Power:
    """A power system with given prices; further quantities of areas under `more`."""
    more = parts.pop("more", {})
    values = {area: {"price_yen_per_mwh": price, **more.get(area, {})} for area, price in prices.items()}
    areas = parts.pop("areas", tuple(Area(name=name) for name in prices))
    made: dict[str, Any] = {
        "name": "made",
        "source": "made up",
        "licence": "CC0-1.0",
        "inferred": (),
        "currency": "JPY",
        "clearing": "price",
        "profile": profile(values, slot_s),
        "areas": areas,
    }
    return Power(**{**made, **parts})


def site(name: str, area: str, room_mw: float = 100.0, pue: float = 1.0, **parts: Any) -> SitePower:
    """A site of one owner with one PUE."""
    return SitePower(**{"name": name, "area": area, "owner": "dc", "room_mw": room_mw, "pue": ((1.0, pue),), **parts})


def work(name: str = "w", home: str = "a", mw: float = 50.0, **parts: Any) -> Work:
    """Work of the one owner."""
    return Work(**{"name": name, "owner": "dc", "home": home, "mw": mw, **parts})


def come_to(power: Power, **asked: Any) -> Outcome:
    """What a plan comes to."""
    settings = Asked(**asked)
    none = plan(power, Asked(shift="none", days=settings.days, yen_per_tco2=settings.yen_per_tco2))
    return outcome(power, plan(power, settings, none), none)


def flat(*values: float, slots: int = DAY) -> list[np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """The same figure in every slot, for each value."""
    return [np.full(slots, value) for value in values]
