# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu plan`, `run`, `report`, `bench`, `demo`: topologies, experiments and their pages."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import typer

from apnemu.cli.labs import DiskLimit, HideHome, Json, PcapBytes, Show
from apnemu.cli.shown import OUT, show_json, to_stderr, to_stdout
from apnemu.cli.topologies import Topology, TopologyOption
from apnemu.cli.values import ControllerOptions, Lang, Settle, cores
from apnemu.errors import InputError, named
from apnemu.lab.job import DISK_LIMIT_MB, PCAP_BYTES
from apnemu.question.discovery import load_experiment, shipped_topology, topology_of, topology_word
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


def plan(
    file: Topology,
    as_json: Json = False,
    minimum_wavelengths: Annotated[
        bool,
        typer.Option(
            "--minimum-wavelengths",
            help="How few wavelengths join every two data centres (one fibre pair per fibre, no conversion).",
        ),
    ] = False,
    seconds: Annotated[
        float, typer.Option(min=0, help="With --minimum-wavelengths: time to look for fewer where that is not proven.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Of that search's draws.")] = 1,
    quality: Annotated[
        bool,
        typer.Option(
            "--quality/--reach-table", help="What says how far a mode goes: signal quality (GNPy), or a table."
        ),
    ] = True,
    export_gnpy: Annotated[
        Path | None, typer.Option(help="Folder for the plant and the lightpaths' routes as files of GNPy's own.")
    ] = None,
) -> None:
    """Show who gets which light, and who gets none and why. GNPy judges every route by its signal quality."""
    if minimum_wavelengths:
        _minimum_wavelengths(file, seconds, seed, as_json)
        return
    if seconds:
        raise InputError("--seconds belongs to --minimum-wavelengths; leave it out", file="--seconds")
    from apnemu.model.naming import is_evident
    from apnemu.planning.judged import plan_judged
    from apnemu.report import words
    from apnemu.report.tables import plan_table
    from apnemu.running.directory import made
    from apnemu.topology import read_plant

    plant = read_plant(file)
    with named(file):
        judged = plan_judged(plant, by_quality=quality)
    assignment = judged.assignment
    for note in (*(() if judged.by_quality else judged.notes), *judged.warnings):
        to_stderr(note)
    if export_gnpy is not None:
        from apnemu import optics

        made(export_gnpy, "--export-gnpy")
        routes = [(path.source, path.fibres) for path in assignment.lightpaths]
        if plant.gnpy:
            written = optics.export_imported(plant, export_gnpy, routes=[route for _, route in routes])
        else:
            written = optics.export_gnpy(plant, export_gnpy, routes=routes)
        for path in written:
            to_stderr(f"written: {path}")
    if as_json:
        labels = {"labels": plant.labels} if plant.labels else {}
        judge = "quality" if judged.by_quality else "reach-table"
        show_json({**_planned(assignment.to_json()), "judged_by": judge, **labels})
        return
    with words.labelled(plant.named):
        OUT.print(plan_table(assignment.to_json()))
        for refusal in assignment.refusals:
            to_stdout(f"refused: {words.spelled(refusal.demand)}: {words.spelled(refusal.reason)}")
    hidden = {site.name: site.label for site in plant.sites if site.label and not is_evident(site.name, site.label)}
    if hidden:
        to_stdout(f"ids: {', '.join(f'{label} {name}' for name, label in hidden.items())}")


def _planned(document: dict[str, Any]) -> dict[str, Any]:
    """The document of a plan: what each lightpath's ways have of their own stands beside the lightpaths, in `ways`."""
    from apnemu.model.assignment import OF_ITS_OWN

    paths = document["lightpaths"]
    return {
        **document,
        "lightpaths": [{key: value for key, value in path.items() if key not in OF_ITS_OWN} for path in paths],
        "ways": [{"name": path["name"], **{key: path.get(key) for key in OF_ITS_OWN}} for path in paths],
    }


def _minimum_wavelengths(file: Path, seconds: float, seed: int, as_json: bool) -> None:
    from apnemu.optics import carried
    from apnemu.planning.minimum import minimum_wavelengths
    from apnemu.topology import read_plant

    begun_s = monotonic()
    with named(file):
        found = minimum_wavelengths(
            carried(read_plant(file)), seed=seed, goes_on=lambda: monotonic() - begun_s < seconds, report=to_stderr
        )
    if as_json:
        show_json(
            {
                "minimum_wavelengths": found.wavelengths,
                "lower_bound": found.lower_bound,
                "proven": found.proven,
                "seconds": round(monotonic() - begun_s, 3),
                "lightpaths": [
                    {
                        "from": route.sites[0],
                        "to": route.sites[-1],
                        "route": list(route.sites),
                        "fibres": list(route.fibres),
                        "wavelength": wavelength,
                    }
                    for route, wavelength in found.lightpaths
                ],
            }
        )
    else:
        proof = "fewer cannot do" if found.proven else f"fewer than {found.lower_bound} cannot do, between is unknown"
        to_stdout(f"{topology_word(file)}: {found.wavelengths} wavelengths join every two data centres; {proof}")


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
