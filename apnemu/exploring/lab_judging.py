# SPDX-License-Identifier: BSD-3-Clause
"""What a lab saw of a scenario, judged by the invariants that judge a world."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apnemu.blueprint.addressing import LIGHT_PRIORITY
from apnemu.blueprint.document import Blueprint
from apnemu.exploring.invariants import OURS, Invariant, TablesAsDecided
from apnemu.exploring.judging import (
    ANSWERED,
    COMES_TO_REST,
    CONTROLLER_STANDS,
    IN_TIME,
    ONE_LIGHT,
    said_doubled,
    said_unlit,
)
from apnemu.exploring.lab_view import answers_of, rule_of, world_of
from apnemu.exploring.scenario import Scenario, Step
from apnemu.exploring.switches import Ground
from apnemu.exploring.view import EVERYWHERE, Place, View, accepted
from apnemu.exploring.world import Answer

LAB_STANDS = "lab-stands"
LAB_STANDS_MEANING = "in the lab, devices and programs do what they are told, and the controller answers"
BETWEEN = (COMES_TO_REST, ONE_LIGHT, IN_TIME)
"""Invariants of instants between looks: only what is played alone is watched there."""
FRAME = re.compile(r'^  File "(?:.*/)?([^"/]+)\.py", line \d+, in (\S+)$', re.MULTILINE)
RAISED = re.compile(r"^(\w[\w.]*)(?::|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """An invariant that does not hold in the lab: its signature, the place and what breaks it."""

    signature: str
    invariant: str
    place: str
    what: str


OWN_STATE: tuple[Place, ...] = ("played", "mended")
"""Rests at which the controller has a state of its own. Outside no more than its journal is known, which is all of it
once it has begun again; until then what it ordered for light that is dark may be otherwise."""


def judge(
    blueprint: Blueprint,
    scenario: Scenario,
    outcome: Mapping[str, Any],
    journals: Mapping[str, Any],
    invariants: Sequence[Invariant] = OURS,
) -> list[Broken]:
    """Invariants that do not hold, each once, in the order in which they were looked at."""
    found: dict[str, Broken] = {}
    for one in _all(blueprint, scenario, outcome, journals, invariants):
        found.setdefault(one.signature, one)
    return list(found.values())


def _all(
    blueprint: Blueprint,
    scenario: Scenario,
    outcome: Mapping[str, Any],
    journals: Mapping[str, Any],
    invariants: Sequence[Invariant],
) -> Iterator[Broken]:
    answers = answers_of(scenario, outcome)
    yield from _between(blueprint, scenario, outcome)
    tables: dict[int, Any] = {}
    for place in EVERYWHERE:
        if place not in outcome["looks"]:
            continue
        look = outcome["looks"][place]
        world, ground = world_of(blueprint, look, journals[place], answers)
        if place == "played":
            ground.happened(scenario)
        if place == "released":
            given_back = [Answer(_released(step), 204, None, 0) for step in accepted(world).values()]
            world.answers += given_back
        view = View(world, place, {one["uuid"]: one for one in look["services"]}, accepted(world), tables)
        yield from _invariants(view, place, invariants)
        tables = {dpid: dict(table) for dpid, table in ground.tables.items()}
    for answer in answers:
        if answer.status >= 400 and not answer.document:
            what = f"{answer.step.do} {answer.step.what} got {answer.status}"
            yield Broken(signature=ANSWERED, invariant=ANSWERED, place="played", what=what)
    last = next((place for place in reversed(EVERYWHERE) if place in outcome["looks"]), "played")
    for text in outcome.get("raised", ()):
        what = text.strip().splitlines()[-1]
        yield Broken(signature=_signature(text), invariant=CONTROLLER_STANDS, place=last, what=what)
    if "error" in outcome and not outcome.get("raised"):
        yield Broken(signature=LAB_STANDS, invariant=LAB_STANDS, place=last, what=outcome["error"])


def _between(blueprint: Blueprint, scenario: Scenario, outcome: Mapping[str, Any]) -> Iterator[Broken]:
    """What was seen between looks, where that was watched."""
    for number in outcome.get("unlit", ()):
        what = said_unlit(scenario.steps[number])
        yield Broken(signature=IN_TIME, invariant=IN_TIME, place="its declared time", what=what)
    ground = Ground(blueprint)
    for switch in blueprint.switches:
        for instant in outcome.get("changes", {}).get(switch.name, ()):
            for sign, text in instant:
                rule = [rule_of(f"priority={LIGHT_PRIORITY},{text}")]
                ground.install(switch.dpid, *((rule, []) if sign == "+" else ([], rule)))
            doubled = ground.doubled(switch.dpid)
            if doubled is not None:
                what = said_doubled(switch.dpid, *doubled)
                yield Broken(signature=ONE_LIGHT, invariant=ONE_LIGHT, place="every instant", what=what)
    if "restless" in outcome:
        yield Broken(signature=COMES_TO_REST, invariant=COMES_TO_REST, place="played", what=outcome["restless"])


def _invariants(view: View, place: Place, invariants: Sequence[Invariant]) -> Iterator[Broken]:
    for invariant in invariants:
        if place not in invariant.places:
            continue
        try:
            if isinstance(invariant, TablesAsDecided) and place in OWN_STATE:
                broken = list(invariant.rules(view))
            else:
                broken = list(invariant.broken(view))
        except AttributeError:  # somebody's own, which asks what only a world of values has
            continue
        for what in broken:
            yield Broken(signature=invariant.name, invariant=invariant.name, place=place, what=what)


def _released(step: Step) -> Step:
    return Step(at_ns=0, do="release", what=step.what, source=step.source)


def _signature(text: str) -> str:
    """Signature of an error that the controller's log has, as `signature` has it of one that was caught.

    >>> _signature('  File "/a/b/work.py", line 3, in begin\\n    x()\\nKeyError: 1')
    'controller-stands: KeyError in work.begin'
    """
    frames = FRAME.findall(text)
    file, function = frames[-1] if frames else ("", "")
    raised = RAISED.findall(text)
    error = raised[-1].rpartition(".")[2] if raised else "error"
    return f"{CONTROLLER_STANDS}: {error} in {file}.{function}"
