# SPDX-License-Identifier: BSD-3-Clause
"""Node-link JSON: networkx's `node_link_data`, under `links` or `edges`, and TopoHub's, which is the same with words of
its own: `pos` (longitude, latitude, or kilometres in a plane), `dist` in km, and demands by node in the graph.
"""

from __future__ import annotations

from typing import Any

from apnemu.escapes import brief
from apnemu.importing.attributes import link_of, node_of, unit_said
from apnemu.importing.drawn import drawn
from apnemu.importing.form import Form, Imported, Wishes
from apnemu.importing.opened import Opened
from apnemu.importing.sketch import ANY, Sketch
from apnemu.importing.sndlib import objects

LOADS = ("ecmp_fwd", "ecmp_bwd")
"""TopoHub's link loads under routing of its own."""
TOPOHUB_SAYS = "TopoHub (P. Jurkiewicz, SoftwareX 24, 101540, 2023)"


def read(opened: Opened, wishes: Wishes) -> Imported:
    """The network of a node-link file."""
    held = opened.json
    about = held.get("graph")
    about = about if isinstance(about, dict) else {}
    sketch = Sketch(opened, "node-link JSON", name=str(about.get("name") or ""))
    nodes, edges = objects(opened, held, "nodes"), objects(opened, held, "links" if "links" in held else "edges")
    is_hub = is_topohub(nodes, edges)
    if is_hub:
        sketch.source, sketch.licence = (
            f"{TOPOHUB_SAYS}, {opened.path.name}",
            "MIT (the package; its sources' own beside it)",
        )
        _planar(sketch, nodes)
    for node in nodes:
        own = {key: value for key, value in node.items() if key != "id"}
        if is_hub:
            own |= _place(sketch, own.pop("pos", None), node.line)
            if "waypoint" in str(own.get("type", "")).lower():
                own["kind"] = "exchange"
                sketch.inferred.append("kind of waypoints: exchange, a building without a data centre")
        node_of(sketch, node.get("id"), own, node.line, label=node.get("id"))
    for edge in edges:
        own = {key: value for key, value in edge.items() if key not in ("source", "target", "key")}
        if is_hub:
            own["length_km"] = own.pop("dist")
        loads = [own.pop(name) for name in LOADS if is_hub and name in own]
        if loads:
            sketch.drop("link", "loads under ECMP", len(loads))
        ends = (edge.get("source"), edge.get("target"))
        link_of(sketch, *ends, own, edge.line, one_way=held.get("directed") is True, unit_gbps=wishes.unit_gbps)
    _demands(sketch, about.get("demands"), wishes)
    return drawn(sketch, wishes)


def is_topohub(nodes: list[Any], edges: list[Any]) -> bool:
    """Whether a node-link file has TopoHub's words."""
    return bool(nodes and edges) and all("pos" in node for node in nodes) and all("dist" in edge for edge in edges)


def _planar(sketch: Sketch, nodes: list[Any]) -> None:
    """Take the places off nodes where they are kilometres in a plane: some lie beyond any degree."""
    places = [node.get("pos") for node in nodes]
    numbers = [each for place in places if isinstance(place, list) and len(place) == 2 for each in place]
    beyond = [each for each in numbers if isinstance(each, int | float) and abs(each) > 180]
    if beyond:
        sketch.drop("node", "places, which are in a plane", len(nodes))
        for node in nodes:
            node.pop("pos", None)


def _place(sketch: Sketch, pos: Any, line: int | None) -> dict[str, Any]:
    if pos is None:
        return {}
    if not isinstance(pos, list) or len(pos) != 2:
        sketch.fail(f"pos of a node is {brief(pos)}; it must be [longitude, latitude]; mend it", line)
    return {"lon": pos[0], "lat": pos[1]}


def _demands(sketch: Sketch, held: Any, wishes: Wishes) -> None:
    """Demands of the graph: node -> node -> rate, as TopoHub has them, or a list, as apnemu writes it."""
    if isinstance(held, list):
        for one in held:
            if isinstance(one, dict):
                sketch.want(one.get("from"), one.get("to"), one.get("rate_gbps"), name=one.get("name") or "")
    elif isinstance(held, dict) and held:
        for a, by_target in held.items():
            for b, value in by_target.items() if isinstance(by_target, dict) else ():
                rate = sketch.number(value, "a demand", getattr(held, "line", None), ANY)
                sketch.want(a, b, None if rate is None else rate * wishes.unit_gbps, getattr(held, "line", None))
        sketch.inferred.append(unit_said(wishes.unit_gbps))


NODE_LINK = Form(
    word="node-link",
    name="node-link JSON (networkx, TopoHub)",
    takes=lambda opened: "nodes" in opened.keys and bool({"links", "edges"} & opened.keys),
    read=read,
)
