"""The corridor: topology -> plan -> blueprint -> lab -> records -> rows -> page, each leaving its file in the run.

No arithmetic and no `if` about optics here: a stage is called and its result is written down.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import apnemu
from apnemu.blueprint.compiled import blueprint_for
from apnemu.blueprint.document import Blueprint
from apnemu.errors import GuestError, InputError
from apnemu.experiment import Context, Experiment, Network, Row, Value, with_packet_settings
from apnemu.lab import kernel
from apnemu.lab.guest import Job, Outcome, Progress
from apnemu.lab.side_by_side import run_all
from apnemu.manifest import approximations, versions
from apnemu.model.assignment import Assignment
from apnemu.model.plant import Plant
from apnemu.planning import next_hops, plan
from apnemu.records.pcapng import to_pcapng
from apnemu.records.table import read_jsonl, write_parquet
from apnemu.report.page import write_page
from apnemu.report.picture import picture_of
from apnemu.topology import read_plant
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
    time: Time = "virtual"
    out: Path | None = None
    pcap: bool = False
    controller: Path | None = None
    controller_runtime: str = "os-ken"
    syscall_cost_ns: int = 500
    wall_limit_s: float = 1800
    cores: tuple[int, ...] = ()


Say = Callable[[str], None]
OnProgress = Callable[[str, Progress], None]


def run(request: Request, *, say: Say, on_progress: OnProgress | None = None) -> dict[str, Any]:
    """One run; returns the document that `apnemu run --json` prints.

    Raises InputError for what was asked, LabError for what the lab did; the run directory then stays as it was left.
    """
    begun_s = time.monotonic()
    settings = request.experiment.resolve(request.given)
    plant = with_packet_settings(read_plant(request.topology), settings)
    plant = request.experiment.prepare(plant, settings)
    assignment, hops = plan(plant), next_hops(plant)
    folder = _run_directory(request, plant.name)
    contexts = [
        Context(
            plant=plant,
            assignment=assignment,
            hops=hops,
            network=network,
            seed=request.seed,
            settings=settings,
            folder=folder / network,
        )
        for network in request.networks
    ]
    try:
        blueprints = [_blueprint(request, context) for context in contexts]
    except InputError:
        shutil.rmtree(folder)
        raise
    shutil.copyfile(request.topology, folder / "topology.yaml")
    write_json(
        folder / "blueprint.json",
        {
            "picture": picture_of(plant, assignment),
            **{context.network: blueprint.to_json() for context, blueprint in zip(contexts, blueprints, strict=True)},
        },
    )
    manifest = _manifest(request, settings)
    write_json(folder / "manifest.json", manifest)
    outcomes = _emulate(request, contexts, blueprints, say, on_progress)
    table = read_jsonl([context.folder / "records.jsonl" for context in contexts])
    write_parquet(table, folder / "records.parquet")
    rows: list[Row] = request.experiment.rows(table, contexts)
    _collect(folder, contexts, pcap=request.pcap)
    wall_s = round(time.monotonic() - begun_s, 3)
    virtual_s = ns_to_s(max(outcome.virtual_ns for outcome in outcomes))
    document = {
        "run_dir": str(folder),
        "experiment": request.experiment.name,
        "seed": request.seed,
        "time": request.time,
        "virtual_s": virtual_s,
        "wall_s": wall_s,
        "expectation": {
            "text": request.experiment.expected(settings),
            "met": request.experiment.met(rows, settings),
        },
        "results": rows,
    }
    write_json(folder / "results.json", document)
    write_json(folder / "manifest.json", {**manifest, "status": "done", "virtual_s": virtual_s, "wall_s": wall_s})
    write_page(folder, [document], picture_of(plant, assignment))
    return document


def report(folder: Path) -> Path:
    """Write the page of a run directory again. Raises InputError where there is none."""
    return report_all(folder, [folder])


def report_all(target: Path, folders: Sequence[Path]) -> Path:
    """One page in `target` for several runs; the picture is the first one's."""
    found = []
    for folder in folders:
        if not (folder / "results.json").is_file():
            raise InputError(
                f"{folder} is not the directory of a run that ended: it has no results.json; give one of apnemu run",
                file="RUN_DIR",
            )
        found.append({**json.loads((folder / "results.json").read_text()), "run_dir": str(folder)})
    picture = json.loads((folders[0] / "blueprint.json").read_text())["picture"]
    return write_page(target, found, picture)


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
    say: Say,
    on_progress: OnProgress | None,
) -> list[Outcome]:
    ready = kernel.ensure(report=say)
    code = Path(apnemu.__file__).parents[1]
    jobs = [
        Job(
            kernel=ready.path,
            folder=context.folder,
            argv=(sys.executable, "-m", "apnemu.emulation", GUEST_FOLDER),
            environment={"PYTHONPATH": str(code)},
            seed=request.seed,
            memory_mb=MEMORY_MB,
            time=request.time,
            syscall_cost_ns=request.syscall_cost_ns,
            wall_limit_s=request.wall_limit_s,
            stall_limit_s=60,
            core=request.cores[index % len(request.cores)] if request.cores else None,
        )
        for index, context in enumerate(contexts)
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


def _collect(folder: Path, contexts: Sequence[Context], *, pcap: bool) -> None:
    """From the guests' folders to the run's own files; the guests' folders go."""
    with (folder / "console.log").open("w") as log:
        for context in contexts:
            for name in ("console.log", "controller.log"):
                log.write(f"== {context.network} {name}\n")
                if (context.folder / name).is_file():
                    log.write((context.folder / name).read_text(errors="replace"))
    for context in contexts:
        if pcap:
            names = json.loads((context.folder / "interfaces.json").read_text())
            to_pcapng(
                context.folder / "capture.pcap",
                folder / f"{context.network}.pcapng",
                {int(index): name for index, name in names.items()},
            )
        shutil.rmtree(context.folder)


def _run_directory(request: Request, topology: str) -> Path:
    """The folder of this run, which must be new or empty: nothing that somebody has is overwritten."""
    if request.out is not None:
        if request.out.exists() and (not request.out.is_dir() or any(request.out.iterdir())):
            raise InputError(f"{request.out} is there and not an empty folder; give a new one", file="--out")
        _make(request.out)
        return request.out
    stem = f"{request.experiment.name}-{topology}"
    number = 1
    while (Path("runs") / f"{stem}-{number}").exists():
        number += 1
    return _make(Path("runs") / f"{stem}-{number}")


def _make(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be made: {error.strerror}; give another folder", file="--out") from error
    return folder


def _manifest(request: Request, settings: dict[str, Value]) -> dict[str, Any]:
    command = [
        "apnemu",
        "run",
        request.experiment.name,
        "--topology",
        str(request.topology),
        "--seed",
        str(request.seed),
    ]
    for text in request.given:
        command += ["--set", text]
    if request.networks != request.experiment.networks:
        command += ["--network", ",".join(request.networks)]
    if request.time != "virtual":
        command += ["--time", request.time]
    return {
        "status": "running",
        "experiment": request.experiment.name,
        "seed": request.seed,
        "time": request.time,
        "settings": {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()},
        "versions": versions(request.controller_runtime),
        "inputs": {request.topology.name: hashlib.sha256(request.topology.read_bytes()).hexdigest()},
        "approximations": approximations(request.time, request.syscall_cost_ns),
        "command": command,
        "virtual_s": 0.0,
        "wall_s": 0.0,
    }


def write_json(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, indent=1) + "\n")


def plan_file(path: Path) -> tuple[Plant, Assignment]:
    """What `apnemu plan` shows."""
    plant = read_plant(path)
    return plant, plan(plant)
