# SPDX-License-Identifier: BSD-3-Clause
"""View of a world at rest, and what invariants ask of it."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, Protocol

from apnemu.blueprint.requests import service_uuid
from apnemu.controllers.apn import Apn
from apnemu.exploring.scenario import Step
from apnemu.exploring.switches import Ground
from apnemu.exploring.world import Answer
from apnemu.model.plant import Plant

Place = Literal["played", "mended", "restarted", "released"]
"""Rest of a world: after the scenario, after all was repaired, after the controller was lost and came back, and after
all light was given back."""
EVERYWHERE: tuple[Place, ...] = ("played", "mended", "restarted", "released")
CONNECTIONS = "connection"


class Shown(Protocol):
    """The part of a world that invariants ask: a world of values has it, and what a lab was seen to be (`lab_view`)."""

    answers: list[Answer]

    @property
    def plant(self) -> Plant:
        """Plant of the network."""

    @property
    def ground(self) -> Ground:
        """All devices."""

    @property
    def apn(self) -> Apn:
        """State of the controller."""


@dataclass(slots=True)
class View:
    """A world at rest as an invariant sees it.

    `services` are those that the controller lists, by UUID; `accepted` those that it accepted and that are neither
    released nor over, each with its request; `tables` are those before the controller was lost (`restarted`).
    """

    world: Shown
    place: Place
    services: Mapping[str, Mapping[str, Any]]
    accepted: Mapping[str, Step]
    tables: Mapping[int, Any]


def carries(service: Mapping[str, Any]) -> bool:
    """Whether a service is said to carry."""
    return bool(service["operational-state"] == "ENABLED")


def is_booked(service: Mapping[str, Any]) -> bool:
    """Whether a service's time has not come."""
    return str(service["apnemu:reason"]).find("booked") >= 0


def carrying(view: View) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Services that are said to carry, each with the connection that does."""
    for name, service in view.services.items():
        if carries(service):
            for connection in service[CONNECTIONS]:
                if connection["apnemu:carries"]:
                    yield name, connection


def ends(view: View, service: str, connection: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Transceivers that a service's hosts are on: those of the light that carries; under 1+1 what the controller says,
    since one host sends into both lightpaths."""
    route, apn = connection["apnemu:route"], view.world.apn
    found = []
    for site, number in zip((route[0], route[-1]), connection["apnemu:transceivers"], strict=True):
        client = apn.light.client(service, site)
        own = apn.wiring.transceiver[site, number if client is None else client]
        found.append((own.host, own.interface))
    return found


def said(view: View, name: str) -> str:
    """Name of a service for people."""
    return view.accepted[name].what if name in view.accepted else name


def fibres(plant: Plant, a: str, b: str) -> list[str]:
    """Fibres between two sites."""
    return [fibre.name for fibre in plant.fibres if {fibre.a, fibre.b} == {a, b}]


def dead_hops(plant: Plant, connection: Mapping[str, Any], dark: set[str]) -> list[str]:
    """Hops of a connection whose fibres are all dark."""
    route = connection["apnemu:route"]
    pairs = pairwise(route)
    return [f"{a}-{b}" for a, b in pairs if all(name in dark for name in fibres(plant, a, b))]


def is_short_of_slots(view: View) -> bool:
    """Whether so much is lit that a slot might be missing: a search without slots then says nothing."""
    plant = view.world.plant
    widest = max(mode.slot_m for mode in plant.modes)
    wide = any(fibre.carries for fibre in plant.fibres) or bool(plant.gaps)
    return wide or len(view.accepted) * 2 * 2 * widest * 2 > plant.band.high - plant.band.low


def way_is_left(world: Shown, step: Step) -> bool:
    """Whether the shortest living route between two sites is within reach, with what its amplifiers lack."""
    dark, plant = set(world.ground.dark), world.plant
    reach_km = max((mode.reach_km for mode in plant.modes if mode.rate_gbps >= step.rate_gbps), default=0.0)
    nearest: dict[str, float] = {}
    todo: list[tuple[float, str, float]] = [(0.0, step.source, 0.0)]
    while todo:
        km, here, counted_km = heapq.heappop(todo)
        if here in nearest:
            continue
        nearest[here] = counted_km
        for fibre in plant.fibres:
            if fibre.name not in dark and here in (fibre.a, fibre.b):
                there = fibre.b if fibre.a == here else fibre.a
                more_km = fibre.sag_km(world.ground.sagging[fibre.name]) if fibre.name in world.ground.sagging else 0.0
                heapq.heappush(todo, (km + fibre.length_km, there, counted_km + fibre.length_km + more_km))
    return step.target in nearest and nearest[step.target] <= reach_km


def accepted(world: Shown) -> dict[str, Step]:
    """Services that were accepted and neither released nor over, by UUID, with their requests."""
    kept: dict[str, Step] = {}
    for answer in world.answers:
        name = service_uuid(answer.step.what)
        if answer.step.do == "request" and answer.status == 201:
            kept[name] = answer.step
        elif answer.step.do == "release" and answer.status == 204:
            kept.pop(name, None)
    return {name: step for name, step in kept.items() if step.end_ns is None}
