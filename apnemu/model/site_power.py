# SPDX-License-Identifier: BSD-3-Clause
"""What a data centre takes from the grid: its feed, PUE, battery and own plant. Powers are MW."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

ROUND_TRIP = MappingProxyType({"lithium": 0.85, "hydrogen": 0.35})
"""Share of a battery's charge that comes back, where nothing is stated; declared."""
PUE = 1.4
"""Power usage effectiveness of a site that states none: METI's benchmark for data centres."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """A battery at a site; `round_trip` is the share of what it takes from the grid that it gives back."""

    mwh: float
    mw: float
    kind: Literal["lithium", "hydrogen"] = "lithium"
    round_trip: float | None = None
    begins_mwh: float | None = None
    """What it holds where a plan begins, which then ends with `ends_mwh` at least; None: it ends as it begins."""
    ends_mwh: float = 0.0

    @property
    def efficiency(self) -> float:
        """
        >>> Battery(mwh=1, mw=1, kind="hydrogen").efficiency, Battery(mwh=1, mw=1, round_trip=0.9).efficiency
        (0.35, 0.9)
        """
        return ROUND_TRIP[self.kind] if self.round_trip is None else self.round_trip


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPlant:
    """A plant behind a site's meter; it feeds the site alone."""

    mw: float
    yen_per_mwh: float
    kgco2_per_mwh: float = 0.0


@dataclass(frozen=True, kw_only=True)
class SitePower:
    """What a data centre takes from the grid, and whose it is.

    `room_mw` is its IT power. `feed`: firm; tripped, off within `within_s` of a fault; following, at most the MW that
    `follows` has for each slot of the profile. Where it is not `pooled`, its work stays and nobody else's comes. `pue`
    holds points of (share of the room, PUE); between them the facility's power is straight, and beyond them it goes on
    straight.
    """

    name: str
    area: str
    owner: str
    room_mw: float
    zone: str = ""
    feed_mw: float | None = None
    feed: Literal["firm", "tripped", "following"] = "firm"
    within_s: float | None = None
    follows: tuple[float, ...] = ()
    voltage_kv: float | None = None
    pooled: bool = True
    pue: tuple[tuple[float, float], ...] = ((1.0, PUE),)
    battery: Battery | None = None
    plant: OwnPlant | None = None
    lit_gbps: float | None = None
    """Rate at which it takes work in, that of the fastest light asked for there; None: nothing is asked, no limit."""

    @cached_property
    def lines(self) -> tuple[tuple[float, float], ...]:
        """The facility's power over its load as straight lines, (MW at no load, MW per MW of load), the greatest holds.

        >>> site = SitePower(name="a", area="x", owner="o", room_mw=100, pue=((0.25, 1.6), (1.0, 1.3)))
        >>> [(round(at_none, 9), round(slope, 9)) for at_none, slope in site.lines]
        [(10.0, 1.2)]
        """
        points = [(share, share * pue) for share, pue in self.pue]
        if len(points) == 1:
            return ((0.0, self.pue[0][1]),)
        slopes = [(y - y0) / (x - x0) for (x0, y0), (x, y) in pairwise(points)]
        return tuple(((y - slope * x) * self.room_mw, slope) for (x, y), slope in zip(points[:-1], slopes, strict=True))

    def facility_mw(self, load_mw: float) -> float:
        """Power of the whole facility at a load of its IT.

        >>> SitePower(name="a", area="x", owner="o", room_mw=100, pue=((0.25, 1.6), (1.0, 1.3))).facility_mw(25)
        40.0
        """
        return max(at_none + slope * load_mw for at_none, slope in self.lines)
