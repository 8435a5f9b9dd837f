# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu import`: networks in other people's forms become topology files of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apnemu.cli.labs import Json
from apnemu.cli.shown import show_json, to_stderr, to_stdout
from apnemu.errors import InputError


def import_network(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A network in GNPy's JSON form.")],
    out: Annotated[Path, typer.Option(help="The topology file to write; it must not exist.")],
    equipment: Annotated[Path | None, typer.Option(help="GNPy's equipment file for it; GNPy's own by default.")] = None,
    sim_params: Annotated[Path | None, typer.Option(help="GNPy's simulation parameters.")] = None,
    rate_gbps: Annotated[float, typer.Option(help="What each demand of the new file asks for.", min=0.001)] = 100,
    as_json: Json = False,
) -> None:
    """Write a foreign network as a topology file; of GNPy's, with what GNPy says of light between its first two ends.

    `apnemu plan` then judges routes by GNPy over the elements of the network's own file.
    """
    from apnemu.importing import Wishes, read_foreign
    from apnemu.topology import read_plant
    from apnemu.topology.writer import located, topology_text

    if out.exists():
        raise InputError("it exists already; give another name, or move it away", file=str(out))
    if not out.parent.is_dir():
        raise InputError(f"there is no folder {out.parent}; make it first", file=str(out))
    imported = read_foreign(file, Wishes(equipment=equipment, sim_params=sim_params, rate_gbps=rate_gbps))
    plant = imported.plant
    out.write_text(topology_text(plant, beside=out.parent), encoding="utf-8", newline="\n")
    read_plant(out)  # what was written must be a topology
    for note in imported.notes:
        to_stderr(note)
    if located(plant) != plant:
        to_stderr("the coordinates lie further apart than some fibre is long; every site was put at 0, 0")
    counts = {"sites": len(plant.sites), "fibres": len(plant.fibres), "demands": len(plant.demands)}
    if as_json:
        show_json({"topology": str(out), **counts, **imported.facts})
        return
    to_stdout(f"{out}: " + ", ".join(f"{number} {what}" for what, number in counts.items()))
    if imported.summary:
        to_stdout(imported.summary)
