# SPDX-License-Identifier: BSD-3-Clause
"""[guest] The aggregator: gathers forecasts and states, decides, asks the grid operators, and plans what they grant.

How it decides is handed in: a planner makes a proposal of what has come. What an operator does not grant is taken from
every shift of that slot alike, so that the flows shrink as the whole does; where an operator is silent, nobody goes
beyond what it last granted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from typing import Protocol

from apnemu.emulation.apps.watt.calendar import Calendar
from apnemu.emulation.apps.watt.desk import Desk
from apnemu.emulation.apps.watt.messages import Message

Series = Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """State of a job that is to go from one site to another until a slot begins; `at` counts from a proposal's first
    slot."""

    job: str
    origin: str
    target: str
    at: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Power of a job in the slots of a proposal: `base_kw` as it arrives, `total_kw` as proposed, `away_kw` of it by
    the site where it runs."""

    home: str
    base_kw: Series
    total_kw: Series
    away_kw: Mapping[str, Series] = field(default_factory=dict)
    bytes: int = 0
    whole: bool = False
    """Whether it is done as proposed or not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplied:
    """Energy of a battery (above 0: it is charged) or of an own plant in each slot: `base_wh` while nothing shifts,
    `total_wh` as proposed."""

    base_wh: Series
    total_wh: Series

    def part(self, parts: Sequence[Fraction]) -> list[int]:
        """Energy where only a part of the change is carried out, for each slot its own."""
        both = zip(self.base_wh, self.total_wh, parts, strict=False)
        return [base + int(part * (total - base)) for base, total, part in both]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a planner proposes from its first slot on: `stays_kw` is what does not move, by site, `change_kw` the
    change of what is drawn from the grid, by area and by feed of a site; `charge_wh` and `own_wh` are by site, and
    `transfers` the state that moves."""

    jobs: Mapping[str, Share]
    stays_kw: Mapping[str, Series]
    change_kw: Mapping[str, Series]
    charge_wh: Mapping[str, Supplied] = field(default_factory=dict)
    own_wh: Mapping[str, Supplied] = field(default_factory=dict)
    transfers: Sequence[Transfer] = ()


@dataclass(slots=True)
class Known:
    """What the aggregator has heard: the newest state of each site, the newest forecast by area and quantity."""

    states: dict[str, Message] = field(default_factory=dict)
    forecasts: dict[tuple[str, str], Message] = field(default_factory=dict)


Planner = Callable[[int, int, Known], Proposal]
"""Proposal for a number of slots from a slot on."""


class Market(Protocol):
    """A market that may be open while the aggregator decides: a proposal comes of what is offered on it."""

    def begin(self, slot: int, count: int, known: Known) -> bool: ...

    def taken(self, message: Message) -> None: ...

    def proposal(self) -> Proposal: ...


def plan_of(proposal: Proposal, parts: Sequence[Fraction], first: int) -> dict[str, object]:
    """Body of the plan that carries out a part of a proposal, for each slot its own.

    >>> share = Share(home="a", base_kw=[10], total_kw=[10], away_kw={"b": [8]})
    >>> half = Proposal(jobs={"j": share}, stays_kw={"a": [1], "b": [2]}, change_kw={})
    >>> body = plan_of(half, [Fraction(1, 2)], 7)
    >>> body["kw"], body["work_kw"], body["moves"]
    ({'a': [7], 'b': [6]}, {'j': [6]}, [{'job': 'j', 'to': 'b', 'slot': 7, 'kw': 4, 'bytes': 0}])
    """
    kw = {site: list(series) for site, series in proposal.stays_kw.items()}
    work: dict[str, list[int]] = {}
    moves = []
    for name, share in proposal.jobs.items():
        work[name] = []
        for at, part in enumerate(parts):
            home = share.base_kw[at] + int(part * (share.total_kw[at] - share.base_kw[at]))
            for to, series in share.away_kw.items():
                away = min(int(part * series[at]), home)
                home -= away
                if away:
                    moves.append({"job": name, "to": to, "slot": first + at, "kw": away, "bytes": share.bytes})
                    kw[to][at] += away
            work[name].append(home)
            kw[share.home][at] += home
    for move in proposal.transfers:
        if size := int(parts[move.at] * move.bytes):
            between = {"job": move.job, "from": move.origin, "to": move.target}
            moves.append({**between, "slot": first + move.at, "kw": 0, "bytes": size})
    body: dict[str, object] = {"kw": kw, "work_kw": work, "moves": moves}
    for name, supplied in (("charge_wh", proposal.charge_wh), ("own_wh", proposal.own_wh)):
        if supplied:
            body[name] = {site: each.part(parts) for site, each in supplied.items()}
    return body


def later(proposal: Proposal, skip: int) -> Proposal:
    """The proposal from a later slot on."""

    def cut(by_name: Mapping[str, Series]) -> dict[str, Series]:
        return {name: series[skip:] for name, series in by_name.items()}

    jobs = {
        name: replace(share, base_kw=share.base_kw[skip:], total_kw=share.total_kw[skip:], away_kw=cut(share.away_kw))
        for name, share in proposal.jobs.items()
    }
    supplied = {
        name: {site: Supplied(base_wh=each.base_wh[skip:], total_wh=each.total_wh[skip:]) for site, each in of.items()}
        for name, of in (("charge_wh", proposal.charge_wh), ("own_wh", proposal.own_wh))
    }
    return Proposal(
        jobs=jobs,
        stays_kw=cut(proposal.stays_kw),
        change_kw=cut(proposal.change_kw),
        **supplied,
        transfers=[replace(move, at=move.at - skip) for move in proposal.transfers if move.at >= skip],
    )


