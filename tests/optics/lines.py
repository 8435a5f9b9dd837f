# SPDX-License-Identifier: BSD-3-Clause
"""Plants and files that the optics tests share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import gnpy

from apnemu.model.demand import Demand
from apnemu.model.plant import Fibre, Plant, Site, amplifier_count
from apnemu.topology import read_plant

TOPOLOGIES = Path(__file__).parents[2] / "topologies"
EXAMPLES = Path(gnpy.__file__).parent / "example-data"


def row_of(lengths_km: Sequence[float], *, rate_gbps: float = 100, span_km: float = 80) -> Plant:
    """Sites s0, s1, ... in a row, fibres f0, f1, ... between them, one demand from end to end."""
    like = read_plant(TOPOLOGIES / "three-sites.yaml")
    sites = tuple(Site(name=f"s{index}", kind="edge", lat=0.0, lon=0.0) for index in range(len(lengths_km) + 1))
    fibres = tuple(
        Fibre(
            name=f"f{index}",
            a=f"s{index}",
            b=f"s{index + 1}",
            length_km=length_km,
            amplifiers=amplifier_count(length_km, span_km),
            amplifier_delay_ns=125,
        )
        for index, length_km in enumerate(lengths_km)
    )
    demand = Demand(name="d", source="s0", target=sites[-1].name, rate_gbps=rate_gbps)
    return replace(like, sites=sites, fibres=fibres, demands=(demand,))


def all_of(plant: Plant) -> tuple[str, ...]:
    return tuple(fibre.name for fibre in plant.fibres)


def chain_form(uids_and_types: Sequence[tuple[str, str, dict[str, Any]]]) -> dict[str, Any]:
    """A GNPy network of elements one after the other."""
    place = {"location": {"city": "", "region": "", "latitude": 0, "longitude": 0}}
    uids = [uid for uid, _, _ in uids_and_types]
    return {
        "elements": [{"uid": uid, "type": kind, "metadata": place, **more} for uid, kind, more in uids_and_types],
        "connections": [{"from_node": a, "to_node": b} for a, b in pairwise(uids)],
    }
