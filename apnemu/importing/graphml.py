# SPDX-License-Identifier: BSD-3-Clause
"""GraphML: the Internet Topology Zoo's files, yEd's, networkx's, and what `apnemu export --to graphml` writes.

Nodes and edges have data under keys that the file declares by name. *Not read:* ports, hyperedges, and graphs within
nodes, each of which is said.
"""

from __future__ import annotations

import json
from typing import Any

from apnemu.importing.attributes import about, link_of, node_of
from apnemu.importing.drawn import drawn
from apnemu.importing.form import Form, Imported, Wishes
from apnemu.importing.opened import Opened, inner, tag, text_of
from apnemu.importing.sketch import Sketch

TITLES = ("name", "Network", "label")
"""Attributes of a graph that name it; the first that is there holds."""


def read(opened: Opened, wishes: Wishes) -> Imported:
    """The network of a GraphML file's first graph."""
    root = opened.root
    graphs = inner(root, "graph")
    if not graphs:
        opened.fail("the file has no <graph>; GraphML has one; give a file that has", root.sourceline)
    sketch = Sketch(opened, "GraphML")
    if len(graphs) > 1:
        sketch.dropped.append(f"{len(graphs) - 1} further graphs of the file")
    named = {key.get("id"): key.get("attr.name") for key in inner(root, "key")}
    usual = {
        (key.get("for"), key.get("attr.name")): text_of(default)
        for key in inner(root, "key")
        for default in inner(key, "default")[:1]
    }
    graph = graphs[0]
    told = _data(graph, named, {}, "graph")
    sketch.name = next((str(told[title]).strip() for title in TITLES if told.get(title)), "")
    sketch.source = "; ".join(filter(None, (_origin(told), str(told.get("Source", "")))))
    about(sketch, told, graph.sourceline)
    for node in inner(graph, "node"):
        if inner(node, "graph"):
            sketch.drop("node", "graphs within")
        held = _data(node, named, usual, "node")
        node_of(sketch, node.get("id"), held, node.sourceline, label=_drawn_label(node) or node.get("id"))
    is_directed = graph.get("edgedefault") == "directed"
    for edge in inner(graph, "edge"):
        one_way = {"true": True, "false": False}.get(edge.get("directed", ""), is_directed)
        held = _data(edge, named, usual, "edge")
        link_of(
            sketch,
            edge.get("source"),
            edge.get("target"),
            held,
            edge.sourceline,
            one_way=one_way,
            unit_gbps=wishes.unit_gbps,
        )
    if hyper := len(inner(graph, "hyperedge")):
        sketch.drop("file", "hyperedges", hyper)
    _demands(sketch, str(told.get("demands") or ""), graph.sourceline)
    return drawn(sketch, wishes)


def _data(element: Any, named: dict[str, str | None], usual: dict[Any, str], of: str) -> dict[str, str]:
    """The data of an element by the names of their keys; a key without a name (a drawing's) has none."""
    held = {str(name): text for (kind, name), text in usual.items() if kind in (of, "all") and name}
    for data in inner(element, "data"):
        name = named.get(data.get("key"))
        if name:
            held[name] = text_of(data)
    return held


def _drawn_label(node: Any) -> str:
    """The label that yEd draws at a node."""
    return next((text for each in node.iter() if tag(each) == "NodeLabel" and (text := text_of(each))), "")


def _origin(told: dict[str, str]) -> str:
    """What the Topology Zoo says of where a network is from."""
    if "Topology Zoo" not in str(told.get("Creator", "")):
        return ""
    return f"Internet Topology Zoo, {told.get('Network', '').strip()} {told.get('NetworkDate', '')}".strip()


def _demands(sketch: Sketch, text: str, line: int | None) -> None:
    """Demands as apnemu's own export writes them: JSON in an attribute of the graph."""
    if not text.strip().startswith("["):
        return
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        sketch.fail("demands of the graph are not JSON; a list of mappings is read; mend it, or take it out", line)
    for demand in listed:
        if not isinstance(demand, dict):
            sketch.fail("demands of the graph have what is no mapping; write from, to, rate_gbps", line)
        sketch.want(demand.get("from"), demand.get("to"), demand.get("rate_gbps"), line, name=demand.get("name") or "")


GRAPHML = Form(
    word="graphml",
    name="GraphML",
    takes=lambda opened: opened.is_xml and opened.root_name == "graphml",
    read=read,
)
