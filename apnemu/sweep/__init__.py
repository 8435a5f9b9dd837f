# SPDX-License-Identifier: BSD-3-Clause
"""Many runs of one experiment as one: a grid or a list of points, each an independent lab; one table, one page.

    points   a grid or a list of settings as points, each with its own key and seed
    point    the run of one point
    table    rows of all points as one table

A point's seed follows from its settings and the sweep's seed (over several topologies it has the same draws), and the
table is written in the grid's order, so that it does not matter who ran what, when, and how often the sweep was
interrupted. What is done lies in `points/`, a file each, written whole or not at all: the same command with the same
`--out` goes on from there, and may add points.

Rejected: one lab that plays all points (a long run that fails loses all of it, and points would share a network's
history), and a database of results (files can be looked at, copied and taken away one by one).
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apnemu.errors import ApnemuError, InputError
from apnemu.interrupts import signals_raise
from apnemu.lab.job import DISK_LIMIT_MB
from apnemu.question.context import Network
from apnemu.question.discovery import load_experiment
from apnemu.report.sweep_page import write_sweep_page
from apnemu.running import directory as rundir
from apnemu.running import workers
from apnemu.running.manifest import hashes
from apnemu.running.request import Control
from apnemu.sweep import table
from apnemu.sweep.point import Task, run_point
from apnemu.sweep.points import Point, across, grid, named
from apnemu.topology import input_files, read_plant

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Request for a sweep, as `apnemu sweep` makes it. An empty `scheduler` means processes of this machine."""

    experiment: str
    topologies: tuple[Path, ...]
    """Topologies, one at least; over several each point is run over each of them."""
    given: tuple[str, ...]
    listed: Path | None = None
    seed: int = 1
    networks: tuple[Network, ...]
    workers: int = 1
    scheduler: str = ""
    out: Path | None = None
    wall_limit_s: float = 1800
    disk_limit_mb: int = DISK_LIMIT_MB
    again: bool = False
    """Whether points that failed before are run once more."""
    hide_home: bool = True
    shows: tuple[Path, ...] = ()
    """What the labs see of this user's home, as in a run."""
    control: Control = field(default_factory=Control)
    """Application in place of the networks' own controllers, as in a run."""


def sweep(request: Request, *, say: Say) -> dict[str, Any]:
    """Run the points that are not done yet; returns the document that `apnemu sweep --json` prints.

    Raises InputError for what was asked; a point that fails is a row with its reason.
    """
    begun_s = time.monotonic()
    experiment = load_experiment(request.experiment)
    topologies = named(request.topologies)
    points = across(tuple(topologies), grid(experiment, request.given, request.listed, request.seed))
    for file in request.topologies:
        read_plant(file)
    folder = _folder(request, experiment.name)
    found = _done(folder, points, request.again)
    resumed = len(found)
    tasks = [_task(request, topologies, folder, point) for point in points if point.key not in found]
    if resumed:
        say(f"{resumed} of {len(points)} points are done already, in {folder}")
    with signals_raise():
        for number, result in enumerate(_run(request, tasks) if tasks else (), 1):
            _keep(folder, result)
            found[result["key"]] = result
            left_s = (time.monotonic() - begun_s) / number * (len(tasks) - number)
            why = f" (failed: {result['reason']})" if result["reason"] else ""
            say(f"{resumed + number} of {len(points)} points, about {left_s:.0f} s left{why}")
    rows = table.combined(points, found)
    with _fits_together(folder, resumed):
        table.write(rows, folder / "sweep.parquet")
    done = [found[point.key] for point in points if not found[point.key]["reason"]]
    facts = {
        "experiment": experiment.name,
        "question": experiment.question,
        "topology": ", ".join(topologies),
        "seed": request.seed,
        "points": len(points),
        "failed": len(points) - len(done),
        "unmet": sum(1 for result in done if result["met"] is False),
        "unjudged": sum(1 for result in done if result["met"] is None),
    }
    axes = [name for name in points[0].settings if len({str(point.settings[name]) for point in points}) > 1]
    failed = [row for row in rows if found[points[row["point"]].key]["reason"]]
    with _fits_together(folder, resumed):
        page = write_sweep_page(folder, facts, rows, [table.SETTING + name for name in axes], failed, experiment.shown)
    return {
        "sweep_dir": str(folder),
        **facts,
        "resumed": resumed,
        "wall_s": round(time.monotonic() - begun_s, 3),
        "table": str(folder / "sweep.parquet"),
        "page": str(page),
        "results": rows,
    }


