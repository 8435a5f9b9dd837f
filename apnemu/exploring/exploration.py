# SPDX-License-Identifier: BSD-3-Clause
"""An exploration: batches by any number of workers, failures shrunk and kept, in a folder that it goes on from."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from apnemu.blueprint.document import Blueprint
from apnemu.errors import InputError, LabError
from apnemu.exploring import file as scenario_file
from apnemu.exploring.batches import batch_of, failure_of, keep, plain, read
from apnemu.exploring.boots import lacks
from apnemu.exploring.confirming import Confirmed, Found, Verdict, confirm
from apnemu.exploring.invariants import Invariant
from apnemu.exploring.judging import MEANINGS
from apnemu.exploring.lab_judging import LAB_STANDS, LAB_STANDS_MEANING
from apnemu.exploring.moments import moments
from apnemu.exploring.network import network
from apnemu.exploring.own import with_own
from apnemu.exploring.scenario import Scenario
from apnemu.exploring.search import BATCH, Batch, Failure, Task, lowest, search, shrink
from apnemu.exploring.wording import said_instant, said_step
from apnemu.interrupts import signals_raise
from apnemu.model.assignment import Assignment
from apnemu.report.explored_page import explored_page
from apnemu.report.page import keep_page
from apnemu.report.picture import picture_of
from apnemu.running import directory as rundir
from apnemu.running import workers

Say = Callable[[str], None]
IN_LAB = "in the lab"
"""Begin of the signature of a failure that the host does not show."""
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Request for an exploration, as `apnemu explore` makes it. An empty `scheduler`: processes of this machine."""

    topology: Path
    scenarios: int = 1000
    seed: int = 1
    transceivers: int = 0
    steps: int = 24
    own: tuple[Path, ...] = ()
    """Files with invariants of somebody's own."""
    batch: int = BATCH
    """Scenarios of a batch: another number draws others."""
    workers: int = 1
    scheduler: str = ""
    out: Path | None = None
    confirm: int | None = None
    """Scenarios that passed to be played in a lab as well, beside all failures; None: no lab is asked."""


def explore(request: Request, *, say: Say) -> dict[str, Any]:
    """Search, shrink what fails, and keep it; returns the document that `apnemu explore --json` prints.

    Raises:
        InputError: what was asked for cannot be explored.
        LabError: a worker was ended from outside; what is done is kept.
    """
    begun_s = time.monotonic()
    invariants = with_own(request.own)
    blueprint = network(str(request.topology), request.transceivers)
    assert blueprint.plant is not None
    folder = _folder(request, blueprint.plant.name)
    batches, new = _batches(request, folder, say, begun_s)
    searched_s = time.monotonic() - begun_s
    first: dict[str, tuple[int, Failure]] = {}
    failed: Counter[str] = Counter()
    met: Counter[str] = Counter()
    for batch in batches:
        failed.update(batch.failed)
        met.update(batch.met)
        for failure in batch.failures:
            first.setdefault(failure.signature, (batch.number, failure))
    kept = _shrunk(request, folder, first, say)
    passed = lowest({digest: one for batch in batches for digest, one in batch.passed.items()}, request.confirm or 0)
    lab = _confirmed(request, blueprint, folder, kept, list(passed.values()), invariants, say)
    for one in lab.found:
        if one.verdict.confirmed:
            kept.append(_of_the_lab(one))
            lab.verdicts.append(one.verdict)
            failed[kept[-1].signature] += one.times
    found = []
    for failure, verdict in zip(kept, lab.verdicts, strict=True):
        file = _write(request, blueprint.plant.transceivers, folder, failure, verdict)
        shown = _shown(failure, failed[failure.signature], file, invariants) | asdict(verdict)
        found.append(shown | {"moments": moments(blueprint, failure.scenario)})
    played = sum(batch.played for batch in batches)
    document = {
        "explore_dir": str(folder),
        "topology": blueprint.plant.name,
        "seed": request.seed,
        "scenarios": played,
        "steps": sum(batch.steps for batch in batches),
        "failed": sum(failed.values()),
        "failures": found,
        "met": dict(sorted(met.items())),
        "lab": lab.counts,
        "wall_s": round(time.monotonic() - begun_s, 3),
        "scenarios_a_minute": round(new / searched_s * 60),
    }
    rundir.write_json(folder / "explored.json", document)
    unlit = Assignment(lightpaths=(), refusals=())
    page = explored_page(document, picture_of(blueprint.plant, unlit))
    return document | {"page": str(keep_page(folder, page))}


