# SPDX-License-Identifier: BSD-3-Clause
"""The plan of a day: which work runs where and when, what batteries, plants and feeds do, and who moves.

*none*: all work as it arrives, at home; *time*: at home, when it is best; *space*: where it is best, as much in each
slot as arrives; *both*. Fluid work is many small jobs. Whatever is asked, there is a plan: work that finds no room, and
a site that its feed leaves dark, cost `UNMET_PER_MWH`.

*Not modelled:* with a price below 0 and a PUE by load, the plan may take the facility for hungrier than it is (its cost
is counted by the real one); fluid jobs that pause wait wherever their next run is, so that moves of both are a lower
bound, and `jobs` whole is exact; power that moves take is paid and does not load ties.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from apnemu.model.power import Power, Work
from apnemu.power.flow import Network, dispatched
from apnemu.power.grid import network_rows
from apnemu.power.horizon import Asked, Horizon, candidates, horizon
from apnemu.power.moves import Moving, add_moves, add_whole_jobs, light_rows, moves_of
from apnemu.power.program import Columns, Floats, Program, Solution
from apnemu.power.schedule import Schedule
from apnemu.power.sites import site_rows
from apnemu.power.whole_bidder import sold
from apnemu.power.whole_plan import plan_whole
from apnemu.power.writing import UNMET_PER_MWH, Underway, Writing
from apnemu.units import kg_to_t

MOST_WHOLE = MappingProxyType({"time": 1_000, "space": 5_000, "both": 1_000})
"""Most choices (job, site, slot) of a plan of whole jobs as one program; beyond them they are sold on a market. In time
and space 1,584 had not ended after 50 s."""


def plan(power: Power, asked: Asked, base: Schedule | None = None, underway: Underway | None = None) -> Schedule:
    """The cheapest schedule. `base` is that of *none*, from which ties and feeders count; it is found where not given.
    `underway` is what was shifted before, of fluid work.

    Raises:
        InputError: the profile is shorter than the days that are asked for.
    """
    over = horizon(power, asked.days)
    if asked.shift != "none" and base is None:
        base = plan(power, Asked(days=asked.days, jobs="fluid", shift="none", yen_per_tco2=asked.yen_per_tco2))
    area_price = price_of_areas(over, asked, base)
    choices = len(sold(over)) * over.slots * max((len(at) for at in candidates(over, asked, area_price)), default=1)
    if asked.jobs == "whole" and asked.shift != "none" and choices > MOST_WHOLE[asked.shift]:
        left = tuple(work for index, work in enumerate(power.work) if index not in sold(over))
        others = begun(replace(over, power=replace(power, work=left)), asked, area_price, underway)
        sure = plan(power, replace(asked, jobs="fluid"), base).value  # jobs that may be split cost no more
        return plan_whole(over, asked, base, area_price, others, sure)
    writing = begun(over, asked, area_price, underway)
    program = writing.program
    undone = work_rows(writing)
    idle_rows(writing, undone["free"], {})
    site = site_rows(writing)
    network = network_rows(writing, site["grid"], base)
    moving = add_moves(writing, light_rows(writing))
    if asked.jobs == "whole" and asked.shift != "none":
        add_whole_jobs(writing, moving)
    return schedule_of(writing, program.solve(), {**site, **undone}, moving, network)


def price_of_areas(over: Horizon, asked: Asked, base: Schedule | None) -> Floats:
    """Price of a MWh and of its CO2 (area, slot): given, or, where a dispatch makes it, that of *none*."""
    if over.power.clearing == "price":
        carbon = kg_to_t(1.0) * asked.yen_per_tco2 * over.of_areas("kgco2_per_mwh")
        return np.asarray(over.of_areas("price_yen_per_mwh") + carbon)
    if base is not None and base.dispatch is not None:
        return base.dispatch.price_per_mwh
    return np.zeros((len(over.power.areas), over.slots))


def begun(over: Horizon, asked: Asked, area_price: Floats, underway: Underway | None = None) -> Writing:
    """The block of work: 0 where its window is shut; of equal sites the first in the file's order."""
    power, program = over.power, Program()
    found = candidates(over, asked, area_price)
    wide = max((len(sites) for sites in found), default=1)
    places = np.array([sites + sites[:1] * (wide - len(sites)) for sites in found], dtype=np.int64).reshape(-1, wide)
    real = np.array([[index < len(sites) for index in range(wide)] for sites in found]).reshape(-1, wide)
    rooms = np.array([site.room_mw for site in power.sites])
    most = (
        np.array(
            [_most_mw(work, rooms[list(sites)].max()) for work, sites in zip(power.work, found, strict=True)]
        ).reshape(-1, 1)
        * over.open_share
    )
    high = np.where(real[:, :, np.newaxis], np.minimum(most[:, np.newaxis, :], rooms[places][:, :, np.newaxis]), 0.0)
    later = np.arange(over.slots) / max(1, over.slots)
    x = program.block("x", high.shape, high=high, rank=places[:, :, np.newaxis] + later)
    price = area_price[over.site_areas] if power.sites else np.zeros((0, over.slots))
    written = Writing(over=over, asked=asked, program=program, places=places, x=x, most_mw=most, price=price)
    return written if underway is None else replace(written, underway=underway)


def _most_mw(work: Work, room_mw: float) -> float:
    """Most that work may take at once: whole and endless work its MW, other work what there is room for."""
    if work.whole or work.endless or work.kind == "fixed":
        return work.mw
    return float(room_mw if work.most_mw is None else work.most_mw)


