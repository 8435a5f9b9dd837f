# SPDX-License-Identifier: BSD-3-Clause
"""What a page gets from both sides: a lab's messages and its controller's journal, and what a browser asks for."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from apnemu.blueprint.compiled import blueprint_for
from apnemu.blueprint.document import Blueprint
from apnemu.controllers.apn import Apn
from apnemu.errors import GuestError, InputError
from apnemu.live import orders, told
from apnemu.live.lights import JOURNAL, Asked
from apnemu.model.assignment import Assignment
from apnemu.planning import next_hops
from apnemu.planning.online import Service
from apnemu.question.discovery import shipped_topology
from apnemu.topology import read_plant
from tests.fuzz.mutations import documents
from tests.fuzz.trial import Case, warmed

KNOWN = told.Known(sites=frozenset({"tokyo", "osaka"}), fibres=frozenset({"tokyo-osaka"}))
MESSAGE = {
    "clock_ns": 5_000_000_000,
    "stage": "1+1",
    "cut": ["tokyo-osaka"],
    "lost": ["tokyo"],
    "watched": [["tokyo", "osaka"]],
    "samples": [["tokyo", "osaka", 1_000, 5_412_000], ["tokyo", "osaka", 2_000, None]],
    "events": [[1_000, "cut tokyo-osaka"]],
    "light": [
        {
            "name": "x",
            "source": "tokyo",
            "target": "osaka",
            "rate_gbps": 100.0,
            "protection": "1+1",
            "state": "lit",
            "reason": "",
            "paths": [{"route": ["tokyo", "osaka"], "n": 4, "m": 4, "mode": "m", "carries": True}],
        }
    ],
    "load": 0.5,
}
ORDERS = (
    {"do": "cut", "what": "tokyo-osaka", "network": "apn"},
    {"do": "run", "pace": 10.0},
    {"do": "advance", "by": "10s"},
    {"do": "light", "from": "tokyo", "to": "osaka", "gbps": 100, "protection": "1+1"},
    {"do": "watch", "from": "tokyo", "to": "osaka", "every": "100ms"},
    {"do": "line", "line": "tokyo ping osaka"},
)
SAID = "in the lab", "of the lab"
ASKED = "page", "number", "duration", "name", "characters", "pace", "rate"


def case(seed: int, number: int, folder: Path) -> Case:
    """A message of a lab's, a browser's, or a journal, with one thing or several changed."""
    draw = random.Random(f"live {seed} {number}")
    kind = ("message", "order", "journal")[number % 3]
    if kind == "message":
        text = next(documents(MESSAGE, draw.randrange(1 << 30), 1))
        return Case(kind=kind, steps=(partial(refused, partial(told.read, text, KNOWN)),), names=SAID)
    if kind == "order":
        text = next(documents(draw.choice(ORDERS), draw.randrange(1 << 30), 1))
        return Case(kind=kind, steps=(partial(orders.read, text),), names=ASKED)
    lines = [*journal()]
    at = draw.randrange(len(lines))
    lines[at] = next(documents(json.loads(lines[at]), draw.randrange(1 << 30), 1))
    (folder / JOURNAL).write_text("\n".join(lines) + "\n", encoding="utf-8", errors="surrogatepass")
    return Case(kind=kind, steps=(partial(refused, partial(listed, folder)),), names=SAID)


def refused(step: Callable[[], object]) -> None:
    """Do a step whose refusals end a lab, as one whose refusals are of input."""
    try:
        step()
    except GuestError as error:
        raise InputError(str(error)) from error


def listed(folder: Path) -> None:
    """Read a journal, and have all that it says decided again."""
    json.dumps(Asked(blueprint(), folder).at(1_000_000_000_000), allow_nan=False)


@cache
def blueprint() -> Blueprint:
    """A network with light on demand."""
    plant = dataclasses.replace(read_plant(shipped_topology("three-sites")), transceivers=2)
    return blueprint_for("apn", plant, Assignment(lightpaths=(), refusals=()), next_hops(plant), (), seed=1)


@cache
def journal() -> tuple[str, ...]:
    """What a controller writes down of a request, a cut and a release."""
    lines: list[str] = []
    controller = Apn(blueprint(), lambda entry: lines.append(json.dumps(entry)))
    controller.request(Service(name="x", source="tokyo", target="osaka", rate_gbps=100.0), 1_000)
    dpid, port = next(iter(controller.wiring.fibre))
    controller.port(dpid, port, False, 200_000_000_000)
    controller.port(dpid, port, True, 300_000_000_000)
    controller.release("x", 400_000_000_000)
    return tuple(lines)


warmed(partial(told.read, json.dumps(MESSAGE), KNOWN), partial(orders.read, json.dumps(ORDERS[0])), journal)
