# SPDX-License-Identifier: BSD-3-Clause
"""Mutated topology files: checked; what is sound is planned, by the table of reach and by GNPy, and used further."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

from apnemu.question.discovery import shipped_topology
from apnemu.topology.format import TOPOLOGY
from tests.fuzz.trial import Case, Step, warmed
from tests.fuzz.yaml_text import document, tree_of

FILE = "t.yaml"
WEIGHTS = {
    "three-sites": 8,
    "tokyo-metro": 4,
    "hub-and-leaves": 3,
    "nsfnet": 2,
    "cost239": 2,
    "jpn12": 2,
    "jpn48": 1,
}
"""Topologies that come with apnemu, and how often each is mutated: the small ones take less time."""
BLOCKING = ("--set", "requests=1000", "--set", "load=10,1000", "--set", "k=3")


warmed(
    ("check", "three-sites", "--json"),
    ("plan", "three-sites"),
    ("plan", "three-sites", "--json", "--reach-table"),
    ("plan", "three-sites", "--minimum-wavelengths"),
    *(("run", "blocking", *BLOCKING, "--set", f"grid={grid}", "--out", grid, "--json") for grid in ("fixed", "flex")),
)


def case(seed: int, number: int, folder: Path) -> Case:
    """A mutated topology through its check, a plan of one kind, and what else a topology is for."""
    draw = random.Random(f"topology {seed} {number}")
    (name,) = draw.choices(list(WEIGHTS), list(WEIGHTS.values()))
    how, content = document(filled(tree_of(shipped_topology(name)), draw), TOPOLOGY, draw)
    (folder / FILE).write_bytes(content)
    return Case(kind=f"{name} {how}", steps=(("check", FILE, "--json"), *used(name, draw)), names=(f"{FILE}:",))


def filled(tree: Any, draw: random.Random) -> Any:
    """A copy of a topology with some of the keys that it leaves out, so that they are mutated too."""
    tree = copy.deepcopy(tree)
    sites, fibres = list(tree["sites"]), tree["fibres"]
    a, b = fibres[0]["between"]
    more = {
        "packet": {
            **{
                "line_rate_gbps": 10,
                "mtu_bytes": 1500,
                "buffer_us": 1000,
                "forwarding_us": 10,
                "oeo_us": 100,
                "fec_us": 0,
            },
            "background": {"kind": "pareto", "load": 0.4, "burst_bytes": 30000, "pareto_shape": 1.5},
        },
        "controller": {"at": sites[0], "delay_us": 10},
        "spectrum": {"from_thz": 191.3, "to_thz": 196.1, "gaps": [{"from_thz": 193.1, "to_thz": 193.2}]},
        "scenario": [
            {"at_s": 1, "event": "cut", "what": [f"{a}-{b}"]},
            {"at_s": 2, "event": "region", "site": sites[0], "radius_km": 50},
            {"at_s": 3, "event": "repair", "what": "all"},
        ],
    }
    for key, value in more.items():
        if key not in tree and draw.random() < 0.4:
            tree[key] = value
    if draw.random() < 0.5:
        draw.choice(fibres).update(span_km=80, group_index=1.468, risks=["duct-1"])
    if draw.random() < 0.5:
        tree["demands"].append({"name": "more", "from": a, "to": b, "rate_gbps": 100})
    return tree


def used(name: str, draw: random.Random) -> tuple[Step, ...]:
    """What is done with a sound topology: the costly things less often."""
    if name == "jpn48":
        return (("plan", FILE, "--json", "--reach-table"),) if draw.random() < 0.2 else ()
    plan: Step = ("plan", FILE) if draw.random() < 0.5 else ("plan", FILE, "--json")
    more: tuple[Step, ...] = ((*plan, "--reach-table"),)
    if name == "three-sites" or draw.random() < 0.3:
        more = (*more, plan)
    if draw.random() < 0.2:
        more = (*more, ("plan", FILE, "--minimum-wavelengths"))
    if draw.random() < 0.3:
        grid = draw.choice(("fixed", "flex"))
        asked = ("--topology", FILE, *BLOCKING, "--set", f"grid={grid}", "--out", "b", "--json")
        more = (*more, ("run", "blocking", *asked))
    return more
