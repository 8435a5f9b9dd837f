# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu topologies` and `check`, and how every command is given one: the name of a shipped topology, or a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from apnemu.cli.shown import OUT, show_json, to_stdout
from apnemu.question.discovery import (
    TOPOLOGIES,
    find_power_or_topology,
    find_topology,
    known_topologies,
    shipped_topology,
    topology_word,
)

if TYPE_CHECKING:
    from apnemu.model.power import Power


def _beginning(incomplete: str) -> list[str]:
    """What a shell offers to complete; files it completes by itself."""
    return [name for name in known_topologies() if name.startswith(incomplete)]


Topology = Annotated[
    Path,
    typer.Argument(
        metavar="TOPOLOGY",
        parser=find_topology,
        autocompletion=_beginning,
        help="A topology: the name of one that comes with apnemu, or a file.",
    ),
]
PowerOrTopology = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        parser=find_power_or_topology,
        autocompletion=_beginning,
        help="A topology or a power file: the name of one that comes with apnemu, or a file.",
    ),
]
TopologyOption = Annotated[
    Path | None,
    typer.Option(
        metavar="TOPOLOGY",
        parser=find_topology,
        autocompletion=_beginning,
        help="The name of a topology that comes with apnemu, or a file; the experiment's own by default.",
    ),
]


def _last_beginning(incomplete: str) -> list[str]:
    """What a shell offers to complete behind the last comma."""
    before, comma, last = incomplete.rpartition(",")
    return [before + comma + name for name in _beginning(last)]


TopologiesOption = Annotated[
    str | None,
    typer.Option(
        metavar="TOPOLOGY",
        autocompletion=_last_beginning,
        help="As of run; several with commas: every point over each of them, in one table.",
    ),
]


def topologies_of(text: str) -> tuple[Path, ...]:
    """The files of topologies by name or path, with commas between several. Raises InputError for what is none."""
    if Path(text).is_file():  # its name may have commas
        return (Path(text),)
    return tuple(find_topology(part.strip()) for part in text.split(","))


AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")]


def topologies(as_json: AsJson = False) -> None:
    """List the topologies that come with apnemu; every command takes their names."""
    from apnemu.topology import read_plant

    listed = [
        {
            "name": name,
            "sites": len(plant.sites),
            "fibres": len(plant.fibres),
            "fibre_km": round(sum(fibre.mean_km for fibre in plant.fibres), 1),
            "source": plant.source,
            "file": str(shipped_topology(name)),
        }
        for name in known_topologies()
        for plant in [read_plant(shipped_topology(name))]
    ]
    if as_json:
        show_json(listed)
        return
    table = Table("topology", "sites", "fibres", "fibre km", title="Topologies", title_justify="left")
    for entry in listed:
        table.add_row(*(str(entry[key]) for key in ("name", "sites", "fibres", "fibre_km")))
    OUT.print(table)
    to_stdout(f"files: {TOPOLOGIES}")


def check(file: PowerOrTopology, as_json: AsJson = False) -> None:
    """Check whether a topology, or a power file, is sound."""
    from apnemu.topology import is_power_file, read_plant, read_power

    if is_power_file(file):
        _check_power(read_power(file), file, as_json)
        return
    plant = read_plant(file)
    facts = {
        "name": plant.name,
        "sites": len(plant.sites),
        "fibres": len(plant.fibres),
        "demands": len(plant.demands) + len(plant.trees),
        "fibre_km": round(sum(fibre.mean_km for fibre in plant.fibres), 1),
    }
    if as_json:
        show_json(facts)
    else:
        to_stdout(
            f"{topology_word(file)}: sound; {facts['sites']} sites, {facts['fibres']} fibres of "
            f"{facts['fibre_km']} km together, {facts['demands']} demands"
            + (f"; power system {plant.power.name}" if plant.power else "")
        )


def _check_power(power: Power, file: Path, as_json: bool) -> None:
    facts = {
        "name": power.name,
        "areas": len(power.areas),
        "ties": len(power.ties),
        "feeders": len(power.feeders),
        "work": len(power.work),
        "slots": power.profile.slots,
        "slot_s": power.profile.slot_s,
        "substations": len(power.substations),
        "bookings": len(power.bookings),
        "candidates": len(power.candidates),
    }
    if as_json:
        show_json(facts)
    elif not power.areas:
        to_stdout(
            f"{topology_word(file)}: sound; {facts['substations']} substations, {facts['bookings']} bookings,"
            f" {facts['candidates']} candidates, no areas"
        )
    else:
        to_stdout(
            f"{topology_word(file)}: sound; {facts['areas']} areas, {facts['ties']} ties, {facts['feeders']} feeders,"
            f" {facts['work']} works, {facts['slots']} slots of {facts['slot_s']} s"
        )
