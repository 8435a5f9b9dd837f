# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Instants of a day's slots, and of what the parties do before each of them begins.

`GATHER_NS` is the time that messages have for each of three steps: states and forecasts to the aggregator, its question
to the grid operators with the answers, orders with the handovers that follow from them. Between the first and the
second the aggregator decides, for its declared time.
"""

from __future__ import annotations

from dataclasses import dataclass

from apnemu.units import NS_PER_H, NS_PER_S

GATHER_NS = 10 * NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Slots of one length from `begin_ns` on; plans look `horizon` slots ahead and are good for `lease` of them.

    Raises:
        ValueError: what comes before a slot takes longer than a slot, or a count is not positive.
    """

    begin_ns: int
    slot_ns: int
    slots: int
    horizon: int = 48
    lease: int = 4
    decision_ns: int = 60 * NS_PER_S
    gather_ns: int = GATHER_NS

    def __post_init__(self) -> None:
        if min(self.slot_ns, self.slots, self.horizon, self.lease, self.gather_ns) <= 0 or self.decision_ns < 0:
            raise ValueError("slots, their length, horizon, lease and the time for messages are positive")
        if self.lead_ns > self.slot_ns:
            raise ValueError(
                f"decision of {self.decision_ns / NS_PER_S:g} s and messages of {3 * self.gather_ns / NS_PER_S:g} s: "
                f"together they may take a slot, {self.slot_ns / NS_PER_S:g} s"
            )

    @property
    def lead_ns(self) -> int:
        """Time from the first message about a slot until it begins."""
        return self.decision_ns + 3 * self.gather_ns

    def starts_ns(self, slot: int) -> int:
        """Instant at which a slot begins."""
        return self.begin_ns + slot * self.slot_ns

    def opens_ns(self, slot: int) -> int:
        """Instant at which states and forecasts for a slot are sent."""
        return self.starts_ns(slot) - self.lead_ns

    def decides_ns(self, slot: int) -> int:
        """Instant at which the aggregator begins to decide, with what has come."""
        return self.opens_ns(slot) + self.gather_ns

    def asks_ns(self, slot: int) -> int:
        """Instant at which it has decided, and asks the grid operators."""
        return self.decides_ns(slot) + self.decision_ns

    def orders_ns(self, slot: int) -> int:
        """Instant at which a plan goes out at the latest, answered or not."""
        return self.asks_ns(slot) + self.gather_ns

    def hands_over_ns(self, slot: int) -> int:
        """Instant at which agents hand over what is to run elsewhere, by the order that they have."""
        return self.starts_ns(slot) - self.gather_ns // 2

    def next_slot(self, now_ns: int) -> int:
        """The first slot whose messages are not yet due."""
        return max(0, -((self.opens_ns(0) - now_ns) // self.slot_ns))

    def last_good(self, slot: int) -> int:
        """The last slot for which a plan made for `slot` is good."""
        return slot + self.lease - 1

    def wh(self, kw: int) -> int:
        """Energy of a power over a slot, in whole Wh."""
        return kw * 1000 * self.slot_ns // NS_PER_H

    def kw(self, wh: int) -> int:
        """Least power that gives an energy within a slot, in whole kW."""
        return -(-wh * NS_PER_H // (1000 * self.slot_ns))
