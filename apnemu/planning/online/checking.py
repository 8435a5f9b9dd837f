# SPDX-License-Identifier: BSD-3-Clause
"""Invariants of `Light`, which hold after any sequence of events."""

from __future__ import annotations

from itertools import combinations

from apnemu.model.assignment import Lightpath
from apnemu.model.plant import Plant
from apnemu.planning.online.service import Lit, Status
from apnemu.planning.online.state import ROLES, State


def check(state: State, services: tuple[Status, ...], lit: tuple[Lit, ...]) -> None:
    """Raise AssertionError where an invariant is broken: slots, dead elements, services, transceivers, continuity."""
    _slots(state, lit)
    _living(state, lit)
    _services(state, services, lit)
    _transceivers(state, lit)
    for kept in state.kept.values():
        for leg in kept.legs.values():
            _continuous(state.plant, leg.path)


def _slots(state: State, lit: tuple[Lit, ...]) -> None:
    """Check that no slot of a fibre is held twice at once, but by reservations of services that share no risk."""
    held = {leg.path.id: leg.path for kept in state.kept.values() for leg in kept.legs.values()}
    held |= {id: gone.path for id, gone in state.leaving.items()}
    for fibre, holds in state.ledger.on.items():
        through = {id for id, path in held.items() if fibre in path.fibres}
        assert through == set(holds), f"{fibre}: {sorted(map(str, through ^ set(holds)))} held or forgotten"
        for first, second in combinations(holds.values(), 2):
            if first.period.meets(second.period) and first.lightpath.slot.overlaps(second.lightpath.slot):
                names = f"{first.lightpath.name} and {second.lightpath.name}"
                assert first.allows(second), f"{fibre}: {names} have {first.lightpath.slot} at a time"
    for path, other in combinations([light.lightpath for light in lit], 2):
        if set(path.fibres) & set(other.fibres):
            assert not path.slot.overlaps(other.slot), f"{path.name} and {other.name} are lit in one slot of a fibre"


def _living(state: State, lit: tuple[Lit, ...]) -> None:
    for light in lit:
        path = light.lightpath
        dead = state.chooser.dead_fibres.intersection(path.fibres) | state.chooser.dead_sites.intersection(path.route)
        assert not dead, f"{path.name} is lit over {sorted(dead)}, which is dead"
        mode = next(mode for mode in state.plant.modes if mode.name == path.mode)
        counts_km = path.length_km + sum(
            state.plant.fibre[name].sag_km(state.chooser.sagging.get(name, 0.0)) for name in path.fibres
        )
        out = state.chooser.zones.outside((path.source, path.target))
        assert not out.touches(path.route, path.fibres), f"{path.name} is lit outside the zones of its ends"
        judged = state.chooser.reach.judge is not None
        assert judged or counts_km <= mode.reach_km, f"{path.name} is lit, and {counts_km} km are beyond {mode.name}"


def _services(state: State, services: tuple[Status, ...], lit: tuple[Lit, ...]) -> None:
    """Check that each service is carried by exactly one lightpath, or lost with a reason, or booked and dark."""
    carries = [light.service for light in lit if light.carries]
    assert len(carries) == len(set(carries)), "a service is carried twice"
    shining = {light.service for light in lit}
    assert [status.service.name for status in services] == list(state.kept), "a service is forgotten"
    for status in services:
        name = status.service.name
        if status.state in ("working", "protecting"):
            assert name in carries, f"{name} is {status.state} and nothing carries it"
        elif status.state == "lost":
            assert status.reason and name not in shining, f"{name} is lost without a reason, or lit"
        else:
            assert name not in shining, f"{name} is booked and lit"
    for name, kept in state.kept.items():
        legs = [leg.path for leg in kept.legs.values() if leg.lit or leg.numbers is None]
        if len(legs) == 2 and not kept.lost:
            assert state.chooser.apart(*legs), f"{name}: both lightpaths share a fibre or a risk"


def _transceivers(state: State, lit: tuple[Lit, ...]) -> None:
    gone = {(id.service, left.role) for id, left in state.leaving.items()}
    for site, uses in state.ledger.at.items():
        for (service, role, number), _ in uses.items():
            assert 0 <= number < state.ledger.count[site], f"{service} has transceiver {number} of {site}"
            known = service in state.kept or (service, role) in gone
            assert known, f"{service} is gone and has a transceiver of {site}"
        for one, other in combinations(uses.items(), 2):
            if one[0][2] == other[0][2]:
                assert not one[1].meets(other[1]), f"{site}: {one[0]} and {other[0]} at a time"
    for name, kept in state.kept.items():
        for site, client in zip(kept.ends, kept.clients or (), strict=False):
            own = {number for service, role, number in state.ledger.at[site] if service == name and role in ROLES}
            assert client in own, f"the hosts of {name} are on transceiver {client} of {site}, which is not its own"
    for light in lit:
        for site, number in zip((light.lightpath.source, light.lightpath.target), light.transceivers, strict=True):
            assert (light.service, light.role, number) in state.ledger.at[site], f"{light.lightpath.name}: {number}"


def _continuous(plant: Plant, path: Lightpath) -> None:
    """Check that a lightpath has one slot of its mode's width within the band, along fibres that join the sites of a
    simple route."""
    mode = next(mode for mode in plant.modes if mode.name == path.mode)
    assert path.slot.m == mode.slot_m and mode.rate_gbps >= path.rate_gbps, f"{path.name}: {mode.name}"
    assert any(band.holds(path.slot) for band in plant.carried(path.fibres)), f"{path.name}: {path.slot}"
    assert len(set(path.route)) == len(path.route), f"{path.name}: {path.route} is no simple route"
    for here, there, name in zip(path.route, path.route[1:], path.fibres, strict=False):
        fibre = plant.fibre[name]
        assert {fibre.a, fibre.b} == {here, there}, f"{path.name}: {name} does not join {here} and {there}"
