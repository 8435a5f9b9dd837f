# SPDX-License-Identifier: BSD-3-Clause
"""Use of the spectrum: a whole number for each fibre, with a bit for each step of 6.25 GHz that is lit."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from apnemu.model.plant import Plant
from apnemu.model.spectrum import Band, Slot


class SpectrumUse:
    """Spectrum of a plant's fibres that is lit, or that their amplifiers do not carry. Both fibres of a pair carry the
    same slots."""

    def __init__(self, plant: Plant) -> None:
        self.band = plant.band
        self.lit = {fibre.name: not_carried(plant, (fibre.name,)) for fibre in plant.fibres}
        self._slots = cache(self._masks)

    def first_fit(self, fibres: Iterable[str], m: int, barred: int = 0) -> Slot | None:
        """Find the lowest slot of width m that is dark on all the fibres (wavelength continuity) and not `barred`; None
        if none is."""
        lit = barred
        for fibre in fibres:
            lit |= self.lit[fibre]
        for slot, mask in self._slots(m):
            if not lit & mask:
                return slot
        return None

    def light(self, fibres: Iterable[str], slot: Slot) -> None:
        """Light a slot on fibres on which it is dark."""
        mask = slot_mask(self.band, slot)
        for fibre in fibres:
            assert not self.lit[fibre] & mask, f"{slot} is lit on {fibre} already"
            self.lit[fibre] |= mask

    def dark_steps(self, fibre: str) -> int:
        """Steps of 6.25 GHz that carry no light and could."""
        return self.band.high - self.band.low - self.lit[fibre].bit_count()

    def _masks(self, m: int) -> tuple[tuple[Slot, int], ...]:
        return tuple((slot, slot_mask(self.band, slot)) for slot in self.band.slots(m=m))


def not_carried(plant: Plant, fibres: Iterable[str]) -> int:
    """Mask of the spectrum of the plant's band in which light does not pass all of some fibres."""
    width = plant.band.high - plant.band.low
    dark = (1 << width) - 1
    for band in plant.carried(fibres):
        dark &= ~(((1 << (band.high - band.low)) - 1) << (band.low - plant.band.low))
    return dark


def slot_mask(band: Band, slot: Slot) -> int:
    """Mask of a slot as bits, the band's lower edge at bit 0.

    >>> bin(slot_mask(Band(low=-4, high=20), Slot(n=0, m=2)))
    '0b111100'
    """
    return ((1 << (2 * slot.m)) - 1) << (slot.low - band.low)
