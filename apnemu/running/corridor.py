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

from apnemu.errors import ApnemuError, InputError, LabError
from apnemu.lab.guest import Outcome
from apnemu.lab.needs import has_program
from apnemu.lab.verdict import disk_named
from apnemu.lab.watchdog import peak_bytes
from apnemu.model.assignment import Assignment
from apnemu.model.plant import Plant
from apnemu.planning import next_hops
from apnemu.planning.judged import left_dark, plan_judged
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Chosen, Experiment
from apnemu.question.packet_network import with_packet_settings
from apnemu.question.reserved import refuse_rows
from apnemu.records.table import read_jsonl, write_parquet
from apnemu.report.picture import picture_of
from apnemu.running import directory
from apnemu.running.directory import write_json
from apnemu.running.finished import Finished, write_report
from apnemu.running.guests import OnProgress, Say, blueprint_of, emulate
from apnemu.running.manifest import manifest_of, scenario_unplayed
from apnemu.running.request import Request, Time
from apnemu.topology import read_plant
from apnemu.units import ns_to_s


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A request with what follows from it before anything is played."""

    request: Request
    chosen: Chosen[Any]
    plant: Plant
    assignment: Assignment
    notes: tuple[str, ...]
    """Lines of the manifest beside the approximations."""
    warnings: tuple[str, ...]
    """Lines that a person is told before the lab boots."""
    picture: dict[str, Any]
    folder: Path
    say: Say
    on_progress: OnProgress | None

    @property
    def experiment(self) -> Experiment[Any]:
        """The experiment that is asked for."""
        return self.request.experiment


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """Results of what was played and measured, or computed."""

    rows: list[Row]
    virtual_ns: int = 0
    memory_bytes: int = 0


def run(request: Request, *, say: Say, on_progress: OnProgress | None = None) -> Finished:
    """Do one run, and return it with its directory complete.

    Raises InputError for what was asked, LabError for what the lab did; the run directory then stays as it was left.
    """
    begun_s = time.monotonic()
    experiment = request.experiment
    chosen = experiment.resolve(request.given)
    drawn = read_plant(request.topology)
    with _own_functions(request):
        plant = experiment.prepare(with_packet_settings(drawn, chosen.packet), chosen.own)
    judged = plan_judged(plant, by_quality=request.by_quality or experiment.by_quality)
    with _own_functions(request):
        assignment = experiment.arrange(judged.assignment, chosen.own)
        plays_scenario = experiment.plays_scenario(chosen.own)
    dark = () if experiment.computed or "apn" not in request.networks else left_dark(assignment)
    unplayed = () if plays_scenario else scenario_unplayed(drawn, f"This run of {experiment.name}")
    folder = directory.make(request.out, f"{experiment.name}-{plant.name}")
    with disk_named(folder):
        return _run_in(
            _Asked(
                request=request,
                chosen=chosen,
                plant=plant,
                assignment=assignment,
                notes=(*judged.notes, *judged.warnings, *dark, *unplayed),
                warnings=(*judged.warnings, *dark, *unplayed),
                picture=picture_of(plant, assignment),
                folder=folder,
                say=say,
                on_progress=on_progress,
            ),
            begun_s,
        )


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


@contextmanager
def _own_functions(request: Request) -> Iterator[None]:
    """Name the file of a person's own experiment for whatever a function of it raises. Raises InputError."""
    try:
        yield
    except ApnemuError:
        raise
    except Exception as error:
        if request.own_file is None:
            raise
        raise InputError(
            f"{request.experiment.name} failed: {type(error).__name__}: {error}; mend it (--debug shows where)",
            file=str(request.own_file),
        ) from error