class Aggregator:
    """The aggregator's program; `operators` are the grid operators that it asks, `feeds` the feeds in their areas."""

    def __init__(
        self,
        desk: Desk,
        calendar: Calendar,
        planner: Planner,
        centre: str,
        operators: Sequence[str],
        feeds: Mapping[str, Sequence[str]] | None = None,
        market: Market | None = None,
    ) -> None:
        self._feeds = feeds or {}
        self._all_feeds = {name for names in self._feeds.values() for name in names}
        self._desk = desk
        self._calendar = calendar
        self._planner = planner
        self._centre = centre
        self._operators = operators
        self._market = market
        self._known = Known()
        self._proposal: Proposal | None = None
        self._asked = -1
        self._granted: dict[str, Message] = {}
        self._planned: tuple[int, Proposal, list[Fraction]] | None = None

    def begin(self) -> None:
        """Plan the instants of every slot that is still to come."""
        calendar = self._calendar
        for slot in range(calendar.next_slot(self._desk.now_ns()), calendar.slots):
            self._desk.at(calendar.decides_ns(slot), partial(self._decide, slot))

    def taken(self, message: Message) -> None:
        """Keep what is newest; with the last operator's grant the plan goes out."""
        kind = message["kind"]
        if kind == "state":
            self._known.states[message["site"]] = message
        elif kind == "forecast":
            self._known.forecasts[message["area"], message["quantity"]] = message
        elif kind == "offer" and self._market is not None:
            self._market.taken(message)
        elif kind == "grant" and message["from"] in self._operators:
            self._granted[message["from"]] = message
            if self._proposal is not None and self._all_answered():
                self._send()

    def _decide(self, slot: int) -> None:
        """Decide with what has come, which takes the declared time."""
        count = min(self._calendar.horizon, self._calendar.slots - slot)
        if self._market is not None and self._market.begin(slot, count, self._known):
            self._desk.at(self._calendar.asks_ns(slot), partial(self._ask_traded, slot))
            return
        proposal = self._planner(slot, count, self._known)
        self._desk.at(self._calendar.asks_ns(slot), partial(self._ask, slot, proposal))

    def _ask_traded(self, slot: int) -> None:
        assert self._market is not None
        self._ask(slot, self._market.proposal())

    def _ask(self, slot: int, proposal: Proposal) -> None:
        self._proposal, self._asked = proposal, slot
        for operator in self._operators:
            changes = {name: list(proposal.change_kw[name]) for name in self._told(operator, proposal)}
            self._desk.send(operator, "ask", slot, self._calendar.last_good(slot), change_kw=changes)
        if self._all_answered():
            self._send()
        else:
            self._desk.at(self._calendar.orders_ns(slot), partial(self._send_at_last, slot))

    def _all_answered(self) -> bool:
        return all(
            operator in self._granted and self._granted[operator]["slot"] == self._asked for operator in self._operators
        )

    def _send_at_last(self, slot: int) -> None:
        """Go on with what was granted last where an operator has not answered: nobody goes beyond it."""
        if self._proposal is None or self._asked != slot:
            return
        silent = [name for name in self._operators if self._granted.get(name, {}).get("slot") != slot]
        self._desk.note(slot=slot, silent=silent)
        self._proposal = None
        if self._planned is not None:
            first, proposal, parts = self._planned
            skip = slot - first
            if skip < len(parts):
                self._plan(slot, later(proposal, skip), parts[skip:])

    def _send(self) -> None:
        """Send the plan: the part of the proposal that every operator grants."""
        proposal, slot = self._proposal, self._asked
        assert proposal is not None
        self._proposal = None
        series = [share.base_kw for share in proposal.jobs.values()]
        count = max(map(len, (*series, *proposal.change_kw.values())), default=0)
        parts = [self._part(proposal, at) for at in range(count)]
        if any(share.whole for share in proposal.jobs.values()):
            parts = [Fraction(int(part)) for part in parts]
        self._planned = slot, proposal, parts
        asked = {name: series[0] for name, series in proposal.change_kw.items() if series}
        self._desk.note(slot=slot, vetoes=sum(part < 1 for part in parts), asked_kw=asked)
        self._plan(slot, proposal, parts)

    def _plan(self, slot: int, proposal: Proposal, parts: Sequence[Fraction]) -> None:
        body = plan_of(proposal, parts, slot)
        self._desk.send(self._centre, "plan", slot, self._calendar.last_good(slot), **body)

    def _part(self, proposal: Proposal, at: int) -> Fraction:
        """The part of a slot's change that all operators grant, seen at the largest change that each was asked for."""
        part = Fraction(1)
        for operator in self._operators:
            told = self._told(operator, proposal)
            name = max(told, key=lambda name: abs(proposal.change_kw[name][at]), default="")
            if name and (asked := proposal.change_kw[name][at]):
                series = self._granted[operator]["granted_kw"].get(name, ())
                part = min(part, max(Fraction(0), Fraction(series[at] if at < len(series) else 0, asked)))
        return part

    def _told(self, operator: str, proposal: Proposal) -> list[str]:
        """Names of changes that an operator is asked for: every area's, and those of feeds in its own areas."""
        own = self._feeds.get(operator, ())
        return [name for name in proposal.change_kw if name not in self._all_feeds or name in own]
