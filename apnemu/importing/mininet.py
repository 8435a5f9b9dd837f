# SPDX-License-Identifier: BSD-3-Clause
"""Mininet's topologies in Python, as far as they declare: read by their syntax tree (`evaluated`), never executed.

What `topos` names is read first, else the class of the file that derives from a `Topo`, with the values with which the
file makes one; else the first function that adds links to a `Mininet`. A switch becomes a site. A host at one switch is
a host of that site; one at several, or a host where there are fewer than two switches, is a site of its own. `delay`
and `loss` of links are kept, a `bw` that all have becomes the rate of the lines. *Not read:* addresses, controllers,
CPU limits, queues, and whatever a program does later.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import Any

from apnemu.escapes import brief
from apnemu.importing import plain_values
from apnemu.importing.drawn import drawn
from apnemu.importing.evaluated import Reading
from apnemu.importing.file_things import Class, Function, Instance, Names
from apnemu.importing.form import Form, Imported, Wishes
from apnemu.importing.opened import Opened
from apnemu.importing.plain_values import UNKNOWN
from apnemu.importing.sketch import Sketch

NODES = {"addSwitch": "switch", "addHost": "host", "addNode": "host", "addDocker": "host", "addRouter": "switch"}
TIME_NS = {"us": 1e3, "ms": 1e6, "s": 1e9, "": 1e3}
"""Units of tc's durations; a bare number is in microseconds, as tc has it."""
PERCENT = 100.0


@dataclass
class Net:
    """What was added to one topology or network: nodes by name with their kind and line, and links."""

    nodes: dict[str, tuple[str, int]] = field(default_factory=dict)
    links: list[tuple[str, str, int, Names]] = field(default_factory=list)


class Declared:
    """The networks that a file's calls add to."""

    def __init__(self) -> None:
        self.of_instances: dict[int, Net] = {}
        self.others = Net()

    def __call__(self, reading: Any, call: ast.Call, owner: Any, name: str, values: list[Any], words: Names) -> Any:
        """What a method of Mininet's does: only what adds something counts."""
        if isinstance(owner, Instance) and name == "__init__":
            build = reading.method(owner.of.line_up(), owner, "build")
            if isinstance(build, Function):
                reading.called(build, values, words)
            return None
        net = self.of_instances.setdefault(id(owner), Net()) if isinstance(owner, Instance) else self.others
        if name in NODES:
            return _node(reading, call, net, NODES[name], values, words)
        if name == "addLink":
            ends = [*values, *(words[word] for word in ("node1", "node2") if word in words)][:2]
            if len(ends) < 2 or not all(isinstance(end, str) for end in ends):
                reading.refuse("a link has an end that is known only when the file runs", call)
            net.links.append((ends[0], ends[1], call.lineno, words))
        return UNKNOWN


def read(opened: Opened, wishes: Wishes) -> Imported:
    """The network that a Python file declares."""
    net = _declared(opened)
    sketch = Sketch(opened, "Mininet", source=f"Mininet topology {opened.path.name}, read without executing it")
    kinds = {name: kind for name, (kind, _) in net.nodes.items()}
    ends = [(a, b) for a, b, _, _ in net.links]
    switches = [name for name, kind in kinds.items() if kind == "switch"]
    at: dict[str, str] = {}
    if len(switches) > 1:
        for name, kind in kinds.items():
            beside = [b if a == name else a for a, b in ends if name in (a, b)]
            if kind == "host" and len(beside) == 1 and kinds.get(beside[0]) == "switch":
                at[name] = beside[0]
    elif switches:
        sketch.inferred.append("sites: hosts too, since the file has one switch")
    for name, (kind, line) in net.nodes.items():
        if name not in at:
            here = sum(switch == name for switch in at.values())
            sketch.node(name, line, hosts=here if kind == "switch" else 1)
    if at and not set(at.values()):
        opened.fail("no host is at a switch; a network needs two hosts; add them")
    if at:
        sketch.inferred.append(f"{len(at)} hosts, each at one switch: hosts of that site")
    for a, b, line, words in net.links:
        if a in at or b in at:
            for word in ("delay", "bw", "loss"):
                if word in words:
                    sketch.drop("link", f"{word} between a host and its switch")
            continue
        sketch.link(a, b, line, **_shaped(sketch, words, line))
    return drawn(sketch, wishes)


