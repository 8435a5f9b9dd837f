# SPDX-License-Identifier: BSD-3-Clause
"""Moments of a scenario for a picture: what was dark and what carried at each of its instants, until it broke."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from apnemu.blueprint.document import Blueprint
from apnemu.exploring.clock import RestlessError
from apnemu.exploring.drawing import REST_NS
from apnemu.exploring.judging import BrokenError
from apnemu.exploring.scenario import Scenario
from apnemu.exploring.wording import said_step
from apnemu.exploring.world import World

MOST = 12
"""Most moments of a scenario that are kept: its last ones."""


def moments(blueprint: Blueprint, scenario: Scenario) -> list[dict[str, Any]]:
    """State at the begin, and just before what follows each instant of the steps (or when all is at rest again).

    A moment has `at_ns`, the `steps` at that instant in words, the `dark` fibres, the `lost` sites, and each `service`
    with its route and whether it is said to carry. Where the controller breaks down, the last moment says `broken`.
    """
    world = World(blueprint, scenario.slow_ns)
    world.begin()
    begin_ns = world.now_ns
    for step in scenario.steps:
        world.schedule(step, begin_ns)
    instants = sorted({step.at_ns for step in scenario.steps})
    found = [_moment(world, 0, [])]
    for at_ns, next_ns in pairwise([*instants, scenario.last_ns + REST_NS]):
        told = [said_step(step) for step in scenario.steps if step.at_ns == at_ns]
        try:
            world.run(begin_ns + next_ns)
        except (BrokenError, RestlessError):
            raise
        except Exception as error:  # the controller's own: what it died of is in the failure
            found.append({"at_ns": at_ns, "steps": told, "broken": f"{type(error).__name__}: {error}"})
            break
        found.append(_moment(world, at_ns, told))
    return found[-MOST:]


def _moment(world: World, at_ns: int, steps: list[str]) -> dict[str, Any]:
    services = []
    for service in world.services() if world.has_controller else ():
        for connection in service["connection"]:
            services.append(
                {
                    "name": world.name_of(service["uuid"]),
                    "route": connection["apnemu:route"],
                    "carries": connection["apnemu:carries"] and service["operational-state"] == "ENABLED",
                }
            )
    return {
        "at_ns": at_ns,
        "steps": steps,
        "dark": list(world.ground.dark),
        "lost": sorted(world.ground.lost),
        "controller": world.has_controller,
        "services": services,
    }
