# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Battery and own plant of a site in a day: what others may plan with, and what they really do in each slot.

Energy is kept once, here, in whole Wh: whatever is ordered, a battery gives no more than it holds and takes no more
than fits. Without orders both rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apnemu.emulation.apps.watt.calendar import Calendar
from apnemu.emulation.apps.watt.messages import Message

MILLION = 1_000_000


@dataclass(slots=True, kw_only=True)
class Supply:
    """Battery of `wh` at most `kw` each way, of whose charge `keeps_ppm` comes back, which is to hold `ends_wh` at the
    day's end; an own plant of `plant_kw`, with its price and CO2."""

    wh: int = 0
    kw: int = 0
    keeps_ppm: int = MILLION
    holds_wh: int = 0
    ends_wh: int = 0
    plant_kw: int = 0
    plant_milliyen_per_kwh: int = 0
    plant_gco2_per_kwh: int = 0

    def told(self) -> dict[str, Any]:
        """What a state message says of it."""
        body: dict[str, Any] = {"battery_wh": self.holds_wh}
        if self.wh:
            known = {"wh": self.wh, "kw": self.kw, "keeps_ppm": self.keeps_ppm, "ends_wh": self.ends_wh}
            body["battery"] = known
        if self.plant_kw:
            price, carbon = self.plant_milliyen_per_kwh, self.plant_gco2_per_kwh
            body["plant"] = {"kw": self.plant_kw, "milliyen_per_kwh": price, "gco2_per_kwh": carbon}
        return body

    def does(self, calendar: Calendar, slot: int, order: Message | None) -> dict[str, int]:
        """Do what an order has for a slot, as far as it can be done; says so: Wh of charge (negative: it gives) and of
        the plant, and Wh that the battery then holds.

        >>> day = Calendar(begin_ns=0, slot_ns=3_600_000_000_000, slots=2)
        >>> supply = Supply(wh=1000, kw=5, keeps_ppm=500_000, holds_wh=300)
        >>> supply.does(day, 0, {"slot": 0, "charge_wh": [9000], "own_wh": []})
        {'charge_wh': 1400, 'own_wh': 0, 'stored_wh': 1000}
        >>> supply.does(day, 1, {"slot": 1, "charge_wh": [-4000], "own_wh": [1]})
        {'charge_wh': -1000, 'own_wh': 0, 'stored_wh': 0}
        """
        most_wh = calendar.wh(self.kw)
        charge_wh = max(-most_wh, min(most_wh, _figure(order, "charge_wh", slot)))
        if charge_wh > 0:
            charge_wh = min(charge_wh, -(-(self.wh - self.holds_wh) * MILLION // self.keeps_ppm))
            self.holds_wh = min(self.wh, self.holds_wh + charge_wh * self.keeps_ppm // MILLION)
        else:
            charge_wh = max(charge_wh, -self.holds_wh)
            self.holds_wh += charge_wh
        own_wh = max(0, min(calendar.wh(self.plant_kw), _figure(order, "own_wh", slot)))
        return {"charge_wh": charge_wh, "own_wh": own_wh, "stored_wh": self.holds_wh}


def _figure(order: Message | None, key: str, slot: int) -> int:
    """Figure of a slot in a series of an order; 0 where there is none."""
    series = [] if order is None else order.get(key, [])
    at = 0 if order is None else slot - order["slot"]
    return int(series[at]) if 0 <= at < len(series) else 0


def supply_of(own: Mapping[str, Any] | None) -> Supply | None:
    """Supply of which an agent's papers tell; None where the site has neither battery nor plant."""
    return Supply(**own) if own else None
