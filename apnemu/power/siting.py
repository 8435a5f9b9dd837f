# SPDX-License-Identifier: BSD-3-Clause
"""Candidates for a data centre through seven conditions: what each is, who meets it, and by how much.

Each condition looks at one candidate alone, so that their order decides where a candidate is dropped and never whether.
What candidates take from one another (two at one substation) is no condition; `left_mw` counts each substation once.

*Not modelled:* price of land and power, water, seismic intensity, the way from a candidate to the site it is near.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Literal

from apnemu.model.plant import Plant
from apnemu.model.power import Power
from apnemu.model.siting import Candidate, Connection, Substation
from apnemu.planning.graph import Graph, delays_ns
from apnemu.topology.siting import distance_km, hits

Condition = Literal["power", "network", "ground", "land", "transport", "away", "agrees"]
CONDITIONS: tuple[Condition, ...] = ("power", "network", "ground", "land", "transport", "away", "agrees")
"""All conditions, in the order of the working group: power first, then ways, ground, land, transport, then the rest."""


LEAST_MARGIN = 1e-15


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a data centre needs; years are calendar years, `rtt_ns` is of light in fibre to the nearest exchange."""

    mw: float
    year: int
    connection: Connection
    substation_km: float
    voltage_kv: float
    rtt_ns: int
    landing_km: float
    ha_per_mw: float
    road_km: float
    away_km: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a candidate: the substation that would feed it, and distances; None where there is nothing.

    `left_mw` is what the substation has left, `hazards` those whose circles it lies in.
    """

    candidate: Candidate
    lat: float
    lon: float
    substation: Substation | None
    substation_km: float | None
    left_mw: float
    exchange: str
    rtt_ns: int | None
    landing_km: float | None
    hazards: tuple[str, ...]
    cluster_km: float | None


def place(candidate: Candidate, plant: Plant) -> tuple[float, float]:
    """Latitude and longitude of a candidate: its own, or those of the site that it is near."""
    near = plant.site[candidate.near]
    return near.place if candidate.lat is None or candidate.lon is None else (candidate.lat, candidate.lon)


def facts_of(plant: Plant, power: Power, need: Need, left_mw: Mapping[str, float]) -> tuple[Facts, ...]:
    """Facts of all candidates, in the file's order. Without exchanges the way to the largest data centre counts."""
    graph = Graph(plant)
    meeting = {one.name: one.site for one in power.exchanges} or _largest(plant)
    return tuple(_facts(plant, power, need, left_mw, graph, meeting, one) for one in power.candidates)


def _facts(
    plant: Plant,
    power: Power,
    need: Need,
    left_mw: Mapping[str, float],
    graph: Graph,
    meeting: Mapping[str, str],
    candidate: Candidate,
) -> Facts:
    at = place(candidate, plant)
    substation = _substation(power, need, left_mw, candidate, at)
    trips = [
        (trip, name)
        for name, site in meeting.items()
        if (trip := _rtt_ns(plant, graph, candidate.near, site)) is not None
    ]
    clusters = [distance_km(at, site.place) for site in plant.sites if site.kind == "cluster"]
    landings = [distance_km(at, (one.lat, one.lon)) for one in power.landings]
    return Facts(
        candidate=candidate,
        lat=at[0],
        lon=at[1],
        substation=substation,
        substation_km=None if substation is None else distance_km(at, (substation.lat, substation.lon)),
        left_mw=0.0 if substation is None else left_mw[substation.name],
        exchange=min(trips)[1] if trips else "",
        rtt_ns=min(trips)[0] if trips else None,
        landing_km=min(landings, default=None),
        hazards=tuple(one.name for one in power.hazards if any(hits(circle, *at) for circle in one.circles)),
        cluster_km=min(clusters, default=None),
    )


def _substation(
    power: Power, need: Need, left_mw: Mapping[str, float], candidate: Candidate, at: tuple[float, float]
) -> Substation | None:
    """The substation that a candidate names; else the nearest that has all that is needed; else the nearest."""
    named = [one for one in power.substations if one.name == candidate.substation]
    if candidate.substation:
        return named[0]
    order = sorted(power.substations, key=lambda one: distance_km(at, (one.lat, one.lon)))
    fit = [
        one
        for one in order
        if distance_km(at, (one.lat, one.lon)) <= need.substation_km
        and left_mw[one.name] >= need.mw
        and one.ready_year <= need.year
        and one.voltage_kv >= need.voltage_kv
    ]
    return next(iter(fit or order), None)


def _largest(plant: Plant) -> dict[str, str]:
    site = max(plant.data_centres, key=lambda one: one.power_mw or 0, default=plant.sites[0])
    return {site.name: site.name}


def _rtt_ns(plant: Plant, graph: Graph, here: str, there: str) -> int | None:
    """Round trip of light over the shortest route of fibres."""
    if here == there:
        return 0
    route = next(graph.routes(here, there), None)
    return None if route is None else sum(delays_ns(plant.fibre, route.fibres, route.sites))


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """How a candidate fares by a condition: `margin` is its distance from the limit as a share of it, below 0 outside.

    `why` says, of one that is not met, what lacks.
    """

    met: bool
    margin: float
    why: str


