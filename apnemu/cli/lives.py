# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu live`: a network in a browser, on a page of this machine's loopback."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

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
from apnemu.cli.runs import UNMET
from apnemu.cli.shells import standing
from apnemu.cli.shown import OUT, to_stderr, to_stdout
from apnemu.cli.topologies import TopologyOption
from apnemu.cli.values import Lang, Settle
from apnemu.errors import InputError
from apnemu.lab.job import DISK_LIMIT_MB
from apnemu.question.discovery import find_topology, known_experiments, load_experiment, topology_of
from apnemu.running.options import networks_of, seed_of, settings_of, shows_of


def live(
    what: Annotated[
        str, typer.Argument(metavar="TOPOLOGY|EXPERIMENT", help="A topology, or an experiment: a name, or a file.")
    ],
    network: Annotated[
        str | None, typer.Option(help="apn: nothing is lit, ask for light; or packet. Of an experiment: or both.")
    ] = None,
    topology: TopologyOption = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Of an experiment, as with run.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="An experiment's run directory, new or empty.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0: one that is free.")] = 0,
    stay: Annotated[bool, typer.Option("--stay", help="Go on when the page is closed; Ctrl-C ends it.")] = False,
    transceivers: Transceivers = 8,
    folder: Folder = None,
    pcap: Pcap = False,
    seed: Seed = 1,
    controller: Controller = None,
    runtime: Runtime = "os-ken",
    controller_options: ControllerOptions = "",
    settle: Settle = None,
    memory_mb: MemoryMb = 2048,
    disk_limit_mb: DiskLimitMb = DISK_LIMIT_MB,
    hide_home: HideHome = True,
    show: Show = None,
    lang: Lang = "en",
) -> None:
    """Show a network, or the run of an experiment, in a browser: map, light, what is measured; cut and repair by click.

    The page's address, with its token, is printed; nobody else reaches it. Virtual time stands still until the page
    lets it pass. A network ends with this command, and when its page has been closed for ten seconds.
    """
    if what.endswith(".py") or what in known_experiments():
        _follow(what, topology, setting or [], network, out, seed=seed, port=port, stay=stay, lang=lang, show=show)
        return
    for name, given in (("--topology", topology), ("--set", setting), ("--out", out)):
        if given:
            raise InputError(f"{what} is a topology, and this is for an experiment; leave it out", file=name)
    from apnemu.live.board import Board
    from apnemu.live.network import Network
    from apnemu.live.page import files
    from apnemu.live.server import served
    from apnemu.live.told import Known
    from apnemu.report.language import spoken
    from apnemu.shell.captures import keep
    from apnemu.shell.session import attended

    if pcap and folder is None:
        raise InputError("a capture needs a folder that stays; give one with --folder", file="--pcap")
    kind = network or "apn"
    with (
        spoken(lang),
        standing(
            find_topology(what),
            network=kind,
            transceivers=transceivers,
            folder=folder,
            pcap=pcap,
            seed=seed,
            controller=controller,
            runtime=runtime,
            controller_options=controller_options,
            settle=settle,
            played=["--live"],
            wall_limit_s=math.inf,
            memory_mb=memory_mb,
            disk_limit_mb=disk_limit_mb,
            hide_home=hide_home,
            visible=visible([str(controller)] if controller else [], show),
        ) as (job, written),
    ):
        picture, title = written.picture, written.blueprint.topology
        centres = tuple(dict.fromkeys(host.site for host in written.blueprint.hosts))
        board = Board([kind])
        page = files(picture, networks=[kind], title=title, centres=centres, is_shell=True)
        known = Known(
            sites=frozenset(site["name"] for site in picture["sites"]),
            fibres=frozenset(fibre["name"] for fibre in picture["fibres"]),
        )
        with served(board, page, port=port) as address:
            _address(address)
            outcome = attended(job, lambda gate: Network(gate, board, known, network=kind, stays=stay).serve())
            board.post(mode="ended")
        if pcap:
            keep(job.folder, written)
    raise typer.Exit(outcome.exit_code)


def _follow(
    what: str,
    topology: Path | None,
    setting: list[str],
    network: str | None,
    out: Path | None,
    *,
    seed: int,
    port: int,
    stay: bool,
    lang: str,
    show: list[Path] | None,
) -> None:
    """Do a run that pages follow, and print what `apnemu run` prints."""
    from apnemu.live.run import Run
    from apnemu.report.headline import cost, expectation
    from apnemu.report.language import heard, spoken
    from apnemu.running import corridor
    from apnemu.running.request import Request

    asked = load_experiment(what)
    if asked.computed is not None:
        raise InputError(
            f"{asked.name} is computed without a lab: there is nothing to follow; apnemu run {what}", file="EXPERIMENT"
        )
    own_file = Path(what) if what.endswith(".py") else None
    request = Request(
        experiment=asked,
        own_file=own_file,
        topology=topology or topology_of(asked, own_file),
        given=settings_of(setting, [], None)[0],
        seed=seed_of(seed),
        networks=networks_of(network, asked),
        out=out,
        shows=shows_of(show or ()),
        wall_limit_s=math.inf,
    )
    asked.resolve(request.given)
    with spoken(lang), Run(asked.question, port=port, stays=stay, say=_address) as following:
        finished = corridor.run(request, say=to_stderr, following=following)
        told = [finished.answer(), expectation(finished.document), f"page: {finished.folder / 'report.html'}"]
        following.end("  ".join([*map(heard, told[:2]), told[2]]))
    OUT.print(finished.table())
    for line in (*told[:2], cost(finished.document), told[2]):
        to_stdout(line)
    if finished.document["expectation"]["met"] is False:
        raise typer.Exit(UNMET)


def _address(address: str) -> None:
    to_stdout(address)
    to_stderr("open this address in a browser of this machine; time stands still until the page lets it pass")
