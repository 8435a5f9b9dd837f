# SPDX-License-Identifier: BSD-3-Clause
"""Batches and shrunk failures as an exploration's folder has them: JSON, each file whole or not there."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from apnemu.errors import InputError
from apnemu.exploring.scenario import Scenario, Step
from apnemu.exploring.scenario import read as read_scenario
from apnemu.exploring.search import Batch, Failure
from apnemu.running import directory as rundir


def keep(file: Path, document: dict[str, Any]) -> None:
    """Write a document whole or not at all."""
    rundir.write_json(file.with_suffix(".part"), document)
    os.replace(file.with_suffix(".part"), file)


def read(file: Path) -> Any:
    """Read a document. Raises InputError where it is none."""
    try:
        return json.loads(file.read_text("utf-8"))
    except (ValueError, RecursionError, OSError) as error:
        raise InputError(f"it is no JSON ({str(error)[:200]}); give a new folder", file=str(file)) from error


def plain(batch: Batch) -> dict[str, Any]:
    """Batch as JSON has it."""
    return {
        "number": batch.number,
        "played": batch.played,
        "steps": batch.steps,
        "failures": [asdict(failure) for failure in batch.failures],
        "failed": dict(batch.failed),
        "met": dict(batch.met),
        "wanted": batch.wanted,
        "passed": {digest: scenario.to_plain() for digest, scenario in batch.passed.items()},
    }


def batch_of(document: Any, file: Path) -> Batch:
    """Batch of a document. Raises InputError where it is none."""
    try:
        failures = [failure_of(one, file) for one in document["failures"]]
        return Batch(
            number=int(document["number"]),
            played=int(document["played"]),
            steps=int(document["steps"]),
            failures=failures,
            failed=Counter(document["failed"]),
            met=Counter(document["met"]),
            wanted=int(document["wanted"]),
            passed={digest: read_scenario(one) for digest, one in document["passed"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            "it is no batch of this exploration; remove it, and it is played again", file=str(file)
        ) from error


def failure_of(document: Any, file: Path) -> Failure:
    """Failure of a document. Raises InputError where it is none."""
    try:
        scenario = document["scenario"]
        steps = tuple(Step(**step) for step in scenario["steps"])
        members = {**document, "scenario": Scenario(steps=steps, slow_ns=dict(scenario["slow_ns"]))}
        return Failure(**members)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError("it is no failure of this exploration; remove it", file=str(file)) from error
