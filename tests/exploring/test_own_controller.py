# SPDX-License-Identifier: BSD-3-Clause
"""Our own controller over drawn scenarios: nothing fails. `apnemu explore` would shrink what does."""

from __future__ import annotations

import pytest

from apnemu.exploring import search as searching
from apnemu.exploring.search import Task
from apnemu.exploring.wording import said_instant, said_step
from tests.compiled import TOPOLOGIES


@pytest.mark.slow
@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.long)])
@pytest.mark.parametrize("topology", ["three-sites", "tokyo-metro", "jpn12"])
def test_nothing_fails(topology: str, count: int) -> None:
    task = Task(topology=str(TOPOLOGIES / f"{topology}.yaml"), transceivers=4, seed=7, number=0, count=count, steps=24)
    batch = searching.search(task)
    told = [
        f"{failure.signature}: {failure.what}\n"
        + "\n".join(f"  {said_instant(step.at_ns)} {said_step(step)}" for step in failure.scenario.steps)
        for failure in batch.failures
    ]
    assert not told, "\n".join(told)
    assert batch.played == count
