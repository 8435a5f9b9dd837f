# SPDX-License-Identifier: BSD-3-Clause
"""A schedule: what a plan has decided, site by site and slot by slot."""

from __future__ import annotations

from dataclasses import dataclass

from apnemu.power.flow import Dispatch
from apnemu.power.horizon import Asked, Horizon
from apnemu.power.program import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A move of work, or of a share of it, from one site to another at the beginning of a slot.

    `bytes` went over the network: its state, and what was written to it while it went; of a move that was given up, in
    vain, with a share of 0.
    """

    work: str
    origin: str
    target: str
    slot: int
    share: float
    bytes: float


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Decisions of a plan; arrays are (site, slot) in MW, `run_mw` (work, site, slot) in MW of IT.

    `undone_mwh` is of IT, by work. `value` is the program's own, by what was believed; `bound` the proven least of it.
    `flow_change_mw` (tie, slot) is what the planner believes that ties carry more, where prices are given.
    """

    asked: Asked
    over: Horizon
    run_mw: Floats
    grid_mw: Floats
    own_mw: Floats
    charge_mw: Floats
    discharge_mw: Floats
    dark_mw: Floats
    facility_mw: Floats
    undone_mwh: Floats
    moves: tuple[Move, ...]
    value: float
    bound: float
    dispatch: Dispatch | None
    flow_change_mw: Floats | None

    @property
    def load_mw(self) -> Floats:
        """Load of IT (site, slot)."""
        load: Floats = self.run_mw.sum(axis=0)
        return load
