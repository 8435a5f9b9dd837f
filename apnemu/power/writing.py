# SPDX-License-Identifier: BSD-3-Clause
"""A program of a plan while its parts are written, and what they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from apnemu.power.horizon import Asked, Horizon
from apnemu.power.program import Columns, Floats, Program

UNMET_PER_MWH = 1e6
"""Price of a MWh of work that is not done, or of a facility that is dark, in the file's currency; declared."""


@dataclass(frozen=True, kw_only=True)
class Underway:
    """What a plan in the midst of a day cannot see of work that was shifted before it.

    `busy_mw`: what GPUs of an owner do by work that may wait where nothing was ever shifted (owner -> MW by slot); of
    an owner who is not among them it is what is left of that work, as it arrives. `beyond_mwh`: work that there is time
    for after the plan's last slot (work -> MWh); it counts where GPUs never idle.
    """

    busy_mw: Mapping[str, Floats] = field(default_factory=dict)
    beyond_mwh: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Writing:
    """A program that is being written; `x` is work in MW of IT by (work, candidate, slot)."""

    over: Horizon
    asked: Asked
    program: Program
    places: NDArray[np.int64]
    """Number of the site of each candidate (work, candidate); home where a work has fewer candidates than others."""
    x: Columns
    most_mw: Floats
    """Most that each piece of work may take in each slot (work, slot)."""
    price: Floats
    """Price of energy and its CO2 at each site (site, slot)."""
    underway: Underway = field(default_factory=Underway)
