# SPDX-License-Identifier: BSD-3-Clause
"""Network that is explored: a topology's own plant with nothing lit, and the controller that lights it on demand."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from apnemu.blueprint.compiled import blueprint_for
from apnemu.blueprint.document import Blueprint
from apnemu.errors import InputError
from apnemu.model.assignment import Assignment
from apnemu.planning import next_hops
from apnemu.topology import read_plant

TRANSCEIVERS = 4
"""Transceivers at each data centre where neither the topology nor the caller says how many: some run short."""


def network(topology: str, transceivers: int = 0) -> Blueprint:
    """Blueprint of a topology file; `transceivers` at each data centre (0: as the file says, or `TRANSCEIVERS`).

    Raises:
        InputError: the file is none, or has no two data centres.
    """
    plant = read_plant(Path(topology))
    if len(plant.data_centres) < 2:
        raise InputError(f"{topology}: it has {len(plant.data_centres)} data centres; light needs two to join")
    plant = dataclasses.replace(plant, transceivers=transceivers or plant.transceivers or TRANSCEIVERS)
    return blueprint_for("apn", plant, Assignment(lightpaths=(), refusals=()), next_hops(plant), (), seed=1)
