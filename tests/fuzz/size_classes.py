# SPDX-License-Identifier: BSD-3-Clause
"""Mutated tables of size classes of data centres."""

from __future__ import annotations

import random
from pathlib import Path

from apnemu.topology.size_classes import SIZE_CLASSES, TABLE, read_size_classes
from tests.fuzz.trial import Case
from tests.fuzz.yaml_text import document, tree_of

FILE = "sizes.yaml"


def case(seed: int, number: int, folder: Path) -> Case:
    """A mutated table; what reads is asked for classes."""
    draw = random.Random(f"size classes {seed} {number}")
    how, content = document(tree_of(TABLE), SIZE_CLASSES, draw)
    (folder / FILE).write_bytes(content)
    return Case(kind=how, steps=(asked,), names=(f"{FILE}:",))


def asked() -> None:
    """Read the table, and ask for the class of some powers."""
    classes = read_size_classes(Path(FILE))
    print([classes.of(power_mw) for power_mw in (0, 1e-300, 10, 1e6, 1e300)])
