# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Places of the state of a site's jobs, and how it moves: ownership passes by the receiver's word alone.

The agent of a job's home decides what moves. It tells the site that has the state to send it, which asks for light and
tells the receiver to take it; the receiver says `moved` to the home, and the home to the sender, who may then forget
it. Until the home has heard, the state that is under way counts as nowhere in the slot that it was to run in elsewhere:
nobody runs it. Whoever has not said anything when the time is up is asked to settle: what has not come by then is
refused for good, and the sender has it still. So a job runs in one place, whatever is cut.

A move begins as late as it may and be over before its slot, so that work runs on where it is until then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from apnemu.emulation.apps.watt.calendar import Calendar
from apnemu.emulation.apps.watt.desk import Desk
from apnemu.emulation.apps.watt.jobs import Book, Job
from apnemu.emulation.apps.watt.messages import Message
from apnemu.emulation.apps.watt.moving import Carrier, Key, Moving, least_move

Places = Mapping[str, Mapping[str, int]]
"""Power of jobs by site, in kW."""
LEAST_PART = 1000
"""A job of hidden ones does not move less than this part of its state: what whole kW leave."""
BEFORE_NS = 10_000_000_000
"""Time before a slot at which every move for it is over, or given up."""


@dataclass(slots=True)
class _Own:
    """A job of ours: the bytes of its state at each site."""

    whole: int
    at: dict[str, int] = field(default_factory=dict)


