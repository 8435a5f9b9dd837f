"""`apnemu import`: networks in other people's forms become topology files of ours."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Annotated

import typer

from apnemu.cli.labs import Json
from apnemu.cli.shown import say, show_json, tell
from apnemu.errors import InputError
from apnemu.question.discovery import shipped_topology

FEW_ENDS = 12
"""Up to so many ends every pair is a demand; of more, those of the first end with each other."""


def import_network(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A network in GNPy's JSON form.")],
    out: Annotated[Path, typer.Option(help="The topology file to write; it must not exist.")],
    equipment: Annotated[Path | None, typer.Option(help="GNPy's equipment file for it; GNPy's own by default.")] = None,
    sim_params: Annotated[Path | None, typer.Option(help="GNPy's simulation parameters.")] = None,
    rate_gbps: Annotated[float, typer.Option(help="What each demand of the new file asks for.", min=0.001)] = 100,
    as_json: Json = False,
) -> None:
    """A GNPy network as a topology file, and what GNPy says of light between its first two ends.

    `apnemu plan` then judges routes by GNPy over the elements of the network's own file.
    """
    from apnemu.model.demand import Demand
    from apnemu.model.plant import GnpyFiles
    from apnemu.optics import read_gnpy
    from apnemu.topology import read_plant
    from apnemu.topology.writer import located, topology_text

    if out.exists():
        raise InputError("it exists already; give another name, or move it away", file=str(out))
    if not out.parent.is_dir():
        raise InputError(f"there is no folder {out.parent}; make it first", file=str(out))
    if not file.is_file():
        raise InputError("no such file; give a network in GNPy's JSON form", file=str(file))
    network = read_gnpy(file, equipment=equipment, sim_params=sim_params)
    like = read_plant(shipped_topology("three-sites"))
    ends = [network.sites[uid] for uid in network.transceivers]
    pairs = list(combinations(ends, 2)) if len(ends) <= FEW_ENDS else [(ends[0], end) for end in ends[1:]]
    files = GnpyFiles(
        network=str(file.resolve()),
        equipment=str(equipment.resolve()) if equipment else "",
        sim_params=str(sim_params.resolve()) if sim_params else "",
    )
    plant = replace(
        network.plant(like),
        inferred=("kind", "demands"),
        demands=tuple(Demand(name=f"{a}_{b}", source=a, target=b, rate_gbps=rate_gbps) for a, b in pairs),
        gnpy=files,
    )
    received = network.received()
    out.write_text(topology_text(plant, beside=out.parent), encoding="utf-8", newline="\n")
    read_plant(out)  # what was written must be a topology
    for line in network.said:
        say(f"GNPy: {line}")
    if located(plant) != plant:
        say("the coordinates lie further apart than some fibre is long; every site was put at 0, 0")
    first, second = network.transceivers[:2]
    if as_json:
        show_json(
            {
                "topology": str(out),
                "sites": len(plant.sites),
                "fibres": len(plant.fibres),
                "demands": len(plant.demands),
                "from": first,
                "to": second,
                "gsnr_db": received.gsnr_db,
                "worst_gsnr_db": received.worst_gsnr_db,
                "osnr_ase_db": received.osnr_ase_db,
                "dispersion_ps_per_nm": received.dispersion_ps_per_nm,
                "pmd_ps": received.pmd_ps,
                "latency_ms": received.latency_ms,
            }
        )
        return
    tell(f"{out}: {len(plant.sites)} sites, {len(plant.fibres)} fibres, {len(plant.demands)} demands")
    tell(
        f"GNPy, {first} to {second} at its own load: GSNR {received.gsnr_db:.2f} dB in 0.1 nm "
        f"(worst channel {received.worst_gsnr_db:.2f}), {received.latency_ms:.2f} ms"
    )
