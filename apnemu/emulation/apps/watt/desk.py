# SPDX-License-Identifier: BSD-3-Clause
"""[guest] What a party works with: a clock, a post, a log. A test has a desk of its own, with simulated time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from apnemu.emulation.apps.watt.messages import Message
from apnemu.emulation.apps.watt.post import Post
from apnemu.emulation.loop import Loop, now_ns


class Party(Protocol):
    """A program's part in the day: `begin` plans its instants, `taken` gets each message that is in order."""

    def begin(self) -> None: ...

    def taken(self, message: Message) -> None: ...


class Desk(Protocol):
    """Clock, timers, post and log of a party."""

    name: str

    def now_ns(self) -> int: ...

    def at(self, instant_ns: int, call: Callable[[], None]) -> None: ...

    def send(self, peer: str, kind: str, slot: int, good_until_slot: int, /, **body: Any) -> bool: ...

    def note(self, **what: Any) -> None: ...


class RealDesk:
    """A desk on the lab's clock, with connections to other parties; notes are records on standard output."""

    def __init__(self, name: str, keys: Mapping[str, bytes]) -> None:
        self.name = name
        self.loop = Loop()
        self.post = Post(self.loop, name, keys, self._taken, self._refused)
        self.party: Party | None = None

    def now_ns(self) -> int:
        return now_ns()

    def at(self, instant_ns: int, call: Callable[[], None]) -> None:
        self.loop.at(instant_ns, call)

    def send(self, peer: str, kind: str, slot: int, good_until_slot: int, /, **body: Any) -> bool:
        return self.post.send(peer, kind, slot, good_until_slot, **body)

    def note(self, **what: Any) -> None:
        print("@record", json.dumps({"party": self.name, **what}), flush=True)

    def _taken(self, message: Message) -> None:
        assert self.party is not None
        self.party.taken(message)

    def _refused(self, who: str, why: str) -> None:
        self.note(audit=who, what=why, allowed=False, at_ns=now_ns())
