# SPDX-License-Identifier: BSD-3-Clause
"""Batteries and own plants of a day: those that settings add, what agents are told of theirs, what they did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from apnemu.model.power import Battery, Power
from apnemu.power.program import Floats
from apnemu.power.schedule import Schedule

HOURS_OF_BATTERY = 2.0
"""Hours in which a battery that settings add gives all that it holds, where nothing is said of its power; declared."""
SLACK_MWH = 1e-6


def with_batteries(power: Power, mwh: float, mw: float, round_trip: float) -> Power:
    """The power system with batteries of so many MWh: at sites that have one, else where work has its home.

    MW and round trip of 0 leave a battery's own, or are those of `HOURS_OF_BATTERY` and of lithium.
    """
    if not mwh:
        return power
    there = {site.name for site in power.sites if site.battery} or {work.home for work in power.work}
    sites = []
    for site in power.sites:
        if site.name in there:
            own = site.battery or Battery(mwh=mwh, mw=mwh / HOURS_OF_BATTERY)
            own = replace(own, mwh=mwh, mw=mw or own.mw, round_trip=round_trip or own.round_trip)
            site = replace(site, battery=own)
        sites.append(site)
    return replace(power, sites=tuple(sites))


def begins_mwh(schedule: Schedule) -> Floats:
    """What batteries hold where a schedule begins that ends as it began: the least with which none is ever below 0."""
    keeps = np.array([site.battery.efficiency if site.battery else 1.0 for site in schedule.over.power.sites])
    change = (schedule.charge_mw * keeps[:, np.newaxis] - schedule.discharge_mw) * schedule.over.hours
    least = np.minimum(0.0, change.cumsum(axis=1).min(axis=1, initial=0.0))
    return np.where(-least > SLACK_MWH, -least, 0.0)


def supply_told(power: Power, site: str, holds_mwh: float) -> dict[str, int] | None:
    """What an agent is told of its battery and plant, in whole Wh and kW; None where it has neither."""
    own = power.site[site]
    told: dict[str, int] = {}
    if own.battery:
        wh = round(own.battery.mwh * 1e6)
        holds = min(wh, round(holds_mwh * 1e6))
        told |= {"wh": wh, "kw": round(own.battery.mw * 1e3), "keeps_ppm": round(own.battery.efficiency * 1e6)}
        told |= {"holds_wh": holds, "ends_wh": holds}
    if own.plant:
        told |= {"plant_kw": round(own.plant.mw * 1e3), "plant_milliyen_per_kwh": round(own.plant.yen_per_mwh)}
        told |= {"plant_gco2_per_kwh": round(own.plant.kgco2_per_mwh)}
    return told or None


def with_supply(schedule: Schedule, notes: Sequence[Mapping[str, Any]]) -> Schedule:
    """The schedule with what agents noted of their batteries and plants, and what the grid then gave."""
    facility_mw = schedule.facility_mw
    sites = {site.name: index for index, site in enumerate(schedule.over.power.sites)}
    battery, own = np.zeros_like(facility_mw), np.zeros_like(facility_mw)
    for note in notes:
        if "charge_wh" in note and note["slot"] < facility_mw.shape[1]:
            battery[sites[note["site"]], note["slot"]] = note["charge_wh"] / 1e6 / schedule.over.hours
            own[sites[note["site"]], note["slot"]] = note["own_wh"] / 1e6 / schedule.over.hours
    charge, discharge = np.maximum(0.0, battery), np.maximum(0.0, -battery)
    # what is given beyond what a site needs is given to nobody
    grid = np.maximum(0.0, facility_mw + charge - discharge - own)
    return replace(schedule, charge_mw=charge, discharge_mw=discharge, own_mw=own, grid_mw=grid)
