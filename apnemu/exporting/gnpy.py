# SPDX-License-Identifier: BSD-3-Clause
"""A plant as a network in GNPy's JSON, before auto-design: what `apnemu plan --export-gnpy` writes as network.json.

A plant that came from GNPy's own files is refused: they are the network, and hold more than a plant does.
"""

from __future__ import annotations

import json

from apnemu.errors import InputError
from apnemu.model.plant import Plant
from apnemu.optics import network_form, read_optics


def gnpy_text(plant: Plant) -> str:
    """The text of a network file of GNPy's."""
    if plant.gnpy is not None:
        raise InputError(f"it came from GNPy's file {plant.gnpy.network}, which holds more; give GNPy that")
    return json.dumps(network_form(plant, read_optics()), indent=1) + "\n"
