# SPDX-License-Identifier: BSD-3-Clause
"""What decides where a data centre can stand: substations and their bookings, candidates, hazards, submarine cables."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Connection = Literal["firm", "tripped", "following"]
"""How sure a connection is: firm; tripped, off on a fault of a line; following, at most what is free at each hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Substation:
    """A substation: `headroom_mw` for new firm load, or the `lines_mw` that feed it and what it carries already.

    `peak_load_mw` is what it carries at its highest hour, `low_load_mw` at its lowest (None: always the peak). New load
    is connected from `ready_year` on. `lat` and `lon` are in degrees.
    """

    name: str
    lat: float
    lon: float
    voltage_kv: float
    ready_year: int
    area: str = ""
    headroom_mw: float | None = None
    lines_mw: tuple[float, ...] = ()
    peak_load_mw: float = 0.0
    low_load_mw: float | None = None

    def room_mw(self, connection: Connection) -> float:
        """Room for new load, MW. Firm load must be fed while any one line is out (N-1); load that is tripped then may
        use all lines; load that follows may use what N-1 leaves at the lowest hour.

        >>> two = Substation(name="s", lat=0, lon=0, voltage_kv=66, ready_year=2026, lines_mw=(100, 100))
        >>> two.room_mw("firm"), two.room_mw("tripped"), two.room_mw("following")
        (100.0, 200.0, 100.0)

        A substation that states its headroom alone has no more by another connection: nothing says so.
        """
        if self.headroom_mw is not None:
            return self.headroom_mw
        lines, low_mw = math.fsum(self.lines_mw), self.low_load_mw
        without_one = lines - max(self.lines_mw, default=0.0)
        load_mw = self.peak_load_mw if connection != "following" or low_mw is None else low_mw
        return max(0.0, (lines if connection == "tripped" else without_one) - load_mw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A request for room at a substation, in a year. One that never `builds` holds its room idle."""

    at: str
    owner: str
    mw: float
    year: int
    builds: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A place where a data centre may stand: `near` is the site of the topology whose fibres reach it.

    `land_ha` is its land, `road_km` the way to a trunk road; `agrees` is the municipality. Where it has no coordinates,
    it lies at the site that it is near; `substation` names what would feed it, else one is chosen.
    """

    name: str
    near: str
    land_ha: float
    road_km: float
    ground: Literal["firm", "soft"]
    agrees: bool
    lat: float | None = None
    lon: float | None = None
    substation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazard:
    """A disaster that hits what lies in any of its `circles`: latitude, longitude, radius in km over ground."""

    name: str
    circles: tuple[tuple[float, float, float], ...]
    source: str = "not stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """A place where submarine cables come ashore."""

    name: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cable:
    """A submarine cable: where it leads `to`, its landings here, its capacity, and the country of its owner."""

    name: str
    to: str
    landings: tuple[str, ...]
    gbps: float
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """An internet exchange at a site of the topology."""

    name: str
    site: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A region's data centres today: floor area and number of buildings."""

    name: str
    area_m2: float
    buildings: int


@dataclass(frozen=True, kw_only=True)
class Places:
    """What a power file says of places for data centres, each kind in the file's order.

    A file that says this and no more has no areas, and `profile.NO_PROFILE`.
    """

    substations: tuple[Substation, ...] = ()
    bookings: tuple[Booking, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    landings: tuple[Landing, ...] = ()
    cables: tuple[Cable, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    regions: tuple[Region, ...] = ()
