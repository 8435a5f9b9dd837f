# SPDX-License-Identifier: BSD-3-Clause
"""The setting by which a run places the controller of the network, in place of what the topology says."""

from __future__ import annotations

import dataclasses
import difflib

from apnemu.errors import InputError
from apnemu.model.plant import Plant
from apnemu.question.settings import Setting

CONTROLLER = Setting("Site of the controller; empty: the topology's, else the most central", example="tokyo", of="site")


def with_controller(plant: Plant, at: str) -> Plant:
    """The plant with its controller at a site; "" leaves what the topology says. Raises InputError for no such site."""
    if not at:
        return plant
    if at not in plant.site:
        near = difflib.get_close_matches(at, plant.site, n=1) or list(plant.site)[:1]
        fact = f"controller is '{at}'; {plant.name} has no such site"
        raise InputError(f"{fact}; for example --set controller={near[0]}", file="--set")
    return dataclasses.replace(plant, controller=dataclasses.replace(plant.controller, at=at))
