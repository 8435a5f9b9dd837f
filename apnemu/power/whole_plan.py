# SPDX-License-Identifier: BSD-3-Clause
"""A plan of many whole jobs by their market: the rows of `shift` for all else, and an offer of each job in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from apnemu.power.grid import network_rows
from apnemu.power.horizon import Asked, Horizon
from apnemu.power.market import MOST_ROUNDS, Market, Offer, Seller
from apnemu.power.moves import add_moves, light_rows
from apnemu.power.program import Floats, Solution
from apnemu.power.schedule import Move, Schedule
from apnemu.power.sites import site_rows
from apnemu.power.whole import Plan
from apnemu.power.whole_bidder import Bidder, bidders_of, sold
from apnemu.power.whole_search import better
from apnemu.power.writing import Writing


@dataclass(frozen=True, kw_only=True)
class Floor:
    """A market in the program of a plan: `rest` is the schedule of all else in a solution, `plain` what a MW costs at
    each site for a slot while nothing is scarce (site, slot)."""

    market: Market
    rest: Callable[[Solution], Schedule]
    plain: Floats


def floor(writing: Writing, base: Schedule | None, sellers: Sequence[Seller]) -> Floor:
    """Rows of a plan with a market in them. `writing` is begun for all work but that of the sellers."""
    from apnemu.power.shift import idle_rows, schedule_of, work_rows

    program, asked, over = writing.program, writing.asked, writing.over
    sites = over.power.sites
    taken = program.block("taken", writing.price.shape, high=np.array([[site.room_mw] for site in sites]))
    undone = work_rows(writing)
    more: dict[str, Floats] = {}
    for seller in sellers if asked.shift != "space" else ():
        more[seller.owner] = more.get(seller.owner, 0.0) + seller.arrival_mw
    idle = idle_rows(writing, undone["free"], more)
    site = site_rows(writing, taken)
    network = network_rows(writing, site["grid"], base)
    light = light_rows(writing)
    moving = add_moves(writing, light)
    market = Market(over=over, program=program, taken=taken, sellers=sellers, idle=idle, light=light)
    full = np.array([[each.facility_mw(each.room_mw) / max(each.room_mw, 1e-9)] for each in sites])

    def rest(found: Solution) -> Schedule:
        return schedule_of(writing, found, {**site, **undone}, moving, network)

    return Floor(market=market, rest=rest, plain=writing.price * over.hours * full)


def plan_whole(
    over: Horizon, asked: Asked, base: Schedule | None, area_price: Floats, writing: Writing, sure: float
) -> Schedule:
    """The schedule that the market leads to. `writing` is begun for all work but that which is `sold`; every schedule
    is known to cost `sure` at least."""
    bidders = bidders_of(over, asked, area_price, writing.price)
    place = floor(writing, base, [bidder.seller for bidder in bidders])
    market, plain = place.market, place.plain
    plans, mix = _trade(market, bidders, plain)
    keep = asked.shift != "space" and asked.idle != "free"
    room = np.array([[site.room_mw] for site in over.power.sites]) - place.rest(mix).load_mw
    found, chosen = min(
        (
            (solution, choice)
            for choice in _choices(market, bidders, plans, mix, room, plain, keep)
            if (solution := market.settled(choice)) is not None
        ),
        key=lambda pair: pair[0].value,
    )
    return _with_whole(place.rest(found), over, bidders, plans, chosen, max(market.bound, sure))


def _choices(
    market: Market,
    bidders: Sequence[Bidder],
    plans: dict[tuple[str, Offer], Plan],
    mix: Solution,
    room: Floats,
    plain: Floats,
    keep_slots: bool,
) -> Iterator[dict[str, Offer | None]]:
    """Choices of one offer each: from the mix, from all as it arrives, and, where slots are kept or light is scarce,
    from all offers; each as it is bettered job by job."""
    arrives = {seller.name: market.offers[seller.name][0] for seller in market.sellers}
    searched = [market.choose()] if keep_slots or market.light is not None else []
    yield from searched
    begun_with: list[Mapping[str, Offer | None]] = [market.likely(mix), arrives, *searched]
    for begun in begun_with:
        own = {name: None if offer is None else plans[name, offer] for name, offer in begun.items()}
        choice: dict[str, Offer | None] = {}
        for bidder, plan in zip(
            bidders, better(bidders, own, room, plain, keep_slots=keep_slots).values(), strict=True
        ):
            name = bidder.seller.name
            choice[name] = None if plan is None else bidder.offer(plan)
            offer = choice[name]
            if plan is not None and offer is not None:
                plans.setdefault((name, offer), plan)
                market.add(bidder.seller, offer)
        yield choice


def _trade(market: Market, bidders: Sequence[Bidder], plain: Floats) -> tuple[dict[tuple[str, Offer], Plan], Solution]:
    """Prices and answers until the mix is as good as any; the plan behind each offer, and the last mix."""
    plans: dict[tuple[str, Offer], Plan] = {}

    def offered(bidder: Bidder, plan: Plan | None) -> Offer | None:
        if plan is None:
            return None
        offer = bidder.offer(plan)
        plans.setdefault((bidder.seller.name, offer), plan)
        return offer

    for bidder in bidders:
        for plan in (_as_it_arrives(bidder), bidder.plan(None, plain)):
            offer = offered(bidder, plan)
            if offer is not None:
                market.add(bidder.seller, offer)
    for _ in range(MOST_ROUNDS):
        mix, own, prices = market.prices()
        answers = {}
        for bidder in bidders:
            offer = offered(bidder, bidder.plan(prices, plain))
            if offer is None:  # its window is too short for anything but what arrives
                offer = market.offers[bidder.seller.name][0]
            answers[bidder.seller.name] = offer
        if not market.answer(mix, own, prices, answers):
            break
    return plans, mix


def _as_it_arrives(bidder: Bidder) -> Plan:
    shares = bidder.seller.arrival_mw / bidder.work.mw
    runs = tuple((int(slot), 0, float(shares[slot])) for slot in np.flatnonzero(shares))
    return Plan(cost=0.0, runs=runs, moves=())


def _with_whole(
    rest: Schedule,
    over: Horizon,
    bidders: Sequence[Bidder],
    plans: dict[tuple[str, Offer], Plan],
    chosen: dict[str, Offer | None],
    bound: float,
) -> Schedule:
    """The schedule of all else with the plans of whole jobs in it, in the file's order."""
    at = sold(over)
    others = [index for index in range(len(over.power.work)) if index not in at]
    run = np.zeros((len(over.power.work), *rest.run_mw.shape[1:]))
    undone = np.zeros(len(over.power.work))
    run[others], undone[others] = rest.run_mw, rest.undone_mwh
    moves: list[Move] = list(rest.moves)
    names = [site.name for site in over.power.sites]
    for index, bidder in zip(at, bidders, strict=True):
        work, offer = bidder.work, chosen[bidder.work.name]
        done = 0.0
        if offer is not None:
            for site, slot, mw in offer.runs:
                run[index, site, slot] = mw
            done = sum(mw for *_, mw in offer.runs) * over.hours
            for slot, origin, to in plans[work.name, offer].moves if work.state_bytes else ():
                ends = {"origin": names[bidder.places[origin]], "target": names[bidder.places[to]]}
                moves.append(Move(work=work.name, slot=slot, share=1.0, bytes=work.state_bytes, **ends))
        undone[index] = max(0.0, work.mwh - done)
    ordered = tuple(sorted(moves, key=lambda move: move.slot))
    return replace(rest, over=over, run_mw=run, undone_mwh=undone, moves=ordered, bound=min(bound, rest.value))
