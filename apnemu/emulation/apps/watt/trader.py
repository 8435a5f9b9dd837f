# SPDX-License-Identifier: BSD-3-Clause
"""[guest] The aggregator's market: prices go out, offers come in, round by round while it decides.

In round 0 there are no prices, and everybody says what runs as it arrives; in round 1 they are those of power itself;
then those of the mix of all offers. It ends when no offer is better any more, or with the time of the decision. What a
whole job does is then one of its offers; of other work offers are mixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from apnemu.emulation.apps.watt.aggregator import Known
from apnemu.emulation.apps.watt.calendar import Calendar
from apnemu.emulation.apps.watt.desk import Desk
from apnemu.emulation.apps.watt.messages import Message
from apnemu.emulation.apps.watt.planner import Planner
from apnemu.emulation.apps.watt.proposed import Proposal, Share, Transfer
from apnemu.emulation.apps.watt.proposing import proposal, whole_kw
from apnemu.power.horizon import horizon
from apnemu.power.market import GAP, Offer, Prices, Seller
from apnemu.power.program import Floats, Solution
from apnemu.power.shift import begun, price_of_areas
from apnemu.power.whole_plan import Floor, floor
from apnemu.units import NS_PER_S, gbps_to_bytes_per_s

ROUNDS = 8
"""Most rounds of a slot: each is computed by everybody, and the next slot has them again."""
ROUND_NS = NS_PER_S
"""Longest time that is waited for the offers of a round."""


class Trader:
    """Market of a slot at a time; `agents` has the site of each agent."""

    def __init__(self, desk: Desk, calendar: Calendar, planner: Planner, agents: Mapping[str, str]) -> None:
        self._desk = desk
        self._calendar = calendar
        self._planner = planner
        self._agents = agents
        self._slot = -1

    def begin(self, slot: int, count: int, known: Known) -> bool:
        """Open the market of a slot; False where nothing is offered, or nothing known of what power costs."""
        self._count = count
        states = {site: message for site, message in known.states.items() if message["slot"] == slot}
        self._underway = self._planner.underway(slot, count, states)
        self._power = self._planner.believed(slot, count, known)
        names = {site: agent for agent, site in self._agents.items()}
        self._bids = {names[site]: state["bids"] for site, state in states.items() if state.get("bids")}
        if self._power is None or not self._bids or self._planner.asked.shift == "none":
            self._slot = -1
            return False
        self._slot, self._round = slot, -1
        self._moves: dict[tuple[str, Offer], list[dict[str, Any]]] = {}
        self._sites = [site.name for site in self._power.sites]
        self._floor: Floor | None = None
        self._mix: tuple[Solution, Prices, Prices] | None = None
        self._ask({})
        return True

    def _ask(self, prices: Mapping[str, Mapping[str, list[int]]]) -> None:
        """Begin a round: each agent is told its prices."""
        self._round += 1
        self._offers: dict[tuple[str, str], Offer] = {}
        for agent in self._bids:
            body = {"milliyen_per_kwh": prices.get(agent, {}), "round": self._round}
            self._desk.send(agent, "prices", self._slot, self._slot, **body)
        self._desk.at(self._desk.now_ns() + ROUND_NS, partial(self._late, self._slot, self._round))

    def taken(self, message: Message) -> None:
        """Take an offer of this round; with the last of them the next round begins."""
        agent = message["from"]
        if (message["slot"], message.get("round")) != (self._slot, self._round) or agent not in self._bids:
            return
        offer = self._offer(message)
        if offer is None or message["job"] in self._told_of(agent):
            self._desk.note(audit=agent, what=f"offer of {message['job']} that is none", allowed=False)
            return
        self._offers[agent, message["job"]] = offer
        self._moves[f"{agent} {message['job']}", offer] = message["moves"]
        if len(self._offers) == sum(self._bids.values()):
            self._next()

    def _told_of(self, agent: str) -> set[str]:
        """Names that other agents' offers go by."""
        assert self._round >= 0
        return {job for other, job in self._offers if other != agent}

    def _offer(self, message: Message) -> Offer | None:
        """What a message offers, in MW; None where a site is unknown, or a figure negative or beyond the slots."""
        runs = []
        for site, series in message["kw"].items():
            if site not in self._sites or len(series) > self._count or min(series, default=0) < 0:
                return None
            runs += [(self._sites.index(site), slot, kw / 1e3) for slot, kw in enumerate(series) if kw]
        comes = []
        for move in message["moves"]:
            at = move["slot"] - self._slot
            if move["to"] not in self._sites or move.get("from") not in self._sites or not 0 < at < self._count:
                return None
            to = self._sites.index(move["to"])
            comes.append((to, at, self._light_share(to, move["bytes"])))
        cost = message.get("cost_milliyen", 0) / 1e3
        return Offer(runs=tuple(sorted(runs)), cost=cost, comes=tuple(each for each in comes if each[2]))

    def _light_share(self, place: int, size: int) -> float:
        """Share of what a site's light carries in a slot that some bytes take; 0 where nothing limits it."""
        assert self._power is not None
        gbps = self._power.sites[place].lit_gbps
        return 0.0 if gbps is None else size / (gbps_to_bytes_per_s(gbps) * self._power.profile.slot_s)

    def _late(self, slot: int, number: int) -> None:
        if (slot, number) == (self._slot, self._round):
            self._next()

    def _next(self) -> None:
        """Take in what has come, and ask again while that changes anything and there is time."""
        if self._floor is None:
            self._open()
        assert self._floor is not None
        market, again = self._floor.market, True
        offers = {f"{agent} {job}": offer for (agent, job), offer in self._offers.items()}
        if self._mix is not None:
            again = market.answer(*self._mix, offers)
        else:
            for seller in market.sellers:
                if seller.name in offers:
                    market.add(seller, offers[seller.name])
        over = self._desk.now_ns() + ROUND_NS >= self._calendar.asks_ns(self._slot)
        if not again or over or self._round > ROUNDS:
            self._round = ROUNDS + 2  # what comes now is too late
        elif self._round == 0:
            self._ask({agent: self._written(self._floor.plain) for agent in self._bids})
        else:
            self._mix = market.prices()
            room = self._mix[2].room
            owners = {site.name: site.owner for site in self._floor.market.over.power.sites}
            mine = {agent: owners[self._agents[agent]] for agent in self._bids}
            self._ask({agent: self._written(room[owner]) for agent, owner in mine.items() if owner in room})

    def _written(self, per_mw: Floats) -> dict[str, list[int]]:
        """Prices of MW for a slot as milliyen for a kWh, by site."""
        assert self._power is not None
        rounded = np.rint(per_mw / self._power.profile.slot_h)
        return {site: [int(value) for value in rounded[index]] for index, site in enumerate(self._sites)}

    def _open(self) -> None:
        """Write the program, with a seller for each offer of what arrives."""
        power, asked = self._power, self._planner.asked
        assert power is not None
        owners = {site.name: site.owner for site in power.sites}
        sellers, arrivals = [], []
        for (agent, job), offer in self._offers.items():
            home = self._agents[agent]
            arrives = np.zeros(self._count)
            for _, slot, mw in offer.runs:
                arrives[slot] += mw
            seller = Seller(
                name=f"{agent} {job}",
                owner=owners[home],
                mwh=float(arrives.sum()) * power.profile.slot_h,
                arrival_mw=arrives,
                whole=asked.jobs == "whole",
            )
            sellers.append(seller)
            arrivals += self._planner.stretches(job, home, owners[home], whole_kw(arrives), "fixed")
        self._base = self._planner.none(power, arrivals)
        over = horizon(power, asked.days)
        price = price_of_areas(over, asked, self._base)
        self._floor = floor(begun(over, asked, price, self._underway), self._base, sellers)

    def proposal(self) -> Proposal:
        """What the market comes to."""
        assert self._floor is not None and self._power is not None
        market, first, self._slot = self._floor.market, self._slot, -1
        mix = market.prices()[0]
        arrives = {seller.name: market.offers[seller.name][0] for seller in market.sellers}
        settled = [market.settled(market.likely(mix)), market.settled(arrives)]
        if settled[0] is None or settled[0].value > mix.value + GAP * abs(mix.value):
            settled.append(market.settled(market.choose()))
        found = min((each for each in settled if each is not None), key=lambda each: each.value)
        best = self._floor.rest(found)
        made = proposal(self._power, self._base, best, self._count)
        jobs, transfers = dict(made.jobs), list(made.transfers)
        for seller in market.sellers:
            agent, _, job = seller.name.partition(" ")
            home = self._agents[agent]
            run = market.runs(found, seller)
            here = self._sites.index(home)
            away = {self._sites[at]: whole_kw(run[at]) for at in range(len(run)) if at != here and run[at].any()}
            total = [kw + sum(of[slot] for of in away.values()) for slot, kw in enumerate(whole_kw(run[here]))]
            base = whole_kw(seller.arrival_mw)
            sizes: dict[tuple[str, str, str, int], float] = {}
            for offer, share in market.mixed(found, seller):
                for move in self._moves.get((seller.name, offer), ()):
                    way = (move["job"], move["from"], move["to"], move["slot"] - first)
                    sizes[way] = sizes.get(way, 0.0) + share * move["bytes"]
            for (name, origin, target, at), size in sizes.items():
                transfers.append(Transfer(job=name, origin=origin, target=target, at=at, bytes=round(size)))
            jobs[job] = Share(home=home, base_kw=base, total_kw=total, away_kw=away, whole=seller.whole)
        return replace(made, jobs=jobs, transfers=transfers)
