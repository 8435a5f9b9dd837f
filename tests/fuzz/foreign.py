# SPDX-License-Identifier: BSD-3-Clause
"""Mutated networks in other people's forms through `apnemu import`; what is imported is checked."""

from __future__ import annotations

import json
import random
from pathlib import Path

import tests.fuzz.gnpy_json  # noqa: F401  # JSON of no other form is asked of GNPy, whose reader is forked there
from tests.fuzz.mutations import mutated, mutated_text
from tests.fuzz.trial import Case, warmed
from tests.importing.networks import FILES

PARTS = {"channel.csv": "links.csv"}
"""Files that need another beside them."""


def case(seed: int, number: int, folder: Path) -> Case:
    """A mutated file of one form: its text, or, of JSON, mostly its tree; without its usual ending every third time."""
    draw = random.Random(f"foreign {seed} {number}")
    name = list(FILES)[number % len(FILES)]
    text = FILES[name]
    if name.endswith("json") and draw.random() < 0.7:
        changed = json.dumps(mutated(json.loads(text), draw))
    else:
        changed = text
        for _ in range(draw.choice((1, 1, 2, 4))):
            changed = mutated_text(changed, draw)
    there = name if draw.random() < 0.7 else "network"
    (folder / there).write_bytes(changed.encode("utf-8", "surrogatepass"))
    words = ["import", there, "--out", "x.yaml", "--json", *(("--length-km", "80") if draw.random() < 0.7 else ())]
    if name in PARTS:
        other = PARTS[name]
        (folder / other).write_text(FILES[other], encoding="utf-8")
        words += ["--links", other]
    steps = (tuple(words), ("check", "x.yaml", "--json"))
    return Case(kind=name, steps=steps, names=(there, *PARTS.values()), lines=4)


warmed(("import", "topohub:gabriel/5/0", "--out", "x.yaml", "--json"), ("check", "x.yaml", "--json"))
