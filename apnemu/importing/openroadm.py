# SPDX-License-Identifier: BSD-3-Clause
"""OpenROADM topologies (JSON of RFC 8345 with the modules of openroadm.org), and plain RFC 8345 networks.

By the published YANG: a ROADM stands in `openroadm-topology` as one node for each degree and each add/drop group, which
name it as their supporting node; they become one site, with a data centre if a transponder is joined to it. The span of
a ROADM-to-ROADM link has `SRLG-length` in metres, of each piece. Links lead one way. *Not read:* termination points,
wavelengths, add, drop and express links within a node.
"""

from __future__ import annotations

from typing import Any

from apnemu.escapes import brief
from apnemu.importing.drawn import drawn
from apnemu.importing.form import Form, Imported, Wishes
from apnemu.importing.opened import Opened
from apnemu.importing.sketch import ANY, Sketch
from apnemu.importing.sndlib import objects

INSIDE = ("EXPRESS-LINK", "ADD-LINK", "DROP-LINK")
TO_TRANSPONDER = ("XPONDER-INPUT", "XPONDER-OUTPUT")


def read(opened: Opened, wishes: Wishes) -> Imported:
    """The network with the most links of a document."""
    networks = _networks(opened)
    if not networks:
        opened.fail("the file has no network; RFC 8345 has ietf-network:networks with a list of them; give one", 1)
    chosen = max(networks, key=lambda each: len(_list(opened, each, "link")))
    name = str(chosen.get("network-id") or "")
    sketch = Sketch(opened, "OpenROADM", name=name, source=f"RFC 8345 network {name} in {opened.path.name}")
    if len(networks) > 1:
        sketch.dropped.append(f"{len(networks) - 1} further networks of the file")
    nodes = _list(opened, chosen, "node")
    of = {sketch.key(node.get("node-id"), "a node", node.line): _supporting(node) for node in nodes}
    kinds = {str(node.get("node-id")): str(_under(node, "node-type") or "") for node in nodes}
    links = _list(opened, chosen, "link")
    joined: dict[str, str] = {}
    for link in links:
        if _under(link, "link-type") in TO_TRANSPONDER:
            a, b = (of.get(end, end) for end in _ends(sketch, link))
            transponder, roadm = (a, b) if _is_transponder(a, of, kinds) else (b, a)
            joined[transponder] = roadm
    is_optical = any(kinds.values())
    with_centre = set(joined.values()) | {site for site in of.values() if _is_transponder(site, of, kinds)}
    for node in nodes:
        site = of[str(node.get("node-id"))]
        if site in sketch.nodes or site in joined:
            continue
        kind = None if not is_optical or site in with_centre else "exchange"
        sketch.node(site, node.line, label=site, kind=kind)  # type: ignore[arg-type]  # a word of the model's
    if is_optical and not with_centre:
        opened.fail("no transponder (XPONDER) is joined to a ROADM; light needs two ends; give a topology with them", 1)
    for link in links:
        a, b = (joined.get(of.get(end, end), of.get(end, end)) for end in _ends(sketch, link))
        kind_of = _under(link, "link-type")
        if a == b or kind_of in INSIDE + TO_TRANSPONDER:
            sketch.drop("node", "links within")
            continue
        sketch.link(a, b, link.line, one_way=True, label=link.get("link-id"), length_km=_length_km(sketch, link))
    return drawn(sketch, wishes)


def _networks(opened: Opened) -> list[Any]:
    held = opened.json
    inside = next((value for key, value in held.items() if key.rpartition(":")[2] == "networks"), held)
    if not isinstance(inside, dict):
        return []
    return _list(opened, inside, "network")


def _list(opened: Opened, held: Any, word: str) -> list[Any]:
    """The list under a key, whatever module it names."""
    key = next((key for key in held if key.rpartition(":")[2] == word), word)
    return objects(opened, held, key)


def _under(thing: dict[str, Any], word: str) -> Any:
    """The value under a key, whatever module it names."""
    return next((value for key, value in thing.items() if key.rpartition(":")[2] == word), None)


def _supporting(node: Any) -> str:
    """The site of a node: what it names as supporting, of the network of ROADMs before others; else itself."""
    named = node.get("supporting-node")
    refs = [each for each in named if isinstance(each, dict)] if isinstance(named, list) else []
    refs.sort(key=lambda each: each.get("network-ref") != "openroadm-network")
    return next(
        (ref for each in refs if isinstance(ref := each.get("node-ref"), str) and ref), str(node.get("node-id"))
    )


def _is_transponder(site: str, of: dict[str, str], kinds: dict[str, str]) -> bool:
    own = [kinds[node] for node, its in of.items() if its == site]
    return bool(own) and all(kind == "XPONDER" for kind in own)


def _ends(sketch: Sketch, link: Any) -> tuple[str, str]:
    ends = []
    for group, word in (("source", "source-node"), ("destination", "dest-node")):
        held = link.get(group)
        end = held.get(word) if isinstance(held, dict) else None
        if not isinstance(end, str):
            sketch.fail(f"link {brief(link.get('link-id'))} has {brief(end)} as its {word}; give a node-id", link.line)
        ends.append(end)
    return ends[0], ends[1]


def _length_km(sketch: Sketch, link: Any) -> float | None:
    """The sum of the lengths of a span's pieces, which are in metres."""
    oms = _under(link, "OMS-attributes")
    span = oms.get("span") if isinstance(oms, dict) else None
    pieces = span.get("link-concatenation") if isinstance(span, dict) else None
    lengths = [
        sketch.number(each.get("SRLG-length"), "SRLG-length of a link", link.line, ANY)
        for each in (pieces if isinstance(pieces, list) else ())
        if isinstance(each, dict)
    ]
    return sum(each or 0.0 for each in lengths) / 1e3 if lengths else None


OPENROADM = Form(
    word="openroadm",
    name="OpenROADM or RFC 8345 JSON",
    takes=lambda opened: any(
        key in ("ietf-network:networks", "networks", "ietf-network:network") for key in opened.keys
    ),
    read=read,
)
