# SPDX-License-Identifier: BSD-3-Clause
"""Carriers of state in simulated time: light comes after a while, or never; copying takes its time, or breaks."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from apnemu.emulation.apps.watt.moving import Key, Moving
from apnemu.units import NS_PER_S
from tests.emulation.simulated_day import SimulatedDesk

LIGHT_NS, COPY_NS = 80 * NS_PER_S, 60 * NS_PER_S


@dataclass
class SimulatedCarrier:
    """The carrier of one agent. `fails` is the share of moves that break, before or while they are copied; those for
    the slots of `dark` get no light."""

    desk: SimulatedDesk
    fails: float = 0.0
    seed: int = 0
    dark: tuple[int, ...] = ()
    sent: list[Moving] = field(default_factory=list)
    dropped: set[Key] = field(default_factory=set)

    def lead_ns(self, moving: Moving, beside: Sequence[Moving]) -> int:
        return LIGHT_NS + 2 * COPY_NS

    def send(self, moving: Moving, until_ns: int, ready: Callable[[int, int], None]) -> None:
        self.sent.append(moving)
        at_ns = self.desk.now_ns() + LIGHT_NS
        if at_ns < until_ns and moving.slot not in self.dark and not self._breaks("light", moving):
            self.desk.at(at_ns, lambda: ready(1, 0))

    def take(self, moving: Moving, port: int, transceiver: int, until_ns: int, came: Callable[[], None]) -> None:
        def over() -> None:
            if moving.key not in self.dropped:
                came()

        at_ns = self.desk.now_ns() + COPY_NS
        if at_ns < until_ns and not self._breaks("copy", moving):
            self.desk.at(at_ns, over)

    def drop(self, moving: Moving) -> None:
        self.dropped.add(moving.key)

    def _breaks(self, what: str, moving: Moving) -> bool:
        return random.Random(f"{self.seed} {what} {moving.key}").random() < self.fails
