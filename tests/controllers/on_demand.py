# SPDX-License-Identifier: BSD-3-Clause
"""A blueprint of a network in which nothing is lit yet."""

from __future__ import annotations

import dataclasses

from apnemu.blueprint.compiled import blueprint_for
from apnemu.blueprint.document import Blueprint
from apnemu.model.assignment import Assignment
from apnemu.model.plant import Controller
from apnemu.planning import next_hops
from tests.compiled import shipped

EVERYWHERE = Controller(delay_ns=0)
"""A controller whose messages take no time."""


def on_demand(topology: str, *, transceivers: int, controller: Controller = EVERYWHERE) -> Blueprint:
    plant = dataclasses.replace(shipped(topology), transceivers=transceivers, controller=controller)
    return blueprint_for("apn", plant, Assignment(lightpaths=(), refusals=()), next_hops(plant), (), seed=1)
