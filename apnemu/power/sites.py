# SPDX-License-Identifier: BSD-3-Clause
"""Rows of a plan for each site: room, the facility's power by PUE, feed, battery, own plant."""

from __future__ import annotations

import numpy as np

from apnemu.power.flow import carbon_cost
from apnemu.power.horizon import Horizon
from apnemu.power.program import Columns, Floats
from apnemu.power.writing import UNMET_PER_MWH, Writing


def site_rows(writing: Writing, taken: Columns | None = None) -> dict[str, Columns]:
    """Blocks of (site, slot) by name; the greatest of a PUE's lines holds, and a battery ends a day as it began it.

    `taken` (site, slot) is MW of IT of work that has no columns of its own.
    """
    over, program, price = writing.over, writing.program, writing.price
    sites, hours = over.power.sites, over.hours
    shape = (len(sites), over.slots)
    own_cost = [
        site.plant.yen_per_mwh + carbon_cost(site.plant.kgco2_per_mwh, writing.asked.yen_per_tco2) if site.plant else 0
        for site in sites
    ]
    battery_mw = np.array([site.battery.mw if site.battery else 0.0 for site in sites]).reshape(-1, 1)
    battery_mwh = np.array([site.battery.mwh if site.battery else 0.0 for site in sites]).reshape(-1, 1)
    keeps = np.array([site.battery.efficiency if site.battery else 1.0 for site in sites]).reshape(-1, 1)
    by_price = over.power.clearing == "price"
    blocks = {
        "grid": program.block("grid", shape, high=feed_mw(over), cost=price * hours if by_price else 0.0),
        "own": program.block(
            "own",
            shape,
            high=np.array([site.plant.mw if site.plant else 0.0 for site in sites]).reshape(-1, 1),
            cost=np.array(own_cost).reshape(-1, 1) * hours,
        ),
        "charge": program.block("charge", shape, high=battery_mw, rank=1.0),
        "discharge": program.block("discharge", shape, high=battery_mw, rank=1.0),
        "stored": program.block("stored", shape, high=battery_mwh, rank=1e-3),
        "dark": program.block("dark", shape, cost=UNMET_PER_MWH * hours),
        "facility": program.block("facility", shape),
    }
    rooms = np.array([site.room_mw for site in sites]).reshape(-1, 1)
    room = program.rows("most", shape, [], np.broadcast_to(rooms, shape))
    slots = np.broadcast_to(np.arange(over.slots), writing.x.shape)
    at = np.broadcast_to(writing.places[:, :, np.newaxis], writing.x.shape)
    program.more(room[at, slots], writing.x, 1)
    if taken is not None:
        program.more(room, taken, 1)
    for index, site in enumerate(sites):
        here = at == index
        kind = "equal" if len(site.lines) == 1 else "most"
        for at_none, slope in site.lines:  # facility >= line
            rows = program.rows(kind, (over.slots,), [(blocks["facility"][index], -1)], -at_none)  # type: ignore[arg-type]
            program.more(rows[slots[here]], writing.x[here], slope)
            if taken is not None:
                program.more(rows, taken[index], slope)
    signs = [("grid", 1), ("own", 1), ("discharge", 1), ("charge", -1), ("dark", 1), ("facility", -1)]
    program.rows("equal", shape, [(blocks[name], sign) for name, sign in signs], 0.0)
    stored = blocks["stored"]
    before = np.roll(stored, 1, axis=1)  # a day ends as it began
    known = np.zeros(shape)
    follows = np.ones(shape)
    for index, site in enumerate(sites):
        if site.battery and site.battery.begins_mwh is not None:
            known[index, 0], follows[index, 0] = site.battery.begins_mwh, 0
            _end_with(writing, index, stored[index, -1], site.battery.ends_mwh)
    terms = [(stored, 1), (before, -follows), (blocks["charge"], -keeps * hours), (blocks["discharge"], hours)]
    program.rows("equal", shape, terms, known)  # type: ignore[arg-type]
    program.rows("most", shape, [(blocks["charge"], 1), (blocks["discharge"], 1)], battery_mw)
    return blocks


def _end_with(writing: Writing, site: int, last: Columns, mwh: float) -> None:
    """Rows by which a battery holds so much in the end; what it lacks is as dear as work that is not done."""
    lacks = writing.program.block(f"battery lacks {site}", (1,), cost=UNMET_PER_MWH)
    writing.program.rows("most", (1,), [(np.array([last]), -1), (lacks, -1)], -mwh)


def feed_mw(over: Horizon) -> Floats:
    """Most that each site draws from the grid (site, slot)."""
    rows = []
    for site in over.power.sites:
        most = np.full(over.slots, np.inf if site.feed_mw is None else site.feed_mw)
        rows.append(np.minimum(most, site.follows[over.window]) if site.feed == "following" else most)
    return np.array(rows).reshape(len(rows), over.slots)
