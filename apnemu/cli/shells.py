# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu shell`: a network up and a prompt at it, or a Python file with the network in its hands."""

from __future__ import annotations

import math
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apnemu.cli.labs import HideHome, Show, visible
from apnemu.cli.networks import (
    Controller,
    ControllerOptions,
    DiskLimitMb,
    Folder,
    MemoryMb,
    Pcap,
    Runtime,
    Seed,
    Transceivers,
)
from apnemu.cli.shown import to_stderr
from apnemu.cli.topologies import Topology
from apnemu.cli.values import Settle
from apnemu.errors import InputError
from apnemu.lab.job import DISK_LIMIT_MB
from apnemu.running.directory import made, new_folder
from apnemu.running.options import seed_of
from apnemu.shared_folder import remove_all

if TYPE_CHECKING:
    from apnemu.lab.guest import Job
    from apnemu.running.unlit_network import Written

WALL_LIMIT_S = 600.0
"""Wall time of a script, or of commands from a pipe, without --wall-limit-s. A person at a terminal has no limit."""


def shell(
    topology: Topology,
    words: Annotated[list[str] | None, typer.Argument(metavar="[-- WORD...]", help="Words for --script.")] = None,
    network: Annotated[str, typer.Option(help="apn: nothing is lit, ask for light; or packet.")] = "apn",
    script: Annotated[
        Path | None, typer.Option(help="Python file to run with net, light, clock, cut, repair, watch in it.")
    ] = None,
    transceivers: Transceivers = 8,
    pace: Annotated[
        float, typer.Option(min=0, max=1e6, help="Virtual seconds in a second while a host's command runs; 0: no pace.")
    ] = 1.0,
    folder: Folder = None,
    pcap: Pcap = False,
    seed: Seed = 1,
    controller: Controller = None,
    runtime: Runtime = "os-ken",
    controller_options: ControllerOptions = "",
    settle: Settle = None,
    wall_limit_s: Annotated[
        float | None, typer.Option(min=1, help="Of a script or a pipe, 600 by default; a terminal has none.")
    ] = None,
    memory_mb: MemoryMb = 2048,
    disk_limit_mb: DiskLimitMb = DISK_LIMIT_MB,
    hide_home: HideHome = True,
    show: Show = None,
) -> None:
    """Start a network and give a prompt at it: Mininet's commands, light, cuts and repairs by name.

    Virtual time stands still while you think, and passes while a command runs. `help` at the prompt lists the commands.
    Lines from a pipe are run one after another.
    """
    from apnemu.shell import session
    from apnemu.shell.captures import keep
    from apnemu.shell.prompt import Piped, Typed

    if script and not script.is_file():
        raise InputError(f"there is no file {script}; give a Python file", file="--script")
    if words and not script:
        raise InputError(f"'{words[0]}' is for a script; give one with --script", file="--")
    if pcap and folder is None:
        raise InputError("a capture needs a folder that stays; give one with --folder", file="--pcap")
    is_typed = os.isatty(0) and os.isatty(1) and not script
    with standing(
        topology,
        network=network,
        transceivers=transceivers,
        folder=folder,
        pcap=pcap,
        seed=seed,
        controller=controller,
        runtime=runtime,
        controller_options=controller_options,
        settle=settle,
        played=["--script", str(script.resolve()), *(words or [])] if script else [],
        wall_limit_s=math.inf if is_typed else wall_limit_s or WALL_LIMIT_S,
        memory_mb=memory_mb,
        disk_limit_mb=disk_limit_mb,
        hide_home=hide_home,
        visible=visible([str(one) for one in (script, controller) if one], show),
    ) as (job, written):
        lines = Typed(session.words_of(written.blueprint)) if is_typed else Piped()
        if is_typed:
            to_stderr(f"{written.blueprint.topology}: the network comes up; help lists the commands, exit ends it")
        outcome = session.run(job, lines, name=written.blueprint.topology, pace=pace)
        if pcap:
            keep(job.folder, written)
        sys.stdout.flush()
    raise typer.Exit(outcome.exit_code)


@contextmanager
def standing(
    topology: Path,
    *,
    network: str,
    transceivers: int,
    folder: Path | None,
    pcap: bool,
    seed: int,
    controller: Path | None,
    runtime: str,
    controller_options: str,
    settle: str | None,
    played: list[str],
    wall_limit_s: float,
    memory_mb: int,
    disk_limit_mb: int,
    hide_home: bool,
    visible: tuple[Path, ...],
) -> Iterator[tuple[Job, Written]]:
    """The guest of a shell as it is to be booted, and what it builds; a folder of its own goes with the block.

    `played` are the words behind the folder in the guest's command. Raises InputError for what cannot be.
    """
    from apnemu.lab import kernel
    from apnemu.running.options import application, settle_of
    from apnemu.running.options import runtime as runtime_of
    from apnemu.running.request import Control
    from apnemu.running.unlit_network import network_of, write_network
    from apnemu.shell import session

    kind = network_of(network, controller)
    framework, options = runtime_of(runtime), tuple(shlex.split(controller_options))
    own = application(controller, framework, options)
    control = Control(framework=framework, application=own, options=options, settle_s=settle_of(settle, own))
    shared = made(folder or new_folder("shell"), "--folder")
    try:
        written = write_network(
            shared, topology, transceivers=transceivers, seed=seed_of(seed), network=kind, control=control, pcap=pcap
        )
        for note in written.notes:
            to_stderr(note)
        session.tell(shared, written)
        job = session.job_of(
            shared,
            kernel=kernel.ensure(report=to_stderr).path,
            played=played,
            place=Path.cwd(),
            seed=seed_of(seed),
            memory_mb=memory_mb,
            wall_limit_s=wall_limit_s,
            disk_limit_mb=disk_limit_mb,
            hide_home=hide_home,
            visible=visible,
        )
        yield job, written
    finally:
        if folder is None:
            with suppress(OSError):
                remove_all(shared)
                shared.parent.rmdir()  # if nothing else is in it