def _confirmed(
    request: Request,
    blueprint: Blueprint,
    folder: Path,
    kept: Sequence[Failure],
    passed: Sequence[Scenario],
    invariants: Sequence[Invariant],
    say: Say,
) -> Confirmed:
    """What a lab says of failures and of a sample of what passed; nothing where none is asked or can run."""
    why = "no lab was asked" if request.confirm is None else lacks()
    if why:
        if request.confirm is not None:
            say(f"nothing is played in the lab: {why}")
        unknown = [Verdict(confirmed=None, why=why) for _ in kept]
        return Confirmed(verdicts=unknown, counts={"why_not": why})
    asked = [(failure.signature, failure.invariant, failure.scenario) for failure in kept]
    return confirm(blueprint, asked, passed, folder, say, invariants) if asked or passed else Confirmed(verdicts=[])


def _of_the_lab(found: Found) -> Failure:
    """Failure that a lab alone shows, as one of the host: it is not shrunk."""
    broken = found.broken
    return Failure(
        signature=f"{IN_LAB}: {broken.signature}",
        invariant=broken.invariant,
        what=broken.what,
        place=broken.place,
        at_ns=found.scenario.last_ns,
        scenario=found.scenario,
        index=0,
    )


def meaning_of(invariant: str, invariants: Sequence[Invariant]) -> str:
    """What an invariant says must hold."""
    known = MEANINGS | {LAB_STANDS: LAB_STANDS_MEANING} | {one.name: one.meaning for one in invariants}
    return known.get(invariant, "")


def _batches(request: Request, folder: Path, say: Say, begun_s: float) -> tuple[list[Batch], int]:
    """All batches in their order, and how many scenarios of them were played now: the rest were done before."""
    done: dict[int, Batch] = {}
    tasks = []
    for task in _tasks(request):
        file = folder / "batches" / f"{task.number}.json"
        kept = batch_of(read(file), file) if file.is_file() else None
        if kept is not None and kept.wanted >= task.sample:
            done[task.number] = kept
        else:
            tasks.append(task)
    total = len(done) + len(tasks)
    if done:
        say(f"{len(done)} of {total} batches are done already, in {folder}")
    new = 0
    with signals_raise():
        for batch in _run(request, search, tasks):
            keep(folder / "batches" / f"{batch.number}.json", plain(batch))
            done[batch.number] = batch
            new += batch.played
            left_s = (time.monotonic() - begun_s) / new * request.batch * (total - len(done))
            failures = sum(sum(one.failed.values()) for one in done.values())
            played = sum(one.played for one in done.values())
            say(f"{played} scenarios, {failures} failed, about {left_s:.0f} s left")
    return [done[number] for number in sorted(done)], new


def _shrunk(request: Request, folder: Path, first: dict[str, tuple[int, Failure]], say: Say) -> list[Failure]:
    """The smallest scenario of each signature, in the order in which the signatures were found."""
    known: dict[str, Failure] = {}
    tasks = []
    everything = {task.number: task for task in _tasks(request)}
    for signature, (number, _) in first.items():
        file = folder / "shrunk" / f"{_slug(signature)}.json"
        if file.is_file():
            known[signature] = failure_of(read(file), file)
        else:
            tasks.append(replace(everything[number], signature=signature))
    if tasks:
        say(f"{len(first)} ways to fail; looking for the smallest scenario of each")
    with signals_raise():
        for failure in _run(request, shrink, tasks):
            keep(folder / "shrunk" / f"{_slug(failure.signature)}.json", asdict(failure))
            known[failure.signature] = failure
            say(f"{failure.signature}: {len(failure.scenario.steps)} steps")
    return [known[signature] for signature in first]


