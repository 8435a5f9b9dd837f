# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu run`, `report`, `bench`, `demo`: experiments and their pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apnemu.cli.labs import DiskLimit, HideHome, Json, PcapBytes, Show
from apnemu.cli.shown import OUT, show_json, to_stderr, to_stdout
from apnemu.cli.topologies import TopologyOption
from apnemu.cli.values import ControllerOptions, Lang, Settle, cores
from apnemu.lab.job import DISK_LIMIT_MB, PCAP_BYTES
from apnemu.question.discovery import load_experiment, shipped_topology, topology_of
from apnemu.running.directory import new_folder
from apnemu.running.options import (
    application,
    networks_of,
    pcap_bytes_of,
    runtime,
    seed_of,
    settings_of,
    settle_of,
    shows_of,
    times_of,
)

UNMET = 1
"""Exit code of a run whose expectation did not come true."""
MOST_COST_NS = 1_000_000
"""Greatest cost of a system call; above it a lab's daemons never come to rest."""


def run(
    experiment: Annotated[str, typer.Argument(help="A name from experiments/, or a file with an EXPERIMENT.")],
    controller_options: ControllerOptions = None,
    topology: TopologyOption = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Several, or repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(help="All that is random comes from it.")] = 1,
    network: Annotated[str | None, typer.Option(help="apn, packet or apn,packet.")] = None,
    time: Annotated[str, typer.Option(help="virtual, real or virtual,real.")] = "virtual",
    out: Annotated[Path | None, typer.Option(help="Run directory, new or empty.")] = None,
    pcap: Annotated[bool, typer.Option("--pcap", help="Capture every frame at the switches' ports.")] = False,
    pcap_bytes: PcapBytes = PCAP_BYTES,
    as_json: Json = False,
    controller: Annotated[Path | None, typer.Option(help="Another Ryu application, in place of ours.")] = None,
    controller_runtime: Annotated[str | None, typer.Option(help="os-ken or ryu; what is installed.")] = None,
    settle: Settle = None,
    syscall_cost_ns: Annotated[
        int, typer.Option(help="Virtual time that a system call takes.", min=0, max=MOST_COST_NS)
    ] = 500,
    wall_limit_s: Annotated[float, typer.Option(help="The lab is ended after this.", min=1)] = 1800,
    disk_limit_mb: DiskLimit = DISK_LIMIT_MB,
    core: Annotated[str | None, typer.Option(help="Core to run on, or several: 0,1.")] = None,
    hide_home: HideHome = True,
    show: Show = None,
    quality: Annotated[
        bool,
        typer.Option(
            "--quality", help="Light only what closes by GNPy; else as the table of reach allows, and it is told."
        ),
    ] = False,
    lang: Lang = "en",
) -> None:
    """Ask one question of the networks; leave a run directory with all that was seen."""
    from apnemu.running.request import Request

    framework = runtime(controller_runtime)
    settings, words = settings_of(setting or (), controller_options or (), controller)
    own_controller = application(controller, framework, words)
    asked = load_experiment(experiment)
    own_file = Path(experiment) if experiment.endswith(".py") else None
    request = Request(
        experiment=asked,
        own_file=own_file,
        topology=topology or topology_of(asked, own_file),
        given=settings,
        seed=seed_of(seed),
        networks=networks_of(network, asked),
        times=times_of(time),
        out=out,
        pcap=pcap,
        pcap_bytes=pcap_bytes_of(pcap, pcap_bytes),
        controller=own_controller,
        controller_runtime=framework,
        controller_options=words,
        controller_settle_s=settle_of(settle, own_controller),
        syscall_cost_ns=syscall_cost_ns,
        wall_limit_s=wall_limit_s,
        disk_limit_mb=disk_limit_mb,
        cores=cores(core),
        by_quality=quality,
        hide_home=hide_home,
        shows=shows_of(show or ()),
    )
    asked.resolve(request.given)  # what was asked wrongly is told before half of apnemu is loaded
    from apnemu.lab.progress import Display
    from apnemu.report.headline import cost, expectation
    from apnemu.report.language import spoken
    from apnemu.running import corridor

    with spoken(lang), Display() as display:
        finished = corridor.run(request, say=to_stderr, on_progress=display.update)
    document = finished.document
    if as_json:
        show_json(document)
    else:
        OUT.print(finished.table())
        to_stdout(finished.answer())
        to_stdout(expectation(document))
        to_stdout(cost(document))
        to_stdout(f"page: {finished.folder / 'report.html'}")
    if document["expectation"]["met"] is False:
        raise typer.Exit(UNMET)


def report(
    run_dir: Annotated[list[Path], typer.Argument(metavar="RUN_DIR...", help="One run, or several for one page.")],
    out: Annotated[Path | None, typer.Option(help="Folder of the page; the first run's by default.")] = None,
    lang: Lang = "en",
) -> None:
    """Write the HTML page again."""
    from apnemu.report.language import spoken
    from apnemu.running.finished import read_finished, write_report

    with spoken(lang):
        page = write_report(out or run_dir[0], [read_finished(folder) for folder in run_dir])
    to_stdout(f"page: {page}")


def bench(
    as_json: Json = False,
    quick: Annotated[bool, typer.Option("--quick", help="Only the smallest of each kind.")] = False,
) -> None:
    """Measure speed and accuracy, each beside stock Mininet's in the same machine, in one run."""
    from apnemu.running import bench as benches

    document = benches.bench(say=to_stderr, quick=quick)
    if as_json:
        show_json(document)
    else:
        OUT.print(benches.bench_table(document))


def demo(
    out: Annotated[Path | None, typer.Option(help="Folder of the page, new or empty.")] = None,
    as_json: Json = False,
    lang: Lang = "en",
) -> None:
    """Show what an APN does for two data centres in Japan, and the packet network to them: one table, one page."""
    from apnemu.lab.progress import Display
    from apnemu.report.language import spoken
    from apnemu.running import corridor
    from apnemu.running.demo import RUNS, WHY, demo_lines, demo_table
    from apnemu.running.finished import write_report
    from apnemu.running.request import Request

    folder = out or new_folder("demo")
    runs = []
    with spoken(lang), Display() as display:
        for number, (name, topology, given) in enumerate(RUNS, 1):
            asked = load_experiment(name)
            to_stderr(f"demo {number} of {len(RUNS)}: {asked.question}")
            topology_file, out_folder = shipped_topology(topology), folder / name
            request = Request(experiment=asked, topology=topology_file, given=given, out=out_folder)
            runs.append(corridor.run(request, say=to_stderr, on_progress=display.update))
    with spoken(lang):
        page = write_report(folder, runs)
    if as_json:
        show_json({"page": str(page), "runs": [run.document for run in runs]})
    else:
        OUT.print(demo_table(demo_lines(runs)))
        to_stdout(WHY)
        for run in runs:
            to_stdout(run.answer())
        to_stdout(f"page: {page}")
    if any(run.document["expectation"]["met"] is False for run in runs):
        raise typer.Exit(UNMET)
