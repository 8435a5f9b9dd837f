# SPDX-License-Identifier: BSD-3-Clause
"""Places on a map for sites of which nobody has said where they lie: a layout that draws neighbours near each other.

The same picture is laid out the same way, since its chance has a seed. *Not modelled:* lengths of fibres: a long one
may be drawn short.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

SEED = 1
ROUNDS = 100
SPREAD_DEG = 5.0
"""Degrees from the middle of a layout to its edge, where no site has a place."""
Place = tuple[float, float]


def is_placed(site: Mapping[str, Any]) -> bool:
    """Whether a site of a picture has a place of its own."""
    return site["lat"] is not None and site["lon"] is not None


def places(picture: Mapping[str, Any]) -> dict[str, Place]:
    """Latitude and longitude of each site of a picture: its own, or those that the layout gives it.

    Raises ValueError for a place that is not on the globe: a map of it would have no end.
    """
    own: dict[str, Place] = {
        site["name"]: (float(site["lat"]), float(site["lon"])) for site in picture["sites"] if is_placed(site)
    }
    for name, (lat, lon) in own.items():
        if not (abs(lat) <= 90 and abs(lon) <= 180):
            raise ValueError(f"site {name} lies at {lat:g}, {lon:g}; latitudes end at 90, longitudes at 180")
    names = [site["name"] for site in picture["sites"]]
    if len(own) == len(names):
        return own
    import networkx as nx  # type: ignore[import-untyped]  # it ships no types; most pages do not need it

    graph = nx.Graph()
    graph.add_nodes_from(names)
    graph.add_edges_from((fibre["a"], fibre["b"]) for fibre in picture["fibres"])
    if not own:
        laid = nx.spring_layout(graph, iterations=ROUNDS, scale=SPREAD_DEG, seed=SEED)
    else:
        laid = nx.spring_layout(graph, pos=_begun(graph, own), fixed=list(own), iterations=ROUNDS, seed=SEED)
    return {name: own.get(name) or _rounded(laid[name]) for name in names}


def _begun(graph: Any, own: Mapping[str, Place]) -> dict[str, Place]:
    """Places with which the layout begins: each site without a place near its nearest neighbours that have one."""
    draw = np.random.default_rng(SEED)
    known = dict(own)
    waiting = [name for name in graph if name not in known]
    while waiting:
        beside = {name: [known[near] for near in graph[name] if near in known] for name in waiting}
        reached = {name: near for name, near in beside.items() if near} or {
            name: list(own.values()) for name in waiting
        }
        for name, near in reached.items():
            lat, lon = np.mean(near, axis=0) + draw.normal(scale=0.3, size=2)
            known[name] = (float(lat), float(lon))
        waiting = [name for name in waiting if name not in known]
    return known


def _rounded(place: Any) -> Place:
    lat, lon = (round(float(value), 3) for value in place)
    return max(-90.0, min(90.0, lat)), max(-180.0, min(180.0, lon))
