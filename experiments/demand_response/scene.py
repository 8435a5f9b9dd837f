# SPDX-License-Identifier: BSD-3-Clause
"""Sites that are called, places of the parties, and what runs at the called sites at the call's instant.

Behind lines of which one fails, sites draw all that their connection admits: firm, what the other lines carry as well
(N-1); tripped, what all lines carry together. Work is taken larger or smaller by one factor for all of it.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from apnemu.errors import InputError
from apnemu.experiments.demand_response.settings import Case, Settings, clock_s
from apnemu.model.power import Feeder, Power, SitePower, Work
from apnemu.power.grid import feeder_base_mw
from apnemu.power.horizon import Horizon, horizon
from apnemu.units import S_PER_H

AGGREGATOR = "aggregator"
HALVINGS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Work that runs at its home at the call: MW of IT, seconds until it is done and until its window closes (None:
    endless)."""

    work: Work
    mw: float
    done_s: float | None
    by_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Sites and parties of a call. `to` is the site to which work may move, empty where there is none."""

    power: Power
    area: str
    operator: str
    operator_at: str
    hub: str
    called: tuple[str, ...]
    to: str
    line: Feeder | None
    running: Mapping[str, tuple[Running, ...]]

    @property
    def agents(self) -> tuple[str, ...]:
        """Sites whose agents take part."""
        return (*self.called, *([self.to] if self.to else []))

    def load_mw(self, site: str) -> float:
        """Load of a site's IT at the call."""
        return sum(one.mw for one in self.running[site])

    def facility_mw(self, site: str) -> float:
        """Power of a site's facility at the call."""
        return self.power.site[site].facility_mw(self.load_mw(site))


def scene_of(power: Power, settings: Settings) -> Scene:
    """The scene that settings ask for.

    Raises:
        InputError: an area, a site or a line is not there, or nothing runs where load is to go down.
    """
    over, at_s = horizon(power), clock_s(settings.clock)
    line = _line(power, settings.fault) if settings.fault else None
    area = line.area if line else _area(power, settings.area)
    if line and settings.area not in ("", line.area):
        raise _refused(f"area is {settings.area!r}; {line.name} lies in {line.area}", "leave area out")
    inside = [site.name for site in power.sites if site.area == area]
    called = tuple(line.sites if line else inside)
    running = {site.name: tuple(_running(over, site, at_s)) for site in power.sites}
    if not any(running[name] for name in called):
        where = f"behind {line.name}" if line else f"in {area}"
        raise _refused(f"clock is {settings.clock}; no work runs {where} then", "take another clock, or another area")
    operator = power.area[area].tso or f"tso-{area}"
    at = {party.name: party.at for party in power.parties}
    hub = next((party.at for party in power.parties if party.role == AGGREGATOR), power.sites[0].name)
    return Scene(
        power=power,
        area=area,
        operator=operator,
        operator_at=at.get(operator, called[0]),
        hub=hub,
        called=called,
        to=_target(power, settings.to, area, running),
        line=line,
        running=running,
    )


def beside(scene: Scene) -> tuple[Feeder, ...]:
    """The line that fails and those that feed one of its sites too, in the file's order."""
    assert scene.line is not None
    fed = set(scene.line.sites)
    return tuple(one for one in scene.power.feeders if one is scene.line or fed & set(one.sites))


def others_mw(scene: Scene, at_s: int) -> float:
    """What those lines carry beside the load of the called sites."""
    over = horizon(scene.power)
    slot = min(at_s // scene.power.profile.slot_s, over.slots - 1)
    base = sum(float(feeder_base_mw(over, one.name, one.base)[slot]) for one in beside(scene))
    return max(0.0, base - sum(scene.facility_mw(site) for site in scene.called))


def admitted_mw(scene: Scene, case: Case, at_s: int) -> float:
    """Most that the called sites may draw behind lines of which one may fail."""
    lines = [one.mw for one in beside(scene)]
    carried = sum(lines) - (max(lines) if case.connection == "firm" else 0.0)
    return max(0.0, carried - others_mw(scene, at_s))


def filled(scene: Scene, admitted: float) -> tuple[Scene, float]:
    """The scene in which the called sites draw what is admitted, or as much as their room takes; and the factor."""
    rooms = [scene.power.site[site].room_mw / load for site in scene.called if (load := scene.load_mw(site))]
    low, high = 0.0, min(rooms)

    def drawn(factor: float) -> float:
        return sum(scene.power.site[site].facility_mw(factor * scene.load_mw(site)) for site in scene.called)

    if drawn(high) > admitted:
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if drawn(middle) <= admitted else (low, middle)
    else:
        low = high
    running = dict(scene.running)
    for site in scene.called:
        running[site] = tuple(replace(one, mw=one.mw * low) for one in running[site])
    return replace(scene, running=running), low


def _running(over: Horizon, site: SitePower, at_s: int) -> list[Running]:
    """Work of a home that has arrived and is neither done nor too late."""
    found = []
    for work in over.power.work:
        if work.home != site.name or not work.from_s <= at_s < over.ends_s(work):
            continue
        if isinstance(work.hours, str):
            found.append(Running(work=work, mw=work.mw, done_s=None, by_s=None))
            continue
        done_s = work.from_s + work.hours * S_PER_H - at_s
        if done_s > 0:
            found.append(Running(work=work, mw=work.mw, done_s=done_s, by_s=float(over.ends_s(work) - at_s)))
    return found


def _area(power: Power, name: str) -> str:
    if not name:
        return max(power.sites, key=lambda site: site.room_mw).area
    lived = list(dict.fromkeys(site.area for site in power.sites))
    if name not in lived:
        near = difflib.get_close_matches(name, lived, n=1) or lived[:1]
        raise _refused(f"area is {name!r}; no data centre lies in such an area", f"for example --set area={near[0]}")
    return name


def _line(power: Power, name: str) -> Feeder:
    known = {feeder.name: feeder for feeder in power.feeders}
    if not known:
        raise _refused(
            f"fault is {name!r}; {power.name} has no feeders", "add feeders to the power file, or leave fault out"
        )
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1) or list(known)[:1]
        raise _refused(f"fault is {name!r}; there is no such feeder", f"for example --set fault={near[0]}")
    return known[name]


def _target(power: Power, name: str, area: str, running: Mapping[str, Sequence[Running]]) -> str:
    """The site to which work may move: the one that is named, or that with most room."""
    if name:
        known = [site.name for site in power.sites if site.area != area]
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1) or known[:1]
            way_out = f"for example --set to={near[0]}" if near else "add a data centre to the topology"
            raise _refused(f"to is {name!r}; it must be a data centre outside the area {area}", way_out)
        return name
    free = {
        site.name: site.room_mw - sum(one.mw for one in running[site.name])
        for site in power.sites
        if site.area != area and site.pooled
    }
    roomy = {name: mw for name, mw in free.items() if mw > 0}
    return max(roomy, key=lambda name: roomy[name], default="")


def _refused(fact: str, way_out: str) -> InputError:
    return InputError(f"{fact}; {way_out}", file="--set")
