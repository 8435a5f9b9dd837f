# SPDX-License-Identifier: BSD-3-Clause
"""[guest] An agent's offers on the market: for its jobs that are sold, plans that are the cheapest at given prices.

Prices are of a kWh of IT at each site in each slot. Whole jobs are planned exactly (`power.whole`); work that is fluid
takes the cheapest site of each slot, and the cheapest slots where it may wait. Hidden jobs are offered as one, by the
name of their site. Who hides what it costs answers the first prices alone, again and again: those of power itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apnemu.emulation.apps.watt.calendar import Calendar
from apnemu.emulation.apps.watt.cover import Wanted, arriving
from apnemu.emulation.apps.watt.jobs import Book, Job
from apnemu.emulation.apps.watt.messages import Message
from apnemu.emulation.apps.watt.states import States
from apnemu.power import whole
from apnemu.units import NS_PER_H, S_PER_H

NJ_PER_KWH = 3_600_000 * 10**9
FAR = 1e15
"""Cost of a move that cannot be over in time: state that is to be there in the first slot has to be there already."""
JobPlan = dict[int, dict[str, int]]
"""Power of a job by slot and site, in kW."""


def sold_work(site: str) -> str:
    """Name by which all hidden jobs of a site that are sold go.

    >>> sold_work("hakata")
    'jobs-of-hakata'
    """
    return f"jobs-of-{site}"[:63]


@dataclass(slots=True)
class _Made:
    """An offer that was made for some jobs, as a plan of each; `total` is what others saw of it."""

    slot: int
    jobs: dict[str, JobPlan]
    total: JobPlan = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveCosts:
    """What a move of state costs its owner: energy by its bytes, and GPUs that stand still."""

    nj_per_bit: float
    stop_s: float
    gpu_yen_per_it_mwh: float

    def energy_kwh(self, size: int) -> float:
        return size * 8 * self.nj_per_bit / NJ_PER_KWH

    def stop_milliyen(self, kw: int) -> float:
        return self.gpu_yen_per_it_mwh * kw * self.stop_s / S_PER_H


def _split(kw: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """Power by site as sizes are; the last site has what whole kW leave.

    >>> _split(10, {"a": 1, "b": 2}), _split(7, {"a": 5})
    ({'a': 3, 'b': 7}, {'a': 7})
    """
    whole_size, found = sum(sizes.values()), dict[str, int]()
    for site, size in sizes.items():
        found[site] = kw * size // whole_size
    if found:
        found[site] += kw - sum(found.values())
    return {site: part for site, part in found.items() if part}


class Bids:
    """Offers of a site's jobs; `may_wait`: a plan may put work off; `hides`: what the owner keeps to himself."""

    def __init__(
        self,
        site: str,
        calendar: Calendar,
        book: Book,
        hides: Collection[str],
        states: States | None = None,
        costs: MoveCosts | None = None,
        *,
        may_wait: bool,
    ) -> None:
        self._site = site
        self._calendar = calendar
        self._book = book
        self._hides = frozenset(hides)
        self._may_wait = may_wait
        self._states = states
        self._costs = costs
        self._power: Mapping[str, Sequence[int]] = {}
        """Prices of the newest first round: those of power itself."""
        self._made: list[_Made] = []
        self._first: list[dict[str, Any]] = []
        """Offers at the first prices of the newest slot."""

    def blocks(self, slot: int) -> dict[str, list[Job]]:
        """Jobs that are offered, by the name that others read: each by its own, or all together where hidden."""
        jobs = [job for job in self._book.jobs.values() if job.sold and slot < job.by_slot and job.left_wh != 0]
        if "compute" in self._hides:
            jobs = [job for job in jobs if job.from_slot <= slot]
        if "jobs" in self._hides:
            return {sold_work(self._site): jobs} if jobs else {}
        return {job.name: [job] for job in jobs}

    def answer(self, message: Message) -> list[dict[str, Any]]:
        """Bodies of offers at the prices of a message; in round 0 there are none, and all is as it arrives."""
        slot, prices, number = message["slot"], message["milliyen_per_kwh"], message["round"]
        if number > 1 and "cost" in self._hides:
            return [{**body, "round": number} for body in self._first]
        count = min(self._calendar.horizon, self._calendar.slots - slot)
        if number == 1:
            self._power = prices
        bodies = []
        for name, jobs in self.blocks(slot).items():
            self._moves: list[dict[str, Any]] = []
            self._milliyen = 0.0
            plans = {job.name: self._plan(job, slot, count, prices if number else {}) for job in jobs}
            made = _Made(slot=slot, jobs=plans)
            for plan in plans.values():
                for at, places in plan.items():
                    here = made.total.setdefault(at, {})
                    for site, kw in places.items():
                        here[site] = here.get(site, 0) + kw
            self._made = [old for old in self._made if old.slot >= slot - self._calendar.lease] + [made]
            sites = sorted({site for places in made.total.values() for site in places})
            offered = {
                site: [made.total.get(at, {}).get(site, 0) for at in range(slot, slot + count)] for site in sites
            }
            cost = {} if "cost" in self._hides else {"cost_milliyen": round(self._milliyen)}
            bodies.append({"job": name, "round": number, "kw": offered, "moves": self._moves, **cost})
        if number == 1:
            self._first = bodies
        return bodies

    def _plan(self, job: Job, slot: int, count: int, prices: Mapping[str, Sequence[int]]) -> JobPlan:
        """A job's cheapest plan; as it arrives where there are no prices, or no plan ends in time."""
        arrives = dict(enumerate(arriving(self._calendar, job, slot, count), slot))
        sites = [site for site in self._may_be(job) if site in prices]
        origin = self._may_be(job)[0]
        if origin in prices:
            if not job.whole:
                kw = self._timed(job, arrives, [prices[site] for site in sites], slot)
                return self._placed(job, kw, [(site, prices[site]) for site in sites], slot, count)
            found = self._whole(job, arrives, [prices[site] for site in sites], slot, count, sites)
            if found is not None:
                self._count_moves(job, found, sites, slot, job.state_bytes)
                return {at + slot: {sites[site]: self._part_kw(job, part)} for at, site, part in found.runs}
        shares = self._shares(job)
        return {at: _split(kw, shares) for at, kw in arrives.items() if kw}

    def _shares(self, job: Job) -> dict[str, int]:
        """Bytes of a job's state by site; of one without state, all that there is at home."""
        at = self._states.at(job.name) if self._states is not None and job.state_bytes else {}
        return at or {self._site: 1}

    def _has_state(self, job: Job) -> bool:
        return self._states is not None and job.state_bytes > 0

    def _may_be(self, job: Job) -> list[str]:
        """Sites where a job may run, that where most of its state is first."""
        others = [site for site in job.sites if site != self._site]
        if not self._has_state(job):
            return [self._site, *others]
        assert self._states is not None
        at = self._states.at(job.name)
        origin = max(sorted(at), key=lambda site: at[site], default=self._site)
        return [origin, *(site for site in (self._site, *others) if site != origin)]

    def _count_moves(self, job: Job, plan: whole.Plan, sites: Sequence[str], slot: int, size: int) -> None:
        """Note what a plan for so much of a job's state moves, and what that costs."""
        if not self._has_state(job) or self._costs is None:
            return
        half_kwh = self._costs.energy_kwh(size) / 2
        for at, origin, to in plan.moves:
            ends = {"from": sites[origin], "to": sites[to]}
            if "jobs" not in self._hides:  # of the bytes of hidden jobs nobody is told
                self._moves.append({"job": job.name, **ends, "slot": slot + at, "bytes": size})
            paid = half_kwh * (self._power[sites[origin]][at] + self._power[sites[to]][at])
            self._milliyen += paid + self._costs.stop_milliyen(job.kw) * size / job.state_bytes

    def _part_kw(self, job: Job, part: float) -> int:
        return job.kw if part == 1 else -int(-job.kw * part // 1)

    def _whole(
        self,
        job: Job,
        arrives: Mapping[int, int],
        prices: list[Sequence[int]],
        slot: int,
        count: int,
        sites: Sequence[str],
    ) -> whole.Plan | None:
        if self._may_wait and job.left_wh is not None:
            need = job.left_wh / self._calendar.wh(job.kw)
            begin, end = max(0, job.from_slot - slot), min(count, job.by_slot - slot)
            need -= max(0, job.by_slot - slot - count)  # what there is time for beyond the slots that are looked at
            if need <= 0 or begin >= end:
                return whole.Plan(cost=0.0, runs=(), moves=())
            asked = whole.Job(need=need, begin=begin, end=end, pausable=job.pausable, running=job.began)
        else:
            asked = whole.Job(need=0, begin=0, end=count, fixed=[arrives[slot + at] / job.kw for at in range(count)])
        hours = self._calendar.slot_ns / NS_PER_H
        run = [[price * job.kw * hours for price in of_site] for of_site in prices]
        come, go = self._move_costs(job, sites, count, job.state_bytes)
        return whole.cheapest(asked, run, come, go)

    def _move_costs(self, job: Job, sites: Sequence[str], count: int, size: int) -> tuple[whole.Prices, whole.Prices]:
        """What it costs that so much of a job's state comes to each site, and goes, by slot."""
        if not self._has_state(job) or self._costs is None:
            nothing = [[0.0] * count] * len(sites)
            return nothing, nothing
        half_kwh = self._costs.energy_kwh(size) / 2
        stop = self._costs.stop_milliyen(job.kw) * size / job.state_bytes
        go = [[half_kwh * price for price in self._power[site]] for site in sites]
        return [[each + stop if at else FAR for at, each in enumerate(of_site)] for of_site in go], go

    def _timed(
        self, job: Job, arrives: Mapping[int, int], prices: Sequence[Sequence[int]], slot: int
    ) -> dict[int, int]:
        """Power of fluid work by slot: as it arrives, or, where it may wait, in the slots that are the cheapest."""
        if not self._may_wait or job.left_wh is None:
            return {at: kw for at, kw in arrives.items() if kw}
        best = {at: min(of[at - slot] for of in prices) for at in arrives}
        plan: dict[int, int] = {}
        left = sum(arrives.values())
        for at in sorted((at for at in arrives if job.from_slot <= at < job.by_slot), key=lambda at: (best[at], at)):
            kw = min(left, job.most_kw)
            if kw:
                plan[at] = kw
                left -= kw
        return plan

    def _placed(
        self, job: Job, kw: Mapping[int, int], prices: list[tuple[str, Sequence[int]]], slot: int, count: int
    ) -> JobPlan:
        """The cheapest sites for fluid work, each part of it from where its state is."""
        hours = self._calendar.slot_ns / NS_PER_H
        known = {site: size for site, size in self._shares(job).items() if site in dict(prices)}
        split = {at: _split(power, known) for at, power in kw.items()}
        plan: JobPlan = {at: {} for at in kw}
        for origin, size in known.items():
            of_sites = sorted(prices, key=lambda one: one[0] != origin)
            sites = [site for site, _ in of_sites]
            parts = [split.get(slot + at, {}).get(origin, 0) for at in range(count)]
            asked = whole.Job(need=0, begin=0, end=count, fixed=[part / job.kw for part in parts])
            run = [[price * job.kw * hours for price in of] for _, of in of_sites]
            come, go = self._move_costs(job, sites, count, size)
            found = whole.cheapest(asked, run, come, go)
            if found is None:
                continue
            self._count_moves(job, found, sites, slot, size)
            for at, site, _ in found.runs:
                here = plan[slot + at]
                here[sites[site]] = here.get(sites[site], 0) + parts[at]
        return plan

    def wanted(self, order: Message, slot: int) -> Wanted:
        """What an order has hidden jobs that are sold do in a slot: as in the offer of theirs that it takes up."""
        name, at = sold_work(self._site), slot - order["slot"]
        series = order.get("work_kw", {}).get(name)
        if "jobs" not in self._hides or series is None or at >= len(series):
            return Wanted(home={}, away=())
        ordered: JobPlan = {}
        for number, kw in enumerate(series):
            ordered[order["slot"] + number] = {self._site: kw} if kw else {}
        for move in order["moves"]:
            if move["job"] == name:
                ordered.setdefault(move["slot"], {})[move["to"]] = move["kw"]
        offers = [made for made in self._made if made.slot == order["slot"]]
        if not offers:
            return Wanted(home={}, away=())
        taken = max(offers, key=lambda made: sum(made.total.get(each, {}) == kw for each, kw in ordered.items()))
        same = taken.total.get(slot, {}) == ordered.get(slot, {})
        home: dict[str, int] = {}
        away: list[tuple[str, str, int]] = []
        for job, plan in taken.jobs.items():
            home[job] = 0
            for site, kw in plan.get(slot, {}).items():
                if same and site != self._site:
                    away.append((job, site, kw))
                else:
                    home[job] += kw
        return Wanted(home=home, away=tuple(away))
