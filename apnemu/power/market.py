# SPDX-License-Identifier: BSD-3-Clause
"""A market of whole jobs: prices of room, plans that answer them, a mix that is proven, and one plan each in the end.

Dantzig and Wolfe (1960): the program of a plan holds, in the place of whole jobs, a mix of offers for each of them. Its
prices of room go out, each job answers with its cheapest plan at these, and the mix is found again, until no answer is
cheaper. What the mix costs less what answers are still cheaper by is a proven bound on every plan of whole jobs. Then
one offer is chosen for each job, among all that were made; beside the bound stands what that costs.

*Not modelled:* a plan in which a job is partly done (it is done or not); windows within slots (see `whole`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from apnemu.power.horizon import Horizon
from apnemu.power.program import Columns, Floats, Program, Solution
from apnemu.power.writing import UNMET_PER_MWH

MOST_ROUNDS = 40
NEAR = 1e-4
"""Share of the bound within which a mix is near enough to it for the prices to be the last."""
STEADY = 0.8
"""Weight of the prices of the best bound in those that are asked next."""
A_LITTLE_MW = 1e-3
"""Load that every site is thought to have besides, so that room which nobody takes has the price that it would have."""
TAKEN = 1e-6
"""Share of an offer below which it is not taken up: the optimiser's tolerance."""
CHEAPER = 1e-6
"""Share of the cost by which an answer must be cheaper than the mix to be taken in."""
GAP = 1e-3
"""Relative gap to its own bound at which the choice of one offer each is settled."""
NODES = 50
"""Most branches that are looked at for it; a count, since a time would be the machine's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """A job, or all jobs of a party, that is offered as one: whose it is, its work in MWh, and MW as it arrives."""

    name: str
    owner: str
    mwh: float
    arrival_mw: Floats
    whole: bool = True
    """Whether one of its offers is done or none; otherwise they may be mixed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A plan of a seller: MW of IT (site, slot), what it costs beside power, and the share of light that moves take."""

    runs: tuple[tuple[int, int, float], ...]
    """What runs: (site, slot, MW)."""
    cost: float
    comes: tuple[tuple[int, int, float], ...] = ()
    """What comes over light: (site, slot, share of what the site's light carries in a slot)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Price of MW for a slot (site, slot) for each owner, of all light of a site for a slot, and each seller's best.

    `rest` is what all else costs at these prices: with every seller's cheapest answer it makes a bound.
    """

    room: Mapping[str, Floats]
    light: Floats
    best: Mapping[str, float]
    rest: float

    def cost(self, seller: Seller, offer: Offer) -> float:
        """What an offer comes to at these prices."""
        room = self.room[seller.owner]
        power = sum(room[site, slot] * mw for site, slot, mw in offer.runs)
        return float(offer.cost + power + sum(self.light[site, slot] * share for site, slot, share in offer.comes))

    def toward(self, other: Prices, part: float) -> Prices:
        """Prices between these and others: duals of one program, so that those between are as good for a bound."""
        keep = 1 - part
        return Prices(
            room={owner: keep * own + part * other.room[owner] for owner, own in self.room.items()},
            light=keep * self.light + part * other.light,
            best={name: keep * own + part * other.best[name] for name, own in self.best.items()},
            rest=keep * self.rest + part * other.rest,
        )


@dataclass(kw_only=True)
class Market:
    """Offers of all sellers in a program in which `taken` is the MW that whole jobs take (site, slot).

    `idle` has by owner the rows in which its work counts (slot), where GPUs may not idle or idle at a price.
    """

    over: Horizon
    program: Program
    taken: Columns
    sellers: Sequence[Seller]
    idle: Mapping[str, Columns]
    light: Columns | None = None
    offers: dict[str, list[Offer]] = field(default_factory=dict)
    bound: float = -np.inf
    _at_bound: Prices | None = None
    _steady: bool = True
    _columns: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sellers = len(self.sellers)
        self.undone = self.program.block(
            "undone", (sellers,), cost=np.array([UNMET_PER_MWH * seller.mwh for seller in self.sellers])
        )
        self._one = self.program.rows("equal", (sellers,), [(self.undone, 1)], 1.0)
        self._room = self.program.rows("equal", self.taken.shape, [(self.taken, 1)], 0.0)
        self._number = {seller.name: number for number, seller in enumerate(self.sellers)}

    def add(self, seller: Seller, offer: Offer) -> bool:
        """Take an offer in; False if it was made before."""
        known = self.offers.setdefault(seller.name, [])
        if any(each.runs == offer.runs and each.comes == offer.comes for each in known):
            return False
        known.append(offer)
        program = self.program
        column = program.block(
            f"offer {len(known)} of {seller.name}", (1,), cost=offer.cost, high=1.0, whole=seller.whole
        )
        self._columns.setdefault(seller.name, []).append(int(column[0]))
        program.more(self._one[[self._number[seller.name]]], column, 1)
        self._terms(column, self._room, offer.runs, -1)
        if seller.owner in self.idle:
            rows = self.idle[seller.owner]
            self._terms(column, np.broadcast_to(rows, (self.taken.shape[0], len(rows))), offer.runs, -1)
        if self.light is not None:
            self._terms(column, self.light, offer.comes, 1)
        return True

    def _terms(self, column: Columns, rows: Columns, of: Sequence[tuple[int, int, float]], sign: int) -> None:
        if of:
            at = np.array([rows[site, slot] for site, slot, _ in of], dtype=np.int64)
            self.program.more(at, np.broadcast_to(column, at.shape), [sign * value for *_, value in of])

    def prices(self) -> tuple[Solution, Prices, Prices]:
        """The best mix of what is offered, its prices, and those to ask: near the prices of the best bound.

        The mix's own prices leap from one round to the next; between them and the best so far the answers are better
        (Wentges, "Weighted Dantzig-Wolfe decomposition", 1997).
        """
        found = self.program.relaxed(self._room, A_LITTLE_MW)
        room = found.of_rows(self._room)
        owners = dict.fromkeys(seller.owner for seller in self.sellers)
        best = {seller.name: float(found.of_rows(self._one)[self._number[seller.name]]) for seller in self.sellers}
        own = Prices(
            room={o: room + (found.of_rows(self.idle[o]) if o in self.idle else 0.0) for o in owners},
            light=np.zeros(self.taken.shape) if self.light is None else -found.of_rows(self.light),
            best=best,
            rest=found.value - A_LITTLE_MW * float(room.sum()) - sum(best.values()),
        )
        if self._at_bound is None or not self._steady:
            return found, own, own
        return found, own, own.toward(self._at_bound, STEADY)

    def answer(self, mix: Solution, own: Prices, asked: Prices, answers: Mapping[str, Offer]) -> bool:
        """Take in each seller's cheapest offer at the prices that were asked; whether to ask again.

        Without an answer of every seller there is no new bound.
        """
        bound, new = asked.rest, False
        for seller in self.sellers:
            if seller.name in answers:
                offer = answers[seller.name]
                bound += min(UNMET_PER_MWH * seller.mwh, asked.cost(seller, offer))
                if own.best[seller.name] - own.cost(seller, offer) > CHEAPER * max(1.0, abs(own.best[seller.name])):
                    new |= self.add(seller, offer)
        if len(answers) == len(self.sellers) and bound > self.bound:
            self.bound, self._at_bound = bound, asked
        again = new or (self._steady and asked is not own)  # once more, at the mix's own prices
        self._steady = new
        return again and mix.value - self.bound > NEAR * abs(self.bound)

    def choose(self) -> dict[str, Offer | None]:
        """One offer of each seller, None for a job that is not done: the best choice of all, as far as is looked."""
        found = self.program.solve(gap=GAP, nodes=NODES)
        return {seller.name: self._largest(found, seller, least=0.5) for seller in self.sellers}

    def likely(self, mix: Solution) -> dict[str, Offer | None]:
        """The offer of each seller that has the largest part of a mix."""
        return {seller.name: self._largest(mix, seller, least=0.0) for seller in self.sellers}

    def mixed(self, found: Solution, seller: Seller) -> list[tuple[Offer, float]]:
        """Offers of a seller that a solution takes up, each with its share: of one that is whole, one or none."""
        shares = found.of(np.array(self._columns[seller.name], dtype=np.int64))
        return [
            (offer, float(share))
            for offer, share in zip(self.offers[seller.name], shares, strict=True)
            if share > TAKEN
        ]

    def _largest(self, found: Solution, seller: Seller, least: float) -> Offer | None:
        there = [column for column in self._columns[seller.name] if column < len(found.columns)]
        share = found.of(np.array(there, dtype=np.int64))
        best = int(share.argmax())
        return self.offers[seller.name][best] if share[best] > least else None

    def settled(self, chosen: Mapping[str, Offer | None]) -> Solution | None:
        """The solution in which each seller does what is chosen, and all else the best beside it; None if it cannot."""
        columns, values = [], []
        for seller in (each for each in self.sellers if each.whole):
            for offer, column in zip(self.offers[seller.name], self._columns[seller.name], strict=True):
                columns.append(column)
                values.append(float(offer == chosen[seller.name]))
            columns.append(int(self.undone[self._number[seller.name]]))
            values.append(float(chosen[seller.name] is None))
        try:
            return self.program.fixed(np.array(columns, dtype=np.int64), values)
        except ValueError:  # more comes than the light carries
            return None

    def runs(self, found: Solution, seller: Seller) -> Floats:
        """MW of IT of a seller in a solution (site, slot)."""
        run = np.zeros(self.taken.shape)
        shares = found.of(np.array(self._columns[seller.name], dtype=np.int64))
        for offer, share in zip(self.offers[seller.name], shares, strict=True):
            for site, slot, mw in offer.runs:
                run[site, slot] += share * mw
        return run
