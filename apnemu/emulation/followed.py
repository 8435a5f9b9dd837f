# SPDX-License-Identifier: BSD-3-Clause
"""A run that is followed: a process beside the player tells the caller what is seen, and waits for leave to go on.

While that process waits at the gate the guest's kernel stands, and with it everybody's clock; what it asks the kernel
for is its own time. The player leaves what it sees in memory that both have, which takes no system call: so what is
measured is what it is without a follower. Only what a person has done by hand reaches the player, by a signal.
"""

from __future__ import annotations

import json
import mmap
import os
import signal
import struct
import time
import traceback
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from apnemu.crossing import TICK
from apnemu.emulation.channel import Channel
from apnemu.emulation.hand import Hand
from apnemu.emulation.loop import now_ns, nudge
from apnemu.errors import LabError
from apnemu.model.activities import Event
from apnemu.units import VirtualNs, ns_to_s

SEEN_BYTES, DONE_BYTES = 1 << 24, 1 << 16
HEADER = struct.Struct("=QQ")
LENGTH = struct.Struct("=I")
OVERDUE_NS = 1_000_000_000
"""Time after which a probe without an answer counts as lost, if no later one of its pair has been answered before."""
MOST_SAMPLES = 50_000
A_MOMENT_NS = 1_000_000
"""Time that the player has for what is done by hand until it is told."""


class Ring:
    """Entries in memory that two processes have: one leaves them, the other takes them. What finds no room is lost."""

    def __init__(self, size: int) -> None:
        self._memory = mmap.mmap(-1, HEADER.size + size)
        self._size = size

    def leave(self, entry: Any) -> None:
        """Leave an entry. Makes no system call."""
        written, taken = HEADER.unpack_from(self._memory)
        data = json.dumps(entry, separators=(",", ":")).encode()
        data = LENGTH.pack(len(data)) + data
        if written + len(data) - taken <= self._size:
            self._put(written, data)
            struct.pack_into("=Q", self._memory, 0, written + len(data))

    def take(self) -> Iterator[Any]:
        """Take what has been left."""
        while True:
            written, taken = HEADER.unpack_from(self._memory)
            if taken >= written:
                return
            (length,) = LENGTH.unpack(self._get(taken, LENGTH.size))
            entry = json.loads(self._get(taken + LENGTH.size, length))
            struct.pack_into("=Q", self._memory, 8, taken + LENGTH.size + length)
            yield entry

    def _put(self, at: int, data: bytes) -> None:
        start = at % self._size
        first = min(len(data), self._size - start)
        self._memory[HEADER.size + start : HEADER.size + start + first] = data[:first]
        self._memory[HEADER.size : HEADER.size + len(data) - first] = data[first:]

    def _get(self, at: int, length: int) -> bytes:
        start = at % self._size
        first = min(length, self._size - start)
        return (
            self._memory[HEADER.size + start : HEADER.size + start + first]
            + self._memory[HEADER.size : HEADER.size + length - first]
        )


@dataclass(slots=True)
class Probed:
    """Probes of a pair that wait for their answers: number -> instant of sending."""

    waits: dict[int, int] = field(default_factory=dict)


