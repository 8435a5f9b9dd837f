# SPDX-License-Identifier: BSD-3-Clause
"""[guest] A grid operator: grants of what others would change as much as its own lines can bear, and no reason why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from apnemu.emulation.apps.watt.desk import Desk
from apnemu.emulation.apps.watt.messages import Message

FEED = "feed-"
"""Beginning of the name of a site's feed, where changes are told by it."""


def feed_name(site: str) -> str:
    """Name of a site's feed in what an operator is asked: a site may be called as an area is.

    >>> feed_name("tokyo")
    'feed-tokyo'
    """
    return f"{FEED}{site}"


PARTS = 1_000_000_000
"""Shares of a change that go over a line are whole parts of this, so that everybody computes the same flow."""
TRIES = 64
SLACK = Fraction(1, 1000)
"""Power in kW by which a flow may be over a limit: 1 W, which shares in whole parts leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of an operator: a tie, or a feeder.

    `base_kw` is what it carries in each slot while nobody shifts; `most_kw` and `least_kw` (as a rule negative) are its
    limits. `share` has, by the name of an area or feeder, the parts of `PARTS` of a change there that go over it: a
    figure for each slot, the last for all that follow.
    """

    name: str
    base_kw: Sequence[int]
    least_kw: int
    most_kw: int
    share: Mapping[str, Sequence[int]]

    def flow(self, slot: int, change_kw: Mapping[str, int]) -> Fraction:
        """Flow in kW in a slot, with changes by area or feeder."""
        more = sum(
            self.share[name][min(slot, len(self.share[name]) - 1)] * kw
            for name, kw in change_kw.items()
            if name in self.share
        )
        return Fraction(self.base_kw[slot]) + Fraction(more, PARTS)

    def bears(self, slot: int, change_kw: Mapping[str, int]) -> bool:
        """Whether the line is within its limits, or no worse than without the change."""
        flow, base = self.flow(slot, change_kw), self.base_kw[slot]
        return min(self.least_kw, base) - SLACK <= flow <= max(self.most_kw, base) + SLACK


def granted(lines: Sequence[Line], slot: int, change_kw: Mapping[str, int]) -> dict[str, int]:
    """The greatest part of a change, the same of each area, that every line bears; in whole kW, rounded to none."""
    part = Fraction(1)
    for line in lines:
        base = Fraction(line.base_kw[slot])
        more = line.flow(slot, change_kw) - base
        if more > 0:
            part = min(part, max(line.most_kw - base, Fraction(0)) / more)
        elif more < 0:
            part = min(part, max(base - line.least_kw, Fraction(0)) / -more)
    largest = max((abs(kw) for kw in change_kw.values()), default=0)
    for attempt in range(TRIES):
        whole = {name: _toward_none(kw * part) for name, kw in change_kw.items()}
        if part <= 0 or all(line.bears(slot, whole) for line in lines):
            return whole
        # whole kW do not add up as their parts did: a little less, and where changes nearly cancel, much less
        part = part - Fraction(1, largest) if attempt < TRIES // 2 else part / 2
    return dict.fromkeys(change_kw, 0)


def _toward_none(kw: Fraction) -> int:
    """Whole kW of a change, of which a part is left out.

    >>> _toward_none(Fraction(-3, 2)), _toward_none(Fraction(1499999999, 1000000))
    (-1, 1500)
    """
    whole = int(abs(kw) + SLACK)
    return whole if kw > 0 else -whole


class Tso:
    """An operator's program: each question is answered at once, for the slots that it knows."""

    def __init__(self, desk: Desk, lines: Sequence[Line], slots: int) -> None:
        self._desk = desk
        self._lines = lines
        self._slots = slots

    def begin(self) -> None:
        """Wait for questions."""

    def taken(self, message: Message) -> None:
        """Answer an `ask`: of slots beyond its own knowledge nothing is granted."""
        if message["kind"] != "ask":
            return
        first, asked = message["slot"], message["change_kw"]
        answer: dict[str, list[int]] = {name: [] for name in asked}
        for number in range(max((len(kw) for kw in asked.values()), default=0)):
            change = {name: kw[number] if number < len(kw) else 0 for name, kw in asked.items()}
            known = first + number < self._slots
            part = granted(self._lines, first + number, change) if known else dict.fromkeys(change, 0)
            for name, kw in part.items():
                answer[name].append(kw)
        self._desk.send(message["from"], "grant", first, message["good_until_slot"], granted_kw=answer)
