# SPDX-License-Identifier: BSD-3-Clause
"""A scenario of a file, played again; and the test of pytest that plays it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from apnemu.blueprint.document import Blueprint
from apnemu.errors import InputError
from apnemu.exploring import file as scenario_file
from apnemu.exploring.confirming import alone
from apnemu.exploring.invariants import Invariant
from apnemu.exploring.judging import BrokenError, play
from apnemu.exploring.network import network
from apnemu.exploring.own import with_own
from apnemu.exploring.signature import signature

TEST = '''"""A scenario that apnemu explore has found: it must break nothing."""

from apnemu.exploring.replay import replay


def test_{name}():
    found = replay({file!r})
    assert not found["broken"], found["what"]
'''


def replay(
    file: str | Path, topology: Path | None = None, own: Sequence[Path] = (), *, lab: bool = False
) -> dict[str, Any]:
    """Play a file's scenario, on another `topology` where one is given; returns what `--replay --json` prints.

    In the `lab` it is played in a fresh boot, and the document has the outcome: answers, and the looks at all places.

    Raises:
        InputError: the file is none of a scenario, or does not fit its topology.
        LabError: there is no lab, or it came to grief.
    """
    invariants = with_own(own)
    kept, entry = scenario_file.read(Path(file))
    plan = topology or Path(kept.topology)
    if not plan.is_file():
        beside = Path(file).parent / kept.topology
        if not beside.is_file():
            entry.fail("topology", f"topology is {kept.topology!r}; there is no such file here; give one: explore FILE")
        plan = beside
    blueprint = network(str(plan), kept.transceivers)
    assert blueprint.plant is not None
    scenario_file.check(entry, blueprint.plant)
    document: dict[str, Any] = {"file": str(file), "topology": blueprint.plant.name, "broken": False}
    if lab:
        return document | _in_lab(blueprint, kept, invariants)
    try:
        play(blueprint, kept.scenario, invariants)
    except BrokenError as error:
        document |= {
            "broken": True,
            "signature": signature(error),
            "invariant": error.invariant,
            "what": error.what,
            "place": error.place,
            "at_ns": error.at_ns,
        }
    return document


def _in_lab(blueprint: Blueprint, kept: scenario_file.Kept, invariants: Sequence[Invariant]) -> dict[str, Any]:
    """What a fresh boot shows of a scenario: the first that is broken, all that are, and the outcome itself."""
    with tempfile.TemporaryDirectory(prefix="apnemu-explore-") as place:
        played = alone(blueprint, kept.scenario, Path(place) / "fresh", invariants)
    document: dict[str, Any] = {
        "sha256": played.seen.sha256,
        "outcome": played.seen.outcome,
        "all_broken": [asdict(one) for one in played.broken],
    }
    if kept.sha256:
        document["same_as_found"] = kept.sha256 == played.seen.sha256
    return document | ({"broken": True} | asdict(played.broken[0]) if played.broken else {})


def test_case(file: Path) -> str:
    """Text of a test that replays a file. Raises InputError where the file's name makes no name of a test."""
    name = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in file.stem).strip("_")
    if not name:
        raise InputError(f"{file} has no letters in its name; rename it", file="--replay")
    return TEST.format(name=name.lower(), file=str(file))
