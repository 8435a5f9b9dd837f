# SPDX-License-Identifier: BSD-3-Clause
"""[guest] The forecaster: before every slot it says what it believes of each area, from that slot on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from apnemu.emulation.apps.watt.calendar import Calendar
from apnemu.emulation.apps.watt.desk import Desk
from apnemu.emulation.apps.watt.messages import Message


class Forecaster:
    """The forecaster's program. `believed` has its figures by area and quantity, from the first slot on."""

    def __init__(
        self, desk: Desk, calendar: Calendar, aggregator: str, believed: Mapping[str, Mapping[str, Sequence[int]]]
    ) -> None:
        self._desk = desk
        self._calendar = calendar
        self._aggregator = aggregator
        self._believed = believed

    def begin(self) -> None:
        """Plan a forecast before every slot that is still to come."""
        for slot in range(self._calendar.next_slot(self._desk.now_ns()), self._calendar.slots):
            self._desk.at(self._calendar.opens_ns(slot), partial(self._say, slot))

    def taken(self, message: Message) -> None:
        """Hear nothing: nobody tells a forecaster anything."""

    def _say(self, slot: int) -> None:
        for area, quantities in self._believed.items():
            for quantity, figures in quantities.items():
                ahead = list(figures[slot : slot + self._calendar.horizon])
                self._desk.send(
                    self._aggregator,
                    "forecast",
                    slot,
                    slot + self._calendar.lease - 1,
                    area=area,
                    quantity=quantity,
                    made_at_ns=self._desk.now_ns(),
                    value=ahead,
                    sigma=[0] * len(ahead),
                )
