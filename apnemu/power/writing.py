# SPDX-License-Identifier: BSD-3-Clause
"""A program of a plan while its parts are written, and what they share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apnemu.power.horizon import Asked, Horizon
from apnemu.power.program import Columns, Floats, Program

UNMET_PER_MWH = 1e6
"""Price of a MWh of work that is not done, or of a facility that is dark, in the file's currency; declared."""


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
