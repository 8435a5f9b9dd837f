# SPDX-License-Identifier: BSD-3-Clause
"""A day of the parties in simulated time: links that are cut and repaired, programs that are killed and started again.

A message over a link that is up arrives after the link's delay. Over one that is down it is lost, or, as TCP would send
it again, arrives when the link is up within `LOST_AFTER_NS`; its sender learns of the cut only after that time.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apnemu.emulation.apps.watt.desk import Party
from apnemu.emulation.apps.watt.messages import canonical, check
from apnemu.emulation.apps.watt.post import LOST_AFTER_MS

LOST_AFTER_NS = LOST_AFTER_MS * 1_000_000
NEVER = 1 << 62


@dataclass
class World:
    """Clock, links and parties; `notes` is what the parties noted, as (party, note)."""

    delay_ns: Callable[[str, str], int]
    cuts: list[tuple[frozenset[str], int, int]] = field(default_factory=list)
    """Parties that are cut off from all others, from one instant to another."""
    now: int = 0
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    parties: dict[str, tuple[int, Party]] = field(default_factory=dict)
    _due: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    _order: Any = field(default_factory=itertools.count)
    _lives: Any = field(default_factory=lambda: itertools.count(1))

    def at(self, instant: int, call: Callable[[], None]) -> None:
        heapq.heappush(self._due, (max(instant, self.now), next(self._order), call))

    def start(self, name: str, make: Callable[[SimulatedDesk], Party]) -> Party:
        """A program starts, or starts again: nothing of an earlier life is left."""
        life = next(self._lives)
        party = make(SimulatedDesk(self, name, life))
        self.parties[name] = (life, party)
        party.begin()
        return party

    def kill(self, name: str) -> None:
        self.parties.pop(name, None)

    def lives(self, name: str, life: int) -> bool:
        return name in self.parties and self.parties[name][0] == life

    def run(self) -> None:
        while self._due:
            self.now, _, call = heapq.heappop(self._due)
            call()

    def down_until(self, a: str, b: str, since_ns: int) -> tuple[int, int] | None:
        """Since when and until when two parties are cut off from each other at an instant; None if they are not."""
        spans = [
            (begin, end) for apart, begin, end in self.cuts if (a in apart) != (b in apart) and begin <= since_ns < end
        ]
        return (min(begin for begin, _ in spans), max(end for _, end in spans)) if spans else None

    def carry(self, message: dict[str, Any]) -> bool:
        a, b = message["from"], message["to"]
        if b not in self.parties:
            return False
        down = self.down_until(a, b, self.now)
        life = self.parties[b][0]
        arrives = self.now + self.delay_ns(a, b)
        if down is not None:
            begin, end = down
            if self.now - begin > LOST_AFTER_NS:
                return False
            if end - self.now > LOST_AFTER_NS:
                return True
            arrives = end + self.delay_ns(a, b)
        elif (soon := self.down_until(a, b, arrives)) is not None:
            arrives = soon[1] + self.delay_ns(a, b) if soon[1] - arrives < LOST_AFTER_NS else NEVER
        self.sent.append(message)
        if arrives < NEVER:
            self.at(arrives, lambda: self.lives(b, life) and self.parties[b][1].taken(message))  # type: ignore[func-returns-value]
        return True


@dataclass
class SimulatedDesk:
    """A party's desk in the world, for one life of its program."""

    world: World
    name: str
    life: int

    def now_ns(self) -> int:
        return self.world.now

    def at(self, instant_ns: int, call: Callable[[], None]) -> None:
        self.world.at(instant_ns, lambda: self.world.lives(self.name, self.life) and call())  # type: ignore[func-returns-value]

    def send(self, peer: str, kind: str, slot: int, good_until_slot: int, /, **body: Any) -> bool:
        common = {"v": 1, "kind": kind, "from": self.name, "to": peer, "seq": self.world.now, "slot": slot}
        message = {**body, **common, "sent_ns": self.world.now, "good_until_slot": good_until_slot, "mac": "0" * 64}
        check(message)
        canonical(message)
        return self.world.carry(message)

    def note(self, **what: Any) -> None:
        self.world.notes.append((self.name, what))
