"""The corridor: topology -> plan -> blueprint -> lab -> records -> rows -> page, each leaving its file in the run.

No arithmetic and no `if` about optics here: a stage is called and its result is written down.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from apnemu.blueprint.compiled import blueprint_for
from apnemu.blueprint.document import Blueprint
from apnemu.errors import GuestError, InputError, LabError
from apnemu.lab import kernel
from apnemu.lab.guest import Job, Outcome, Progress
from apnemu.lab.memory import peak_bytes
from apnemu.lab.needs import has_program
from apnemu.lab.python import guest_code, guest_folders, guest_python
from apnemu.lab.side_by_side import run_all
from apnemu.lab.verdict import disk_named
from apnemu.model.assignment import Assignment
from apnemu.model.plant import Plant
from apnemu.model.scenario import planned_virtual_s
from apnemu.planning import next_hops
from apnemu.planning.judged import left_dark, plan_judged
from apnemu.question.discovery import topology_word
from apnemu.question.experiment import Context, Experiment, Network, Row, Value, with_packet_settings
from apnemu.records.table import read_jsonl, write_parquet
from apnemu.report.picture import picture_of
from apnemu.running import directory as rundir
from apnemu.running.directory import write_json
from apnemu.running.manifest import approximations, scenario_unplayed, versions
from apnemu.topology import input_files, read_plant
from apnemu.units import ns_to_s

GUEST_FOLDER = "/run/apnemu"
"""Where a guest finds its folder."""
MEMORY_MB = 4096
Time = Literal["virtual", "real"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What `apnemu run` was asked for. `out` None: a new folder under `runs/`."""

    experiment: Experiment
    topology: Path
    given: tuple[str, ...] = ()
    seed: int = 1
    networks: tuple[Network, ...] = ("apn", "packet")
    times: tuple[Time, ...] = ("virtual",)
    out: Path | None = None
    pcap: bool = False
    controller: Path | None = None
    controller_runtime: str = "os-ken"
    syscall_cost_ns: int = 500
    wall_limit_s: float = 1800
    cores: tuple[int, ...] = ()
    by_quality: bool = False
    """Whether GNPy decides what is lit, or the table of reach with GNPy's figures beside it."""


Say = Callable[[str], None]
OnProgress = Callable[[str, Progress], None]


def run(request: Request, *, say: Say, on_progress: OnProgress | None = None) -> dict[str, Any]:
    """One run; returns the document that `apnemu run --json` prints.

    Raises InputError for what was asked, LabError for what the lab did; the run directory then stays as it was left.
    """
    begun_s = time.monotonic()
    experiment = request.experiment
    settings = experiment.resolve(request.given)
    drawn = read_plant(request.topology)
    plant = experiment.prepare(with_packet_settings(drawn, settings), settings)
    judged = plan_judged(plant, by_quality=request.by_quality or experiment.by_quality)
    assignment = experiment.arrange(judged.assignment, settings)
    dark = () if experiment.computed or "apn" not in request.networks else left_dark(assignment)
    unplayed = () if experiment.plays_scenario(settings) else scenario_unplayed(drawn, f"This run of {experiment.name}")
    folder = rundir.make(request.out, f"{experiment.name}-{plant.name}")
    with disk_named(folder):
        notes = (*judged.notes, *dark, *unplayed)
        return _run_in(folder, request, plant, assignment, notes, settings, begun_s, say, on_progress)


def _check_programs(experiment: Experiment) -> None:
    """Raises LabError, with the command that mends it, where a program that the experiment runs is not there."""
    missing = [program for program in experiment.needs if not has_program(program.path)]
    if missing:
        packages = ", ".join(dict.fromkeys(one.package for one in missing))
        raise LabError(
            f"{experiment.name} runs {missing[0].path.rpartition('/')[2]} ({missing[0].why}), which is not on this"
            f" machine; apnemu setup {experiment.name} installs {packages}"
        )


def _run_in(
    folder: Path,
    request: Request,
    plant: Plant,
    assignment: Assignment,
    notes: tuple[str, ...],
    settings: dict[str, Value],
    begun_s: float,
    say: Say,
    on_progress: OnProgress | None,
) -> dict[str, Any]:
    experiment = request.experiment
    shutil.copyfile(request.topology, folder / "topology.yaml")
    manifest = _manifest(request, settings, notes)
    write_json(folder / "manifest.json", manifest)
    rows: list[Row] = []
    virtual_ns = memory_bytes = 0
    if experiment.computed:
        for warning in notes[1:]:
            say(warning)
        rows = experiment.computed(plant, settings, request.seed)
        write_json(folder / "blueprint.json", {"picture": picture_of(plant, assignment)})
    else:
        for kind in request.times:
            contexts = _contexts(request, plant, assignment, settings, folder, kind)
            warnings = notes[1:] if kind == request.times[0] else ()
            found, outcomes = _measure(request, contexts, kind, folder, warnings, say, on_progress)
            rows += [{**row, "time": kind} for row in found]
            virtual_ns = max(virtual_ns, *(outcome.virtual_ns for outcome in outcomes))
            memory_bytes = max(memory_bytes, sum(outcome.memory_bytes for outcome in outcomes))
    judged = [row for row in rows if row.get("time") != "real"] or rows
    done = {
        "virtual_s": ns_to_s(virtual_ns),
        "wall_s": round(time.monotonic() - begun_s, 3),
        "peak_memory_bytes": memory_bytes + peak_bytes(os.getpid()),
    }
    document = {
        "run_dir": str(folder),
        "experiment": experiment.name,
        "seed": request.seed,
        "time": ",".join(request.times),
        **done,
        "expectation": {"text": experiment.expected(settings), "met": experiment.met(judged, settings)},
        "results": rows,
    }
    write_json(folder / "results.json", document)
    write_json(folder / "manifest.json", {**manifest, "status": "done", **done})
    rundir.report_all(folder, [folder])
    return document


