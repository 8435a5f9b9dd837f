# SPDX-License-Identifier: BSD-3-Clause
"""The corridor: topology -> plan -> blueprint -> lab -> records -> rows -> page, each leaving its file in the run.

No arithmetic and no `if` about optics here: a stage is called, its result is written down and handed on.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apnemu.blueprint.capture_size import large_capture
from apnemu.blueprint.captured import Captured, captured
from apnemu.errors import ApnemuError, InputError, LabError, named
from apnemu.lab.disk import disk_named
from apnemu.lab.guest import Outcome
from apnemu.lab.needs import has_program
from apnemu.lab.watchdog import peak_bytes
from apnemu.question.context import Context, Row
from apnemu.question.lines import with_line_rates
from apnemu.question.results import plain_rows
from apnemu.question.verdict import Verdict
from apnemu.records.table import read_jsonl, write_parquet
from apnemu.running import directory
from apnemu.running.asked import Asked, answer, contexts, own_functions, resolve, unanswered
from apnemu.running.directory import write_json
from apnemu.running.finished import Finished, write_report
from apnemu.running.guests import Following, OnProgress, Say, blueprint_of, emulate
from apnemu.running.manifest import manifest_of, routers_without_zones
from apnemu.running.request import Request, Time
from apnemu.units import ns_to_s


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """A run that has its directory."""

    asked: Asked
    folder: Path
    say: Say
    on_progress: OnProgress | None
    following: Following | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """Results of what was played and measured, or computed."""

    rows: list[Row]
    virtual_ns: int = 0
    memory_bytes: int = 0
    notes: tuple[str, ...] = ()
    """Approximations that are known only once blueprints are made."""


def run(
    request: Request, *, say: Say, on_progress: OnProgress | None = None, following: Following | None = None
) -> Finished:
    """Do one run, and return it with its directory complete.

    A run that is followed, and in which something was done by hand, is not judged, and says so.
    Raises InputError for what was asked, LabError for what the lab did; the run directory then stays as it was left.
    """
    begun_s = time.monotonic()
    asked = resolve(request)
    folder = directory.make(request.out, f"{request.experiment.name}-{asked.plant.name}")
    with disk_named(folder):
        begun = _Begun(asked=asked, folder=folder, say=say, on_progress=on_progress, following=following)
        return _run_in(begun, begun_s)


def _check_programs(request: Request) -> None:
    """Raise LabError, with the command that mends it, where a program that the experiment runs is not there."""
    experiment = request.experiment
    missing = [program for program in experiment.needs if not has_program(program.path)]
    if missing:
        packages = ", ".join(dict.fromkeys(program.package for program in missing))
        raise LabError(
            f"{experiment.name} runs {missing[0].path.rpartition('/')[2]} ({missing[0].why}), which is not on this"
            f" machine; apnemu setup {request.own_file or experiment.name} installs {packages}"
        )


def _run_in(begun: _Begun, begun_s: float) -> Finished:
    asked, folder = begun.asked, begun.folder
    request, experiment = asked.request, asked.experiment
    shutil.copyfile(request.topology, folder / "topology.yaml")
    if request.own_file:
        shutil.copyfile(request.own_file, folder / directory.OWN_EXPERIMENT)
    manifest = manifest_of(request, asked.chosen.values(), asked.notes)
    write_json(folder / "manifest.json", manifest)
    write_json(folder / "blueprint.json", {"picture": asked.picture})
    measured = _computed(begun) if experiment.computed else _played(begun)
    done = {
        "virtual_s": ns_to_s(measured.virtual_ns),
        "wall_s": round(time.monotonic() - begun_s, 3),
        "peak_memory_bytes": measured.memory_bytes + peak_bytes(os.getpid()),
    }
    document = {
        "run_dir": str(folder),
        "experiment": experiment.name,
        "seed": request.seed,
        "time": ",".join(request.times),
        **done,
        **({"labels": labels} if (labels := asked.plant.labels) else {}),
        **unanswered(asked),
        "results": measured.rows,
    }
    write_json(folder / "results.json", document)
    with _kept(folder / "results.json"):
        document["expectation"] = _by_hand(begun) or answer(asked, measured.rows)["expectation"]
    write_json(folder / "results.json", document)
    by_hand = [f"disturbed by hand: {done}" for done in (begun.following.disturbed() if begun.following else ())]
    manifest |= {"status": "done", **done}
    manifest["approximations"] = [*manifest["approximations"], *measured.notes, *by_hand]
    write_json(folder / "manifest.json", manifest)
    finished = Finished(
        folder=folder,
        document=document,
        manifest=manifest,
        picture=asked.picture,
        shown=experiment.shown,
        asked=experiment,
        own_file=request.own_file,
    )
    with _kept(folder / "results.json"):
        write_report(folder, [finished])
    return finished


def _rows(begun: _Begun, table: Any, networks: Sequence[Context[Any]]) -> Sequence[Row]:
    """Rows of the experiment. Raises LabError where it can make none of what somebody has disturbed by hand."""
    experiment = begun.asked.experiment
    try:
        return experiment.rows(table, networks)
    except ApnemuError:
        raise
    except Exception as error:
        if not (begun.following and begun.following.disturbed()):
            raise
        raise LabError(
            f"{experiment.name} makes no rows of a run that was disturbed by hand ({type(error).__name__}: {error});"
            " what was seen stands in records.parquet of the run"
        ) from error


def _by_hand(begun: _Begun) -> dict[str, Any] | None:
    """What a run says of its expectation in which something was done by hand; None where nothing was."""
    done = begun.following.disturbed() if begun.following else ()
    if not done:
        return None
    verdict = Verdict(judged=0, why=f"disturbed by hand ({'; '.join(done)})")
    return {"text": begun.asked.expected, **verdict.to_json()}


@contextmanager
def _kept(file: Path) -> Iterator[None]:
    """Say, in an InputError of somebody's own experiment, where what was measured is kept. Raises InputError."""
    try:
        yield
    except InputError as error:
        told = f"{error.message}; what was measured is kept in {file}"
        raise InputError(told, file=error.file, line=error.line) from error


