# SPDX-License-Identifier: BSD-3-Clause
"""ONF T-API topologies (Transport API 2.x, RESTCONF JSON): nodes and links of the context's richest topology.

By the published YANG models `tapi-common` and `tapi-topology`, as TR-547 uses them: a link joins node edge points, each
of a node; a bidirectional link stands once. Length stands in `cost-characteristic` under a cost-name of LENGTH or
DISTANCE, in km. *Not read:* node rules, edge points, spectrum, connectivity; T-API has no coordinates.
"""

from __future__ import annotations

from typing import Any

from apnemu.escapes import brief
from apnemu.importing.drawn import drawn
from apnemu.importing.form import Form, Imported, Wishes
from apnemu.importing.opened import Opened
from apnemu.importing.sketch import ANY, Sketch
from apnemu.importing.sndlib import objects
from apnemu.units import bps_to_gbps

UNITS_GBPS = {"TBPS": 1e3, "GBPS": 1.0, "MBPS": 1e-3, "KBPS": 1e-6, "BPS": bps_to_gbps(1)}
READ = ("uuid", "name", "node-edge-point", "direction", "cost-characteristic", "total-potential-capacity")


def read(opened: Opened, wishes: Wishes) -> Imported:
    """The network of a T-API context, or of one topology."""
    topologies = list(_topologies(opened.json, opened))
    if not topologies:
        opened.fail("the context has no topology; give tapi-topology:topology-context with one", 1)
    chosen = max(topologies, key=lambda each: (len(objects(opened, each, "link")), len(objects(opened, each, "node"))))
    sketch = Sketch(opened, "ONF T-API", name=_named(chosen))
    sketch.source = f"ONF T-API topology {_named(chosen)} in {opened.path.name}"
    if len(topologies) > 1:
        sketch.dropped.append(f"{len(topologies) - 1} further topologies of the context")
    for node in objects(opened, chosen, "node"):
        sketch.node(node.get("uuid"), node.line, label=_named(node))
        for word in node:
            if word not in READ:
                sketch.drop("node", word)
    for link in objects(opened, chosen, "link"):
        ends = [end for end in objects(opened, link, "node-edge-point") if end.get("node-uuid")]
        if len(ends) != 2:
            sketch.fail(
                f"link {brief(_named(link))} has {len(ends)} ends; it must have two node-edge-points", link.line
            )
        costs = {
            str(cost.get("cost-name")).upper(): cost.get("cost-value")
            for cost in objects(opened, link, "cost-characteristic")
        }
        sketch.link(
            ends[0]["node-uuid"],
            ends[1]["node-uuid"],
            link.line,
            one_way=link.get("direction") == "UNIDIRECTIONAL",
            label=_named(link),
            length_km=next((value for name, value in costs.items() if "LENGTH" in name or "DISTANCE" in name), None),
            capacity_gbps=_capacity_gbps(sketch, link),
        )
        for word in link:
            if word not in READ:
                sketch.drop("link", word)
    return drawn(sketch, wishes)


def _topologies(held: Any, opened: Opened) -> list[Any]:
    """The topologies of a document: of a context, of a topology context, or the one that it is."""
    inside = _bare(held)
    for key in ("context", "topology-context"):
        if isinstance(inside.get(key), dict):
            inside = _bare(inside[key])
    if isinstance(inside.get("topology-context"), dict):
        inside = _bare(inside["topology-context"])
    if isinstance(inside.get("topology"), dict):
        return [inside["topology"]]
    inside.setdefault("topology", [])
    return objects(opened, inside, "topology")


def _bare(held: dict[str, Any]) -> dict[str, Any]:
    """An object by its keys without the names of their modules."""
    return {key.rpartition(":")[2]: value for key, value in held.items()}


def _named(thing: dict[str, Any]) -> str:
    """The first name of a thing, else its uuid."""
    names = thing.get("name")
    for each in names if isinstance(names, list) else ():
        if isinstance(each, dict) and isinstance(each.get("value"), str) and each["value"].strip():
            return str(each["value"])
    return str(thing.get("uuid") or "")


def _capacity_gbps(sketch: Sketch, link: Any) -> float | None:
    total = link.get("total-potential-capacity")
    size = total.get("total-size") if isinstance(total, dict) else None
    if not isinstance(size, dict) or str(size.get("unit")) not in UNITS_GBPS:
        return None
    value = sketch.number(size.get("value"), "total-size of a link", link.line, ANY)
    return None if value is None else value * UNITS_GBPS[str(size["unit"])]


TAPI = Form(
    word="tapi",
    name="ONF T-API JSON",
    takes=lambda opened: any(key.startswith(("tapi-common:", "tapi-topology:")) for key in opened.keys),
    read=read,
)
