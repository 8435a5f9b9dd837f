# SPDX-License-Identifier: BSD-3-Clause
"""A choice of one plan each for whole jobs, made better job by job: each takes what is the cheapest for it in the room
that the others leave, in turn, and two at a time, until none gains.

*Not modelled:* what ties, feeders and feeds would still bear; whoever takes the choice counts it by the whole program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import permutations

import numpy as np

from apnemu.power.program import Floats
from apnemu.power.whole import Job, Plan, cheapest
from apnemu.power.whole_bidder import Bidder
from apnemu.power.writing import UNMET_PER_MWH

MOST_PASSES = 5
MOST_IN_PAIRS = 30
"""Most jobs of which two at a time are planned anew too: 870 pairs."""
LEAST_GAIN = 1e-3
"""Least that a change must save, in the file's currency."""
ROOM_MW = 1e-9
"""Room by which a job may be larger than what is left: the last digits of sums."""
FULL_PER_MWH = 1e9
"""Price of a MWh where no room is left: above that of work that is not done."""


def better(
    bidders: Sequence[Bidder], plans: Mapping[str, Plan | None], room_mw: Floats, price: Floats, *, keep_slots: bool
) -> dict[str, Plan | None]:
    """Plans of which none gains by a change of its own; what does not fit, and what has none, is looked at first.

    `room_mw` (site, slot) is what all whole jobs may take together, `price` what a MW costs there for a slot. Where
    GPUs may not idle, jobs `keep_slots`: then only their places change.
    """
    found, left = dict(plans), np.array(room_mw)
    for bidder in sorted(bidders, key=lambda one: -one.work.mw * one.job.need):
        if not _fits(left, bidder, found[bidder.seller.name]):
            found[bidder.seller.name] = None
        _take(left, bidder, found[bidder.seller.name], -1)
    order = sorted(bidders, key=lambda one: (found[one.seller.name] is not None, -one.work.mw * one.job.need))
    groups: list[tuple[Bidder, ...]] = [(one,) for one in order]
    if len(order) <= MOST_IN_PAIRS:
        groups += permutations(order, 2)
    for _ in range(MOST_PASSES):
        changed = False
        for group in groups:
            changed |= _anew(group, found, left, price, keep_slots=keep_slots)
        if not changed:
            break
    return found


def _anew(
    group: Sequence[Bidder], found: dict[str, Plan | None], left: Floats, price: Floats, *, keep_slots: bool
) -> bool:
    """Plan some jobs anew, one after the other, with what all of them took free; whether that is better."""
    before = {bidder.seller.name: found[bidder.seller.name] for bidder in group}
    if keep_slots and None in before.values():
        return False
    for bidder in group:
        _take(left, bidder, before[bidder.seller.name], 1)
    after: dict[str, Plan | None] = {}
    for bidder in group:
        after[bidder.seller.name] = _answer(bidder, before[bidder.seller.name], left, price, keep_slots=keep_slots)
        _take(left, bidder, after[bidder.seller.name], -1)
    less = sum(
        _cost(bidder, before[bidder.seller.name], price) - _cost(bidder, after[bidder.seller.name], price)
        for bidder in group
    )
    if less > LEAST_GAIN:
        found.update(after)
        return True
    for bidder in group:
        _take(left, bidder, after[bidder.seller.name], 1)
    for bidder in group:
        _take(left, bidder, before[bidder.seller.name], -1)
    return False


def _answer(bidder: Bidder, now: Plan | None, left: Floats, price: Floats, *, keep_slots: bool) -> Plan | None:
    """A job's cheapest plan in the room that is left; None where it finds none."""
    places, mw = list(bidder.places), bidder.work.mw
    job = bidder.job
    if keep_slots and now is not None:
        parts = [0.0] * left.shape[1]
        for slot, _, part in now.runs:
            parts[slot] = part
        job = Job(need=0, begin=0, end=left.shape[1], fixed=parts)
    run = price[places] * mw + np.where(left[places] >= mw - ROOM_MW, 0.0, FULL_PER_MWH * mw)
    plan = cheapest(job, run.tolist(), bidder.come.tolist(), bidder.go.tolist())
    return replace(plan, cost=0.0) if plan is not None and _fits(left, bidder, plan) else None


def _fits(left: Floats, bidder: Bidder, plan: Plan | None) -> bool:
    return plan is None or all(
        left[bidder.places[site], slot] >= bidder.work.mw * part - ROOM_MW for slot, site, part in plan.runs
    )


def _cost(bidder: Bidder, plan: Plan | None, price: Floats) -> float:
    """What a plan costs with its moves; without one, work that is not done."""
    if plan is None:
        return UNMET_PER_MWH * bidder.seller.mwh
    power = sum(price[bidder.places[site], slot] * bidder.work.mw * part for slot, site, part in plan.runs)
    return float(power) + bidder.moving(plan)


def _take(left: Floats, bidder: Bidder, plan: Plan | None, sign: int) -> None:
    for slot, site, part in plan.runs if plan is not None else ():
        left[bidder.places[site], slot] += sign * bidder.work.mw * part
