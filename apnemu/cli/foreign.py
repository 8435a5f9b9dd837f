# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu import`: networks in other people's forms become topology files of ours; `apnemu export`: the way back."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from apnemu.cli.labs import Json
from apnemu.cli.shown import OUT, show_json, to_stderr, to_stdout
from apnemu.cli.topologies import Topology
from apnemu.errors import InputError
from apnemu.escapes import printable

if TYPE_CHECKING:
    from apnemu.model.plant import Plant


def import_network(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A network: GraphML, GML, SNDlib, node-link JSON, TopoHub, Net2Plan, T-API, OpenROADM, GeoJSON, CSV,"
            " Mininet's Python, GNPy's JSON or spreadsheet; or topohub:NAME of the package topohub.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="The topology file to write; it must not exist.")],
    form: Annotated[str, typer.Option("--format", help="Its form, where its content does not tell.")] = "",
    links: Annotated[Path | None, typer.Option(help="A table of links in CSV, beside FILE with the nodes.")] = None,
    length_km: Annotated[
        float | None,
        typer.Option(help="Length of links that have none and no places to infer one from.", min=0.001, max=20_000),
    ] = None,
    unit_gbps: Annotated[
        float, typer.Option(help="Gbit/s of one unit of demand and capacity, where FILE names no unit.", min=1e-12)
    ] = 1,
    equipment: Annotated[Path | None, typer.Option(help="GNPy's equipment file for it; GNPy's own by default.")] = None,
    sim_params: Annotated[Path | None, typer.Option(help="GNPy's simulation parameters.")] = None,
    spectrum: Annotated[Path | None, typer.Option(help="GNPy's spectrum: what light may use in the new file.")] = None,
    services: Annotated[Path | None, typer.Option(help="GNPy's services: the demands of the new file.")] = None,
    rate_gbps: Annotated[float, typer.Option(help="What each demand asks for that has no rate.", min=0.001)] = 100,
    as_json: Json = False,
) -> None:
    """Write a network of another form as a topology file, with what was inferred and what was dropped.

    Of GNPy's networks `apnemu plan` judges routes by GNPy over the elements of the network's own file. Parts of a
    network that no fibre joins become a file each: OUT, OUT-2, ... A Mininet file is read, never executed.
    """
    from apnemu.importing import Wishes, read_foreign
    from apnemu.topology.writer import located

    _refuse_existing(out)
    if not out.parent.is_dir():
        raise InputError(f"there is no folder {out.parent}; make it first", file=str(out))
    wishes = Wishes(
        equipment=equipment,
        sim_params=sim_params,
        spectrum=spectrum,
        services=services,
        links=links,
        rate_gbps=rate_gbps,
        length_km=length_km,
        unit_gbps=unit_gbps,
    )
    imported = read_foreign(file, wishes, word=form)
    plants = (imported.plant, *imported.others)
    files = [out, *(out.with_stem(f"{out.stem}-{number}") for number in range(2, len(plants) + 1))]
    _write(plants, files, imported.dropped)
    for note in imported.notes:
        to_stderr(note)
    if any(located(plant) != plant for plant in plants):
        to_stderr("some coordinates lie further apart than the fibre between them is long; they are left out")
    labels = {name: label for plant in plants for name, label in plant.labels.items()}
    counts = [
        {"sites": len(plant.sites), "fibres": len(plant.fibres), "demands": len(plant.demands)} for plant in plants
    ]
    lengths = [round(sum(fibre.mean_km for fibre in plant.fibres), 1) for plant in plants]
    if as_json:
        facts = [{**each, "fibre_km": km} for each, km in zip(counts, lengths, strict=True)]
        others = [{"topology": str(other), **each} for other, each in zip(files[1:], facts[1:], strict=True)]
        said = {"inferred": list(imported.inferred), "dropped": list(imported.dropped)}
        named = {"labels": labels, "requests": dict(imported.requests)}
        more = {"others": others, **named, **said}
        show_json(
            {"topology": str(out), **facts[0], **{key: held for key, held in more.items() if held}, **imported.facts}
        )
        return
    for written, each, km in zip(files, counts, lengths, strict=True):
        to_stdout(f"{written}: {each['sites']} sites, {each['fibres']} fibres of {km} km, {each['demands']} demands")
    for what, told in (("inferred", imported.inferred), ("dropped", imported.dropped)):
        for line in told:
            to_stdout(f"{what}: {printable(line)}")
    _show_names(plants, imported.requests)
    if imported.summary:
        to_stdout(imported.summary)


def export_network(
    topology: Topology,
    out: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; it must not exist.")],
    to: Annotated[str, typer.Option("--to", help="Its form: graphml, geojson or gnpy.")],
    as_json: Json = False,
) -> None:
    """Write a topology in another form; what it has no place for is said."""
    from apnemu.exporting import exported
    from apnemu.topology import read_plant

    _refuse_existing(out)
    if not out.parent.is_dir():
        raise InputError(f"there is no folder {out.parent}; make it first", file=str(out))
    plant = read_plant(topology)
    text, left_out = exported(plant, to)
    draft = out.with_name(f".{out.name}.{os.getpid()}.draft")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    if as_json:
        counts = {"sites": len(plant.sites), "fibres": len(plant.fibres)}
        show_json({"file": str(out), "form": to, **counts, "left_out": list(left_out)})
        return
    to_stdout(f"{out}: {len(plant.sites)} sites, {len(plant.fibres)} fibres")
    for each in left_out:
        to_stdout(f"left out: {each}")


def _show_names(plants: Sequence[Plant], requests: Mapping[str, str]) -> None:
    """Print which site, fibre and demand is which of the file's, where their ids do not show it."""
    from apnemu.model.naming import is_evident
    from apnemu.report.tables import left, titled

    named = [
        *(("site", site.name, site.label) for plant in plants for site in plant.sites if site.label),
        *(("fibre", fibre.name, fibre.label) for plant in plants for fibre in plant.fibres if fibre.label),
        *(("demand", name, own) for name, own in requests.items()),
    ]
    named = [one for one in named if not is_evident(one[1], one[2])]
    if not named:
        return
    table = titled("Ids of names in other scripts, or too long", *left("", "id", "the file's name"))
    for one in named:
        table.add_row(*(Text(cell) for cell in one))
    OUT.print(table)


def _refuse_existing(out: Path) -> None:
    if out.exists():
        raise InputError("it exists already; give another name, or move it away", file=str(out))


def _write(plants: Sequence[Plant], files: Sequence[Path], dropped: Sequence[str]) -> None:
    """Write each plant into its file: all of them, each a topology that reads back, or none."""
    from apnemu.topology import read_plant
    from apnemu.topology.writer import topology_text

    for out in files:
        _refuse_existing(out)
    notes = [f"Not in it, of the network that was imported: {each}" for each in dropped]
    drafts = [out.with_name(f".{out.name}.{os.getpid()}.draft") for out in files]
    try:
        for plant, draft, out in zip(plants, drafts, files, strict=True):
            draft.write_text(topology_text(plant, beside=out.parent, notes=notes), encoding="utf-8", newline="\n")
            try:
                read_plant(draft)  # what was written must be a topology
            except InputError as error:
                raise InputError(f"what comes of the network is no topology: {error.message}", file=str(out)) from error
        for draft, out in zip(drafts, files, strict=True):
            draft.replace(out)
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)
