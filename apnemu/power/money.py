# SPDX-License-Identifier: BSD-3-Clause
"""Money of a plan: who pays whom, what each party gains, and how a common cost is shared fairly.

Every amount that one party pays is an amount that another one gets. Owners of work pay for the power that it takes
wherever it runs; the site's owner pays the area's operator for all that the site draws. What a plan saves beside *none*
is each owner's gain; the aggregator takes its fee of what all gain together, and who would lose is paid by those who
gain, so that a party that takes part never pays for others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from apnemu.power.flow import carbon_cost
from apnemu.power.moves import moved_mwh
from apnemu.power.outcome import Outcome
from apnemu.units import kg_to_t

FEE_SHARE = 0.1
"""Share of what all gain together that the aggregator takes; declared."""
MOST_PLAYERS = 12
"""Most players whose shares are found over all coalitions: 4,096 of them."""
MARKET, FUEL, STATE = "market", "fuel", "state"
"""Payees that are no party: who sells power to operators, fuel to plants, and who is paid for CO2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """An amount of money that one party gives another."""

    payer: str
    payee: str
    what: str
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """All payments of a plan, and what owners and the aggregator gain beside *none*."""

    payments: tuple[Payment, ...]
    gains: Mapping[str, float]

    def balance(self) -> Mapping[str, float]:
        """What each party has got less what it has paid; they sum to 0."""
        held: dict[str, float] = {}
        for payment in self.payments:
            held[payment.payer] = held.get(payment.payer, 0.0) - payment.amount
            held[payment.payee] = held.get(payment.payee, 0.0) + payment.amount
        return held


def settle(plan: Outcome, none: Outcome, fee_share: float = FEE_SHARE) -> Settlement:
    """Payments of a plan, beside the plan in which nothing shifts."""
    power = plan.schedule.over.power
    aggregator = next((party.name for party in power.parties if party.role == "aggregator"), "")
    payments = [*_bills(plan), *_hosting(plan)]
    before, after = owner_costs(none), owner_costs(plan)
    gains = {owner: before.get(owner, 0.0) - after.get(owner, 0.0) for owner in dict.fromkeys([*before, *after])}
    total = sum(gains.values())
    fee = fee_share * total if aggregator and total > 0 else 0.0
    winners = {owner: gain for owner, gain in gains.items() if gain > 0}
    lost = {owner: -gain for owner, gain in gains.items() if gain < 0}
    won, pool = sum(winners.values()), sum(lost.values()) if total >= 0 else 0.0
    through = aggregator or MARKET
    for owner, gain in winners.items():
        share = gain / won
        if fee:
            payments.append(Payment(payer=owner, payee=aggregator, what="fee", amount=fee * share))
        if pool:
            payments.append(Payment(payer=owner, payee=through, what="compensation", amount=pool * share))
        gains[owner] -= (fee + pool) * share
    for owner, loss in lost.items() if pool else ():
        payments.append(Payment(payer=through, payee=owner, what="compensation", amount=loss))
        gains[owner] = 0.0
    if aggregator:
        gains[aggregator] = gains.get(aggregator, 0.0) + fee
    return Settlement(payments=tuple(payments), gains=gains)


def owner_costs(outcome: Outcome) -> Mapping[str, float]:
    """What the bills of all sites come to for each owner of work, before fees: its own, and what it pays to hosts."""
    costs: dict[str, float] = {}
    for payment in (*_bills(outcome), *_hosting(outcome)):
        costs[payment.payer] = costs.get(payment.payer, 0.0) + payment.amount
        if payment.what == "hosting":
            costs[payment.payee] = costs.get(payment.payee, 0.0) - payment.amount
    over = outcome.schedule.over
    return {owner: cost for owner, cost in costs.items() if owner in {site.owner for site in over.power.sites}} | {
        work.owner: costs.get(work.owner, 0.0) for work in over.power.work
    }


def _site_bills(outcome: Outcome) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """What each site pays in each slot for power from the grid, its CO2, and its own plant."""
    over, schedule = outcome.schedule.over, outcome.schedule
    asked = schedule.asked
    price = outcome.price_per_mwh[over.site_areas]
    bills = outcome.grid_mw * price * over.hours
    if over.power.clearing == "price":
        carbon = kg_to_t(1.0) * asked.yen_per_tco2 * over.of_areas("kgco2_per_mwh")[over.site_areas]
        bills = bills + outcome.grid_mw * carbon * over.hours
    for index, site in enumerate(over.power.sites):
        if site.plant:
            each = site.plant.yen_per_mwh + carbon_cost(site.plant.kgco2_per_mwh, asked.yen_per_tco2)
            bills[index] += schedule.own_mw[index] * each * over.hours
    filled: np.ndarray[tuple[int, int], np.dtype[np.float64]] = bills
    return filled