def _at_least(what: str, value: float, limit: float, unit: str) -> Check:
    return _check(
        value >= limit, value / limit - 1 if limit else 1.0, f"{what} {value:,.6g} {unit}, {limit:,.6g} needed"
    )


def _at_most(what: str, value: float | None, limit: float, unit: str) -> Check:
    if value is None:
        return _check(False, -1.0, f"no {what}")
    margin = 1 - value / limit if limit else -value
    return _check(value <= limit, margin, f"{what} {value:,.6g} {unit}, {limit:,.6g} allowed")


def _word(met: bool, why: str) -> Check:
    return _check(met, 1.0 if met else -1.0, why)


def _check(met: bool, margin: float, why: str) -> Check:
    """The check; a margin that rounding brought to the limit's other side stays on its own."""
    return Check(met=met, margin=max(margin, 0.0) if met else min(margin, -LEAST_MARGIN), why=why)


def _worst(*checks: Check) -> Check:
    """The check with the least margin of those that are not met, else of all."""
    return min(checks, key=lambda one: (one.met, one.margin))


def _power(facts: Facts, need: Need) -> Check:
    if facts.substation is None:
        return _check(False, -1.0, "no substation")
    name, ready = facts.substation.name, facts.substation.ready_year
    return _worst(
        _at_least(f"left at {name}", facts.left_mw, need.mw, "MW"),
        _at_most(f"way to {name}", facts.substation_km, need.substation_km, "km"),
        _at_least(f"voltage of {name}", facts.substation.voltage_kv, need.voltage_kv, "kV"),
        _word(ready <= need.year, f"{name} is ready in {ready}, needed in {need.year}"),
    )


def _network(facts: Facts, need: Need) -> Check:
    rtt_ms, most_ms = None if facts.rtt_ns is None else facts.rtt_ns / 1e6, need.rtt_ns / 1e6
    trip = _at_most(f"round trip to {facts.exchange}".rstrip(), rtt_ms, most_ms, "ms")
    if facts.landing_km is None:
        return trip
    return _worst(trip, _at_most("way to a cable landing", facts.landing_km, need.landing_km, "km"))


def _ground(facts: Facts, need: Need) -> Check:
    soft = facts.candidate.ground != "firm"
    lacks = ["soft ground"] * soft + [f"lies in {name}" for name in facts.hazards]
    return _word(not lacks, ", ".join(lacks))


def _land(facts: Facts, need: Need) -> Check:
    return _at_least("land of", facts.candidate.land_ha, need.mw * need.ha_per_mw, "ha")


def _transport(facts: Facts, need: Need) -> Check:
    return _at_most("way to a trunk road", facts.candidate.road_km, need.road_km, "km")


def _away(facts: Facts, need: Need) -> Check:
    if facts.cluster_km is None:
        return _word(True, "")
    return _at_least("way to the nearest cluster", facts.cluster_km, need.away_km, "km")


def _agrees(facts: Facts, need: Need) -> Check:
    return _word(facts.candidate.agrees, "the municipality does not agree")


CHECKS: dict[Condition, Callable[[Facts, Need], Check]] = {
    "power": _power,
    "network": _network,
    "ground": _ground,
    "land": _land,
    "transport": _transport,
    "away": _away,
    "agrees": _agrees,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A condition in its turn: who was dropped by it, who is left, and MW of room at the substations of those left."""

    condition: Condition
    removed: tuple[str, ...]
    survivors: tuple[str, ...]
    mw_left: float


def funnel(facts: Sequence[Facts], need: Need, order: Sequence[Condition]) -> tuple[Step, ...]:
    """The candidates that conditions, in an order, leave step by step."""
    left = list(facts)
    steps = []
    for condition in order:
        before = left
        left = [one for one in before if CHECKS[condition](one, need).met]
        steps.append(
            Step(
                condition=condition,
                removed=tuple(one.candidate.name for one in before if one not in left),
                survivors=tuple(one.candidate.name for one in left),
                mw_left=room_of(left),
            )
        )
    return tuple(steps)


def room_of(facts: Sequence[Facts]) -> float:
    """MW left at the substations of some candidates, each substation once."""
    return sum({one.substation.name: one.left_mw for one in facts if one.substation}.values())


def sets_left(facts: Sequence[Facts], need: Need, conditions: Sequence[Condition]) -> tuple[int, set[tuple[str, ...]]]:
    """How many orders some conditions have, and the different sets of candidates that these orders leave."""
    met = {
        condition: {number for number, one in enumerate(facts) if CHECKS[condition](one, need).met}
        for condition in conditions
    }
    found, orders = set(), 0
    for order in permutations(conditions):
        left = set(range(len(facts)))
        for condition in order:
            left &= met[condition]
        found.add(tuple(one.candidate.name for number, one in enumerate(facts) if number in left))
        orders += 1
    return orders, found


def checks_of(facts: Facts, need: Need, conditions: Sequence[Condition]) -> dict[Condition, Check]:
    """How a candidate fares by each condition, whatever happened to it before."""
    return {condition: CHECKS[condition](facts, need) for condition in conditions}
