# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Batteries and own plants in a plan: as states tell of them, and what a plan has them do."""

from __future__ import annotations

from typing import Any

import numpy as np

from apnemu.emulation.apps.watt.messages import Message
from apnemu.emulation.apps.watt.proposed import Supplied
from apnemu.model.power import Battery, OwnPlant, Power
from apnemu.power.program import Floats
from apnemu.power.schedule import Schedule


def supply_told(state: Message) -> dict[str, Any]:
    """Battery and own plant of which a state tells: the battery begins as it is."""
    found: dict[str, Any] = {}
    if battery := state.get("battery"):
        found["battery"] = Battery(
            mwh=battery["wh"] / 1e6,
            mw=battery["kw"] / 1e3,
            round_trip=battery["keeps_ppm"] / 1e6,
            begins_mwh=state["battery_wh"] / 1e6,
            ends_mwh=battery["ends_wh"] / 1e6,
        )
    if plant := state.get("plant"):
        price, carbon = float(plant["milliyen_per_kwh"]), float(plant["gco2_per_kwh"])
        found["plant"] = OwnPlant(mw=plant["kw"] / 1e3, yen_per_mwh=price, kgco2_per_mwh=carbon)
    return found


def supplied(power: Power, none: Schedule, best: Schedule, count: int) -> dict[str, dict[str, Supplied]]:
    """What batteries and plants do, by site, in a plan beside that in which nothing shifts: `charge_wh`, `own_wh`."""
    charge: dict[str, Supplied] = {}
    own: dict[str, Supplied] = {}

    def whole_wh(mw: Floats) -> list[int]:
        return [int(wh) for wh in np.rint(mw[:count] * power.profile.slot_h * 1e6)]

    for at, site in enumerate(power.sites):
        if site.battery:
            base, total = (whole_wh((of.charge_mw - of.discharge_mw)[at]) for of in (none, best))
            charge[site.name] = Supplied(base_wh=base, total_wh=total)
        if site.plant:
            base, total = (whole_wh(of.own_mw[at]) for of in (none, best))
            own[site.name] = Supplied(base_wh=base, total_wh=total)
    return {"charge_wh": charge, "own_wh": own}
