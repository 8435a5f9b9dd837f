# SPDX-License-Identifier: BSD-3-Clause
"""Operators' answer to a plan: the share of its change that they grant, slot by slot, so that no tie is overloaded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from apnemu.power.flow import granted_share, tie_limits, true_flows
from apnemu.power.grid import balancing, by_area, feeder_base_mw, tie_base_mw
from apnemu.power.program import Floats
from apnemu.power.schedule import Schedule

UNDONE_MWH = 1e-6
"""Energy of work below which all of it is done; the optimiser's tolerance."""
VETO = 1 - 1e-9
"""Share granted below which a slot counts as vetoed."""


def grants(schedule: Schedule, base: Schedule) -> Floats:
    """The share that is granted of the change of each slot, by the real power flow over ties and feeders.

    For power systems with given prices, where a plan changes what ties carry already.
    """
    over = schedule.over
    change = schedule.grid_mw - base.grid_mw
    least, most, more = _feeder_rooms(schedule, change)
    if over.power.ties:
        carried = tie_base_mw(over)
        low, high = tie_limits(over.power, carried)
        part, group = balancing(over)
        areas = by_area(over, change)
        believed = np.zeros(carried.shape) if schedule.flow_change_mw is None else schedule.flow_change_mw
        of_ties = true_flows(over.power, part * (group @ areas) - areas, believed)
        least, most, more = (
            np.vstack(pair) for pair in ((least, low - carried), (most, high - carried), (more, of_ties))
        )
    return granted_share(least, most, more)


def _feeder_rooms(schedule: Schedule, change: Floats) -> tuple[Floats, Floats, Floats]:
    """Least and most that feeders may carry more, and what they would (feeder, slot)."""
    over = schedule.over
    most, more = [], []
    for feeder in over.power.feeders:
        carried = feeder_base_mw(over, feeder.name, feeder.base)
        fed = [index for index, site in enumerate(over.power.sites) if site.name in feeder.sites]
        most.append(np.maximum(feeder.mw, carried) - carried)
        more.append(change[fed].sum(axis=0))
    shape = (len(most), over.slots)
    return np.full(shape, -np.inf), np.array(most).reshape(shape), np.array(more).reshape(shape)


def granted(schedule: Schedule, base: Schedule) -> Schedule:
    """The schedule of which only the granted share is done; the rest of each slot stays as without a plan.

    Work that a slot may not do elsewhere is done at home, so that in space nothing is undone; a move is of the share
    that is granted.
    """
    share = grants(schedule, base)
    both = ("run_mw", "grid_mw", "own_mw", "charge_mw", "discharge_mw", "dark_mw", "facility_mw")
    mixed = {name: getattr(base, name) + share * (getattr(schedule, name) - getattr(base, name)) for name in both}
    moves = tuple(
        replace(move, share=move.share * share[move.slot], bytes=move.bytes * share[move.slot])
        for move in schedule.moves
    )
    flow = None if schedule.flow_change_mw is None else schedule.flow_change_mw * share
    over = schedule.over
    left = (over.arrival_mw.sum(axis=1) - mixed["run_mw"].sum(axis=(1, 2))) * over.hours
    undone = np.where(left > UNDONE_MWH, left, 0.0)
    return replace(schedule, moves=moves, flow_change_mw=flow, undone_mwh=undone, **mixed)


def vetoes(share: Floats) -> int:
    """Number of slots in which less was granted than asked."""
    return int(np.count_nonzero(share < VETO))
