# SPDX-License-Identifier: BSD-3-Clause
"""Mutated scenarios of topology files: what happens to fibres, sites, amplifiers and the controller, and when."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

from apnemu.question.discovery import load_experiment, shipped_topology
from apnemu.running.asked import resolve
from apnemu.running.request import Request
from apnemu.topology.format import SCENARIO
from apnemu.topology.shapes import Record
from tests.fuzz.trial import Case, Step, warmed
from tests.fuzz.yaml_text import document, text_of, tree_of

FILE = "t.yaml"
TOPOLOGIES = ("three-sites", "tokyo-metro", "jpn12")
EVENT = SCENARIO.item
assert isinstance(EVENT, Record)


def case(seed: int, number: int, folder: Path) -> Case:
    """A scenario of which events are mutated, through the check and all that a run asks before a lab boots."""
    draw = random.Random(f"scenario {seed} {number}")
    tree = copy.deepcopy(tree_of(shipped_topology(draw.choice(TOPOLOGIES))))
    events = {"scenario": _events(tree, draw)}
    how, content = document(events, EVENT, draw)
    (folder / FILE).write_bytes(_before(tree) + content)
    used: tuple[Step, ...] = (asked,) if draw.random() < 0.4 else ()
    return Case(kind=how, steps=(("check", FILE, "--json"), *used), names=(f"{FILE}:",))


def asked() -> None:
    """What `apnemu run failover` does of the file before it boots a lab."""
    experiment = load_experiment("failover")
    resolve(Request(experiment=experiment, topology=Path(FILE), given=(), seed=1, networks=experiment.networks))


def _before(tree: Any) -> bytes:
    """The topology as it is, onto which a scenario follows."""
    return text_of({key: value for key, value in tree.items() if key != "scenario"}).encode()


def _events(tree: Any, draw: random.Random) -> list[dict[str, Any]]:
    """One to six sound events over a topology's fibres and sites."""
    fibres = ["-".join(fibre["between"]) for fibre in tree["fibres"]]
    sites = list(tree["sites"])
    site = tree["sites"][sites[0]]
    kinds: tuple[dict[str, Any], ...] = (
        {"event": "cut", "what": [draw.choice(fibres)]},
        {"event": "cut", "what": draw.choice(fibres)},
        {"event": "lose", "what": [draw.choice(sites)]},
        {"event": "lose", "what": "controller"},
        {"event": "region", "site": draw.choice(sites), "radius_km": 80},
        {"event": "region", "centre": [site["lat"], site["lon"]], "radius_km": 30.5},
        {"event": "sag", "what": draw.choice(fibres), "db": 3},
        {"event": "repair", "what": "all"},
        {"event": "repair", "what": [draw.choice(fibres + sites)]},
    )
    return [{"at_s": round(draw.uniform(0, 20), 3), **draw.choice(kinds)} for _ in range(draw.randrange(1, 7))]


def sound() -> None:
    """Ask for a run over each topology as it is, so that figures of its fibres are in the cache."""
    for name in TOPOLOGIES:
        Path(FILE).write_bytes(shipped_topology(name).read_bytes())
        asked()


warmed(("check", "three-sites", "--json"), sound)
