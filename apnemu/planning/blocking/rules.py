# SPDX-License-Identifier: BSD-3-Clause
"""Rules of a simulation: the grid, the routes tried, the way in which a slot is chosen, and what requests are like."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Literal

from apnemu.planning.blocking.candidates import Order

SLOT_GBAUD = 12.5
"""Symbol rate of a slot of 12.5 GHz, at 1 baud per Hz: with b bit/symbol the slot carries 12.5 x b Gbit/s."""
BITS_PER_SYMBOL = ((625.0, 4), (1250.0, 3), (2500.0, 2), (100_000.0, 1))
"""Pairs (reach in km, bit/symbol) of 16QAM, 8QAM, QPSK and BPSK, as in DeepRMSA (Chen et al., JLT 37(16), 2019) and
XLRON."""
MOST_SLOTS = 1023

Grid = Literal["fixed", "flex"]
Fit = Literal["first", "best", "fragments"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Rules of the planner: a request tries its `k` routes in `order`, and on the first route with room takes the slots
    that `fit` chooses.

    `grid`: on the fixed grid a request takes one of `slots` wavelengths; on the flexible grid it asks for a whole
    number of Gbit/s, one of `rates_gbps`, all equally likely or as the `rate_weights` say, and gets as many slots of
    12.5 GHz as the fastest modulation for the route's length needs, with `guard_slots` above them.
    `fit`: `first` the lowest free slots; `best` the lowest of the shortest stretch that is free from end to end and
    long enough; `fragments` the lowest slots after which the fibres of the route have the fewest free stretches.
    `separate`: False, one spectrum per fibre pair and lightpaths in both directions; True, each direction has its own
    spectrum and requests are one way, so pairs are ordered.
    `site_weights`: how much each data centre asks for, in the file's order; the share of requests between two is as the
    product of theirs. None: all pairs are equally likely.
    `redrawn`: holding times above twice the mean are drawn again, as DeepRMSA does; the true load is then 0.687 times
    the nominal one (`arrivals.MEAN_REDRAWN`).

    Raises:
        ValueError: a number is outside its limits.
    """

    grid: Grid = "fixed"
    slots: int = 40
    k: int = 5
    order: Order = "hops"
    fit: Fit = "first"
    separate: bool = False
    redrawn: bool = False
    guard_slots: int = 1
    rates_gbps: tuple[int, ...] = tuple(range(25, 101))
    rate_weights: tuple[float, ...] | None = None
    site_weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.slots <= MOST_SLOTS:
            raise ValueError(f"slots is {self.slots}; it must be from 1 to {MOST_SLOTS}")
        if self.k < 1:
            raise ValueError(f"k is {self.k}; at least one route must be tried; give 1 or more")
        if self.guard_slots < 0:
            raise ValueError(f"guard_slots is {self.guard_slots}; it must be 0 or more")
        if not self.rates_gbps or min(self.rates_gbps) < 1 or len(set(self.rates_gbps)) < len(self.rates_gbps):
            raise ValueError(f"rates_gbps are {self.rates_gbps}; give one or more, each 1 or more and once")
        weights = self.rate_weights
        if weights is not None and (len(weights) != len(self.rates_gbps) or min(weights) <= 0):
            raise ValueError(f"rate_weights are {weights}; give a number above 0 for each of {self.rates_gbps}")

    @property
    def sizes(self) -> tuple[int, ...]:
        """Rates in Gbit/s that a request may ask for; on the fixed grid a single stand-in."""
        return self.rates_gbps if self.grid == "flex" else (0,)

    @property
    def size_weights(self) -> tuple[float, ...] | None:
        """Weights of `sizes`; None if all are equally likely."""
        return self.rate_weights if self.grid == "flex" else None

    def bits(self, length_km: float) -> int:
        """Bit/symbol of the fastest modulation that reaches so far, 0 if none does; 1 on the fixed grid.

        >>> [Rules(grid="flex").bits(km) for km in (625.0, 625.1, 100_001.0)], Rules().bits(625.0)
        ([4, 3, 0], 1)
        """
        if self.grid == "fixed":
            return 1
        return next((bits for reach_km, bits in BITS_PER_SYMBOL if length_km <= reach_km), 0)

    def needed(self, length_km: float, rate_gbps: int) -> int:
        """Slots that a request takes on a route, guard included; more than `slots` if no modulation reaches so far.

        >>> Rules(grid="flex").needed(600.0, 100), Rules(grid="flex").needed(2500.1, 100), Rules().needed(1e6, 0)
        (3, 9, 1)
        """
        if self.grid == "fixed":
            return 1
        bits = self.bits(length_km)
        return ceil(rate_gbps / (SLOT_GBAUD * bits)) + self.guard_slots if bits else self.slots + 1
