# SPDX-License-Identifier: BSD-3-Clause
"""GNPy's networks (JSON, topology and equipment files of its own): read by GNPy itself, through `apnemu.optics`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from apnemu.importing.form import Form, Imported, Wishes, demands_of
from apnemu.model.plant import GnpyFiles
from apnemu.optics import read_gnpy
from apnemu.question.discovery import shipped_topology
from apnemu.topology import read_plant

LIKE = "three-sites"
"""The shipped topology whose modes, devices and packet network an imported plant gets."""


def read(file: Path, wishes: Wishes) -> Imported:
    """A GNPy network, and what GNPy says of light between its first two ends at its own load."""
    network = read_gnpy(file, equipment=wishes.equipment, sim_params=wishes.sim_params)
    plant = replace(
        network.plant(read_plant(shipped_topology(LIKE))),
        inferred=("kind", "demands"),
        demands=demands_of([network.sites[uid] for uid in network.transceivers], wishes.rate_gbps),
        gnpy=GnpyFiles(
            network=str(file.resolve()),
            equipment=str(wishes.equipment.resolve()) if wishes.equipment else "",
            sim_params=str(wishes.sim_params.resolve()) if wishes.sim_params else "",
        ),
    )
    received = network.received()
    first, second = network.transceivers[:2]
    return Imported(
        plant=plant,
        notes=tuple(f"GNPy: {line}" for line in network.said),
        facts={
            "from": first,
            "to": second,
            "gsnr_db": received.gsnr_db,
            "worst_gsnr_db": received.worst_gsnr_db,
            "osnr_ase_db": received.osnr_ase_db,
            "dispersion_ps_per_nm": received.dispersion_ps_per_nm,
            "pmd_ps": received.pmd_ps,
            "latency_ms": received.latency_ms,
        },
        summary=(
            f"GNPy, {first} to {second} at its own load: GSNR {received.gsnr_db:.2f} dB in 0.1 nm "
            f"(worst channel {received.worst_gsnr_db:.2f}), {received.latency_ms:.2f} ms"
        ),
    )


GNPY = Form(name="GNPy's JSON", takes=lambda file: True, read=read)
