# SPDX-License-Identifier: BSD-3-Clause
"""The power system around data centres: areas and ties, what feeds a site, and the work that may move between sites.

All powers are MW; money is in the file's currency, and `yen` in a name stands for it. A site's work and room are MW of
IT, what it draws from the grid is MW of the whole facility.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, get_args

from apnemu.model.site_power import PUE as PUE
from apnemu.model.site_power import Battery as Battery
from apnemu.model.site_power import OwnPlant as OwnPlant
from apnemu.model.site_power import SitePower as SitePower
from apnemu.model.siting import Places
from apnemu.model.zone import Zone as Zone

if TYPE_CHECKING:
    from apnemu.model.profile import Profile

Shift = Literal["none", "time", "space", "both"]
SHIFTS: tuple[Shift, ...] = get_args(Shift)
MONEY = MappingProxyType({"JPY": "yen", "USD": "usd", "EUR": "eur"})
"""How the names of figures call a currency."""
HIDEABLE = ("jobs", "ranges", "cost", "feeders", "base", "weather", "demand", "compute")
"""What a party may keep to itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of an area's merit order: so many MW, at one price."""

    mw: float
    yen_per_mwh: float
    kgco2_per_mwh: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """An area of a grid operator (TSO); `supply` is in ascending order of price."""

    name: str
    tso: str = ""
    hz: int = 50
    supply: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """A line between two areas: at most `mw` from a to b, and `back_mw` back.

    Power spreads over AC ties by their `reactance` (per unit, of one base for all); what a DC tie carries is set at
    will. `base` is what it carries while nothing shifts, from a to b: a figure, or the profile's by this name.
    """

    name: str
    a: str
    b: str
    mw: float
    back_mw: float
    kind: Literal["ac", "dc"] = "ac"
    reactance: float = 0.0
    base: float | str = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeder:
    """A line of an area that feeds some sites: `base` is what it carries while nothing shifts, those sites included."""

    name: str
    area: str
    sites: tuple[str, ...]
    mw: float
    base: float | str = 0.0


LEAST_MOVE_PPM = 100
"""Least part of a work's state that moves, in millionths: what whole kW leave is less, and not worth light."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Work of an owner that begins at home: `mw` of IT for `hours`, within a window after the run's midnight.

    As it arrives it runs at `mw` from `from_s` on. Whole, it is one job: on or off, at one site, without a pause
    unless it is `pausable`. Otherwise it is many small ones, of which as many run at once as there is room for, at
    most `most_mw`. Work whose hours are all is endless: what it does not do is lost. `fixed` work stays as it arrives.
    """

    name: str
    owner: str
    home: str
    mw: float
    hours: float | Literal["all"] = "all"
    from_s: int = 0
    by_s: int | None = None
    state_bytes: float = 0.0
    whole: bool = False
    pausable: bool = True
    zone: str = ""
    kind: Literal["flexible", "fixed"] = "flexible"
    most_mw: float | None = None
    at: tuple[tuple[str, float], ...] = ()
    """Sites that have its state when a plan begins, each with its share; none: its home has it all."""

    @property
    def endless(self) -> bool:
        """Whether it goes on for as long as its window."""
        return self.hours == "all"

    @property
    def mwh(self) -> float:
        """Energy of IT that finite work takes; 0 of endless work."""
        return 0.0 if isinstance(self.hours, str) else self.mw * self.hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Participant with a program at a site, and what it keeps to itself."""

    name: str
    role: Literal["aggregator", "power", "dc"]
    at: str
    hides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What a move of work over light costs: energy at both ends together, and a stop in which its GPUs stand still."""

    nj_per_bit: float = 20.0
    stop_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """Worth of an hour of GPUs of 1 MW: 30,000 USD over 5 years at 0.7 kW and 150 yen per USD."""

    yen_per_it_mwh: float = 147_000.0


@dataclass(frozen=True, kw_only=True)
class Power(Places):
    """A checked power file, and what a topology says of its own sites (none where the file stands alone).

    Areas, ties, sites and work are in the file's order; that order is part of the value (it breaks ties).
    """

    name: str
    source: str
    licence: str
    inferred: tuple[str, ...]
    currency: str
    clearing: Literal["price", "dispatch"]
    profile: Profile
    areas: tuple[Area, ...]
    ties: tuple[Tie, ...] = ()
    feeders: tuple[Feeder, ...] = ()
    parties: tuple[Party, ...] = ()
    work: tuple[Work, ...] = ()
    zones: tuple[Zone, ...] = ()
    gpu: Gpu = Gpu()
    moves: Moves = Moves()
    sites: tuple[SitePower, ...] = ()

    @property
    def money(self) -> str:
        """The currency as names of figures have it: yen, usd, eur."""
        return MONEY[self.currency]

    @cached_property
    def site(self) -> Mapping[str, SitePower]:
        """Sites by name."""
        return MappingProxyType({site.name: site for site in self.sites})

    @cached_property
    def area(self) -> Mapping[str, Area]:
        """Areas by name."""
        return MappingProxyType({area.name: area for area in self.areas})

    @cached_property
    def zone(self) -> Mapping[str, Zone]:
        """Zones by name."""
        return MappingProxyType({zone.name: zone for zone in self.zones})

    def allowed(self, work: Work, site: str) -> bool:
        """Whether work may run at a site: by its own zone, or, where it has none, by its home's."""
        zone = work.zone or self.site[work.home].zone
        return not zone or self.zone[zone].allows(site)


def islands(names: Iterable[str], ties: Sequence[Tie], kinds: Sequence[str] = ("ac", "dc")) -> list[list[str]]:
    """Groups of areas that ties of some kinds join, each in the order of the names.

    >>> tie = Tie(name="t", a="x", b="z", mw=1, back_mw=1)
    >>> islands(["x", "y", "z"], [tie]), islands(["x", "y", "z"], [tie], ["dc"])
    ([['x', 'z'], ['y']], [['x'], ['y'], ['z']])
    """
    order = list(names)
    group = {name: name for name in order}

    def root(name: str) -> str:
        while group[name] != name:
            name = group[name]
        return name

    for tie in ties:
        if tie.kind in kinds:
            group[root(tie.b)] = root(tie.a)
    found: dict[str, list[str]] = {}
    for name in order:
        found.setdefault(root(name), []).append(name)
    return list(found.values())
