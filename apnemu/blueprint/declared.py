# SPDX-License-Identifier: BSD-3-Clause
"""Times by which light that is accepted has to carry, by what devices declare and where they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from apnemu.model.plant import Plant
from apnemu.model.steps import GROUND, Scenario, Step
from apnemu.units import NS_PER_S

LATE_NS = 1_000_000
"""Time by which light may be late of its declared time."""
QUIET_NS = NS_PER_S
"""Time without failures before a request, for its light to be held to its declared time."""


def lit_within_ns(plant: Plant, delay_ns: Mapping[str, int], service: Mapping[str, Any]) -> int:
    """Time from the decision until all light of a service has come to its ends, by the devices' declared times.

    `delay_ns` is the one-way delay from the controller to each site; `service` is as T-API shows it.
    """
    devices = plant.devices
    longest = 0
    for connection in service["connection"]:
        route = connection["apnemu:route"]
        crossed = max(2 * delay_ns[site] for site in route) + devices.wss_switching_ns
        tuned = devices.laser_tuning_ns + devices.amplifier_settling_ns + devices.fec_lock_ns
        ends = max(delay_ns[route[0]], delay_ns[route[-1]])
        longest = max(longest, crossed + tuned + ends + _light_ns(plant, route))
    return longest


def _light_ns(plant: Plant, route: Sequence[str]) -> int:
    hops = pairwise(route)
    return sum(
        max(max(way.delay_ns for way in fibre.ways) for fibre in plant.fibres if {fibre.a, fibre.b} == {a, b})
        for a, b in hops
    )


def is_held(scenario: Scenario, step: Step, until_ns: int) -> bool:
    """Whether a request's light is held to its declared time: it asks for light at once, and neither a failure shortly
    before nor anything for this service happens until an instant of the scenario."""
    if step.do != "request" or step.start_ns is not None or step.end_ns is not None:
        return False
    others = (other for other in scenario.steps if other.do in GROUND or other.what == step.what)
    return not any(
        other is not step and step.at_ns - (QUIET_NS if other.do in GROUND else 0) <= other.at_ns <= until_ns
        for other in others
    )
