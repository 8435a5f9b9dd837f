# SPDX-License-Identifier: BSD-3-Clause
"""Slots of light on the flexible grid of ITU-T G.694.1, in whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

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

    def holds(self, slot: Slot) -> bool:
        """Whether a slot lies within the band."""
        return self.low <= slot.low and slot.high <= self.high

    def __str__(self) -> str:
        """
        >>> str(Band())
        '191.3 to 196.1 THz'
        """
        low, high = (round(ANCHOR_THZ + edge * STEP_GHZ / 1e3, 5) for edge in (self.low, self.high))
        return f"{low:.9g} to {high:.9g} THz"


def steps_above(thz: float) -> int:
    """The first step of the grid that is not below a frequency.

    >>> steps_above(191.275), steps_above(191.276), steps_below(191.276)
    (-292, -291, -292)
    """
    return ceil((thz - ANCHOR_THZ) * 1e3 / STEP_GHZ - 1e-6)


def steps_below(thz: float) -> int:
    """The last step of the grid that is not above a frequency."""
    return floor((thz - ANCHOR_THZ) * 1e3 / STEP_GHZ + 1e-6)


Bands = tuple[Band, ...]
"""Bands with guard gaps between them, lowest first: what an amplifier for C and L carries, for example."""


def common(one: Bands, other: Bands) -> Bands:
    """Spectrum that lies in both.

    >>> two = Band(low=0, high=9), Band(low=20, high=40)
    >>> [(band.low, band.high) for band in common(two, (Band(low=4, high=30),))]
    [(4, 9), (20, 30)]
    """
    both = (Band(low=max(a.low, b.low), high=min(a.high, b.high)) for a in one for b in other)
    return tuple(sorted((band for band in both if band.low < band.high), key=lambda band: band.low))


def without(bands: Bands, gaps: Bands) -> Bands:
    """What gaps leave of bands.

    >>> [(band.low, band.high) for band in without((Band(low=0, high=40),), (Band(low=9, high=20),))]
    [(0, 9), (20, 40)]
    """
    for gap in gaps:
        around = (Band(low=-(10**6), high=gap.low), Band(low=gap.high, high=10**6))
        bands = common(bands, around)
    return bands


LETTERS = (("U", 178.98), ("L", 184.49), ("C", 191.56), ("S", 195.94), ("E", 205.33), ("O", 220.44))
"""Names of bands and their lower edges in THz (ITU-T G.Sup39, table 6-1: 1675, 1625, 1565, 1530, 1460 and 1360 nm)."""


def told(bands: Bands) -> str:
    """Bands in words, each with the letter of the band in which its middle lies.

    >>> told((Band(low=-1080, high=-480), Band(low=-292, high=484)))
    '186.35 to 190.1 THz (L band) and 191.275 to 196.125 THz (C band)'
    """
    middles = [ANCHOR_THZ + (band.low + band.high) / 2 * STEP_GHZ / 1e3 for band in bands]
    letters = [[letter for letter, low in LETTERS if low <= middle][-1:] or ["-"] for middle in middles]
    return " and ".join(f"{band} ({letter} band)" for band, (letter,) in zip(bands, letters, strict=True)) or "nothing"