def _contexts(
    request: Request, plant: Plant, assignment: Assignment, settings: dict[str, Value], folder: Path, kind: Time
) -> list[Context]:
    hops = next_hops(plant)
    return [
        Context(
            plant=plant,
            assignment=assignment,
            hops=hops,
            network=network,
            seed=request.seed,
            settings=settings,
            folder=folder / f"{network}-{kind}",
        )
        for network in request.networks
    ]


def _measure(
    request: Request,
    contexts: list[Context],
    kind: Time,
    folder: Path,
    warnings: Sequence[str],
    say: Say,
    on_progress: OnProgress | None,
) -> tuple[list[Row], list[Outcome]]:
    """Every network on one kind of clock: blueprints, guests, records, rows. What is refused has no warnings.

    Programs are looked for last: what was asked wrongly is told on every machine in the same way.
    """
    try:
        blueprints = [_blueprint(request, context) for context in contexts]
        _check_programs(request.experiment)
    except (InputError, LabError):  # nothing has run yet
        shutil.rmtree(folder)
        raise
    for warning in warnings:
        say(warning)
    first = contexts[0]
    built = {context.network: blueprint.to_json() for context, blueprint in zip(contexts, blueprints, strict=True)}
    write_json(folder / "blueprint.json", {"picture": picture_of(first.plant, first.assignment), **built})
    outcomes = _emulate(request, contexts, blueprints, kind, say, on_progress)
    table = read_jsonl([context.folder / "records.jsonl" for context in contexts])
    suffix = "" if kind == request.times[0] else f"-{kind}"
    write_parquet(table, folder / f"records{suffix}.parquet")
    rows = request.experiment.rows(table, contexts)
    rundir.collect(folder, {context.network: context.folder for context in contexts}, suffix, pcap=request.pcap)
    return rows, outcomes


def _blueprint(request: Request, context: Context) -> Blueprint:
    context.folder.mkdir(parents=True)
    blueprint = blueprint_for(
        context.network,
        context.plant,
        context.assignment,
        context.hops,
        request.experiment.stages(context),
        seed=context.seed,
        controller=str(request.controller.resolve()) if request.controller else None,
        controller_runtime=request.controller_runtime,
        pcap=request.pcap,
    )
    write_json(context.folder / "blueprint.json", blueprint.to_json())
    return blueprint


def _emulate(
    request: Request,
    contexts: Sequence[Context],
    blueprints: Sequence[Blueprint],
    kind: Time,
    say: Say,
    on_progress: OnProgress | None,
) -> list[Outcome]:
    ready = kernel.ensure(report=say)
    folders = guest_folders()
    jobs = [
        Job(
            kernel=ready.path,
            folder=context.folder,
            argv=(guest_python(), "-m", "apnemu.emulation", GUEST_FOLDER),
            environment={"PYTHONPATH": guest_code()},
            shown=folders,
            seed=request.seed,
            memory_mb=MEMORY_MB,
            time=kind,
            syscall_cost_ns=request.syscall_cost_ns,
            wall_limit_s=request.wall_limit_s,
            stall_limit_s=60,
            planned_virtual_s=planned_virtual_s(blueprint.stages),
            core=request.cores[index % len(request.cores)] if request.cores else None,
        )
        for index, (context, blueprint) in enumerate(zip(contexts, blueprints, strict=True))
    ]

    def progress(index: int, seen: Progress) -> None:
        if on_progress:
            on_progress(contexts[index].network, seen)

    outcomes = run_all(jobs, on_progress=progress)
    for context, outcome in zip(contexts, outcomes, strict=True):
        if outcome.exit_code:
            _raise_guest(context, outcome)
    return outcomes


def _raise_guest(context: Context, outcome: Outcome) -> None:
    said = (context.folder / "console.log").read_text(errors="replace").splitlines()
    own = [line.partition("apnemu: ")[2] for line in said if line.startswith("apnemu: ")]
    why = own[-1] if own else " | ".join(said[-3:])
    raise GuestError(
        f"the {context.network} guest's program ended with {outcome.exit_code}: {why}; "
        f"see {context.folder / 'console.log'}"
    )


def _manifest(request: Request, settings: dict[str, Value], notes: tuple[str, ...]) -> dict[str, Any]:
    command = ["apnemu", "run", request.experiment.name]
    command += ["--topology", topology_word(request.topology), "--seed", str(request.seed)]
    command += [word for text in request.given for word in ("--set", text)]
    kept = {"--network": (request.networks, request.experiment.networks), "--time": (request.times, ("virtual",))}
    command += [word for key, (own, usual) in kept.items() if own != usual for word in (key, ",".join(own))]
    if request.pcap:
        command.append("--pcap")
    if request.by_quality:
        command.append("--quality")
    if request.controller:
        command += ["--controller", str(request.controller)]
    command += ["--controller-runtime", request.controller_runtime, "--syscall-cost-ns", str(request.syscall_cost_ns)]
    return {
        "status": "running",
        "experiment": request.experiment.name,
        "seed": request.seed,
        "time": ",".join(request.times),
        "settings": {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()},
        "versions": versions(request.controller_runtime),
        "inputs": {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (*input_files(request.topology), *filter(None, [request.controller]))
        },
        "approximations": [*approximations(request.times, request.syscall_cost_ns, pcap=request.pcap), *notes],
        "command": command,
        "virtual_s": 0.0,
        "wall_s": 0.0,
        "peak_memory_bytes": 0,
    }
