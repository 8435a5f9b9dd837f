# SPDX-License-Identifier: BSD-3-Clause
"""What exploration found, each fault by its smallest scenario, which must break nothing any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from apnemu.exploring import file as scenario_file
from apnemu.exploring.replay import replay

ROOT = Path(__file__).parents[2]
FOUND = sorted((Path(__file__).parent / "found").glob("*.yaml"))


@pytest.mark.parametrize("file", FOUND, ids=[file.stem for file in FOUND])
def test_nothing_breaks(file: Path) -> None:
    kept, _ = scenario_file.read(file)
    played = replay(file, ROOT / kept.topology)
    assert not played["broken"], f"{played['signature']}: {played['what']}"
