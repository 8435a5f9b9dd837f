"""A `Plant` as a topology file: what `read_plant` reads back as the same sites, fibres and demands.

Only what a plant of somebody else's form has to tell is written; modes, ROADMs and the packet network are those of the
default equipment when it is read. Texts are written as JSON strings, which YAML takes as they are.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

from apnemu.model.plant import Fibre, GnpyFiles, Plant
from apnemu.topology.geography import shortest_possible_km

LONGEST_SPAN_KM = 400


def topology_text(plant: Plant, *, beside: Path) -> str:
    """The file's text; paths of GNPy's files are written from the folder `beside` on, where they lie in it."""
    lines = [
        "# Made by apnemu import.",
        "apnemu: 1",
        f"name: {json.dumps(plant.name)}",
        "about:",
        f"  source: {json.dumps(plant.source)}",
        f"  licence: {json.dumps(plant.licence)}",
        f"  inferred: {json.dumps(list(plant.inferred))}",
        "sites:",
        *(
            f"  {site.name}: {{kind: {site.kind}, lat: {site.lat!r}, lon: {site.lon!r}}}"
            for site in located(plant).sites
        ),
        "fibres:",
        *(_fibre(fibre) for fibre in plant.fibres),
        "demands:" if plant.demands else "demands: []",
        *(
            f"  - {{name: {demand.name}, from: {demand.source}, to: {demand.target}, rate_gbps: {demand.rate_gbps:g}}}"
            for demand in plant.demands
        ),
    ]
    if plant.gnpy is not None:
        lines += ["gnpy:", *_gnpy(plant.gnpy, beside)]
    return "\n".join(lines) + "\n"


def located(plant: Plant) -> Plant:
    """The plant as it is; all sites at 0, 0 where the coordinates say more km than some fibre has."""
    if all(fibre.length_km >= shortest_possible_km(plant.site[fibre.a], plant.site[fibre.b]) for fibre in plant.fibres):
        return plant
    return replace(plant, sites=tuple(replace(site, lat=0.0, lon=0.0) for site in plant.sites))


def _fibre(fibre: Fibre) -> str:
    spans = fibre.amplifiers + 1
    # from the length and this the reader finds the amplifiers again; without one the default span decides
    span_km = fibre.length_km / spans
    known = f", span_km: {span_km!r}" if fibre.amplifiers and 1 <= span_km <= LONGEST_SPAN_KM else ""
    return f"  - {{between: [{fibre.a}, {fibre.b}], name: {fibre.name}, length_km: {fibre.length_km!r}{known}}}"


def _gnpy(files: GnpyFiles, beside: Path) -> list[str]:
    found = {"network": files.network, "equipment": files.equipment, "sim_params": files.sim_params}
    return [f"  {key}: {json.dumps(_place(Path(path), beside))}" for key, path in found.items() if path]


def _place(path: Path, beside: Path) -> str:
    path, beside = path.resolve(), beside.resolve()
    return os.path.relpath(path, beside) if path.is_relative_to(beside) else str(path)
