# SPDX-License-Identifier: BSD-3-Clause
"""Topologies in other people's forms: `graphml`, `geojson`, `gnpy` (a network before auto-design).

`attributes` has the words that forms share. What `apnemu import` reads of them again are the same sites, fibres,
lengths and, but for GNPy's, demands. What a form has no place for is said (`left_out`), never dropped in silence.

Rejected: one line of code by networkx for all (its node-link JSON and GraphML cannot hold None, and it orders nothing).
"""

from __future__ import annotations

from apnemu.errors import InputError
from apnemu.exporting.geojson import geojson_text
from apnemu.exporting.gnpy import gnpy_text
from apnemu.exporting.graphml import graphml_text
from apnemu.exporting.left_out import left_out
from apnemu.model.plant import Plant

__all__ = ["FORMS", "exported"]

FORMS = {"graphml": graphml_text, "geojson": geojson_text, "gnpy": gnpy_text}
"""Texts of a plant, by the word of their form."""


def exported(plant: Plant, form: str) -> tuple[str, tuple[str, ...]]:
    """The text of a plant in a form, and what of the plant is not in it. Raises InputError for an unknown form."""
    if form not in FORMS:
        raise InputError(f"there is no form {form!r}; it must be one of {', '.join(FORMS)}", file="--to")
    return FORMS[form](plant), left_out(plant, form)
