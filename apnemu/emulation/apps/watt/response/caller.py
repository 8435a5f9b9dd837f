# SPDX-License-Identifier: BSD-3-Clause
"""[guest] The grid operator that calls: for what it was told to, or, when a line fails, for what others cannot carry.

What its lines carry is the operator's alone: others see the call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apnemu.emulation.apps.watt.desk import Desk
from apnemu.emulation.apps.watt.messages import Message
from apnemu.emulation.apps.watt.response.timed import Times


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What an operator asks for: `kw` less in an area, within `within_ns`, for `for_s`.

    Where `fault` names a line, `kw` is what `lines_kw` carry together before it fails, and all that the others cannot
    carry is asked for.
    """

    area: str
    kw: int
    within_ns: int
    for_s: int
    fault: str
    lines_kw: Mapping[str, int]

    def asked_kw(self) -> int:
        """Power that is asked for.

        >>> order = Order(area="x", kw=200, within_ns=1, for_s=1, fault="a", lines_kw={"a": 100, "b": 90})
        >>> order.asked_kw()
        110
        """
        if not self.fault:
            return self.kw
        return max(0, self.kw - sum(kw for name, kw in self.lines_kw.items() if name != self.fault))


class Caller:
    """The operator's program: it calls the aggregator once."""

    def __init__(self, desk: Desk, times: Times, aggregator: str, order: Order) -> None:
        self._desk = desk
        self._times = times
        self._aggregator = aggregator
        self._order = order

    def begin(self) -> None:
        """Plan the call."""
        self._desk.at(self._times.call_ns, self._call)

    def taken(self, message: Message) -> None:
        """Note the aggregator's answer."""
        if message["kind"] == "answer" and message["from"] == self._aggregator:
            since = self._times.since_call_ns
            self._desk.note(answered_kw=message["kw"], at_ns=since(message["at_ns"]), told_ns=self._since())

    def _since(self) -> int:
        return self._times.since_call_ns(self._desk.now_ns())

    def _call(self) -> None:
        asked = self._order.asked_kw()
        self._desk.note(called_kw=asked, fault=self._order.fault, at_ns=self._since())
        if asked:
            by_ns = self._desk.now_ns() + self._order.within_ns
            body = {"area": self._order.area, "kw": asked, "by_ns": by_ns, "for_s": self._order.for_s}
            self._desk.send(self._aggregator, "call", 0, 0, **body)