def _declared(opened: Opened) -> Net:
    """The network that a file declares. Raises InputError where it declares none."""
    declared = Declared()
    reading = Reading(opened, declared)
    reading.run()
    topos = reading.names.get("topos")
    made: Any = None
    if isinstance(topos, dict) and topos:
        first = next(iter(topos.values()))
        made = reading.called(first, [], {}) if isinstance(first, Function) else first
        if isinstance(first, Class):
            made = _made(reading, first)
    classes = [each for each in reading.names.values() if isinstance(each, Class) and _is_topo(each)]
    if not isinstance(made, Instance) and classes:
        made = _made(reading, _last(reading, classes))
    if isinstance(made, Instance):
        net = declared.of_instances.get(id(made), Net())
    else:
        for name, function in list(reading.names.items()):
            if (
                not declared.others.links
                and isinstance(function, Function)
                and _adds_links(function.node)
                and name != "<lambda>"
            ):
                reading.called(function, [], {})
        net = declared.others
    if not net.links:
        opened.fail("the file declares no link by addLink; it must have a Topo or a Mininet with links; write them out")
    return net


def _is_topo(each: Class) -> bool:
    return any(name.rpartition(".")[2].endswith("Topo") for one in each.line_up() for name in one.foreign)


def _adds_links(node: Any) -> bool:
    return any(isinstance(each, ast.Attribute) and each.attr == "addLink" for each in ast.walk(node))


def _calls_of(reading: Reading, name: str) -> list[ast.Call]:
    calls = (each for each in ast.walk(reading.module) if isinstance(each, ast.Call))
    return [each for each in calls if isinstance(each.func, ast.Name) and each.func.id == name]


def _last(reading: Reading, classes: list[Class]) -> Class:
    """The last class that the file makes one of, else the last."""
    return next((each for each in reversed(classes) if _calls_of(reading, each.name)), classes[-1])


def _made(reading: Reading, of: Class) -> Any:
    """A topology of a class, with the values of the first call of it that gives plain ones."""
    calls = _calls_of(reading, of.name)
    for call in calls:
        values = [_constant(reading, each) for each in call.args]
        words = {each.arg: _constant(reading, each.value) for each in call.keywords if each.arg}
        if not plain_values.has_unknown(*values, *words.values()):
            return reading.thing(call, of, values, words)
    at = calls[0] if calls else ast.Call(ast.Name(of.name), [], [], lineno=of.line)
    return reading.thing(at, of, [], {})


def _constant(reading: Reading, node: ast.expr) -> Any:
    return reading.value(node, (reading.names,))


def _node(reading: Any, call: ast.Call, net: Net, kind: str, values: list[Any], words: Names) -> Any:
    name = values[0] if values else words.get("name", UNKNOWN)
    if not isinstance(name, str):
        reading.refuse("a node has a name that is known only when the file runs", call)
    if kind == "host" and "Router" in str(words.get("cls", "")):
        kind = "switch"
    net.nodes[name] = ("switch" if words.get("isSwitch") is True else kind, call.lineno)
    return name


def _shaped(sketch: Sketch, words: Names, line: int) -> dict[str, Any]:
    """What a link's words say of its delay, loss and rate."""
    delay, loss, bw = (words.get(word) for word in ("delay", "loss", "bw"))
    told: dict[str, Any] = {}
    if isinstance(delay, str | int | float):
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(us|ms|s)?(?:ecs?)?\s*", str(delay))
        if found is None:
            sketch.fail(f"delay of a link is {brief(delay)}; it must be a number with us, ms or s; mend it", line)
        told["delay_ns"] = round(float(found[1]) * TIME_NS[found[2] or ""]) or None
    if isinstance(loss, int | float) and 0 <= loss <= 90:
        told["loss"] = loss / PERCENT
    if isinstance(bw, int | float):
        told["capacity_gbps"] = bw / 1e3
    for word in words:
        if word not in ("delay", "loss", "bw", "node1", "node2", "cls", "port1", "port2"):
            sketch.drop("link", word)
    return told


def _is_topology(opened: Opened) -> bool:
    return opened.path.suffix == ".py" or ("addLink" in opened.begins and "import" in opened.begins)


MININET = Form(word="mininet", name="Mininet's Python", takes=_is_topology, read=read)
