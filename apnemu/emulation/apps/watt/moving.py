# SPDX-License-Identifier: BSD-3-Clause
"""[guest] State on its way from one site to another, and who carries it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from apnemu.model.power import LEAST_MOVE_PPM

Key = tuple[str, str, str, int]
"""A job, the site that it leaves, the one that it comes to, the slot for which it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """State on its way: `bytes` at full size, which go over the network divided by `scale`, for the agent `owner`."""

    job: str
    owner: str
    origin: str
    target: str
    slot: int
    bytes: int
    scale: int

    @property
    def key(self) -> Key:
        return self.job, self.origin, self.target, self.slot

    def body(self, what: str) -> dict[str, Any]:
        """Body of a message about it."""
        names = ("job", "owner", "origin", "target", "bytes", "scale")
        return {"what": what, **{name: getattr(self, name) for name in names}}


class Carrier(Protocol):
    """Carrier of state over the network, for one agent."""

    def lead_ns(self, moving: Moving, beside: Sequence[Moving]) -> int:
        """Time that a move takes, with the light for it, while others go from the same site."""

    def send(self, moving: Moving, until_ns: int, ready: Callable[[int, int], None]) -> None:
        """Ask for light until an instant and send over it; `ready` is told port and transceiver of the receiver."""

    def take(self, moving: Moving, port: int, transceiver: int, until_ns: int, came: Callable[[], None]) -> None:
        """Wait for state until an instant; `came` is called once all of it is there."""

    def drop(self, moving: Moving) -> None:
        """Wait no longer; what has come already is told before this returns."""


def least_move(state_bytes: int) -> int:
    """Bytes of a state below which nothing moves.

    >>> least_move(2_000_000_000), least_move(10)
    (200000, 1)
    """
    return max(1, state_bytes * LEAST_MOVE_PPM // 1_000_000)