def _run(request: Request, call: Callable[[Task], R], tasks: Sequence[Task]) -> Iterator[R]:
    if not tasks:
        return
    if not request.scheduler:
        yield from workers.on_this_machine(call, tasks, request.workers)
        return
    for task, result, lost in workers.on_a_cluster(call, tasks, request.scheduler):
        if result is None:
            raise LabError(f"batch {task.number}: {lost}; what is done is kept: the same command goes on")
        yield result


def _tasks(request: Request) -> list[Task]:
    count = -(-request.scenarios // request.batch)
    return [
        Task(
            topology=str(request.topology),
            transceivers=request.transceivers,
            seed=request.seed,
            number=number,
            count=min(request.batch, request.scenarios - number * request.batch),
            steps=request.steps,
            own=tuple(str(file) for file in request.own),
            sample=request.confirm or 0,
        )
        for number in range(count)
    ]


def _folder(request: Request, name: str) -> Path:
    """The exploration's folder: a new one, or that of the same one begun before. Raises InputError for any other."""
    wanted = {
        "topology": hashlib.sha256(request.topology.read_bytes()).hexdigest(),
        "seed": request.seed,
        "transceivers": request.transceivers,
        "steps": request.steps,
        "batch": request.batch,
        "own": [hashlib.sha256(file.read_bytes()).hexdigest() for file in request.own],
    }
    if request.out is not None and (request.out / "asked.json").is_file():
        if read(request.out / "asked.json") != wanted:
            raise InputError(
                f"{request.out} holds an exploration of another topology, seed or budget; give a new folder",
                file="--out",
            )
        return request.out
    folder = rundir.make(request.out, f"explore-{name}")
    (folder / "batches").mkdir()
    (folder / "shrunk").mkdir()
    rundir.write_json(folder / "asked.json", wanted)
    return folder


def _write(request: Request, transceivers: int, folder: Path, failure: Failure, verdict: Verdict) -> Path:
    """Write the file that replays a failure."""
    kept = scenario_file.Kept(
        scenario=failure.scenario,
        topology=os.path.relpath(request.topology),
        transceivers=transceivers,
        invariant=failure.invariant,
        found=failure.what[:2000],
        seed=request.seed,
        confirmed=verdict.confirmed,
        sha256=verdict.sha256,
    )
    path = folder / f"{_slug(failure.signature)}.yaml"
    path.write_text(scenario_file.write(kept), encoding="utf-8")
    return path


def _shown(failure: Failure, times: int, file: Path, invariants: Sequence[Invariant]) -> dict[str, Any]:
    return {
        "signature": failure.signature,
        "invariant": failure.invariant,
        "meaning": meaning_of(failure.invariant, invariants),
        "what": failure.what,
        "place": failure.place,
        "at_ns": failure.at_ns,
        "times": times,
        "steps": [step.to_plain() for step in failure.scenario.steps],
        "timeline": [{"at": said_instant(step.at_ns), "what": said_step(step)} for step in failure.scenario.steps],
        "slow_ns": dict(failure.scenario.slow_ns),
        "file": str(file),
    }


def _slug(signature: str) -> str:
    """Name of a file for a signature: what is readable of it, and a digest that keeps two apart."""
    words = re.sub(r"[^a-z0-9]+", "-", signature.lower()).strip("-")[:60]
    return words if words == signature else f"{words}-{hashlib.sha256(signature.encode()).hexdigest()[:6]}"
