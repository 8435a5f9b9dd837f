# SPDX-License-Identifier: BSD-3-Clause
"""A scenario of a file, played again; and the test of pytest that plays it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from apnemu.errors import InputError
from apnemu.exploring import file as scenario_file
from apnemu.exploring.judging import BrokenError, play
from apnemu.exploring.network import network
from apnemu.exploring.own import load_own
from apnemu.exploring.signature import signature

TEST = '''"""A scenario that apnemu explore has found: it must break nothing."""

from apnemu.exploring.replay import replay


def test_{name}():
    found = replay({file!r})
    assert not found["broken"], found["what"]
'''


def replay(file: str | Path, topology: Path | None = None, own: Sequence[Path] = ()) -> dict[str, Any]:
    """Play a file's scenario, on another `topology` where one is given; returns what `--replay --json` prints.

    Raises:
        InputError: the file is none of a scenario, or does not fit its topology.
    """
    for one in own:
        load_own(str(one))
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
    try:
        play(blueprint, kept.scenario)
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


def test_case(file: Path) -> str:
    """Text of a test that replays a file. Raises InputError where the file's name makes no name of a test."""
    name = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in file.stem).strip("_")
    if not name:
        raise InputError(f"{file} has no letters in its name; rename it", file="--replay")
    return TEST.format(name=name.lower(), file=str(file))
