# SPDX-License-Identifier: BSD-3-Clause
"""Board between a lab's threads and the server's: what is known of each network, who follows, and what pages ask for.

Whoever begins to follow gets all that is kept, then what is new. What grows is kept to a bound; how much was let go is
told.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from apnemu.live.orders import Order

KEPT: Final = {"samples": 20_000, "events": 1_000, "changes": 10_000, "output": 2_000}
"""Entries that are kept of each kind that grows."""
MOST_ORDERS: Final = 100
Value = dict[str, Any]
Follower = Callable[[Value], None]


class Board:
    """What pages show, and what they ask for. Every method may be called from any thread."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._lock = threading.Lock()
        self._shared: Value = {"mode": "starts"}
        self._networks: dict[str, Value] = {network: {} for network in networks}
        self._grown = {network: {kind: deque[Any](maxlen=most) for kind, most in KEPT.items()} for network in networks}
        self._followers: list[Follower] = []
        self._has_followed = False
        self._alone_since_s: float | None = None
        self._orders: queue.Queue[Order] = queue.Queue(MOST_ORDERS)

    def post(self, network: str = "", **news: Any) -> None:
        """Have all who follow hear of a network's news, or of what is the whole's (network "")."""
        if not news:
            return
        with self._lock:
            kept = self._networks[network] if network else self._shared
            for key, value in news.items():
                if network and key in KEPT:
                    self._grown[network][key].extend(value)
                else:
                    kept[key] = value
            told: Value = {"networks": {network: news}} if network else dict(news)
            for follower in self._followers:
                follower(told)

    def tell(self, **news: Any) -> None:
        """Have all who follow now hear of something that is not kept."""
        with self._lock:
            for follower in self._followers:
                follower(news)

    def follow(self, follower: Follower) -> Callable[[], None]:
        """Tell all that is kept, then what is new; returns what ends that. `follower` must not wait."""
        with self._lock:
            networks = {
                network: {**kept, **{kind: list(grown) for kind, grown in self._grown[network].items() if grown}}
                for network, kept in self._networks.items()
            }
            follower({**self._shared, "networks": networks})
            self._followers.append(follower)
            self._has_followed, self._alone_since_s = True, None
        return lambda: self._leave(follower)

    def alone_s(self) -> float:
        """Wall time since the last follower has left; 0 while there is one, and before the first has come."""
        with self._lock:
            since_s = self._alone_since_s
            return 0.0 if since_s is None else time.monotonic() - since_s

    def has_been_followed(self) -> bool:
        """Whether a page has been open at any time."""
        return self._has_followed

    def ask(self, order: Order) -> bool:
        """Have an order carried out; False where too many wait."""
        try:
            self._orders.put_nowait(order)
        except queue.Full:
            return False
        return True

    def order(self, wait_s: float | None) -> Order | None:
        """The next order; None where none comes within that time (None: as long as it takes)."""
        try:
            return self._orders.get(block=wait_s is None or wait_s > 0, timeout=wait_s or None)
        except queue.Empty:
            return None

    def shared(self) -> Mapping[str, Any]:
        """What is known of the whole."""
        with self._lock:
            return dict(self._shared)

    def _leave(self, follower: Follower) -> None:
        with self._lock:
            self._followers.remove(follower)
            if not self._followers:
                self._alone_since_s = time.monotonic()
