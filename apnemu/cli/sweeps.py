# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu sweep`: many runs of one experiment, one table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apnemu.cli.labs import DiskLimit, HideHome, Json, Show
from apnemu.cli.shown import show_json, to_stderr, to_stdout
from apnemu.cli.topologies import TopologiesOption, topologies_of
from apnemu.cli.values import ControllerOptions, Lang, Settle, workers_of
from apnemu.lab.job import DISK_LIMIT_MB
from apnemu.question.discovery import load_experiment, topology_of
from apnemu.running.options import application, networks_of, runtime, seed_of, settings_of, settle_of, shows_of

FAILED, UNMET = 3, 1


def sweep(
    experiment: Annotated[str, typer.Argument(help="A name from experiments/, or a file with an EXPERIMENT.")],
    controller_options: ControllerOptions = None,
    topology: TopologiesOption = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=A,B,C", help="A point for each value; several make a grid."),
    ] = None,
    points: Annotated[
        Path | None, typer.Option(help="CSV file: a line of settings' names, then a point in each line.")
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes on this machine, each bound to a core.")] = 1,
    scheduler: Annotated[str, typer.Option(help="A Dask scheduler instead, such as tcp://127.0.0.1:8786.")] = "",
    seed: Annotated[int, typer.Option(help="Points' own seeds come from it and from their settings.")] = 1,
    network: Annotated[str | None, typer.Option(help="apn, packet or apn,packet.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder; that of an interrupted sweep goes on with it.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Run points that failed before once more.")] = False,
    controller: Annotated[Path | None, typer.Option(help="Another Ryu application, in place of ours.")] = None,
    controller_runtime: Annotated[str | None, typer.Option(help="os-ken or ryu; what is installed.")] = None,
    settle: Settle = None,
    hide_home: HideHome = True,
    show: Show = None,
    wall_limit_s: Annotated[float, typer.Option(help="A point's lab is ended after this.", min=1)] = 1800,
    disk_limit_mb: DiskLimit = DISK_LIMIT_MB,
    as_json: Json = False,
    lang: Lang = "en",
) -> None:
    """Ask one question at many points; one table (Parquet) and one page. The same command goes on where it stopped."""
    from apnemu.report.language import spoken
    from apnemu.running.request import Control
    from apnemu.sweep import Request
    from apnemu.sweep import sweep as sweep_all

    framework = runtime(controller_runtime)
    settings, words = settings_of(setting or (), controller_options or (), controller)
    application_file = application(controller, framework, words)
    asked = load_experiment(experiment)
    own_file = Path(experiment) if experiment.endswith(".py") else None
    request = Request(
        experiment=experiment,
        topologies=topologies_of(topology) if topology else (topology_of(asked, own_file),),
        given=settings,
        listed=points,
        seed=seed_of(seed),
        networks=networks_of(network, asked),
        workers=workers_of(workers),
        scheduler=scheduler,
        out=out,
        wall_limit_s=wall_limit_s,
        disk_limit_mb=disk_limit_mb,
        again=again,
        hide_home=hide_home,
        shows=tuple(path.resolve() for path in shows_of(show or ())),
        control=Control(
            framework=framework,
            application=application_file and application_file.resolve(),
            options=words,
            settle_s=settle_of(settle, application_file),
        ),
    )
    with spoken(lang):
        document = sweep_all(request, say=to_stderr)
    if as_json:
        show_json(document)
    else:
        to_stdout(
            f"{document['points']} points, {document['failed']} failed, {document['unmet']} not as expected, "
            f"{document['unjudged']} not judged, "
            f"{document['wall_s']:.0f} s"
        )
        to_stdout(f"table: {document['table']}")
        to_stdout(f"page: {document['page']}")
    if document["failed"]:
        raise typer.Exit(FAILED)
    if document["unmet"]:
        raise typer.Exit(UNMET)
