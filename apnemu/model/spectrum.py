# SPDX-License-Identifier: BSD-3-Clause
"""Slots of light on the flexible grid of ITU-T G.694.1, in whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

ANCHOR_THZ = 193.1
"""Anchor of the grid (ITU-T G.694.1, clause 7)."""
STEP_GHZ = 6.25
"""Granularity of a slot's centre: n counts these from the anchor."""
WIDTH_GHZ = 12.5
"""Granularity of a slot's width: m counts these."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Slot:
    """A frequency slot: centre 193.1 THz + n x 6.25 GHz, width m x 12.5 GHz (ITU-T G.694.1, clause 7).

    `low` and `high` are its edges in steps of 6.25 GHz from the anchor, so that slots are compared as integers.

    >>> Slot(n=0, m=4).low, Slot(n=0, m=4).high
    (-4, 4)
    >>> Slot(n=0, m=4).overlaps(Slot(n=8, m=4)), Slot(n=0, m=4).overlaps(Slot(n=7, m=4))
    (False, True)
    """

    n: int
    m: int

    def __post_init__(self) -> None:
        if self.m < 1:
            raise ValueError(f"a slot is at least one step of 12.5 GHz wide, not m = {self.m}")

    @property
    def low(self) -> int:
        """Lower edge, in steps of 6.25 GHz from the anchor."""
        return self.n - self.m

    @property
    def high(self) -> int:
        """Upper edge, in steps of 6.25 GHz from the anchor."""
        return self.n + self.m

    @property
    def centre_thz(self) -> float:
        """Centre frequency for people and files; never turned back into n.

        >>> Slot(n=16, m=4).centre_thz
        193.2
        """
        return round(ANCHOR_THZ + self.n * STEP_GHZ / 1e3, 5)

    @property
    def width_ghz(self) -> float:
        """Width of the slot."""
        return self.m * WIDTH_GHZ

    def overlaps(self, other: Slot) -> bool:
        """Whether two slots share spectrum; slots that only touch do not."""
        return self.low < other.high and other.low < self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The spectrum that a fibre's amplifiers carry, as edges in steps of 6.25 GHz from the anchor.

    The default is the C band as GNPy's example equipment takes it, 191.3 to 196.1 THz (4.8 THz, 64 slots of 75 GHz).

    >>> [slot.n for slot in Band().slots(m=6)][:3], len(Band().slots(m=6))
    ([-282, -270, -258], 64)
    """

    low: int = -288
    high: int = 480

    def slots(self, *, m: int) -> tuple[Slot, ...]:
        """Slots of width m (steps of 12.5 GHz) side by side over the band, lowest frequency first."""
        return tuple(Slot(n=n, m=m) for n in range(self.low + m, self.high - m + 1, 2 * m))
