# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu plan`: who gets which light, who gets none, and how few wavelengths would do."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apnemu.cli.labs import Json
from apnemu.cli.shown import OUT, show_json, to_stderr, to_stdout
from apnemu.cli.topologies import Topology
from apnemu.errors import InputError, named
from apnemu.question.discovery import topology_word

if TYPE_CHECKING:
    from apnemu.model.assignment import Assignment
    from apnemu.model.plant import Plant

UNMET = 1
"""Exit code where a demand gets no light, with --strict."""


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
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 where a demand gets no light.")] = False,
) -> None:
    """Show who gets no light and why, then who gets which. GNPy judges every route by its signal quality."""
    if minimum_wavelengths:
        _minimum_wavelengths(file, seconds, seed, as_json)
        return
    if seconds:
        raise InputError("--seconds belongs to --minimum-wavelengths; leave it out", file="--seconds")
    from apnemu.planning.judged import plan_judged
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
    else:
        _show(plant, assignment)
    if strict and assignment.refusals:
        raise typer.Exit(UNMET)


def _show(plant: Plant, assignment: Assignment) -> None:
    """Print what is refused, then the light."""
    from apnemu.model.naming import is_evident
    from apnemu.report import words
    from apnemu.report.tables import plan_table

    with words.labelled(plant.named):
        for refusal in assignment.refusals:
            to_stdout(f"refused: {words.spelled(refusal.demand)}: {words.spelled(refusal.reason)}")
        if assignment.lightpaths or assignment.trees:
            OUT.print(plan_table(assignment.to_json()))
        else:
            asked = "every demand is refused" if assignment.refusals else "the topology has no demands; add some"
            to_stdout(f"no light: {asked}")
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
