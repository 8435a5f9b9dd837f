# SPDX-License-Identifier: BSD-3-Clause
"""A profile: what areas, feeders and feeds ask and give, slot by slot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import ArrayLike, NDArray

from apnemu.units import S_PER_DAY, s_to_h

Series = NDArray[np.float64]


def series(values: ArrayLike) -> Series:
    """Figures slot by slot, which nobody can write to."""
    held = np.array(values, dtype=np.float64)
    held.setflags(write=False)
    return held


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """Figures of things (areas, feeders, sites) in slots of one length, gapless, from `begin` on.

    `values` holds by thing and quantity ("demand_mw") a read-only array with a figure for each slot. Two profiles are
    equal if all their figures are.

    Raises:
        ValueError: no slot, a slot without a length, or arrays of different lengths.
    """

    begin: datetime
    slot_s: int
    values: Mapping[str, Mapping[str, Series]]

    def __post_init__(self) -> None:
        counts = {len(array) for quantities in self.values.values() for array in quantities.values()}
        if len(counts) != 1 or 0 in counts or self.slot_s <= 0:
            raise ValueError(f"a profile has {sorted(counts)} slots of {self.slot_s} s; all its arrays must be equal")

    @property
    def slots(self) -> int:
        """Number of slots."""
        return len(next(iter(next(iter(self.values.values())).values())))

    @property
    def slot_h(self) -> float:
        """Length of a slot in hours."""
        return s_to_h(self.slot_s)

    @property
    def slots_a_day(self) -> int:
        """Whole slots in a day."""
        return S_PER_DAY // self.slot_s

    def of(self, thing: str, quantity: str) -> Series:
        """Figures of a thing; zeros where it has none of that quantity."""
        return self.values.get(thing, {}).get(quantity, series(np.zeros(self.slots)))

    def has(self, thing: str, quantity: str) -> bool:
        """Whether the profile knows the quantity of a thing."""
        return quantity in self.values.get(thing, {})

    def at(self, slot: int) -> datetime:
        """The instant at which a slot begins."""
        return self.begin + timedelta(seconds=self.slot_s * slot)

    def first_day(self) -> int:
        """The first slot of a run: midnight, by the profile's own clock, with a whole day before it and one after it.

        Without one it is the first midnight with a whole day after it; without that the first slot.
        """
        day = self.slots_a_day
        midnights = [slot for slot in range(self.slots - day + 1) if self.at(slot).time() == datetime.min.time()]
        return next((slot for slot in midnights if slot >= day), next(iter(midnights), 0))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Profile) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        arrays = ((thing, name, array.tobytes()) for thing, of in self.values.items() for name, array in of.items())
        return self.begin, self.slot_s, tuple(arrays)


NO_PROFILE = Profile(begin=datetime(1970, 1, 1, tzinfo=UTC), slot_s=S_PER_DAY, values={"": {"": series([0.0])}})
"""The profile of a power file that has none, since it has no areas: a slot in which nothing is known."""
