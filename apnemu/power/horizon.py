# SPDX-License-Identifier: BSD-3-Clause
"""What a plan is asked for, and the power system as arrays over the slots that it looks ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Literal

import numpy as np

from apnemu.errors import InputError
from apnemu.model.power import Power, Shift, Work
from apnemu.power.program import Floats
from apnemu.units import S_PER_DAY

MOST_CANDIDATES = 8
"""Most sites at which a piece of work may run, its home among them: all sites for all work are hours of computing."""
Idle = Literal["never", "priced", "free"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a plan may do. By default work moves in space and no owner's GPUs ever do less than without a plan.

    `idle` priced: idle GPUs cost `gpu_yen_per_it_mwh` (None: the power file's), and endless work may pause and is lost;
    free: to put work off costs nothing. `flow` known goes by power flow, blind takes each tie as a pipe. `jobs` whole
    makes one job of work that is whole; fluid takes it for many small ones. State that moves has come in slot
    `arrives` at the earliest: 0 where moves are over before the plan begins, 1 where the first slot is for them.
    """

    shift: Shift = "space"
    idle: Idle = "never"
    flow: Literal["known", "blind"] = "known"
    jobs: Literal["fluid", "whole"] = "fluid"
    days: int = 1
    yen_per_tco2: float = 0.0
    gpu_yen_per_it_mwh: float | None = None
    arrives: int = 0

    def gpu(self, power: Power) -> float:
        """Worth of a MWh of GPUs."""
        return power.gpu.yen_per_it_mwh if self.gpu_yen_per_it_mwh is None else self.gpu_yen_per_it_mwh


@dataclass(frozen=True, kw_only=True)
class Horizon:
    """The slots of a plan: from the run's midnight to the end of its days, or until the last work must be done."""

    power: Power
    begin: int
    slots: int
    days: int

    @property
    def window(self) -> slice:
        """The slots within the profile."""
        return slice(self.begin, self.begin + self.slots)

    @property
    def hours(self) -> float:
        """Length of a slot."""
        return self.power.profile.slot_h

    @cached_property
    def site_areas(self) -> Sequence[int]:
        """Number of each site's area."""
        at = {area.name: index for index, area in enumerate(self.power.areas)}
        return [at[site.area] for site in self.power.sites]

    def of_areas(self, quantity: str) -> Floats:
        """A quantity of the profile (area, slot)."""
        return np.array([self.power.profile.of(area.name, quantity)[self.window] for area in self.power.areas])

    def overlap(self, from_s: float, to_s: float) -> Floats:
        """Share of each slot that lies between two instants after the run's midnight."""
        slot_s = self.power.profile.slot_s
        begins = np.arange(self.slots) * slot_s
        inside = np.minimum(to_s, begins + slot_s) - np.maximum(from_s, begins)
        share: Floats = np.clip(inside, 0, slot_s) / slot_s
        return share

    def ends_s(self, work: Work) -> int:
        """Instant by which work must be done, in s after midnight; where nothing is said, the end of the days."""
        return min(self.slots * self.power.profile.slot_s, self.days * S_PER_DAY if work.by_s is None else work.by_s)

    @cached_property
    def open_share(self) -> Floats:
        """Share of each slot in which work may run (work, slot)."""
        shares = [self.overlap(work.from_s, self.ends_s(work)) for work in self.power.work]
        return np.array(shares).reshape(len(shares), self.slots)

    @cached_property
    def arrival_mw(self) -> Floats:
        """What work takes as it arrives (work, slot): mean MW of the slot."""
        rows = []
        for work in self.power.work:
            lasts_s = np.inf if isinstance(work.hours, str) else work.hours * 3600
            rows.append(work.mw * self.overlap(work.from_s, min(self.ends_s(work), work.from_s + lasts_s)))
        return np.array(rows).reshape(len(rows), self.slots)


def horizon(power: Power, days: int = 1) -> Horizon:
    """The slots of a plan over some days. Raises InputError where the profile has not as many."""
    profile = power.profile
    begin, day = profile.first_day(), profile.slots_a_day
    left = profile.slots - begin
    if days > 1 and days * day > left:
        fact = f"days is {days}; the profile of {power.name} has {left // day} from the run's midnight on"
        raise InputError(f"{fact}; ask for fewer, or give a longer profile", file="days")
    latest_s = max((work.by_s or 0 for work in power.work), default=0)
    slots = max(days * day, ceil(latest_s / profile.slot_s))
    return Horizon(power=power, begin=begin, slots=min(left, slots), days=days)


def candidates(over: Horizon, asked: Asked, price: Floats) -> list[list[int]]:
    """The sites at which each piece of work may run, by number: home first, then by price times PUE, then by name.

    Only sites of its zone are among them, and only if both its home and they are pooled; those that have its state come
    before all others. `price` is the areas' (area, slot); a site's PUE is that of a full room.
    """
    sites = over.power.sites
    cost = {
        index: float(price[over.site_areas[index]].mean()) * site.facility_mw(site.room_mw) / site.room_mw
        for index, site in enumerate(sites)
        if site.room_mw > 0
    }
    found = []
    for work in over.power.work:
        home = next(index for index, site in enumerate(sites) if site.name == work.home)
        others = [
            index
            for index in cost
            if index != home and sites[index].pooled and over.power.allowed(work, sites[index].name)
        ]
        has = {name for name, share in work.at if share > 0}
        others.sort(key=lambda index: (sites[index].name not in has, cost[index], sites[index].name))
        moves = asked.shift in ("space", "both") and work.kind == "flexible" and sites[home].pooled
        found.append([home, *(others[: MOST_CANDIDATES - 1] if moves else [])])
    return found
