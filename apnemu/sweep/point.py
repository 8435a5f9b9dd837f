# SPDX-License-Identifier: BSD-3-Clause
"""Run of one point, by a process of this machine or a worker of a cluster."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apnemu.errors import ApnemuError
from apnemu.interrupts import signals_raise
from apnemu.lab.job import DISK_LIMIT_MB
from apnemu.question.context import Network
from apnemu.question.discovery import load_experiment
from apnemu.running import corridor
from apnemu.running.request import Control, Request
from apnemu.shared_folder import remove_all


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Task of a worker: one point. `folder` None: the run directory is a scratch folder that is not kept."""

    experiment: str
    topology: str
    given: tuple[str, ...]
    key: str
    seed: int
    networks: tuple[Network, ...]
    wall_limit_s: float
    folder: str | None
    hide_home: bool = True
    shows: tuple[Path, ...] = ()
    control: Control = field(default_factory=Control)
    disk_limit_mb: int = DISK_LIMIT_MB


def run_point(task: Task) -> dict[str, Any]:
    """Run a point; returns `{key, rows, met, reason}`, where `reason` says why there are no rows.

    A fault of the point's own is a reason, never an exception.

    A reason names no folder, so that it is the same wherever the point was run.
    """
    with signals_raise():
        return _run_point(task)


def _run_point(task: Task) -> dict[str, Any]:
    scratch = None if task.folder else tempfile.mkdtemp(prefix="apnemu-point-")
    folder = Path(task.folder or f"{scratch}/run")
    with suppress(OSError):
        remove_all(folder)  # what an interrupted sweep left of this very point
    try:
        request = Request(
            experiment=load_experiment(task.experiment),
            own_file=Path(task.experiment) if task.experiment.endswith(".py") else None,
            topology=Path(task.topology),
            given=task.given,
            seed=task.seed,
            networks=task.networks,
            out=folder,
            wall_limit_s=task.wall_limit_s,
            disk_limit_mb=task.disk_limit_mb,
            hide_home=task.hide_home,
            shows=task.shows,
            controller=task.control.application,
            controller_runtime=task.control.framework,
            controller_options=task.control.options,
            controller_settle_s=task.control.settle_s,
        )
        document = corridor.run(request, say=lambda text: None).document
    except ApnemuError as error:
        return _failed(task, str(error), folder)
    except Exception as error:  # a fault of ours or of somebody's experiment: the other points go on
        return _failed(task, f"{type(error).__name__}: {error}", folder)
    finally:
        if scratch:
            with suppress(OSError):
                remove_all(Path(scratch))
    return {"key": task.key, "rows": document["results"], "met": document["expectation"]["met"], "reason": ""}


def _failed(task: Task, reason: str, folder: Path) -> dict[str, Any]:
    text = " ".join(reason.split()).replace(str(folder), "RUN_DIR")
    if task.experiment.endswith(".py"):
        text = text.replace(task.experiment, Path(task.experiment).name)
    return {"key": task.key, "rows": [], "met": False, "reason": text or "no reason was given"}
