# SPDX-License-Identifier: BSD-3-Clause
"""[guest] The aggregator: gathers forecasts and states, decides, asks the grid operators, and plans what they grant.

How it decides is handed in: a planner makes a proposal of what has come. What an operator does not grant is taken from
every shift of that slot alike, so that the flows shrink as the whole does; of whole jobs those that are too much stay,
and it asks again (`vetoed`). Where an operator is silent, nobody goes beyond what it last granted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Protocol

from apnemu.emulation.apps.watt.calendar import Calendar
from apnemu.emulation.apps.watt.desk import Desk
from apnemu.emulation.apps.watt.messages import Message
from apnemu.emulation.apps.watt.proposed import Proposal, later, plan_of
from apnemu.emulation.apps.watt.vetoed import ROUNDS, parts_of, stayed, too_much


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
        self._proposed = Proposal(jobs={}, stays_kw={}, change_kw={})
        """The proposal of the slot as it was first asked for."""
        self._vetoes: int | None = None
        """Slots of it that were not granted whole."""
        self._rounds = 0
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
        self._proposed, self._vetoes, self._rounds = proposal, None, 0
        self._ask_for(slot, proposal)
        if self._proposal is not None:
            self._desk.at(self._calendar.orders_ns(slot), partial(self._send_at_last, slot))

    def _ask_for(self, slot: int, proposal: Proposal) -> None:
        self._proposal, self._asked, self._rounds = proposal, slot, self._rounds + 1
        self._granted = {name: grant for name, grant in self._granted.items() if grant["slot"] != slot}
        for operator in self._operators:
            changes = {name: list(proposal.change_kw[name]) for name in self._told(operator, proposal)}
            self._desk.send(operator, "ask", slot, self._calendar.last_good(slot), change_kw=changes)
        if self._all_answered():
            self._send()

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
        """Send the plan: the part of the proposal that every operator grants; where that leaves out a part of whole
        jobs, ask again for those that fit into it."""
        proposal, slot = self._proposal, self._asked
        assert proposal is not None
        series = [share.base_kw for share in proposal.jobs.values()]
        count = max(map(len, (*series, *proposal.change_kw.values())), default=0)
        parts = [self._part(proposal, at) for at in range(count)]
        if self._vetoes is None:
            self._vetoes = sum(part < 1 for part in parts)
        dropped = too_much(proposal, parts)
        if dropped and proposal.draws and self._rounds < ROUNDS:
            self._ask_for(slot, stayed(proposal, dropped))
            return
        self._proposal = None
        parts = parts_of(proposal, parts)
        self._planned = slot, proposal, parts
        asked = {name: series[0] for name, series in self._proposed.change_kw.items() if series}
        self._desk.note(slot=slot, vetoes=self._vetoes, asked_kw=asked)
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
