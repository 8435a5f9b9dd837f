# SPDX-License-Identifier: BSD-3-Clause
"""Net2Plan's designs (.n2p, XML): nodes, and the links and demands of one layer; links lead one way, with lengths.

The layer is the one that the file calls its default, else its first. *Not read:* further layers, routes, trees,
resources, shared-risk groups, forwarding rules; what was there is said.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from apnemu.importing.attributes import unit_said
from apnemu.importing.drawn import drawn
from apnemu.importing.form import Form, Imported, Wishes
from apnemu.importing.opened import Opened, inner, tag
from apnemu.importing.sketch import ANY, Sketch

KNOWN = ("node", "layer", "link", "demand", "attribute")


def read(opened: Opened, wishes: Wishes) -> Imported:
    """The network of a design."""
    root = opened.root
    sketch = Sketch(opened, "Net2Plan", name=root.get("name") or "")
    described = " ".join((root.get("description") or "").split())
    sketch.source = f"Net2Plan design {opened.path.name}" + (f": {described}" if described else "")
    layers = inner(root, "layer")
    layer = next((each for each in layers if each.get("isDefaultLayer") == "true"), layers[0] if layers else root)
    if len(layers) > 1:
        sketch.dropped.append(f"{len(layers) - 1} further layers")
    nodes = inner(root, "node")
    places = [
        [sketch.number(node.get(way), way, node.sourceline, ANY) for way in ("xCoord", "yCoord")] for node in nodes
    ]
    beyond = any(abs(x or 0) > 180 or abs(y or 0) > 90 for x, y in places)
    if beyond:
        sketch.drop("node", "coordinates, which are in a plane", len(nodes))
    for node, (x, y) in zip(nodes, places, strict=True):
        own = {each.get("key"): each.get("value") for each in inner(node, "attribute")}
        population = own.pop("population", None) or node.get("population")
        sketch.node(
            node.get("id"),
            node.sourceline,
            label=node.get("name") or f"node {node.get('id')}",
            lat=None if beyond else y,
            lon=None if beyond else x,
            population=population if population not in ("0.0", "0") else None,
        )
        for name in own:
            sketch.drop("node", str(name))
    _links(sketch, layer, wishes)
    unread = Counter(tag(each) for each in [*root, *layer] if tag(each) not in KNOWN)
    for name, number in unread.items():
        sketch.drop("file", name, number)
    return drawn(sketch, wishes)


def _links(sketch: Sketch, layer: Any, wishes: Wishes) -> None:
    capacity_unit, traffic_unit = layer.get("linkCapacityUnitsName"), layer.get("demandTrafficUnitsName")
    speeds = set()
    for link in inner(layer, "link"):
        line = link.sourceline
        speeds.add(link.get("propagationSpeedInKmPerSecond"))
        capacity = sketch.number(link.get("capacity"), "capacity of a link", line, ANY)
        sketch.link(
            link.get("originNodeId"),
            link.get("destinationNodeId"),
            line,
            one_way=True,
            label=link.get("name"),
            length_km=link.get("lengthInKm"),
            capacity_gbps=None if capacity is None else capacity * _unit(capacity_unit, wishes),
        )
    for name in sorted(speed for speed in speeds if speed):
        sketch.drop("link", f"propagation speed of {name} km/s, where fibre has its own")
    demands = inner(layer, "demand")
    for demand in demands:
        line = demand.sourceline
        offered = sketch.number(demand.get("offeredTraffic"), "offeredTraffic of a demand", line, ANY)
        rate_gbps = None if offered is None else offered * _unit(traffic_unit, wishes)
        sketch.want(demand.get("ingressNodeId"), demand.get("egressNodeId"), rate_gbps, line)
    if not (capacity_unit and traffic_unit):
        sketch.inferred.append(unit_said(wishes.unit_gbps))


def _unit(name: str | None, wishes: Wishes) -> float:
    """Gbit/s in a unit by the name that a design gives it.

    >>> _unit("Gbps", Wishes()), _unit("Mbps", Wishes()), _unit("", Wishes(unit_gbps=2.5))
    (1.0, 0.001, 2.5)
    """
    known = {"gbps": 1.0, "gb/s": 1.0, "gbit/s": 1.0, "mbps": 1e-3, "mbit/s": 1e-3, "tbps": 1e3, "tbit/s": 1e3}
    return known.get((name or "").strip().lower(), wishes.unit_gbps)


def _is_design(opened: Opened) -> bool:
    root = opened.root
    return tag(root) == "network" and bool(inner(root, "layer")) and bool(inner(root, "node"))


NET2PLAN = Form(
    word="net2plan", name="Net2Plan's .n2p", takes=lambda opened: opened.is_xml and _is_design(opened), read=read
)
