# SPDX-License-Identifier: BSD-3-Clause
"""Sites, fibres and demands by the words that GraphML and GeoJSON have in common, without what is not known."""

from __future__ import annotations

from typing import Any

from apnemu.model.fibre import Fibre
from apnemu.model.plant import Plant, Site

Held = dict[str, Any]


def of_site(site: Site) -> Held:
    """What a form keeps of a site beside its place."""
    told = {
        "name": site.name,
        "label": site.label or site.name,
        "kind": site.kind,
        "hosts": site.hosts if site.hosts > 1 else None,
        "population": site.population,
        "power_mw": site.power_mw,
    }
    return {name: value for name, value in told.items() if value is not None}


def of_fibre(fibre: Fibre, usual_index: float) -> Held:
    """What a form keeps of a fibre beside its ends."""
    told = {
        "name": fibre.name,
        "label": fibre.label or None,
        "length_km": fibre.length_km,
        "back_km": fibre.back_km,
        "group_index": None if fibre.group_index == usual_index else fibre.group_index,
        "delay_ns": fibre.delay_ns,
        "back_delay_ns": fibre.back_delay_ns,
    }
    return {name: value for name, value in told.items() if value is not None}


def of_demands(plant: Plant) -> list[Held]:
    """The demands between two sites."""
    return [
        {"name": each.name, "from": each.source, "to": each.target, "rate_gbps": each.rate_gbps}
        for each in plant.demands
    ]


def of_plant(plant: Plant) -> Held:
    """What a form keeps of the whole: its name, where it is from, what was inferred, and a line rate that was said."""
    rate_gbps = None if plant.packet.as_light else plant.packet.line_rate_gbps
    told = {
        "name": plant.name,
        "source": plant.source,
        "licence": plant.licence,
        "inferred": list(plant.inferred) or None,
        "line_rate_gbps": rate_gbps,
    }
    return {name: value for name, value in told.items() if value is not None}
