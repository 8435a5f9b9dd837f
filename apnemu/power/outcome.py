# SPDX-License-Identifier: BSD-3-Clause
"""What a schedule comes to by the truth: the real profile, the real power flow, the facilities' real power."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apnemu.model.power import Power
from apnemu.power.flow import OVER_MW, Dispatch, carbon_cost, dispatch, over_mw, true_flows
from apnemu.power.grid import balancing, by_area, feeder_base_mw, tie_base_mw
from apnemu.power.horizon import Horizon
from apnemu.power.moves import moved_mwh
from apnemu.power.program import Floats
from apnemu.power.schedule import Schedule
from apnemu.power.writing import UNMET_PER_MWH
from apnemu.units import kg_to_t, s_to_h

DONE_MWH = 1e-6
"""Energy below which work counts as done; the optimiser's tolerance."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Figures of a schedule; `parts` sum to `cost`, in the file's currency.

    Arrays: `grid_mw` (site, slot), `price_per_mwh` (area, slot), `flow_mw` (tie, slot; from a to b), the last two None
    where there is none. `overload_mwh` is what ties and feeders carry beyond their limits because of the plan.
    """

    schedule: Schedule
    cost: float
    bound: float
    parts: dict[str, float]
    energy_mwh: float
    tco2: float
    surplus_used_mwh: float
    curtailed_mwh: float
    overload_mwh: float
    idle_gpu_mwh: float
    undone_mwh: float
    deadline_misses: int
    moves: int
    moved_bytes: float
    move_wh: float
    peak_mw: float
    grid_mw: Floats
    price_per_mwh: Floats
    flow_mw: Floats
    dispatch: Dispatch | None


def outcome(power: Power, schedule: Schedule, base: Schedule) -> Outcome:
    """The figures of a schedule in a power system, beside those of the schedule in which nothing shifts."""
    over = Horizon(power=power, begin=schedule.over.begin, slots=schedule.over.slots, days=schedule.over.days)
    asked, hours = schedule.asked, over.hours
    grid = real_grid_mw(over, schedule)
    areas, before = by_area(over, grid), by_area(over, real_grid_mw(over, base))
    sold: Dispatch | None = None
    if power.clearing == "dispatch":
        known = asked.flow == "known"
        sold = dispatch(power, areas, over.begin, known=known, yen_per_tco2=asked.yen_per_tco2)
        price, carbon_kg, energy = sold.price_per_mwh, sold.kgco2, sold.cost
        at_first = dispatch(power, before, over.begin, known=known, yen_per_tco2=asked.yen_per_tco2)
        curtailed = float(sold.curtailed_mw.sum()) * hours
        used = float(at_first.curtailed_mw.sum()) * hours - curtailed
        flows, carried = _dispatched_flows(over, areas, sold), np.zeros((len(power.ties), over.slots))
    else:
        price = over.of_areas("price_yen_per_mwh")
        carbon_kg = float((over.of_areas("kgco2_per_mwh") * areas).sum()) * hours
        energy = float((price * areas).sum()) * hours
        surplus = over.of_areas("curtailed_mw")
        used = float(np.minimum(surplus, np.maximum(areas - before, 0)).sum()) * hours
        curtailed = float(surplus.sum()) * hours - used
        carried = tie_base_mw(over)
        flows = _changed_flows(over, areas - before, schedule, carried)
    own_cost, own_kg = _own(over, schedule)
    tonnes = kg_to_t(carbon_kg + own_kg)
    moving_mwh, moving = _moving(over, schedule, price)
    idle = _idle_mwh(over, schedule)
    endless = np.array([work.endless and work.kind == "flexible" for work in power.work], dtype=bool)
    lost = float(schedule.undone_mwh[endless].sum()) if asked.idle == "priced" else 0.0
    undone = max(0.0, float(schedule.undone_mwh.sum()) - lost)
    parts = {
        "energy": energy,
        "own": own_cost,
        "co2": carbon_cost(1e3 * tonnes, asked.yen_per_tco2),
        "moves": moving,
        "idle": idle * asked.gpu(power) if asked.idle == "priced" else 0.0,
        "undone": UNMET_PER_MWH * (undone + float(schedule.dark_mw.sum()) * hours),
    }
    return Outcome(
        schedule=schedule,
        cost=sum(parts.values()),
        bound=schedule.bound,
        parts=parts,
        energy_mwh=float(grid.sum()) * hours,
        tco2=tonnes,
        surplus_used_mwh=used,
        curtailed_mwh=curtailed,
        overload_mwh=(float(over_mw(power, flows, carried).sum()) + _feeders_over(over, grid, base)) * hours,
        idle_gpu_mwh=idle,
        undone_mwh=undone,
        deadline_misses=int(np.count_nonzero(schedule.undone_mwh[~endless] > DONE_MWH)),
        moves=sum(move.share > 0 for move in schedule.moves),
        moved_bytes=sum(move.bytes for move in schedule.moves),
        move_wh=moving_mwh * 1e6,
        peak_mw=float(grid.sum(axis=0).max(initial=0.0)),
        grid_mw=grid,
        price_per_mwh=price,
        flow_mw=flows,
        dispatch=sold,
    )


def real_grid_mw(over: Horizon, schedule: Schedule) -> Floats:
    """What sites draw from the grid (site, slot), their facilities as hungry as they really are."""
    real = np.array(
        [
            np.max([at_none + slope * load for at_none, slope in site.lines], axis=0)
            for site, load in zip(over.power.sites, schedule.load_mw, strict=True)
        ]
    ).reshape(schedule.grid_mw.shape)
    drawn: Floats = np.maximum(0.0, schedule.grid_mw - (schedule.facility_mw - real))
    return drawn


def _changed_flows(over: Horizon, change: Floats, schedule: Schedule, carried: Floats) -> Floats:
    """What ties carry (tie, slot): what they did already, and what areas draw more, less their part in balancing it."""
    if not over.power.ties:
        return carried
    part, group = balancing(over)
    believed = np.zeros(carried.shape) if schedule.flow_change_mw is None else schedule.flow_change_mw
    return carried + true_flows(over.power, part * (group @ change) - change, believed)


def _dispatched_flows(over: Horizon, areas: Floats, sold: Dispatch) -> Floats:
    """What ties carry (tie, slot) with the plants of a dispatch."""
    names = [area.name for area in over.power.areas]
    made = sold.used_mw + sold.unserved_mw - over.of_areas("demand_mw") - areas
    for (area, _), generation in zip(sold.steps, sold.generation_mw, strict=True):
        made[names.index(area)] += generation
    return true_flows(over.power, made, sold.flow_mw)


def _feeders_over(over: Horizon, grid: Floats, base: Schedule) -> float:
    """MW by which feeders carry more than they may, beyond what they did already, summed over feeders and slots."""
    total = 0.0
    for feeder in over.power.feeders:
        fed = [index for index, site in enumerate(over.power.sites) if site.name in feeder.sites]
        carried = feeder_base_mw(over, feeder.name, feeder.base)
        carries = carried + (grid - base.grid_mw)[fed].sum(axis=0)
        over_by = carries - np.maximum(feeder.mw, carried)
        total += float(over_by[over_by > OVER_MW].sum())
    return total


def _own(over: Horizon, schedule: Schedule) -> tuple[float, float]:
    """Cost, and kg of CO2, of the sites' own plants."""
    mwh = schedule.own_mw.sum(axis=1) * over.hours
    plants = [(site.plant, energy) for site, energy in zip(over.power.sites, mwh, strict=True) if site.plant]
    cost = sum(plant.yen_per_mwh * energy for plant, energy in plants)
    return float(cost), float(sum(plant.kgco2_per_mwh * energy for plant, energy in plants))


