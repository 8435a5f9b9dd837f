# SPDX-License-Identifier: BSD-3-Clause
"""Rows of a plan for the grid: a dispatch with the sites' load in it, or changes over ties and feeders.

Where prices are given, ties and feeders carry what they carry while nothing shifts, and the change on top. What an area
draws more comes over its ties, less its part in balancing what its group draws more in all.
"""

from __future__ import annotations

import numpy as np

from apnemu.model.power import islands
from apnemu.power.flow import Network, add_angles, add_dispatch, add_ties, tie_limits
from apnemu.power.horizon import Horizon
from apnemu.power.program import Columns, Floats
from apnemu.power.schedule import Schedule
from apnemu.power.writing import Writing


def network_rows(writing: Writing, grid: Columns, base: Schedule | None) -> Network | Columns | None:
    """The dispatch that sites load, or columns of changes over ties, or None; feeders too, where work shifts."""
    over, asked, program = writing.over, writing.asked, writing.program
    known = asked.flow == "known"
    flow: Columns | None = None
    network: Network | None = None
    if over.power.clearing == "dispatch":
        network = add_dispatch(
            program, over.power, over.begin, over.slots, known=known, yen_per_tco2=asked.yen_per_tco2
        )
        program.more(network.balance[over.site_areas], grid, -1)
    if asked.shift == "none" or base is None:
        return network
    if network is None and over.power.ties:
        flow = _change_rows(writing, grid, base, known=known)
    for feeder in over.power.feeders:
        fed = [index for index, site in enumerate(over.power.sites) if site.name in feeder.sites]
        carries = feeder_base_mw(over, feeder.name, feeder.base)
        most = np.maximum(feeder.mw, carries) - carries + base.grid_mw[fed].sum(axis=0)
        program.rows("most", (over.slots,), [(grid[fed].T, 1)], most)
    return network if network is not None else flow


def _change_rows(writing: Writing, grid: Columns, base: Schedule, *, known: bool) -> Columns:
    """Rows by which what an area draws more, less its part in balancing all of it, comes over its ties."""
    over, program = writing.over, writing.program
    power = over.power
    carries = tie_base_mw(over)
    low, high = tie_limits(power, carries)
    flow = program.block("flow", (len(power.ties), over.slots), low=low - carries, high=high - carries)
    none = by_area(over, base.grid_mw)
    part, group = balancing(over)
    # grid of the area - part x grid of its group = what comes in more
    right = none - part * (group @ none)
    balance = program.rows("equal", none.shape, [], right)
    program.more(balance[over.site_areas], grid, 1)
    for area in range(len(power.areas)):
        for site, at in enumerate(over.site_areas):
            if group[area, at]:
                program.more(balance[area], grid[site], -part[area])
    add_ties(program, power, balance, flow, arriving=-1)
    if known:
        add_angles(program, power, flow)
    return flow


def by_area(over: Horizon, of_sites: Floats) -> Floats:
    """Sums of sites by area (area, slot)."""
    sums = np.zeros((len(over.power.areas), over.slots))
    np.add.at(sums, over.site_areas, of_sites)
    return sums


def balancing(over: Horizon) -> tuple[Floats, Floats]:
    """Part of each area in balancing what its group draws more (area, slot), and who is in a group with whom.

    A group is what ties join; parts are as the areas' demand, or equal where the profile has none.
    """
    names = [area.name for area in over.power.areas]
    group = np.zeros((len(names), len(names)))
    for island in islands(names, over.power.ties):
        members = [names.index(name) for name in island]
        group[np.ix_(members, members)] = 1
    demand = over.of_areas("demand_mw")
    whole = group @ demand
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(whole > 0, demand / whole, 1 / group.sum(axis=1, keepdims=True))
    return part, group


def tie_base_mw(over: Horizon) -> Floats:
    """What ties carry while nothing shifts (tie, slot)."""
    rows = [
        over.power.profile.of(f"tie {tie.name}", "flow_mw")[over.window]
        if isinstance(tie.base, str)
        else np.full(over.slots, tie.base)
        for tie in over.power.ties
    ]
    return np.array(rows).reshape(len(rows), over.slots)


def feeder_base_mw(over: Horizon, name: str, base: float | str) -> Floats:
    """What a feeder carries while nothing shifts, slot by slot."""
    if isinstance(base, str):
        return np.asarray(over.power.profile.of(f"feeder {name}", "load_mw")[over.window])
    return np.full(over.slots, float(base))