class States:
    """States of one agent: those of its own jobs, wherever they are, and those of others' jobs that are here.

    `scale` divides what goes over the network; the first move of `full`, a job of ours, goes at its full size if it
    lies within `full_bytes`. `shown` has the name by which others know a job of ours; by these names they speak of its
    state.
    """

    def __init__(
        self,
        desk: Desk,
        calendar: Calendar,
        site: str,
        agents: Mapping[str, str],
        book: Book,
        carrier: Carrier,
        scale: int,
        full: str = "",
        full_bytes: tuple[int, int] = (0, 0),
        shown: Mapping[str, str] | None = None,
    ) -> None:
        self._desk = desk
        self._calendar = calendar
        self._site = site
        self._agents = agents
        self._book = book
        self._carrier = carrier
        self._scale = scale
        self._full = full
        self._full_bytes = full_bytes
        self._shown = {job: job for job in book.jobs} if shown is None else dict(shown)
        self._name = {of_others: job for job, of_others in self._shown.items()}
        self._own = {
            self._shown[job.name]: _Own(job.state_bytes, {site: job.state_bytes})
            for job in book.jobs.values()
            if job.state_bytes
        }
        self._held: dict[tuple[str, str], int] = {}
        """(owner, job) -> bytes of others' state that are here."""
        self._wanted: dict[Key, Moving] = {}
        """Moves of our jobs that begin later in this slot."""
        self._moving: dict[Key, Moving] = {}
        """Moves of our jobs of which nobody knows yet what becomes."""
        self._failed: list[Moving] = []
        """Moves for this slot that came to nothing: its order was made as if they had."""
        self._came: dict[Key, int] = {}
        self._refused: set[Key] = set()

    def begin(
        self, order_for: Callable[[int], Message | None], places: Callable[[Message, int], Places] | None = None
    ) -> None:
        """Plan a look at every slot whose moves are still to come: in the slot before.

        `places` says where an order has jobs run in a slot of whose moves it says nothing, since they are hidden.
        """
        self._places = places
        for slot in range(max(1, self._calendar.next_slot(self._desk.now_ns())), self._calendar.slots):
            self._desk.at(self._calendar.starts_ns(slot - 1), partial(self._look, slot, order_for))
            self._desk.at(self._calendar.starts_ns(slot) - BEFORE_NS, partial(self._settle, slot))

    def at(self, job: str) -> dict[str, int]:
        """Bytes of a job's state by site, as they will be once all that is under way has come."""
        name = self._shown.get(job, job)
        at = dict(self._own[name].at) if name in self._own else {}
        for move in (*self._wanted.values(), *self._moving.values()):
            if move.job == name:
                at[move.origin] = at.get(move.origin, 0) - move.bytes
                at[move.target] = at.get(move.target, 0) + move.bytes
        return {site: size for site, size in at.items() if size > 0}

    def listed(self, job: dict[str, Any]) -> dict[str, Any]:
        """A job as a state message has it, with where its state will be."""
        return {**job, "at": self.at(job["job"])} if job["state_bytes"] else job

    def there(self, job: str, site: str) -> int:
        """Bytes of a job's state that may run at a site now: those that are there for certain, and stay."""
        name = self._shown.get(job, job)
        own = self._own.get(name)
        if own is None:
            return 0
        leaving = sum(move.bytes for move in self._moving.values() if (move.job, move.origin) == (name, site))
        return max(0, own.at.get(site, 0) - leaving)

    def most_kw(self, job: Job, site: str) -> int:
        """Most that a job may run at a site: its whole power, or the share whose state is there or not worth a move."""
        if not job.state_bytes:
            return job.most_kw
        if there := self.there(job.name, site):
            there = min(job.state_bytes, there + least_move(job.state_bytes))
        return -(-job.most_kw * there // job.state_bytes)

    def holds(self, owner: str, job: str, size: int) -> bool:
        """Whether so much state of another's job is here."""
        return self._held.get((owner, job), 0) >= size

    def say(self) -> None:
        """Ask again about moves of which nobody knows."""
        for move in [move for move in self._moving.values() if self._is_late(move)]:
            self._ask(move)

    def taken(self, message: Message) -> None:
        """Act on a word about a move."""
        if message["kind"] == "moved":
            self._moved(message)
            return
        names = ("job", "owner", "origin", "target", "slot", "bytes", "scale")
        move = Moving(**{name: message[name] for name in names})
        what, sender = message["what"], message["from"]
        if what == "send" and sender == move.owner and move.origin == self._site:
            if self.holds(move.owner, move.job, move.bytes) and not self._is_late(move):
                self._send(move)
        elif what == "take" and sender == self._agents.get(move.origin) and move.target == self._site:
            known = move.key in self._came or move.key in self._refused
            if not known and "port" in message and not self._is_late(move):
                until_ns = self._until_ns(move)
                came = partial(self._has_come, move)
                self._carrier.take(move, message["port"], message.get("transceiver", 0), until_ns, came)
        elif what == "settle" and sender == move.owner and move.target == self._site:
            self._desk.send(sender, "moved", move.slot, move.slot, **self._answer(move))

    def _look(self, slot: int, order_for: Callable[[int], Message | None]) -> None:
        """See what is to move for a slot: what the order says, and without an order all comes home."""
        self._wanted.clear()
        order = order_for(slot)
        due = {self._shown[job.name] for job in self._book.due(slot)}
        if order is None:
            asked = [(job, site, self._site, size) for job, own in self._own.items() for site, size in own.at.items()]
        else:
            asked = [
                (move["job"], move["from"], move["to"], move["bytes"])
                for move in order["moves"]
                if move["slot"] == slot and "from" in move
            ]
            asked += [(move.job, move.origin, move.target, move.bytes) for move in self._again(slot, order)]
            asked += self._toward(self._places(order, slot) if self._places is not None else {})
        self._failed.clear()
        for job, origin, target, size in asked:
            known = {origin, target} <= {self._site, *self._agents}
            if job not in self._own or job not in due or origin == target or not known:
                continue
            left, least = self.at(self._name[job]).get(origin, 0), least_move(self._own[job].whole)
            if (size := left if left - size < least else size) >= least:
                self._plan(job, origin, target, slot, min(size, left))
        for move in self._wanted.values():
            beside = [other for other in self._wanted.values() if other.origin == move.origin and other is not move]
            begins_ns = max(self._desk.now_ns(), self._until_ns(move) - self._carrier.lead_ns(move, beside))
            self._desk.at(begins_ns, partial(self._begin, move))

    def _toward(self, places: Places) -> list[tuple[str, str, str, int]]:
        """Moves (job, from, to, bytes) by which the state of jobs is where they are to run."""
        found = []
        for job, kw in places.items():
            own, total = self._own.get(self._shown[job]), sum(kw.values())
            if own is None or not total:
                continue
            at = self.at(job)
            more = {site: at.get(site, 0) - own.whole * kw.get(site, 0) // total for site in sorted({*at, *kw})}
            for target in [site for site, size in more.items() if size < 0]:
                for origin in [site for site, size in more.items() if size > 0]:
                    size = min(more[origin], -more[target])
                    if size > own.whole // LEAST_PART:
                        found.append((self._shown[job], origin, target, size))
                        more[origin], more[target] = more[origin] - size, more[target] + size
        return found

    def _again(self, slot: int, order: Message) -> list[Moving]:
        """Moves that came to nothing in the slot before, and whose work is still to run where they go."""
        runs = {(move["job"], move["to"]) for move in order["moves"] if move["slot"] == slot and move.get("kw")}
        home = {(job, self._site) for job, kw in order.get("work_kw", {}).items() if any(kw)}
        return [move for move in self._failed if move.slot == slot - 1 and (move.job, move.target) in runs | home]

    def _plan(self, job: str, origin: str, target: str, slot: int, size: int) -> None:
        full = self._name[job] == self._full and self._full_bytes[0] <= size <= self._full_bytes[1]
        scale = 1 if full else self._scale
        move = Moving(job=job, owner=self._desk.name, origin=origin, target=target, slot=slot, bytes=size, scale=scale)
        if full:
            self._full = ""
        self._wanted[move.key] = move

    def _begin(self, move: Moving) -> None:
        if self._wanted.pop(move.key, None) is None or self._is_late(move):
            return
        if move.origin == self._site:
            self._moving[move.key] = move
            self._send(move)
        elif self._desk.send(self._agents[move.origin], "move", move.slot, move.slot, **move.body("send")):
            self._moving[move.key] = move

    def _send(self, move: Moving) -> None:
        def ready(port: int, transceiver: int) -> None:
            to, body = self._agents[move.target], move.body("take")
            self._desk.send(to, "move", move.slot, move.slot, **body, port=port, transceiver=transceiver)

        self._carrier.send(move, self._until_ns(move), ready)

    def _has_come(self, move: Moving) -> None:
        self._came[move.key] = move.bytes
        if move.owner == self._desk.name:
            self._resolve(move.key, move.bytes)
            return
        held = self._held.get((move.owner, move.job), 0)
        self._held[move.owner, move.job] = held + move.bytes
        self._desk.send(move.owner, "moved", move.slot, move.slot, **self._answer(move))

    def _answer(self, move: Moving) -> dict[str, Any]:
        """What has come of a move; what has not come by now never will."""
        self._carrier.drop(move)
        if move.key not in self._came:
            self._refused.add(move.key)
        size = self._came.get(move.key, 0)
        return {"job": move.job, "origin": move.origin, "target": move.target, "bytes": size}

    def _settle(self, slot: int) -> None:
        for move in [move for move in self._moving.values() if move.slot == slot]:
            self._ask(move)

    def _ask(self, move: Moving) -> None:
        if move.target == self._site:
            self._resolve(move.key, int(self._answer(move)["bytes"]))
        else:
            self._desk.send(self._agents[move.target], "move", move.slot, move.slot, **move.body("settle"))

    def _moved(self, message: Message) -> None:
        key, sender = (message["job"], message["origin"], message["target"], message["slot"]), message["from"]
        if key in self._moving and sender == self._agents.get(key[2]):
            self._resolve(key, message["bytes"])
        elif (sender, key[0]) in self._held and key[1] == self._site:
            left = self._held[sender, key[0]] - message["bytes"]
            self._held[sender, key[0]] = max(0, left)

    def _resolve(self, key: Key, size: int) -> None:
        """Note where the state is now that its receiver has spoken."""
        move = self._moving.pop(key, None)
        if move is None:
            return
        at = self._own[move.job].at
        if not size:
            self._failed.append(move)
        else:
            at[move.origin] = at.get(move.origin, 0) - move.bytes
            at[move.target] = at.get(move.target, 0) + move.bytes
            if move.origin != self._site:
                body = {"job": move.job, "origin": move.origin, "target": move.target, "bytes": move.bytes}
                self._desk.send(self._agents[move.origin], "moved", move.slot, move.slot, **body)
        self._desk.note(
            moved=size > 0,
            job=self._name[move.job],
            origin=move.origin,
            target=move.target,
            slot=move.slot,
            state_bytes=move.bytes,
            share_ppm=move.bytes * 1_000_000 // self._own[move.job].whole,
        )

    def _until_ns(self, move: Moving) -> int:
        return self._calendar.starts_ns(move.slot) - BEFORE_NS

    def _is_late(self, move: Moving) -> bool:
        return self._desk.now_ns() >= self._until_ns(move)