def _moving(over: Horizon, schedule: Schedule, price: Floats) -> tuple[float, float]:
    """Energy in MWh, and cost, of all moves: half of the energy at each end, and the GPUs that stand still."""
    works = {work.name: work for work in over.power.work}
    at = {site.name: area for site, area in zip(over.power.sites, over.site_areas, strict=True)}
    gpu, stands_h = schedule.asked.gpu(over.power), s_to_h(over.power.moves.stop_s)
    energy, cost = 0.0, 0.0
    for move in schedule.moves:
        work = works[move.work]
        mwh = moved_mwh(over.power, move.bytes)
        ends = float(price[at[move.origin], move.slot] + price[at[move.target], move.slot]) / 2
        energy, cost = energy + mwh, cost + mwh * ends + gpu * work.mw * move.share * stands_h
    return energy, cost


def _idle_mwh(over: Horizon, schedule: Schedule) -> float:
    """Work that owners' GPUs do less in slots than without a plan; what they do more in others does not count."""
    owners: dict[str, list[int]] = {}
    for index, work in enumerate(over.power.work):
        owners.setdefault(work.owner, []).append(index)
    run = schedule.run_mw.sum(axis=1)
    less = [over.arrival_mw[own].sum(axis=0) - run[own].sum(axis=0) for own in owners.values()]
    return float(sum(np.maximum(0.0, each).sum() for each in less)) * over.hours
