# SPDX-License-Identifier: BSD-3-Clause
"""A scenario played on a world, and the first invariant that does not hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from apnemu.blueprint.declared import LATE_NS, is_held, lit_within_ns
from apnemu.blueprint.document import Blueprint
from apnemu.blueprint.requests import service_uuid
from apnemu.controllers.rules import Rule
from apnemu.exploring.clock import BEGIN_NS, RestlessError
from apnemu.exploring.invariants import OURS, Invariant
from apnemu.exploring.scenario import Scenario, Step
from apnemu.exploring.view import Place, View, accepted
from apnemu.exploring.world import World

CONTROLLER_STANDS, COMES_TO_REST, ONE_LIGHT, IN_TIME, ANSWERED = (
    "controller-stands",
    "comes-to-rest",
    "one-light-a-slot",
    "lit-in-time",
    "answered",
)
MEANINGS = {
    CONTROLLER_STANDS: "the controller's program raises no error",
    COMES_TO_REST: "an hour after the last step nothing happens any more",
    ONE_LIGHT: "at every instant, no two rules of a switch send light into one slot of one fibre",
    IN_TIME: "light that is accepted while nothing else happens carries within the declared times of its devices",
    ANSWERED: "every request is answered: accepted, or refused with a reason",
}
"""Invariants that are looked at while a scenario is played: name -> meaning."""


class BrokenError(Exception):
    """An invariant does not hold: its name, what breaks it, and where."""

    def __init__(self, invariant: str, what: str, place: str, at_ns: int) -> None:
        super().__init__(f"{invariant} ({place}): {what}")
        self.invariant, self.what, self.place, self.at_ns = invariant, what, place, at_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What a scenario that broke nothing has been through: words for what was met."""

    met: frozenset[str]


def play(blueprint: Blueprint, scenario: Scenario, invariants: Sequence[Invariant] = OURS) -> Played:
    """Play a scenario, repair all, lose the controller and have it back, and give all light back; judge each rest.

    Raises:
        BrokenError: an invariant does not hold, of `invariants` or of those that are looked at while it is played.
    """
    world = World(blueprint, scenario.slow_ns)
    place: Place = "played"
    try:
        world.begin()
        world.looks.append(partial(_look, world))
        _watch(world, scenario)
        world.play(scenario)
        _judge(world, invariants, "played")
        met = _met(world)
        place = "mended"
        world.mend()
        _judge(world, invariants, place)
        tables = {dpid: dict(table) for dpid, table in world.ground.tables.items()}
        place = "restarted"
        world.restart()
        _judge(world, invariants, place, tables)
        place = "released"
        for step in accepted(world).values():
            world.do(Step(at_ns=0, do="release", what=step.what, source=step.source), world.now_ns)
        world.rest()
        _judge(world, invariants, place)
    except BrokenError:
        raise
    except RestlessError as error:
        raise BrokenError(COMES_TO_REST, str(error), place, world.now_ns - BEGIN_NS) from error
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise BrokenError(CONTROLLER_STANDS, what, place, world.now_ns - BEGIN_NS) from error
    return Played(met=met)


def _judge(
    world: World, invariants: Sequence[Invariant], place: Place, tables: Mapping[int, object] | None = None
) -> None:
    services = {service["uuid"]: service for service in world.services()}
    view = View(world, place, services, accepted(world), tables or {})
    for invariant in invariants:
        if place in invariant.places:
            for what in invariant.broken(view):
                raise BrokenError(invariant.name, what, place, world.now_ns - BEGIN_NS)
    for answer in world.answers:
        if answer.status == 0 or (answer.status >= 400 and not answer.document):
            what = f"{answer.step.do} {answer.step.what} got {answer.status or 'no answer'}"
            if answer.status or not world.lives_lost:
                raise BrokenError(ANSWERED, what, place, world.now_ns - BEGIN_NS)


def _look(world: World) -> None:
    for dpid in world.changed:
        doubled = world.ground.doubled(dpid)
        if doubled is not None:
            raise BrokenError(ONE_LIGHT, said_doubled(dpid, *doubled), "every instant", world.now_ns - BEGIN_NS)
    world.changed.clear()


def said_doubled(dpid: int, one: Rule, other: Rule, port: int, tag: int) -> str:
    """Words for two rules that send light into one slot of one fibre."""
    return f"datapath {dpid} sends light of ports {one.port_in} and {other.port_in} into tag {tag} of port {port}"


def said_unlit(step: Step) -> str:
    """Words for light that does not come in time."""
    return f"{step.what} was accepted, nothing else happened, and it does not carry in its declared time"


def _watch(world: World, scenario: Scenario) -> None:
    """Hold requests that nothing disturbs to their declared times, once they are answered."""
    begin_ns = world.now_ns
    seen = 0

    def look() -> None:
        nonlocal seen
        for answer in world.answers[seen:]:
            step = answer.step
            if step.do != "request" or answer.status != 201:
                continue
            (services,) = answer.document.values()
            until_ns = answer.at_ns + lit_within_ns(world.plant, world.delay_ns, services[0]) + LATE_NS
            if is_held(scenario, step, until_ns - begin_ns):
                world.at(until_ns, partial(_is_lit, world, step))
        seen = len(world.answers)

    world.looks.append(look)


def _is_lit(world: World, step: Step) -> None:
    if world.lab is None:
        return
    for service in world.services():
        if service["uuid"] == service_uuid(step.what) and service["operational-state"] != "ENABLED":
            raise BrokenError(IN_TIME, said_unlit(step), "its declared time", world.now_ns - BEGIN_NS)


def _met(world: World) -> frozenset[str]:
    """Words for the states of services and the kinds of answers that a scenario led to."""
    states = {f"{answer.step.do} {answer.status}" for answer in world.answers}
    for service in world.services():
        protection = service["resilience-constraint"]["resilience-type"]["protection-type"]
        lit = sum(1 for _ in service["connection"])
        states.add(f"{protection} {service['operational-state']} {lit} lit")
    return frozenset(states | {f"did {entry['do']}" for entry in world.journal})
