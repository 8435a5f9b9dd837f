# SPDX-License-Identifier: BSD-3-Clause
"""Network in which nothing is lit, for a person who asks its controller for light by hand (`apnemu lab net`)."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from apnemu import shared_folder
from apnemu.blueprint.compiled import blueprint_for
from apnemu.model.assignment import Assignment
from apnemu.optics import carried
from apnemu.planning import next_hops
from apnemu.running.guests import write_blueprint
from apnemu.running.manifest import scenario_unplayed
from apnemu.topology import read_plant


def write_network(
    folder: Path, topology: Path, *, transceivers: int, seed: int, runtime: str = "os-ken"
) -> tuple[str, ...]:
    """Write what a guest is to build into its folder; return lines that a user must know.

    The journal of an earlier network's controller in that folder is deleted. Raises InputError for a topology that
    cannot be.
    """
    shared_folder.remove(folder, "controller.journal")
    plant = dataclasses.replace(carried(read_plant(topology)), transceivers=transceivers)
    nothing = Assignment(lightpaths=(), refusals=())
    blueprint = blueprint_for("apn", plant, nothing, next_hops(plant), (), seed=seed, controller_runtime=runtime)
    write_blueprint(folder, blueprint)
    return scenario_unplayed(plant, "The network on demand")
