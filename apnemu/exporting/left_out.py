# SPDX-License-Identifier: BSD-3-Clause
"""What of a plant a form has no place for, in words."""

from __future__ import annotations

from apnemu.model.plant import Plant, Site


def left_out(plant: Plant, form: str) -> tuple[str, ...]:
    """What of a plant is not in its text in a form, a phrase for each; empty where all is."""
    fibres = plant.fibres
    parts: dict[str, object] = {
        "scenario": plant.scenario,
        "power": plant.power,
        "zones": plant.zones,
        "trees": plant.trees,
        "phase": plant.phase,
        "risks of fibres": any(fibre.risks for fibre in fibres),
        "loss and jitter of fibres": any(fibre.disturbs for fibre in fibres),
        "lines of the packet network that differ from their fibres": any(fibre.line for fibre in fibres),
        "owners and zones of sites": any(site.owner or site.zone or site.ready_year for site in plant.sites),
        "the path to GNPy's own files": plant.gnpy,
        "gaps and edges of the spectrum": plant.gaps,
    }
    if form != "geojson":
        parts["waypoints of fibres"] = any(fibre.waypoints for fibre in fibres)
    if form == "gnpy":
        parts |= {
            "demands": plant.demands,
            "measured delays": any(fibre.delay_ns is not None for fibre in fibres),
            "group indices of fibres, which GNPy has in its equipment": True,
            "kinds but exchange, populations, power and hosts of sites": any(_has_more(site) for site in plant.sites),
        }
    return tuple(name for name, held in parts.items() if held)


def _has_more(site: Site) -> bool:
    return site.kind not in ("edge", "exchange") or bool(site.power_mw or site.population) or site.hosts > 1