def _run_in(asked: _Asked, begun_s: float) -> Finished:
    request, experiment, folder = asked.request, asked.experiment, asked.folder
    shutil.copyfile(request.topology, folder / "topology.yaml")
    if request.own_file:
        shutil.copyfile(request.own_file, folder / directory.OWN_EXPERIMENT)
    manifest = manifest_of(request, asked.chosen.values(), asked.notes)
    write_json(folder / "manifest.json", manifest)
    write_json(folder / "blueprint.json", {"picture": asked.picture})
    measured = _computed(asked) if experiment.computed else _played(asked)
    done = {
        "virtual_s": ns_to_s(measured.virtual_ns),
        "wall_s": round(time.monotonic() - begun_s, 3),
        "peak_memory_bytes": measured.memory_bytes + peak_bytes(os.getpid()),
    }
    rows = measured.rows
    with _own_functions(request):
        refuse_rows(experiment.name, [{k: v for k, v in row.items() if k != "time"} for row in rows])
        exact = [row for row in rows if row.get("time") != "real"] or rows
        verdict = experiment.judge(exact, asked.chosen.own)
        answer = experiment.shown.answer(exact, asked.picture)
        expected = experiment.expected(asked.chosen.own)
    document = {
        "run_dir": str(folder),
        "experiment": experiment.name,
        "seed": request.seed,
        "time": ",".join(request.times),
        **done,
        "answer": answer,
        "expectation": {"text": expected, **verdict.to_json()},
        "results": rows,
    }
    write_json(folder / "results.json", document)
    manifest |= {"status": "done", **done}
    write_json(folder / "manifest.json", manifest)
    finished = Finished(
        folder=folder, document=document, manifest=manifest, picture=asked.picture, shown=experiment.shown
    )
    with _own_functions(request):
        write_report(folder, [finished])
    return finished


def _computed(asked: _Asked) -> _Measured:
    assert asked.experiment.computed is not None
    for warning in asked.warnings:
        asked.say(warning)
    with _own_functions(asked.request):
        rows = asked.experiment.computed(asked.plant, asked.chosen.own, asked.request.seed)
    return _Measured(rows=rows)


def _played(asked: _Asked) -> _Measured:
    rows: list[Row] = []
    virtual_ns = memory_bytes = 0
    for kind in asked.request.times:
        own, outcomes = _measure(asked, kind)
        rows += [{**row, "time": kind} for row in own]
        virtual_ns = max(virtual_ns, *(outcome.virtual_ns for outcome in outcomes))
        memory_bytes = max(memory_bytes, sum(outcome.memory_bytes for outcome in outcomes))
    return _Measured(rows=rows, virtual_ns=virtual_ns, memory_bytes=memory_bytes)


def _measure(asked: _Asked, kind: Time) -> tuple[list[Row], list[Outcome]]:
    """Measure every network on one kind of clock: blueprints, guests, records, rows.

    Warnings come after the blueprints, so that input that is refused has none. Raises InputError, GuestError.
    Programs are looked for last: what was asked wrongly is told in the same way on every machine.
    """
    request, folder = asked.request, asked.folder
    contexts = _contexts(asked, kind)
    first = kind == request.times[0]
    try:
        with _own_functions(request):
            blueprints = [blueprint_of(request, context) for context in contexts]
        _check_programs(request)
    except (InputError, LabError):  # nothing has run yet
        shutil.rmtree(folder)
        raise
    for warning in asked.warnings if first else ():
        asked.say(warning)
    built = {context.network: blueprint.to_json() for context, blueprint in zip(contexts, blueprints, strict=True)}
    write_json(folder / "blueprint.json", {"picture": asked.picture, **built})
    outcomes = emulate(request, contexts, blueprints, kind, asked.say, asked.on_progress)
    table = read_jsonl([context.folder / "records.jsonl" for context in contexts])
    suffix = "" if first else f"-{kind}"
    write_parquet(table, folder / f"records{suffix}.parquet")
    with _own_functions(request):
        rows = request.experiment.rows(table, contexts)
    refuse_rows(request.experiment.name, rows)
    directory.collect(folder, {context.network: context.folder for context in contexts}, suffix, pcap=request.pcap)
    return rows, outcomes


def _contexts(asked: _Asked, kind: Time) -> Sequence[Context[Any]]:
    hops = next_hops(asked.plant)
    return [
        Context(
            plant=asked.plant,
            assignment=asked.assignment,
            hops=hops,
            network=network,
            seed=asked.request.seed,
            settings=asked.chosen.own,
            folder=asked.folder / f"{network}-{kind}",
        )
        for network in asked.request.networks
    ]
