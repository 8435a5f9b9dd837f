# SPDX-License-Identifier: BSD-3-Clause
"""The guests of a run, one for each network: what each is told; all boot side by side, and are waited for."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from apnemu.blueprint.compiled import blueprint_for
from apnemu.blueprint.document import Blueprint
from apnemu.errors import GuestError
from apnemu.escapes import printable
from apnemu.lab import kernel
from apnemu.lab.gate import Gate
from apnemu.lab.guest import Job, Outcome, Progress
from apnemu.lab.hiding import around
from apnemu.lab.python import guest_code, guest_folders, guest_python
from apnemu.lab.side_by_side import run_all
from apnemu.model.activities import Application
from apnemu.model.scenario import Stage, planned_virtual_s
from apnemu.question.context import Context
from apnemu.question.contract import returned
from apnemu.running.directory import log_text
from apnemu.running.request import Request, Time
from apnemu.shared_folder import write_text

GUEST_FOLDER = "/run/apnemu"
"""The name under which a guest finds its folder."""
MEMORY_MB = 4096

FOLLOWED = "--followed"
"""The word that has a guest's run followed."""


class Following(Protocol):
    """Followers of a run, such as a page."""

    def begin(self, picture: Mapping[str, Any], networks: Sequence[str]) -> None:
        """Take in what is going to be played on."""

    def gates(
        self, networks: Sequence[str], blueprints: Sequence[Blueprint], folders: Sequence[Path]
    ) -> AbstractContextManager[Sequence[Gate]]:
        """Gates of the guests, each served as long as the block lasts."""

    def disturbed(self) -> Sequence[str]:
        """What was done by hand, in words; nothing where nothing was."""


Say = Callable[[str], None]
OnProgress = Callable[[str, Progress], None]


def blueprint_of(request: Request, context: Context[Any]) -> Blueprint:
    """The blueprint of one network, written where its guest finds it."""
    context.folder.mkdir(parents=True)
    blueprint = blueprint_for(
        context.network,
        context.plant,
        context.assignment,
        context.hops,
        _stages(request, context),
        seed=context.seed,
        controller=str(request.controller.resolve()) if request.controller else None,
        controller_runtime=request.controller_runtime,
        controller_options=request.controller_options,
        controller_settle_s=request.controller_settle_s,
        pcap=request.pcap,
        pcap_bytes=request.pcap_bytes,
    )
    write_blueprint(context.folder, blueprint)
    return blueprint


def write_blueprint(folder: Path, blueprint: Blueprint) -> None:
    """Write a blueprint where a guest finds it, in the guest's folder."""
    write_text(folder, "network.json", json.dumps(blueprint.to_json(), indent=1) + "\n")


def _stages(request: Request, context: Context[Any]) -> tuple[Stage, ...]:
    name = request.experiment.name
    stages = returned(name, "stages", request.experiment.stages(context), tuple)
    return tuple(returned(name, "stages", stage, Stage) for stage in stages)


def emulate(
    request: Request,
    contexts: Sequence[Context[Any]],
    blueprints: Sequence[Blueprint],
    kind: Time,
    say: Say,
    on_progress: OnProgress | None,
    following: Following | None = None,
) -> list[Outcome]:
    """Boot a guest for each network, side by side, and wait for all. Raises GuestError where one ends badly."""
    ready = kernel.ensure(report=say)
    folders = guest_folders()
    foreign = request.controller is not None
    settle_s = request.controller_settle_s if foreign else 0.0
    jobs = [
        Job(
            kernel=ready.path,
            folder=context.folder,
            argv=(guest_python(), "-m", "apnemu.emulation", GUEST_FOLDER, *([FOLLOWED] if following else [])),
            environment={"PYTHONPATH": guest_code()},
            shown=folders,
            hide_home=request.hide_home,
            visible=_visible(request, blueprint),
            seed=request.seed,
            memory_mb=MEMORY_MB,
            time=kind,
            syscall_cost_ns=request.syscall_cost_ns,
            wall_limit_s=request.wall_limit_s,
            stall_limit_s=60,
            disk_limit_mb=request.disk_limit_mb,
            planned_virtual_s=planned_virtual_s(blueprint.stages, learns=foreign, settle_s=settle_s),
            core=request.cores[index % len(request.cores)] if request.cores else None,
        )
        for index, (context, blueprint) in enumerate(zip(contexts, blueprints, strict=True))
    ]

    def progress(index: int, seen: Progress) -> None:
        if on_progress:
            on_progress(contexts[index].network, seen)

    if following is None:
        outcomes = run_all(jobs, on_progress=progress)
    else:
        with following.gates(
            [context.network for context in contexts], blueprints, [job.folder for job in jobs]
        ) as gates:
            outcomes = run_all(jobs, on_progress=progress, gates=gates)
    for context, outcome in zip(contexts, outcomes, strict=True):
        if outcome.exit_code:
            _raise_guest(context, outcome)
    return outcomes


def _visible(request: Request, blueprint: Blueprint) -> tuple[Path, ...]:
    """What a guest sees of its user's home: what was asked for, and the files that it is told to run."""
    named = [path for path in (request.controller, request.own_file) if path]
    applications = [one for stage in blueprint.stages for one in stage.of(Application)]
    words = {word for one in applications for word in one.argv if word.startswith("/")}
    named += [Path(word) for word in sorted(words) if os.path.exists(word)]
    return (*request.shows, *(path for one in named for path in around(one)))


def _raise_guest(context: Context[Any], outcome: Outcome) -> None:
    console = log_text(context.folder, "console.log").splitlines()
    raise GuestError(
        f"the {context.network} guest's program ended with {outcome.exit_code}: {printable(reason_in(console))}; "
        f"see {context.folder / 'console.log'}"
    )


def reason_in(console: Sequence[str]) -> str:
    """Why a guest's program ended, in its console: what it says itself, else what it raised, else its last lines.

    >>> reason_in(["apnemu: the controller ended with 1: x", "made by others"])
    'the controller ended with 1: x'
    >>> reason_in(["Traceback (most recent call last):", '  File "x", line 1', "KeyError: 'tokyo'", "bye", "bye"])
    "KeyError: 'tokyo'"
    >>> reason_in(["a", "b", "c", "d"]), reason_in([])
    ('b | c | d', 'it said nothing')
    """
    if own := [line.partition("apnemu: ")[2] for line in console if line.startswith("apnemu: ")]:
        return own[-1]
    starts = [at for at, line in enumerate(console) if line.startswith("Traceback (most recent call last):")]
    after = console[starts[-1] + 1 :] if starts else []
    raised = next((line for line in after if line and not line[0].isspace()), "")
    return raised or " | ".join(console[-3:]) or "it said nothing"