def work_rows(writing: Writing) -> dict[str, Columns]:
    """Rows by which work is done: slot by slot as it arrives, or all of it within its window; and who may idle."""
    over, asked, program, x = writing.over, writing.asked, writing.program, writing.x
    works, hours, arrival = over.power.work, over.hours, over.arrival_mw
    gpu = asked.gpu(over.power)
    moves_in_time = asked.shift in ("time", "both")
    free = [index for index, work in enumerate(works) if moves_in_time and work.kind == "flexible" and not work.endless]
    held = [index for index in range(len(works)) if index not in free]
    pausing = asked.idle == "priced" and asked.shift != "none"
    lost_cost = [gpu if pausing and works[i].endless and works[i].kind == "flexible" else UNMET_PER_MWH for i in held]
    short = program.block(
        "short", (len(held), over.slots), cost=np.array(lost_cost).reshape(-1, 1) * hours, high=arrival[held]
    )
    each = np.moveaxis(x, 1, 2)
    program.rows("equal", short.shape, [(each[held], 1), (short, 1)], arrival[held])
    unmet = program.block("unmet", (len(free),), cost=UNMET_PER_MWH)
    asked_mwh = np.array([works[index].mwh for index in free])
    later = _later(writing, free, asked_mwh) if asked.idle == "never" else ()
    program.rows("equal", unmet.shape, [(x[free], hours), (unmet, 1), *later], asked_mwh)
    return {
        "short": short,
        "unmet": unmet,
        "held": np.array(held, dtype=np.int64),
        "free": np.array(free, dtype=np.int64),
    }


def _later(writing: Writing, free: list[int], asked_mwh: Floats) -> list[tuple[Columns, float]]:
    """Work that is left for the time after the plan's last slot: of each owner what would be left where nothing was
    ever shifted, since its GPUs do in every slot just what arrives."""
    over, underway = writing.over, writing.underway
    works = over.power.work
    beyond = np.minimum([underway.beyond_mwh.get(works[index].name, 0.0) for index in free], asked_mwh)
    if not beyond.any():
        return []
    later = writing.program.block("later", beyond.shape, high=beyond)
    for owner in dict.fromkeys(works[index].owner for index in free):
        own = np.array([works[index].owner == owner for index in free])
        busy = underway.busy_mw.get(owner, np.zeros(0))[: over.slots]
        least = min(float(beyond[own].sum()), float(asked_mwh[own].sum() - busy.sum() * over.hours))
        writing.program.rows("most", (), [(later[own], -1)], -max(0.0, least))
    return [(later, 1)]


def idle_rows(writing: Writing, free: Columns, more_mw: Mapping[str, Floats]) -> dict[str, Columns]:
    """Rows, by owner, by which its GPUs that work which may wait keeps busy idle no more than without a plan, or at a
    price; `more_mw` is what further work of owners, which has no columns here, takes as it arrives. What was shifted
    before counts: the owner's `busy_mw` is then what its GPUs do without a plan."""
    over, asked = writing.over, writing.asked
    if asked.idle == "free":
        return {}
    works = over.power.work
    owners = list(dict.fromkeys([*(works[index].owner for index in free), *more_mw]))
    if not owners:
        return {}
    cost = asked.gpu(over.power) if asked.idle == "priced" else UNMET_PER_MWH
    idle = writing.program.block("idle", (len(owners), over.slots), cost=cost * over.hours)
    each = np.moveaxis(writing.x, 1, 2)
    found = {}
    for row, owner in enumerate(owners):
        own = [index for index in free if works[index].owner == owner]
        of_slot = np.moveaxis(each[own], 1, 0)
        none = over.arrival_mw[own].sum(axis=0) + more_mw.get(owner, 0.0)
        busy = writing.underway.busy_mw.get(owner, none)[: over.slots]
        terms = [(of_slot.reshape(over.slots, -1), -1), (idle[row], -1)]
        found[owner] = writing.program.rows("most", (over.slots,), terms, -busy)  # type: ignore[arg-type]
    return found


def schedule_of(
    writing: Writing, solution: Solution, blocks: dict[str, Columns], moving: Moving | None, network: Any
) -> Schedule:
    """What a solution says, in the file's order of work and sites."""
    over = writing.over
    works, sites = over.power.work, over.power.sites
    run = np.zeros((len(works), len(sites), over.slots))
    for index in range(len(works)):
        np.add.at(run[index], writing.places[index], solution.of(writing.x[index]))
    undone = np.zeros(len(works))
    undone[blocks["held"]] = solution.of(blocks["short"]).sum(axis=1) * over.hours
    undone[blocks["free"]] = solution.of(blocks["unmet"])
    of_dispatch = isinstance(network, Network)
    return Schedule(
        asked=writing.asked,
        over=over,
        run_mw=run,
        undone_mwh=undone,
        moves=moves_of(writing, moving, solution) if moving else (),
        value=solution.value,
        bound=solution.bound,
        dispatch=dispatched(over.power, network, solution, over.begin, over.slots) if of_dispatch else None,
        flow_change_mw=None if of_dispatch or network is None else solution.of(network),
        **{
            f"{name}_mw": solution.of(blocks[name])
            for name in ("grid", "own", "charge", "discharge", "dark", "facility")
        },
    )
