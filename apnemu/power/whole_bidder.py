# SPDX-License-Identifier: BSD-3-Clause
"""Whole jobs that bid on the market: where each may run, what its moves cost, and its cheapest plan at given prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from apnemu.model.power import Work
from apnemu.power.horizon import Asked, Horizon, candidates
from apnemu.power.market import Offer, Prices, Seller
from apnemu.power.moves import light_share, move_mwh
from apnemu.power.program import Floats
from apnemu.power.whole import Job, Plan, cheapest
from apnemu.units import s_to_h

TOO_SOON = 1e12
"""Cost of a move that would have to be over before it can be."""


@dataclass(frozen=True, kw_only=True)
class Bidder:
    """A whole job with what it needs to find its own cheapest plan: sites by number, home first, and cost of moves."""

    work: Work
    seller: Seller
    places: Sequence[int]
    job: Job
    come: Floats
    go: Floats
    share: Floats
    """Share of a slot's light that its data take at each of its sites (candidate, 1)."""

    def plan(self, prices: Prices | None, plain: Floats) -> Plan | None:
        """The cheapest plan at prices of room and light, or, before there are any, at plain prices of power."""
        room = plain if prices is None else prices.room[self.seller.owner]
        light = 0.0 if prices is None else prices.light[list(self.places)] * self.share
        run = room[list(self.places)] * self.work.mw
        return cheapest(self.job, run.tolist(), (self.come + light).tolist(), self.go.tolist())

    def offer(self, plan: Plan) -> Offer:
        """A plan as others see it."""
        comes = [(self.places[to], slot, float(self.share[to, 0])) for slot, _, to in plan.moves if self.share[to, 0]]
        kw = [(self.places[site], slot, self.work.mw * part) for slot, site, part in plan.runs]
        return Offer(runs=tuple(kw), cost=self.moving(plan), comes=tuple(comes))

    def moving(self, plan: Plan) -> float:
        """What a plan's moves cost."""
        return float(sum(self.come[to, slot] + self.go[origin, slot] for slot, origin, to in plan.moves))


def sold(over: Horizon) -> list[int]:
    """Numbers of the works that the market is for: whole jobs that end."""
    works = over.power.work
    return [n for n, work in enumerate(works) if work.whole and work.kind == "flexible" and not work.endless]


def bidders_of(over: Horizon, asked: Asked, area_price: Floats, price: Floats) -> list[Bidder]:
    places, bidders = candidates(over, asked, area_price), []
    slot_s = over.power.profile.slot_s
    for index in sold(over):
        work, arrival = over.power.work[index], over.arrival_mw[index]
        begin, end = ceil(work.from_s / slot_s), over.ends_s(work) // slot_s
        need = min(work.mwh / work.mw / over.hours, float(max(0, end - begin)))
        job = Job(need=need, begin=begin, end=max(begin, end), pausable=work.pausable)
        if asked.shift == "space":
            job = Job(need=0, begin=0, end=over.slots, fixed=(arrival / work.mw).tolist())
        here = price[places[index]]
        half = move_mwh(over.power, work) / 2 * here
        far = np.where((np.arange(over.slots) < asked.arrives) & (work.state_bytes > 0), TOO_SOON, 0.0)
        stop = work.mw * s_to_h(over.power.moves.stop_s) * asked.gpu(over.power) if work.state_bytes else 0.0
        bidders.append(
            Bidder(
                work=work,
                seller=Seller(name=work.name, owner=work.owner, mwh=work.mwh, arrival_mw=arrival),
                places=places[index],
                job=job,
                come=half + stop + far,
                go=half,
                share=np.array([[light_share(over, work, place)] for place in places[index]]),
            )
        )
    return bidders