class Follower:
    """The player's side, and the process beside it."""

    def __init__(self, folder: Path, hand: Hand) -> None:
        self._folder = folder
        self._hand = hand
        self._seen = Ring(SEEN_BYTES)
        self._done = Ring(DONE_BYTES)
        self._player = os.getpid()
        signal.signal(signal.SIGUSR1, self._by_hand)
        process = os.fork()
        if not process:
            try:
                _Beside(folder, self._seen, self._done, self._player).run()
            except BaseException:
                os.write(2, traceback.format_exc().encode())
            finally:
                os.kill(self._player, signal.SIGKILL)  # a run that nobody follows any more does not go on unseen
                os._exit(1)

    def tell(self, kind: str, *values: Any) -> None:
        """Leave what the player has seen."""
        self._seen.leave((kind, *values))

    def _by_hand(self, *_: object) -> None:
        for order in self._done.take():
            nudge(partial(self._do, order))

    def _do(self, order: dict[str, Any]) -> None:
        """Do what a person has asked for, at this instant."""
        what = " ".join((*order["fibres"], *order["sites"]))
        if self._hand.does is None:
            at_ns = time.clock_gettime_ns(time.CLOCK_REALTIME)
            self.tell("event", at_ns, f"{order['kind']} {what}: not done, between two stages")
            return
        self._hand.does(
            Event(
                at_ns=VirtualNs(now_ns()),
                kind=order["kind"],
                what=f"{what} by hand",
                fibres=tuple(order["fibres"]),
                sites=tuple(order["sites"]),
            )
        )


class _Beside:
    """The process beside the player."""

    def __init__(self, folder: Path, seen: Ring, done: Ring, player: int) -> None:
        self._channel = Channel(folder)
        self._seen = seen
        self._done = done
        self._player = player
        self._dated_ns = time.clock_gettime_ns(time.CLOCK_REALTIME) - now_ns()
        """Date at which the lab was booted, in ns since the epoch."""
        self._probed: dict[tuple[str, str], Probed] = {}
        self._samples: deque[list[Any]] = deque()

    def run(self) -> None:
        """Tell, wait for leave, sleep until the instant that comes with it; again and again."""
        until_ns = 0
        while True:
            now = now_ns()
            self._channel.show(json.dumps({"clock_ns": now, **self._news(now)}, separators=(",", ":")))
            told = {"clock_ns": now, "wall_ns": time.clock_gettime_ns(time.CLOCK_REALTIME)}
            answer = self._channel.wait(TICK, json.dumps(told))
            if answer is None:
                raise LabError("the follower of this run was given no leave to go on")
            leave = json.loads(answer)
            for order in leave["now"]:
                self._done.leave(order)
                os.kill(self._player, signal.SIGUSR1)
            until_ns = now_ns() + A_MOMENT_NS if leave["now"] else leave["until_ns"]
            if (left_ns := until_ns - now_ns()) > 0:
                time.sleep(ns_to_s(left_ns))

    def _news(self, now: int) -> dict[str, Any]:
        """What the player has left since the last look."""
        news: dict[str, Any] = {}
        for kind, *values in self._seen.take():
            if kind == "sent":
                source, target, number, at_ns = values
                self._probed.setdefault((source, target), Probed()).waits[number] = at_ns
            elif kind == "came":
                self._came(*values)
            elif kind == "event":
                at_ns, text = values
                news.setdefault("events", []).append((max(0, at_ns - self._dated_ns), text))
            elif kind == "dark":
                news["cut"], news["lost"] = values
            elif kind == "stage":
                news["stage"] = values[0]
                self._probed.clear()
        for pair, probed in self._probed.items():
            for number, at_ns in list(probed.waits.items()):
                if now - at_ns < OVERDUE_NS:
                    break
                self._lost(pair, probed, number)
        if samples := [self._samples.popleft() for _ in range(min(len(self._samples), MOST_SAMPLES))]:
            news["samples"] = samples
            news["watched"] = [list(pair) for pair in self._probed]
        return news

    def _came(self, source: str, target: str, number: int, rtt_ns: int) -> None:
        """Take in an answer: probes of its pair that were sent before it and have none are lost."""
        probed = self._probed.setdefault((source, target), Probed())
        at_ns = probed.waits.pop(number, None)
        if at_ns is None:
            return
        for earlier, sent_ns in list(probed.waits.items()):
            if sent_ns < at_ns:
                self._lost((source, target), probed, earlier)
        self._samples.append([source, target, at_ns, rtt_ns])

    def _lost(self, pair: tuple[str, str], probed: Probed, number: int) -> None:
        self._samples.append([*pair, probed.waits.pop(number), None])
