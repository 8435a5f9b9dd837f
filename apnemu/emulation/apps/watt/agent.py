# SPDX-License-Identifier: BSD-3-Clause
"""[guest] A data centre's agent: says what it has, obeys orders while they are good, and goes on alone without them.

Work is owned by the agent of its home. What is to run elsewhere in a slot is handed over before the slot begins, for
that slot alone, and counts as done once the other agent has said so. Refused, it runs at home. Without an answer nobody
knows whether it runs there, so it does not run at home either; the other agent is asked again, slot after slot, and
what turns out not to have run is work that is left. So nothing runs in two places and nothing is lost, whatever is cut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from apnemu.emulation.apps.watt.bids import Bids, MoveCosts
from apnemu.emulation.apps.watt.calendar import Calendar
from apnemu.emulation.apps.watt.cover import Cover
from apnemu.emulation.apps.watt.desk import Desk
from apnemu.emulation.apps.watt.jobs import Book, Job
from apnemu.emulation.apps.watt.messages import Message
from apnemu.emulation.apps.watt.states import States
from apnemu.emulation.apps.watt.supply import Supply

Away = tuple[str, str]
"""A job, and the site where it is to run."""


@dataclass(slots=True)
class Slot:
    """Own jobs of a slot that were offered elsewhere, in kW, and which of them were agreed to or refused.

    `kept` is what could not be offered, since the state for it has not come there.
    """

    offered: dict[Away, int] = field(default_factory=dict)
    agreed: set[Away] = field(default_factory=set)
    refused: set[Away] = field(default_factory=set)
    kept: dict[Away, int] = field(default_factory=dict)

    def open(self) -> dict[Away, int]:
        """What nobody knows about."""
        return {key: kw for key, kw in self.offered.items() if key not in self.agreed | self.refused}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """Names of the parties that an agent speaks with; `agents` has the agent of each other site."""

    aggregator: str
    centre: str
    agents: Mapping[str, str]


class Agent:
    """The agent of a site; `hides` is what its owner keeps to himself (see `cover`), `supply` its battery and plant.

    `states` says where the state of jobs is, without which they do not run; None where no job has any.
    """

    def __init__(
        self,
        desk: Desk,
        calendar: Calendar,
        site: str,
        book: Book,
        peers: Peers,
        hides: Sequence[str] = (),
        *,
        may_wait: bool = False,
        supply: Supply | None = None,
        states: States | None = None,
        costs: MoveCosts | None = None,
    ) -> None:
        self._desk = desk
        self._calendar = calendar
        self._site = site
        self.book = book
        self._peers = peers
        self._cover = Cover(site, calendar, book, hides, states)
        self._bids = Bids(site, calendar, book, hides, states, costs, may_wait=may_wait)
        self._hides_jobs = "jobs" in hides
        self._supply = supply or Supply()
        self._states = states
        self._order: Message | None = None
        self._lag_ns = 0
        """Time from the first message about a slot until its order was there."""
        self._slots: dict[int, Slot] = {}
        self._guests: dict[int, dict[tuple[str, str], int]] = {}

    def begin(self) -> None:
        """Plan the instants of every slot that is still to come."""
        calendar = self._calendar
        for slot in range(calendar.next_slot(self._desk.now_ns()), calendar.slots):
            self._desk.at(calendar.opens_ns(slot), partial(self._say, slot))
            self._desk.at(calendar.hands_over_ns(slot), partial(self._hand_over, slot))
            self._desk.at(calendar.starts_ns(slot), partial(self._start, slot))
        if self._states is not None:
            self._states.begin(self._order_for, self._places if self._hides_jobs else None)

    def taken(self, message: Message) -> None:
        """Act on an order of the centre, on another agent's handover, or on its answer to one of ours."""
        kind, sender = message["kind"], message["from"]
        if kind == "order" and sender == self._peers.centre and message["site"] == self._site:
            if self._order is None or message["slot"] >= self._order["slot"]:
                self._order = message
                self._lag_ns = self._desk.now_ns() - self._calendar.opens_ns(message["slot"])
        elif kind == "prices" and sender == self._peers.aggregator:
            for body in self._bids.answer(message):
                self._desk.send(sender, "offer", message["slot"], message["slot"], **body)
        elif kind == "handover" and sender in self._peers.agents.values():
            self._host(message)
        elif kind == "done" and sender == self._peers.agents.get(message["site"]):
            self._answered(message, (self._cover.meant(message.get("job", "")), message["site"]))
        elif kind in ("move", "moved") and self._states is not None and sender in self._peers.agents.values():
            self._states.taken(message)

    def _say(self, slot: int) -> None:
        """Tell the aggregator what could run here in the slots ahead, and ask again about what nobody knows."""
        for number, state in self._slots.items():
            for (job, to), kw in state.open().items():
                self._offer(to, number, job, kw)
        if self._states is not None:
            self._states.say()
        count = min(self._calendar.horizon, self._calendar.slots - slot)
        body = self._cover.state(self._site, slot, count)
        if body is not None:
            if self._states is not None and "jobs" in body:
                body["jobs"] = [self._states.listed(job) for job in body["jobs"]]
            body |= self._supply.told()
            if bids := len(self._bids.blocks(slot)):
                body["bids"] = bids
            self._desk.send(self._peers.aggregator, "state", slot, slot, **body)

    def _most_kw(self, job: Job, site: str) -> int:
        """Most that a job may run at a site, as its state is there."""
        most = self.book.most_kw(job)
        return most if self._states is None else min(most, self._states.most_kw(job, site))

    def _order_for(self, slot: int) -> Message | None:
        """The order that holds for a slot; None if there is none that is still good."""
        order = self._order
        if order is None or not order["slot"] <= slot <= order["good_until_slot"]:
            return None
        return order if slot - order["slot"] < len(order["kw"]) else None

    def _places(self, order: Message, slot: int) -> dict[str, dict[str, int]]:
        """Sites where an order has hidden jobs run in a slot: their owner alone knows which, and moves their state."""
        wanted = (self._cover.wanted(order, slot), self._bids.wanted(order, slot))
        return {job: kw for each in wanted for job, kw in each.places(self._site).items()}

    def _hand_over(self, slot: int) -> None:
        """Offer to other sites what the order has run there in this slot."""
        order = self._order_for(slot)
        if order is None:
            return
        state = self._slots.setdefault(slot, Slot())
        due = {job.name: job for job in self.book.due(slot) if job.moves}
        for job, to, wanted_kw in (*self._cover.wanted(order, slot).away, *self._bids.wanted(order, slot).away):
            key = (job, to)
            if job not in due or key in state.offered or to not in self._peers.agents:
                continue
            gone = sum(kw for (name, _), kw in state.offered.items() if name == job)
            wanted = min(wanted_kw, self.book.most_kw(due[job]) - gone)
            kw = min(wanted, self._most_kw(due[job], to))
            state.kept[key] = max(state.kept.get(key, 0), wanted - kw)
            if kw > 0:
                state.offered[key] = kw
                if not self._offer(to, slot, job, kw):
                    state.refused.add(key)

    def _offer(self, to: str, slot: int, job: str, kw: int) -> bool:
        """Offer a job to another site for a slot; False if its agent is not there."""
        shown = self._cover.shown(job)
        size = 0 if self._states is None else self._states.there(job, to)
        return self._desk.send(self._peers.agents[to], "handover", slot, slot, job=shown, kw=kw, bytes=size)

    def _host(self, message: Message) -> None:
        """Take another site's job for a slot that has not begun, if the order has room for it; and say what runs."""
        slot, kw = message["slot"], message["kw"]
        key = (message["from"], message["job"])
        guests = self._guests.setdefault(slot, {})
        order = self._order_for(slot)
        if key not in guests:
            free = 0
            held = self._states is None or self._states.holds(*key, message["bytes"])
            if held and order is not None and self._desk.now_ns() < self._calendar.starts_ns(slot):
                free = min(self._limit_kw(slot), self.book.room_kw) - sum(self._planned(slot).values())
            guests[key] = kw if sum(guests.values()) + kw <= free else 0
        self._desk.send(
            message["from"],
            "done",
            slot,
            slot,
            site=self._site,
            job=message["job"],
            wh=self._calendar.wh(guests[key]),
            bytes=message["bytes"],
            took_ns=max(0, self._desk.now_ns() - message["sent_ns"]),
        )

    def _answered(self, message: Message, key: Away) -> None:
        """Note what another agent said about a job of ours; after its slot, take back what did not run."""
        state = self._slots.get(message["slot"])
        if state is None or key not in state.open():
            return
        runs = message["wh"] > 0
        (state.agreed if runs else state.refused).add(key)
        if self._desk.now_ns() >= self._calendar.starts_ns(message["slot"]):
            if not runs:
                self.book.ran(key[0], -state.offered[key])
            self._desk.note(late=True, slot=message["slot"], site=self._site, job=key[0], to=key[1], ran=runs)

    def _limit_kw(self, slot: int) -> int:
        """Most that the site may draw in a slot: the order's figure, and without an order what it draws by itself."""
        order = self._order_for(slot)
        return sum(self.book.alone(slot).values()) if order is None else int(order["kw"][slot - order["slot"]])

    def _planned(self, slot: int) -> dict[str, int]:
        """Power of each own job at home in a slot, before what was refused elsewhere comes back."""
        order = self._order_for(slot)
        if order is None:
            return self.book.alone(slot)
        planned = {**self._cover.wanted(order, slot).home, **self._bids.wanted(order, slot).home}
        wanted = {}
        for job in self.book.due(slot):
            if job.name not in planned or not job.moves:
                wanted[job.name] = self.book.pace_kw(job, slot)
            else:
                wanted[job.name] = min(max(0, planned[job.name]), self.book.most_kw(job))
        return self.book.fitted(wanted, self.book.room_kw)

    def _start(self, slot: int) -> None:
        """Settle a slot at its first instant: what runs here, what elsewhere, and what nobody may run."""
        state = self._slots.setdefault(slot, Slot())
        guests = {key: kw for key, kw in self._guests.get(slot, {}).items() if kw}
        elsewhere = {key: kw for key, kw in state.offered.items() if key not in state.refused}
        home = self._at_home(slot, state, elsewhere, sum(guests.values()))
        for name, kw in [*home.items(), *((name, kw) for (name, _), kw in elsewhere.items())]:
            self.book.ran(name, kw)
        order = self._order_for(slot)
        self._desk.note(
            slot=slot,
            site=self._site,
            kw=sum(home.values()) + sum(guests.values()),
            home_kw=home,
            guest_kw={f"{job} of {agent}": kw for (agent, job), kw in guests.items()},
            away_kw={f"{job} at {to}": kw for (job, to), kw in elsewhere.items() if (job, to) in state.agreed},
            unknown_kw={f"{job} at {to}": kw for (job, to), kw in state.open().items()},
            order_slot=None if order is None else order["slot"],
            lag_ns=self._lag_ns if order is not None and order["slot"] == slot else None,
            **self._supply.does(self._calendar, slot, order),
        )
        for number in [number for number, old in self._slots.items() if number < slot and not old.open()]:
            del self._slots[number]

    def _at_home(self, slot: int, state: Slot, elsewhere: Mapping[Away, int], guests_kw: int) -> dict[str, int]:
        """Power of each own job here: as planned, and what was refused elsewhere as far as there is room for it."""
        left = {name: self.book.most_kw(job) for name, job in self.book.jobs.items()}
        for (name, _), kw in elsewhere.items():
            left[name] -= kw
        home = self.book.fitted(self._planned(slot), self.book.room_kw - guests_kw)
        here = {name: min(left[name], self._most_kw(job, self._site)) for name, job in self.book.jobs.items()}
        home = {name: max(0, min(kw, here[name])) for name, kw in home.items()}
        top = min(self.book.room_kw, max(self._limit_kw(slot), sum(self.book.alone(slot).values())))
        room = top - guests_kw - sum(home.values())
        back_kw = [(key, state.offered[key]) for key in state.refused] + list(state.kept.items())
        for (name, _), kw in sorted(back_kw):
            back = max(0, min(kw, room, here[name] - home.get(name, 0)))
            home[name] = home.get(name, 0) + back
            room -= back
        return home
