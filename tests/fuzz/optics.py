# SPDX-License-Identifier: BSD-3-Clause
"""Mutated optics files: read, and light judged by GNPy over the equipment that they describe."""

from __future__ import annotations

import random
from pathlib import Path

import apnemu.optics.line  # noqa: F401  # imported once, before the processes of cases are forked
from apnemu.errors import named
from apnemu.optics import headroom, judge_of, read_optics
from apnemu.optics.format import OPTICS
from apnemu.question.discovery import shipped_topology
from apnemu.topology import read_plant
from apnemu.topology.equipment import SHIPPED
from tests.fuzz.trial import Case
from tests.fuzz.yaml_text import document, tree_of

FILE = "optics.yaml"


def case(seed: int, number: int, folder: Path) -> Case:
    """A mutated optics file; what reads is used."""
    draw = random.Random(f"optics {seed} {number}")
    how, content = document(tree_of(SHIPPED / "optics" / "default.yaml"), OPTICS, draw)
    (folder / FILE).write_bytes(content)
    return Case(kind=how, steps=(read, used), names=(f"{FILE}:",))


def read() -> None:
    """Read the file."""
    read_optics(FILE)


def used() -> None:
    """Judge each fibre of a small topology, with nothing out of a cache."""
    optics, plant = read_optics(FILE), read_plant(shipped_topology("three-sites"))
    headroom(optics)
    with named(FILE):
        judge = judge_of(plant, optics=optics, folder=Path("cache"))
    for fibre in plant.fibres:
        print(judge((fibre.name,)))
    print(judge(tuple(fibre.name for fibre in plant.fibres)))
