# SPDX-License-Identifier: BSD-3-Clause
"""A plant as GraphML, with the Topology Zoo's words for places; nodes have the ids of sites, what is a list is JSON in
the graph. networkx, Gephi, yEd and igraph read it."""

from __future__ import annotations

import json
from typing import Any

from lxml import etree  # type: ignore[import-untyped]  # it ships no types

from apnemu.exporting.attributes import of_demands, of_fibre, of_plant, of_site
from apnemu.model.plant import Plant
from apnemu.units import GROUP_INDEX

SPACE = "http://graphml.graphdrawing.org/xmlns"
Held = dict[str, Any]


def graphml_text(plant: Plant) -> str:
    """The text of a GraphML file."""
    about = {**of_plant(plant), "demands": of_demands(plant)}
    about = {name: _json(held) if isinstance(held, list) else held for name, held in about.items()}
    nodes = {
        site.name: {
            **of_site(site),
            **({"Latitude": site.lat, "Longitude": site.lon} if site.is_placed else {}),
        }
        for site in plant.sites
    }
    edges = [(fibre.a, fibre.b, of_fibre(fibre, GROUP_INDEX)) for fibre in plant.fibres]
    root = etree.Element("graphml", nsmap={None: SPACE})
    keys: dict[tuple[str, str], str] = {}
    for of, helds in (("graph", [about]), ("node", list(nodes.values())), ("edge", [held for *_, held in edges])):
        for name, kind in {name: _kind(value) for held in helds for name, value in held.items()}.items():
            keys[of, name] = f"d{len(keys)}"
            etree.SubElement(root, "key", {"id": keys[of, name], "for": of, "attr.name": name, "attr.type": kind})
    graph = etree.SubElement(root, "graph", id=plant.name, edgedefault="undirected")
    _data(graph, "graph", about, keys)
    for name, held in nodes.items():
        _data(etree.SubElement(graph, "node", id=name), "node", held, keys)
    for number, (a, b, held) in enumerate(edges):
        _data(etree.SubElement(graph, "edge", id=f"e{number}", source=a, target=b), "edge", held, keys)
    etree.indent(root)
    text: str = etree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _data(element: Any, of: str, held: Held, keys: dict[tuple[str, str], str]) -> None:
    for name, value in held.items():
        etree.SubElement(element, "data", key=keys[of, name]).text = value if isinstance(value, str) else repr(value)


def _json(held: list[Any]) -> str:
    return json.dumps(held, ensure_ascii=False)


def _kind(value: object) -> str:
    return {int: "long", float: "double"}.get(type(value), "string")
