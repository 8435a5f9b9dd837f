# SPDX-License-Identifier: BSD-3-Clause
"""GML (Graph Modelling Language), in which the Internet Topology Zoo publishes its networks too: keys, values, and
lists in brackets."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apnemu.importing.attributes import link_of, node_of
from apnemu.importing.drawn import drawn
from apnemu.importing.form import Form, Imported, Wishes
from apnemu.importing.opened import Opened
from apnemu.importing.sketch import Sketch

TOKEN = re.compile(r'\s*(?:#[^\n]*\s*)*(?:(?P<text>"[^"]*")|(?P<open>\[)|(?P<close>\])|(?P<word>[^\s\[\]"]+))')
MOST_LEVELS = 20


@dataclass(frozen=True, slots=True)
class Block:
    """A list of GML: its pairs in the file's order, and the line on which it begins."""

    line: int
    pairs: tuple[tuple[str, Any], ...]

    def blocks(self, key: str) -> list[Block]:
        return [value for name, value in self.pairs if name == key and isinstance(value, Block)]

    @property
    def values(self) -> dict[str, Any]:
        """What is no list, by its key."""
        return {name: value for name, value in self.pairs if not isinstance(value, Block)}


def read(opened: Opened, wishes: Wishes) -> Imported:
    """The network of a GML file."""
    graphs = _blocks(opened).blocks("graph")
    if not graphs:
        opened.fail("the file has no graph [ ... ]; GML has one; give a file that has", 1)
    graph = graphs[0]
    about = graph.values
    sketch = Sketch(opened, "GML", name=str(about.get("Network") or about.get("label") or about.get("name") or ""))
    zoo = "Topology Zoo" in str(about.get("Creator", ""))
    origin = f"Internet Topology Zoo, {about.get('Network', '')} {about.get('NetworkDate', '')}".strip() if zoo else ""
    sketch.source = "; ".join(filter(None, (origin, str(about.get("Source", "")))))
    for node in graph.blocks("node"):
        node_of(sketch, node.values.get("id"), node.values, node.line, label=node.values.get("id"))
    one_way = str(about.get("directed", "0")) == "1"
    for edge in graph.blocks("edge"):
        ends = (edge.values.get("source"), edge.values.get("target"))
        link_of(sketch, *ends, edge.values, edge.line, one_way=one_way, unit_gbps=wishes.unit_gbps)
    return drawn(sketch, wishes)


def _blocks(opened: Opened) -> Block:
    """The whole file as a list. Raises InputError where it is no GML."""
    waiting: list[tuple[int, list[tuple[str, Any]]]] = [(1, [])]
    key = ""
    line = 1
    for kind, token, line in _tokens(opened):
        if kind == "close":
            if key or len(waiting) == 1:
                opened.fail(f"not GML: ] closes nothing{' before the value of ' + key if key else ''}; mend it", line)
            begun, pairs = waiting.pop()
            name = waiting[-1][1].pop()[0]
            waiting[-1][1].append((name, Block(begun, tuple(pairs))))
        elif not key:
            if kind != "word" or not re.fullmatch(r"[A-Za-z_]\w*", token):
                opened.fail(f"not GML: {token[:40]!r} stands where a key is wanted; mend the syntax", line)
            key = token
        elif kind == "open":
            if len(waiting) > MOST_LEVELS:
                opened.fail(f"not GML: lists in more than {MOST_LEVELS} levels; flatten it", line)
            waiting[-1][1].append((key, None))
            waiting.append((line, []))
            key = ""
        else:
            waiting[-1][1].append((key, html.unescape(token[1:-1]) if kind == "text" else token))
            key = ""
    if key or len(waiting) > 1:
        opened.fail("not GML: the file ends within a list; close it", line)
    return Block(1, tuple(waiting[0][1]))


def _tokens(opened: Opened) -> Iterator[tuple[str, str, int]]:
    text, at, line = opened.text, 0, 1
    while True:
        found = TOKEN.match(text, at)
        if found is None:
            if not re.sub(r"#[^\n]*", "", text[at:]).strip():
                return
            opened.fail("not GML: a quotation mark has no other; mend the syntax", line)
        kind = str(found.lastgroup)
        line += text.count("\n", at, found.start(kind))
        yield kind, found[kind], line
        line += found[kind].count("\n")
        at = found.end()


GML = Form(
    word="gml",
    name="GML",
    takes=lambda opened: re.search(r"^\s*graph\s*\[", opened.begins, re.M) is not None,
    read=read,
)
