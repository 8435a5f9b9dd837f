# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu explore`: the machine looks for a failure that nobody thought of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from apnemu.cli.labs import Json
from apnemu.cli.shown import show_json, to_stderr, to_stdout
from apnemu.cli.values import workers_of
from apnemu.errors import InputError
from apnemu.question.discovery import find_topology

FOUND = 1
SAMPLE, MOST_CONFIRMED = 20, 100_000
MOST_SCENARIOS, MOST_STEPS, MOST_TRANSCEIVERS = 10_000_000, 200, 1000


def explore(
    topology: Annotated[
        Path | None,
        typer.Argument(
            metavar="TOPOLOGY",
            parser=find_topology,
            help="A topology: the name of one that comes with apnemu, or a file.",
        ),
    ] = None,
    scenarios: Annotated[int, typer.Option(help="Scenarios to play.")] = 1000,
    seed: Annotated[int, typer.Option(help="Scenarios are drawn from it.")] = 1,
    steps: Annotated[int, typer.Option(help="Most steps of a scenario, beside the first requests.")] = 24,
    transceivers: Annotated[int, typer.Option(help="At each data centre; 0: as the topology says, or 4.")] = 0,
    invariant: Annotated[list[Path] | None, typer.Option(help="Python file with invariants of your own.")] = None,
    replay: Annotated[Path | None, typer.Option(metavar="FILE", help="Play a scenario of a file again.")] = None,
    pytest_case: Annotated[
        Path | None, typer.Option("--pytest", metavar="FILE", help="With --replay: write it as a test of pytest.")
    ] = None,
    lab: Annotated[bool, typer.Option("--lab", help="With --replay: play it in a fresh boot of the lab.")] = False,
    confirm: Annotated[
        int | None,
        typer.Option(
            help="Scenarios that passed to be played in the lab too, beside all failures; 20 where a lab can run."
        ),
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes on this machine, each bound to a core.")] = 1,
    scheduler: Annotated[str, typer.Option(help="A Dask scheduler instead, such as tcp://127.0.0.1:8786.")] = "",
    out: Annotated[Path | None, typer.Option(help="Folder; that of an interrupted search goes on with it.")] = None,
    as_json: Json = False,
) -> None:
    """Play thousands of drawn scenarios against the APN controller, and shrink what fails to a file that replays it."""
    try:
        from apnemu.exploring.exploration import Request
        from apnemu.exploring.exploration import explore as explore_all
    except ImportError as error:
        raise InputError("hypothesis is not installed; pip install 'apnemu[explore]'", file="explore") from error
    if replay is not None:
        _replay(replay, topology, invariant or [], pytest_case, lab, as_json)
        return
    if topology is None:
        raise InputError("no topology is given; give a file, or a name such as three-sites", file="TOPOLOGY")
    for value, most, name in (
        (scenarios, MOST_SCENARIOS, "--scenarios"),
        (steps, MOST_STEPS, "--steps"),
    ):
        if not 1 <= value <= most:
            raise InputError(f"{name[2:]} is {value}; it must be from 1 to {most}", file=name)
    if confirm is not None and not 0 <= confirm <= MOST_CONFIRMED:
        raise InputError(f"confirm is {confirm}; it must be from 0 to {MOST_CONFIRMED}", file="--confirm")
    if not 0 <= transceivers <= MOST_TRANSCEIVERS:
        raise InputError(
            f"transceivers is {transceivers}; it must be from 0 to {MOST_TRANSCEIVERS}", file="--transceivers"
        )
    request = Request(
        topology=topology,
        scenarios=scenarios,
        seed=seed,
        transceivers=transceivers,
        steps=steps,
        own=tuple(invariant or ()),
        workers=workers_of(workers),
        scheduler=scheduler,
        out=out,
        confirm=SAMPLE if confirm is None else confirm,
    )
    document = explore_all(request, say=to_stderr)
    if as_json:
        show_json(document)
    else:
        _show(document)
    if document["failures"]:
        raise typer.Exit(FOUND)


def _show(document: dict[str, Any]) -> None:
    rate = f", {document['scenarios_a_minute']:,} a minute" if document["scenarios_a_minute"] else ""
    to_stdout(f"{document['scenarios']:,} scenarios of {document['topology']}{rate}: {document['failed']:,} failed")
    if "sampled" in document["lab"]:
        to_stdout(_lab_words(document["lab"]))
    to_stdout(f"page: {document['page']}")
    for failure in document["failures"]:
        to_stdout(f"{failure['signature']}, {failure['times']} times; the smallest, {_count(failure['steps'])}:")
        for step in failure["timeline"]:
            to_stdout(f"  {step['at']:>20}  {step['what']}")
        to_stdout(f"  {failure['place']}: {failure['what']}")
        if failure["confirmed"] is not None:
            to_stdout(f"  in the lab: {'confirmed by fresh boots' if failure['confirmed'] else failure['why']}")
        to_stdout(f"  replay: apnemu explore --replay {failure['file']}")


def _lab_words(lab: dict[str, Any]) -> str:
    """What the lab has done, in a line."""
    words = f"in the lab: {lab['confirmed']} confirmed, {lab['host_only']} on the host alone"
    if lab["shared_only"]:
        words += f", {lab['shared_only']} in a shared boot alone"
    return f"{words}; {lab['sampled']} that passed were played too, {lab['scenarios_a_minute']:,} scenarios a minute"


def _count(steps: list[Any]) -> str:
    return f"{len(steps)} step{'' if len(steps) == 1 else 's'}"


def _replay(file: Path, topology: Path | None, own: list[Path], case: Path | None, lab: bool, as_json: bool) -> None:
    from apnemu.exploring.replay import replay, test_case

    document = replay(file, topology, own, lab=lab)
    if case is not None:
        try:
            case.write_text(test_case(file), encoding="utf-8")
        except OSError as error:
            raise InputError(f"{case} cannot be written: {error.strerror}", file="--pytest") from error
        to_stderr(f"test: {case}")
    if as_json:
        show_json(document)
    elif document["broken"]:
        to_stdout(f"{document['invariant']} ({document['place']}): {document['what']}")
    else:
        to_stdout("every invariant holds")
    if document["broken"]:
        raise typer.Exit(FOUND)
