# SPDX-License-Identifier: BSD-3-Clause
"""Mutated equipment files, named by a topology beside them: checked, and planned with."""

from __future__ import annotations

import copy
import random
from pathlib import Path

from apnemu.question.discovery import shipped_topology
from apnemu.topology.equipment import SHIPPED
from apnemu.topology.equipment_format import EQUIPMENT
from tests.fuzz.trial import Case, Step, warmed
from tests.fuzz.yaml_text import document, text_of, tree_of

FILE = "equipment/mine.yaml"
TOPOLOGIES = ("three-sites", "three-sites", "hub-and-leaves")


warmed(("check", "three-sites", "--json"), ("plan", "three-sites"), ("plan", "three-sites", "--json"))


def case(seed: int, number: int, folder: Path) -> Case:
    """A mutated equipment file through the check of a topology and its plan."""
    draw = random.Random(f"equipment {seed} {number}")
    name = draw.choice(TOPOLOGIES)
    topology = copy.deepcopy(tree_of(shipped_topology(name)))
    (folder / "t.yaml").write_text(text_of({**topology, "equipment": "mine"}))
    (folder / FILE).parent.mkdir()
    how, content = document(tree_of(SHIPPED / "default.yaml"), EQUIPMENT, draw)
    (folder / FILE).write_bytes(content)
    steps: tuple[Step, ...] = (("check", "t.yaml", "--json"), ("plan", "t.yaml", "--reach-table"))
    if draw.random() < 0.5:
        steps = (*steps, ("plan", "t.yaml", "--json"))
    return Case(kind=f"{name} {how}", steps=steps, names=(f"{FILE}:", "t.yaml:"))
