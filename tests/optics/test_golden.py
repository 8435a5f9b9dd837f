# SPDX-License-Identifier: BSD-3-Clause
"""Figures of jpn12 as they were: a change of GNPy, of the optics file or of this room shows here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apnemu.optics import judge_of
from apnemu.planning import plan
from apnemu.topology import read_plant
from tests.optics.lines import TOPOLOGIES

GOLDEN = Path(__file__).parents[1] / "golden" / "jpn12_quality.json"


def figures(kept: Path) -> dict[str, dict[str, list[float]]]:
    """By route and mode: GSNR and the worst channel's. Every fibre alone, and the longest routes that are planned."""
    plant = read_plant(TOPOLOGIES / "jpn12.yaml")
    answer = judge_of(plant, folder=kept)
    planned = sorted(
        {path.fibres for path in plan(plant, judge=answer).lightpaths}, key=lambda route: (len(route), route)
    )
    routes = [(fibre.name,) for fibre in plant.fibres] + planned[-3:]
    return {
        " ".join(route): {
            verdict.mode: [round(verdict.gsnr_db, 3), round(verdict.worst_gsnr_db, 3)]
            for verdict in answer(route).verdicts
        }
        for route in routes
    }


def written(found: dict[str, dict[str, list[float]]]) -> str:
    """A route on each line."""
    lines = (f"{json.dumps(route)}: {json.dumps(modes)}" for route, modes in found.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def test_jpn12(kept: Path) -> None:
    """0.002 dB: rounding, and what another libm may do to GNPy's sums. `written(figures(...))` made the file."""
    golden = json.loads(GOLDEN.read_text())
    found = figures(kept)
    assert list(found) == list(golden)
    for route, modes in golden.items():
        for mode, expected in modes.items():
            assert found[route][mode] == pytest.approx(expected, abs=0.002), (route, mode)
