"""A network in which nothing is lit, for whoever wants to ask its controller for light by hand."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from apnemu.blueprint.compiled import blueprint_for
from apnemu.model.assignment import Assignment
from apnemu.planning import next_hops
from apnemu.running.directory import write_json
from apnemu.running.manifest import scenario_unplayed
from apnemu.topology import read_plant


def write_network(
    folder: Path, topology: Path, *, transceivers: int, seed: int, runtime: str = "os-ken"
) -> tuple[str, ...]:
    """Put into a guest's folder what it is to build; returns what a user must know of it.

    Raises InputError for a topology that cannot be.

    What an earlier network's controller has left there is not this one's: it goes.
    """
    (folder / "controller.journal").unlink(missing_ok=True)
    plant = dataclasses.replace(read_plant(topology), transceivers=transceivers)
    nothing = Assignment(lightpaths=(), refusals=())
    blueprint = blueprint_for("apn", plant, nothing, next_hops(plant), (), seed=seed, controller_runtime=runtime)
    write_json(folder / "network.json", blueprint.to_json())
    return scenario_unplayed(plant, "The network on demand")
