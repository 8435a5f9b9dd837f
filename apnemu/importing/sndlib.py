# SPDX-License-Identifier: BSD-3-Clause
"""SNDlib's networks: its XML, its native text, and the JSON that converters of it write; with demands.

Coordinates are (longitude, latitude), unless the file says that they are pixels or they lie beyond any degree. Links
have no length; capacities are modules that could be bought, which a fibre has not. Demands are in a unit that no file
states. *Not read:* models, admissible paths, costs, and how a demand may be routed; what was there is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from apnemu.escapes import brief
from apnemu.importing.attributes import unit_said
from apnemu.importing.drawn import drawn
from apnemu.importing.form import Form, Imported, Wishes
from apnemu.importing.opened import Opened, inner, tag, text_of
from apnemu.importing.sketch import ANY, Sketch

SECTION = re.compile(r"(\w+)\s*\(\s*")
NODE = re.compile(r"(\S+)\s*(?:\(\s*(\S+)\s+(\S+)\s*\))?\s*")
LINK = re.compile(r"(\S+)\s*\(\s*(\S+)\s+(\S+)\s*\)\s*(\S+)\s+\S+\s+\S+\s+\S+\s*\(([^()]*)\)\s*")
DEMAND = re.compile(r"(\S+)\s*\(\s*(\S+)\s+(\S+)\s*\)\s*(\S+)\s+(\S+)\s+(\S+)\s*")
NATIVE = "?SNDlib native format"
JSON_KEYS = frozenset({"nodes", "links", "demands", "admissible_paths"})
Place = tuple[Any, Any, int | None]


def read_native(opened: Opened, wishes: Wishes) -> Imported:
    """A network in SNDlib's native text."""
    sketch = Sketch(opened, "SNDlib")
    lines = opened.text.splitlines()
    titled = re.search(r"^#\s*network\s+(\S+)\s*$", opened.text, re.M)
    sketch.name = titled[1] if titled else opened.path.name.split(".")[0]
    section = ""
    nodes: dict[str, Place] = {}
    rest: list[tuple[str, str, int]] = []
    for number, raw in enumerate(lines, 1):
        line = raw.strip()
        if not line or line.startswith(("#", "?")):
            continue
        if not section:
            begun = SECTION.fullmatch(line)
            if begun is None:
                opened.fail(f"{brief(line)} stands outside of a section; begin one, for example NODES (", number)
            section = begun[1]
        elif line == ")":
            section = ""
        elif section == "NODES":
            found = NODE.fullmatch(line) or _unread(opened, line, number, "Berlin ( 13.39 52.52 )")
            nodes[found[1]] = (found[2], found[3], number)
        elif section in ("LINKS", "DEMANDS"):
            rest.append((section, line, number))
        elif section != "META":
            sketch.drop("file", section)
    if section:
        opened.fail(f"the section {section} has no end; close it with )", len(lines))
    _nodes(sketch, nodes)
    for section, line, number in rest:
        if section == "LINKS":
            found = LINK.fullmatch(line) or _unread(opened, line, number, "L1 ( a b ) 0 0 0 0 ( 20 100 )")
            _link(sketch, found[1], found[2], found[3], number, installed=found[4], modules=len(found[5].split()) // 2)
        else:
            found = DEMAND.fullmatch(line) or _unread(opened, line, number, "D1 ( a b ) 1 179.00 UNLIMITED")
            _want(sketch, found[1], found[2], found[3], number, value=found[5], unit=found[4], wishes=wishes)
            if found[6] != "UNLIMITED":
                sketch.drop("demand", "longest path")
    return drawn(sketch, wishes)


def read_xml(opened: Opened, wishes: Wishes) -> Imported:
    """A network in SNDlib's XML."""
    root = opened.root
    sketch = Sketch(opened, "SNDlib", name=opened.path.name.split(".")[0])
    within = next(iter(inner(root, "networkStructure")), root)
    pixels = any(each.get("coordinatesType") == "pixel" for each in inner(within, "nodes"))
    nodes: dict[str, Place] = {}
    for node in _listed(within, "nodes", "node"):
        name = sketch.key(node.get("id"), "a node", node.sourceline)
        if name in nodes:
            sketch.fail(f"node {brief(name)} comes twice; ids must differ; rename one", node.sourceline)
        at = next(iter(inner(node, "coordinates")), None)
        x, y = (None, None) if at is None else (_inner_text(at, "x"), _inner_text(at, "y"))
        nodes[name] = (x, y, node.sourceline)
    _nodes(sketch, nodes, pixels)
    for link in _listed(within, "links", "link"):
        modules = len(inner(next(iter(inner(link, "additionalModules")), []), "addModule"))
        installed = next(iter(inner(link, "preInstalledModule")), None)
        capacity = None if installed is None else _inner_text(installed, "capacity")
        ends = (_inner_text(link, "source"), _inner_text(link, "target"))
        _link(sketch, link.get("id"), *ends, link.sourceline, installed=capacity, modules=modules)
    for demand in _listed(root, "demands", "demand"):
        ends = (_inner_text(demand, "source"), _inner_text(demand, "target"))
        unit, value = (_inner_text(demand, name) for name in ("routingUnit", "demandValue"))
        _want(sketch, demand.get("id"), *ends, demand.sourceline, value=value, unit=unit, wishes=wishes)
        if paths := sum(len(each) for each in inner(demand, "admissiblePaths")):
            sketch.drop("demand", "admissible paths", paths)
    return drawn(sketch, wishes)


def read_json(opened: Opened, wishes: Wishes) -> Imported:
    """A network of SNDlib as converters write it in JSON, with the words of the native text."""
    held = opened.json
    sketch = Sketch(opened, "SNDlib JSON", name=opened.path.name.split(".")[0])
    nodes: dict[str, Place] = {}
    for node in objects(opened, held, "nodes"):
        nodes[sketch.key(node.get("id"), "a node", node.line)] = (
            node.get("longitude"),
            node.get("latitude"),
            node.line,
        )
    _nodes(sketch, nodes)
    for link in objects(opened, held, "links"):
        ends = (link.get("source"), link.get("target"))
        modules = link.get("modules")
        count = len(modules) if isinstance(modules, list) else 0
        _link(sketch, link.get("id"), *ends, link.line, installed=link.get("pre_installed_capacity"), modules=count)
    for demand in objects(opened, held, "demands"):
        ends = (demand.get("source"), demand.get("target"))
        value, unit = demand.get("demand_value"), demand.get("routing_unit")
        _want(sketch, demand.get("id"), *ends, demand.line, value=value, unit=unit, wishes=wishes)
    if isinstance(held.get("admissible_paths"), dict | list) and held["admissible_paths"]:
        sketch.drop("file", "admissible_paths")
    return drawn(sketch, wishes)


def objects(opened: Opened, held: Any, key: str) -> list[Any]:
    """The objects in the list under a key; none where there is no such key. Raises InputError for what is no list."""
    listed = held.get(key, [])
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        opened.fail(f"{key} is no list of objects; give one, as the form has it", getattr(held, "line", None))
    return listed


def _nodes(sketch: Sketch, nodes: dict[str, Place], pixels: bool = False) -> None:
    """Add nodes; places that are no degrees, all of them, are dropped."""
    sketch.source = f"SNDlib file {sketch.opened.path.name}"
    x, y = (
        [sketch.number(place[way], f"coordinate of node {brief(name)}", place[2], ANY) for name, place in nodes.items()]
        for way in (0, 1)
    )
    beyond = any(abs(each or 0) > 180 for each in x) or any(abs(each or 0) > 90 for each in y)
    if pixels or beyond:
        sketch.drop("node", "coordinates, which are pixels", len(nodes))
    for (name, (_, _, line)), lon, lat in zip(nodes.items(), x, y, strict=True):
        sketch.node(name, line, lat=None if pixels or beyond else lat, lon=None if pixels or beyond else lon)


def _link(sketch: Sketch, name: Any, a: Any, b: Any, line: int | None, *, installed: Any, modules: int) -> None:
    capacity = sketch.number(installed, "capacity of a link", line, ANY)
    if capacity:
        sketch.drop("link", "installed capacity")
    if modules:
        sketch.drop("link", "modules that could be bought, with their costs", modules)
    sketch.link(a, b, line, label=name)


def _want(
    sketch: Sketch, name: Any, a: Any, b: Any, line: int | None, *, value: Any, unit: Any, wishes: Wishes
) -> None:
    """A demand: its value in routing units."""
    given, times = (sketch.number(each, "value of a demand", line, ANY) for each in (value, unit))
    rate_gbps = None if given is None else given * (1.0 if times is None else times) * wishes.unit_gbps
    sketch.inferred.append(unit_said(wishes.unit_gbps)) if not sketch.wants else None
    sketch.want(a, b, rate_gbps, line, name=name)


def _listed(within: Any, group: str, name: str) -> Iterable[Any]:
    return [each for holder in inner(within, group) for each in inner(holder, name)]


def _inner_text(element: Any, name: str) -> str | None:
    found = inner(element, name)
    return text_of(found[0]) if found else None


def _unread(opened: Opened, line: str, number: int, example: str) -> Any:
    opened.fail(f"{brief(line)} is not in SNDlib's native form; write for example {example}", number)


def _is_network(opened: Opened) -> bool:
    root = opened.root
    return tag(root) == "network" and bool(inner(root, "networkStructure"))


SNDLIB = Form(
    word="sndlib", name="SNDlib's native text", takes=lambda opened: opened.begins.startswith(NATIVE), read=read_native
)
SNDLIB_XML = Form(
    word="sndlib-xml", name="SNDlib's XML", takes=lambda opened: opened.is_xml and _is_network(opened), read=read_xml
)
SNDLIB_JSON = Form(
    word="sndlib-json", name="SNDlib in JSON", takes=lambda opened: opened.keys >= JSON_KEYS, read=read_json
)