def _computed(begun: _Begun) -> _Measured:
    asked = begun.asked
    assert asked.experiment.computed is not None
    for warning in asked.warnings:
        begun.say(warning)
    with own_functions(asked.experiment.name, asked.request.own_file):
        with _refused(begun.folder), named(asked.request.topology):
            made = asked.experiment.computed(asked.plant, asked.chosen.own, asked.request.seed)
        rows = plain_rows(asked.experiment.name, made)
    return _Measured(rows=rows)


@contextmanager
def _refused(folder: Path) -> Iterator[None]:
    """Remove the folder of a run that is refused before anything has run."""
    try:
        yield
    except (InputError, LabError):
        shutil.rmtree(folder)
        raise


def _played(begun: _Begun) -> _Measured:
    rows: list[Row] = []
    virtual_ns = memory_bytes = 0
    notes: tuple[str, ...] = ()
    for kind in begun.asked.request.times:
        own, outcomes, notes = _measure(begun, kind)
        rows += [{**row, "time": kind} for row in own]
        virtual_ns = max(virtual_ns, *(outcome.virtual_ns for outcome in outcomes))
        memory_bytes = max(memory_bytes, sum(outcome.memory_bytes for outcome in outcomes))
    return _Measured(rows=rows, virtual_ns=virtual_ns, memory_bytes=memory_bytes, notes=notes)


def _measure(begun: _Begun, kind: Time) -> tuple[list[Row], list[Outcome], tuple[str, ...]]:
    """Measure every network on one kind of clock: blueprints, guests, records, rows, and what to note of it.

    Warnings come after the blueprints, so that input that is refused has none. Raises InputError, GuestError.
    Programs are looked for last: what was asked wrongly is told in the same way on every machine.
    """
    asked, folder = begun.asked, begun.folder
    request = asked.request
    networks = contexts(asked, folder, kind)
    first = kind == request.times[0]
    with _refused(folder):
        with own_functions(request.experiment.name, request.own_file), named(request.topology):
            blueprints = [blueprint_of(request, context) for context in networks]
        _check_programs(request)
    notes = routers_without_zones(blueprints)
    large = (line for blueprint in blueprints if (line := large_capture(blueprint, request.disk_limit_mb)))
    for warning in (*asked.warnings, *notes, *large) if first else ():
        begun.say(warning)
    built = {context.network: blueprint.to_json() for context, blueprint in zip(networks, blueprints, strict=True)}
    write_json(folder / "blueprint.json", {"picture": asked.picture, **built})
    if begun.following is not None:
        begun.following.begin(asked.picture, [context.network for context in networks])
    outcomes = emulate(request, networks, blueprints, kind, begun.say, begun.on_progress, begun.following)
    table = read_jsonl([context.folder / "records.jsonl" for context in networks])
    suffix = "" if first else f"-{kind}"
    records = folder / f"records{suffix}.parquet"
    write_parquet(table, records)
    with _kept(records), own_functions(request.experiment.name, request.own_file):
        rows = plain_rows(request.experiment.name, _rows(begun, table, networks))
        rows = with_line_rates(rows, networks)
    guests: dict[str, Path] = {context.network: context.folder for context in networks}
    about: dict[str, Captured] = {each.network: captured(each, asked.plant.labels) for each in blueprints}
    directory.collect(folder, guests, suffix, pcap=request.pcap, about=about)
    return rows, outcomes, notes