@contextmanager
def _fits_together(folder: Path, resumed: int) -> Iterator[None]:
    """Name the folder where results that were kept in it cannot be shown. Raises InputError.

    Results of points that were just run fit together; where somebody has changed one that is kept, they do not.
    """
    try:
        yield
    except (Exception, RecursionError) as error:
        if not resumed or isinstance(error, ApnemuError | OSError):
            raise
        what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise InputError(
            f"the results kept in {folder} do not fit together and cannot be shown ({what}); give a new folder",
            file="--out",
        ) from error


def _run(request: Request, tasks: list[Task]) -> Iterator[dict[str, Any]]:
    if not request.scheduler:
        yield from workers.on_this_machine(run_point, tasks, request.workers)
        return
    for task, result, lost in workers.on_a_cluster(run_point, tasks, request.scheduler):
        yield result or {"key": task.key, "rows": [], "met": False, "reason": lost}


def _folder(request: Request, name: str) -> Path:
    """The sweep's folder: a new one, or that of the same sweep begun before. Raises InputError for any other."""
    own = Path(request.experiment) if request.experiment.endswith(".py") else None
    wanted = {
        "experiment": name,
        **({"experiment_sha256": hashlib.sha256(own.read_bytes()).hexdigest()} if own else {}),
        **_controlled(request.control),
        "seed": request.seed,
        "networks": list(request.networks),
        "inputs": _inputs(request.topologies),
    }
    if request.out is not None and (request.out / "sweep.json").is_file():
        if _read(request.out / "sweep.json") != wanted:
            raise InputError(
                f"{request.out} holds a sweep of another experiment, topology, controller, seed or networks; give a new"
                " folder",
                file="--out",
            )
        return request.out
    folder = rundir.make(request.out, f"sweep-{name}")
    (folder / "points").mkdir()
    rundir.write_json(folder / "sweep.json", wanted)
    return folder


def _inputs(topologies: tuple[Path, ...]) -> dict[str, str]:
    """File -> its hash; of several topologies each file has its topology's name before it."""
    several = len(topologies) > 1
    return {
        f"{name}/{file}" if several else file: digest
        for name, topology in named(topologies).items()
        for file, digest in hashes(input_files(topology)).items()
    }


def _controlled(control: Control) -> dict[str, Any]:
    """What tells sweeps under an application that is not ours apart."""
    if control.application is None:
        return {}
    return {
        "controller_sha256": hashlib.sha256(control.application.read_bytes()).hexdigest(),
        "controller_runtime": control.framework,
        "controller_options": list(control.options),
        "controller_settle_s": control.settle_s,
    }


def _done(folder: Path, points: tuple[Point, ...], again: bool) -> dict[str, dict[str, Any]]:
    found = {}
    for point in points:
        file = folder / "points" / f"{point.key}.json"
        if file.is_file():
            result = _read(file)
            if not _is_result(result, point):
                raise InputError("it is no result of this point; remove it, and it is run again", file=str(file))
            if not (again and result["reason"]):
                found[point.key] = result
    return found


def _read(file: Path) -> Any:
    """A document that a sweep has written. Raises InputError where somebody has changed it since."""
    try:
        return json.loads(file.read_text("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError, OSError) as error:
        raise InputError(
            f"it is no JSON ({str(error)[:200]}); remove it, or give a new folder", file=str(file)
        ) from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _is_result(found: Any, point: Point) -> bool:
    """Whether a document is what `point.run_point` returns for a point: its key, why it failed, how it went, rows."""
    if not isinstance(found, dict) or found.get("key") != point.key or not isinstance(found.get("reason"), str):
        return False
    rows = found.get("rows")
    return "met" in found and isinstance(rows, list) and all(isinstance(row, dict) for row in rows)


def _keep(folder: Path, result: dict[str, Any]) -> None:
    """Write a result whole or not at all: an interrupt must not leave half of one that counts as done."""
    file = folder / "points" / f"{result['key']}.json"
    rundir.write_json(file.with_suffix(".part"), result)
    os.replace(file.with_suffix(".part"), file)


def _task(request: Request, topologies: Mapping[str, Path], folder: Path, point: Point) -> Task:
    own = request.experiment.endswith(".py")
    return Task(
        experiment=str(Path(request.experiment).resolve()) if own else request.experiment,
        topology=str(topologies[point.topology or request.topologies[0].stem].resolve()),
        given=point.given,
        key=point.key,
        seed=point.seed,
        networks=request.networks,
        wall_limit_s=request.wall_limit_s,
        disk_limit_mb=request.disk_limit_mb,
        hide_home=request.hide_home,
        shows=request.shows,
        control=request.control,
        folder=None if request.scheduler else str((folder / "runs" / point.key).resolve()),
    )
