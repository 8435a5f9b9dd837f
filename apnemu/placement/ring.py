# SPDX-License-Identifier: BSD-3-Clause
"""Parts of buckets on their way round a ring of TCP connections, from event to event: when a step is done.

Each worker sends on what it has received, part by part in the order in which they can go, on one connection to the
next worker. A connection has what TCP's window allows under way. It begins with ten segments and grows by what is
acknowledged, as long as at least half of it is used (RFC 5681, 3.1; RFC 7661; tcp_is_cwnd_limited); after an idle time
it is halved for each retransmission timeout (tcp_cwnd_restart).

*Not modelled:* loss; the end of slow start, which comes where the line is full.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from math import inf

SEGMENT_BYTES = 1448
FIRST_WINDOW_BYTES = 10 * SEGMENT_BYTES
"""TCP's first window (RFC 6928)."""
LEAST_RTO_S = 0.2
"""Linux's least variation in a retransmission timeout, which is that and the round trip (TCP_RTO_MIN)."""
GRAINS = 3000
"""Pieces that all bytes of a connection are followed in, at most and beside those of slow start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Way from a worker to the next: TCP's payload on its line, delays of data and of acknowledgements, and the largest
    window; without delays the window never matters."""

    bytes_per_s: float
    out_s: float = 0.0
    back_s: float = 0.0
    window_bytes: float = inf


@dataclass(slots=True)
class _Connection:
    way: Way
    grain: float
    window: float = FIRST_WINDOW_BYTES
    under_way: float = 0.0
    used: float = 0.0
    """Most that was under way since `used_since_s`, a round trip at least."""
    used_since_s: float = 0.0
    free_s: float = 0.0
    sent_s: float = 0.0
    queue: deque[list[float]] = field(default_factory=deque)
    """Parts that are not sent: bytes left, step, bucket, crossing."""

    @property
    def filling(self) -> float:
        """Window that keeps the line busy, whatever else is on its way: two round trips' worth."""
        return 2 * self.way.bytes_per_s * self.rtt_s

    @property
    def rtt_s(self) -> float:
        return self.way.out_s + self.way.back_s

    def open(self) -> float:
        """Bytes that the window has room for."""
        if self.window >= self.filling <= self.way.window_bytes:
            return inf
        return min(self.window, self.way.window_bytes) - self.under_way

    def idle_until(self, now_s: float) -> None:
        """Halve the window for every timeout that nothing was sent in."""
        rto_s = self.rtt_s + LEAST_RTO_S
        idle_s = now_s - self.sent_s - rto_s
        while not self.under_way and idle_s > 0 and self.window > FIRST_WINDOW_BYTES:
            self.window = max(self.window / 2, FIRST_WINDOW_BYTES)
            idle_s -= rto_s

    def acknowledged(self, now_s: float, size: float) -> None:
        """Count what has arrived, and open the window if it is used."""
        if now_s - self.used_since_s >= self.rtt_s:
            self.used, self.used_since_s = self.under_way, now_s
        if self.window < min(2 * self.used, self.filling):
            self.window += size
        self.under_way -= size


class Ring:
    """A ring whose workers have the given ways to their next ones; alike parts of a ring may stand for all of it."""

    def __init__(self, ways: Sequence[Way], part_bytes: float, crossings: int, ready_s: Sequence[float], steps: int):
        grain = max(SEGMENT_BYTES, part_bytes * crossings * len(ready_s) * steps / GRAINS)
        self._connections = [_Connection(way, grain) for way in ways]
        self._part, self._crossings, self._ready_s, self._steps = part_bytes, crossings, ready_s, steps
        self._events: list[tuple[float, int, str, int, tuple[float, ...]]] = []
        self._order = count()
        self._ready: set[tuple[float, ...]] = set()
        self._early: dict[tuple[float, ...], list[int]] = {}
        self._left = [[len(ready_s)] * steps for _ in ways]

    def done_s(self, after_s: float = 0.0) -> float:
        """Run all steps; returns the instant, in s, at which the last worker has done its last one.

        Each worker goes on `after_s` after it has received a step's last part.
        """
        for worker in range(len(self._connections)):
            self._begin(worker, 0, 0.0)
        last_s = 0.0
        while self._events:
            now_s, _, kind, number, what = heapq.heappop(self._events)
            if kind == "acknowledged":
                self._connections[number].acknowledged(now_s, what[0])
                self._send(number, now_s)
            elif kind == "ready":
                self._ready.add((number, *what))
                step, bucket = what
                for crossing in (0, *self._early.pop((number, *what), ())):
                    self._go_on(number, now_s, step, bucket, crossing)
            elif (number, *what[:2]) in self._ready:
                last_s = max(last_s, self._arrived(number, now_s, after_s, *what))
            else:
                self._early.setdefault((number, *what[:2]), []).append(int(what[2]))
        return last_s + after_s

    def _begin(self, worker: int, step: int, now_s: float) -> None:
        for bucket, ready_s in enumerate(self._ready_s):
            self._at(now_s + ready_s, "ready", worker, (step, bucket))

    def _at(self, at_s: float, kind: str, number: int, what: tuple[float, ...]) -> None:
        heapq.heappush(self._events, (at_s, next(self._order), kind, number, what))

    def _arrived(self, worker: int, now_s: float, after_s: float, step: float, bucket: float, crossing: float) -> float:
        """Send a part on, or count it as the worker's last of its bucket."""
        if crossing < self._crossings:
            self._go_on(worker, now_s, step, bucket, crossing)
            return 0.0
        self._left[worker][int(step)] -= 1
        if not self._left[worker][int(step)] and step + 1 < self._steps:
            self._begin(worker, int(step) + 1, now_s + after_s)
        return now_s

    def _go_on(self, worker: int, now_s: float, step: float, bucket: float, crossing: float) -> None:
        connection = self._connections[worker]
        if not connection.queue:
            connection.idle_until(now_s)
        connection.queue.append([self._part, step, bucket, crossing])
        self._send(worker, now_s)

    def _send(self, worker: int, now_s: float) -> None:
        """Send what the window has room for."""
        own = self._connections[worker]
        while own.queue and own.open() >= min(own.queue[0][0], SEGMENT_BYTES):
            head = own.queue[0]
            size = min(head[0], own.open(), own.grain)
            own.free_s = own.sent_s = max(own.free_s, now_s) + size / own.way.bytes_per_s
            there_s = own.free_s + own.way.out_s
            head[0] -= size
            if own.rtt_s:
                own.under_way += size
                own.used = max(own.used, own.under_way)
                self._at(there_s + own.way.back_s, "acknowledged", worker, (size,))
            if head[0] <= 0:
                own.queue.popleft()
                following = (worker + 1) % len(self._connections)
                self._at(there_s, "arrived", following, (head[1], head[2], head[3] + 1))