def _bills(outcome: Outcome) -> list[Payment]:
    """Payments of sites' owners: to operators for power, who pay the market; for fuel and CO2; for power of moves."""
    over, schedule = outcome.schedule.over, outcome.schedule
    power, asked, payments = over.power, outcome.schedule.asked, []
    operators = [power.areas[area].tso or power.areas[area].name for area in over.site_areas]
    energy = (outcome.grid_mw * outcome.price_per_mwh[over.site_areas]).sum(axis=1) * over.hours
    given = power.clearing == "price"
    kg = (outcome.grid_mw * over.of_areas("kgco2_per_mwh")[over.site_areas]).sum(axis=1) * over.hours if given else 0
    carbon = np.broadcast_to(kg_to_t(1.0) * asked.yen_per_tco2 * np.asarray(kg), energy.shape)
    for index, site in enumerate(power.sites):
        payments += _passed_on(site.owner, operators[index], "energy", float(energy[index]))
        own_mwh = float(schedule.own_mw[index].sum()) * over.hours
        taxed = float(carbon[index])
        if site.plant:
            payments.append(Payment(payer=site.owner, payee=FUEL, what="own", amount=own_mwh * site.plant.yen_per_mwh))
            taxed += own_mwh * carbon_cost(site.plant.kgco2_per_mwh, asked.yen_per_tco2)
        payments.append(Payment(payer=site.owner, payee=STATE, what="co2", amount=taxed))
    works, at = {work.name: work for work in power.work}, {site.name: i for i, site in enumerate(power.sites)}
    for move in schedule.moves:
        half_mwh = moved_mwh(power, move.bytes) / 2
        for end in (at[move.origin], at[move.target]):
            paid = half_mwh * float(outcome.price_per_mwh[over.site_areas[end], move.slot])
            payments += _passed_on(works[move.work].owner, operators[end], "moves", paid)
    return [payment for payment in payments if payment.amount]


def _passed_on(payer: str, operator: str, what: str, amount: float) -> list[Payment]:
    """A payment to an operator, who buys on the market what it sells."""
    return [
        Payment(payer=payer, payee=operator, what=what, amount=amount),
        Payment(payer=operator, payee=MARKET, what=what, amount=amount),
    ]


def _hosting(outcome: Outcome) -> list[Payment]:
    """Payments of owners whose work runs elsewhere: their share of the site's bill by MWh of IT, slot by slot."""
    over, schedule = outcome.schedule.over, outcome.schedule
    bills, load = _site_bills(outcome), schedule.load_mw
    share = np.divide(bills, load, out=np.zeros_like(bills), where=load > 0)
    payments = []
    for index, work in enumerate(over.power.work):
        amounts = (schedule.run_mw[index] * share).sum(axis=1)
        for site, amount in zip(over.power.sites, amounts, strict=True):
            if site.owner != work.owner and amount:
                payments.append(Payment(payer=work.owner, payee=site.owner, what="hosting", amount=float(amount)))
    return payments


def airport(needs: Sequence[float]) -> list[float]:
    """Shares of a line's cost, which is as its size, among those who need so much of it: each stretch by its users.

    Littlechild and Owen, "A simple expression for the Shapley value in a special case", Management Science 20 (1973).

    >>> [round(share, 2) for share in airport([100, 200, 300])], sum(airport([100, 200, 300]))
    ([33.33, 83.33, 183.33], 300.0)
    """
    shares, before = [0.0] * len(needs), 0.0
    order = sorted(range(len(needs)), key=lambda index: needs[index])
    for rank, index in enumerate(order):
        stretch = (needs[index] - before) / (len(needs) - rank)
        for user in order[rank:]:
            shares[user] += stretch
        before = needs[index]
    return shares


def shapley(players: Sequence[str], worth: Callable[[frozenset[str]], float]) -> dict[str, float]:
    """Shares of what players have together: the mean of what each adds to those before it, over all orders.

    Shapley, "A value for n-person games" (1953). `worth` is asked once for each coalition; that of nobody is 0.

    >>> shares = shapley(["a", "b", "c"], lambda who: max([{"a": 100, "b": 200, "c": 300}[one] for one in who]))
    >>> {name: round(share, 2) for name, share in shares.items()}
    {'a': 33.33, 'b': 83.33, 'c': 183.33}

    Raises:
        ValueError: more players than can be looked at in all coalitions.
    """
    count = len(players)
    if count > MOST_PLAYERS:
        raise ValueError(f"there are {count} players; all coalitions of at most {MOST_PLAYERS} are looked at")
    known = {
        frozenset(who): worth(frozenset(who)) if who else 0.0
        for size in range(count + 1)
        for who in combinations(players, size)
    }
    shares = {}
    for player in players:
        others = [name for name in players if name != player]
        shares[player] = sum(
            (known[frozenset((*who, player))] - known[frozenset(who)]) / (count * comb(count - 1, size))
            for size in range(count)
            for who in combinations(others, size)
        )
    return shares


def by_need(total: float, needs: Sequence[float]) -> list[float]:
    """Shares of a total in proportion to needs.

    >>> by_need(300, [100, 200, 300])
    [50.0, 100.0, 150.0]
    """
    whole = sum(needs)
    return [total * need / whole for need in needs]
