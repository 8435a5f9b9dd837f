# SPDX-License-Identifier: BSD-3-Clause
"""Directories of runs as a lab leaves them, made of recorded results."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from apnemu.running.asked import Asked, answer, resolve
from tests.recorded.case import case_of

Row = dict[str, Any]


@cache
def asked_of(name: str) -> Asked:
    """What was asked of a recorded run."""
    return resolve(case_of(name).request)


def rows_of(name: str) -> list[Row]:
    """The recorded results."""
    return [dict(row) for row in json.loads((case_of(name).folder / "rows.json").read_text())]


def run_directory(
    folder: Path,
    name: str,
    *,
    rows: Sequence[Row] | None = None,
    change: Callable[[Row], Mapping[str, Any]] | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 1,
    versions: Mapping[str, str] | None = None,
    topology: str = "",
) -> Path:
    """Write a run of a recorded experiment; `change` gives columns that another run would have measured otherwise."""
    asked = asked_of(name)
    results = [row | dict(change(row)) if change else row for row in (rows_of(name) if rows is None else rows)]
    said = answer(asked, results)
    done = {"virtual_s": 1.5, "wall_s": 2.5, "peak_memory_bytes": 10**9}
    document = {
        "run_dir": str(folder),
        "experiment": asked.experiment.name,
        "seed": seed,
        "time": "virtual",
        **done,
        "expectation": said["expectation"],
        "results": results,
    }
    own = {key: list(value) if isinstance(value, tuple) else value for key, value in asked.chosen.values().items()}
    manifest = {
        "status": "done",
        "experiment": asked.experiment.name,
        "seed": seed,
        "settings": {**own, **(settings or {})},
        "versions": {"apnemu": "0.2.0", "kernel": "6.12", **(versions or {})},
        "inputs": {f"{topology or asked.plant.name}.yaml": "0" * 64},
        "command": asked.request.command(),
        "approximations": [],
        **done,
    }
    picture = {**asked.picture, **({"topology": topology} if topology else {})}
    folder.mkdir(parents=True)
    for file, content in (("results", document), ("manifest", manifest), ("blueprint", {"picture": picture})):
        (folder / f"{file}.json").write_text(json.dumps(content))
    return folder
