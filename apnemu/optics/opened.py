# SPDX-License-Identifier: BSD-3-Clause
"""Networks opened: from GNPy's files, from a plant that came of such files; and the spectrum that any plant carries."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from apnemu.errors import InputError
from apnemu.model.plant import Plant
from apnemu.optics import judging
from apnemu.optics.equipment import Optics
from apnemu.optics.imported import GnpyNetwork


def carried(plant: Plant, optics: Optics | None = None) -> Plant:
    """The plant with the spectrum that each fibre's amplifiers carry, by GNPy's own files or by the optics file.

    Raises:
        InputError: the plant came from GNPy's own files, and these do not fit it.
    """
    return judging.carried(plant, optics) if plant.gnpy is None else network_of(plant).carried(plant)


def network_of(plant: Plant) -> GnpyNetwork:
    """Read the network that an imported plant was made from.

    Raises:
        InputError: the plant has another fibre than the network, or GNPy refuses the files.
        ValueError: the plant did not come from GNPy's files.
    """
    if plant.gnpy is None:
        raise ValueError(f"{plant.name} did not come from GNPy's files")
    named = plant.gnpy
    files = [Path(file) if file else None for file in (named.network, named.equipment, named.sim_params)]
    network = _read_once(*files, tuple(file and file.exists() and file.stat().st_mtime_ns for file in files))
    for fibre in plant.fibres:
        chain = network.chains.get(fibre.name)
        if chain is None or {chain.source, chain.target} != {fibre.a, fibre.b}:
            raise InputError(
                f"fibre {fibre.name} from {fibre.a} to {fibre.b} is not in the GNPy network; import it again, or take"
                " the key gnpy out to have routes judged by apnemu's own optics",
                file=named.network,
            )
    return network


@lru_cache(4)
def _read_once(
    network: Path, equipment: Path | None, sim_params: Path | None, written: tuple[object, ...]
) -> GnpyNetwork:
    """Read files that were written at some instants; they are asked about several times in one plan."""
    return read_gnpy(network, equipment=equipment, sim_params=sim_params)


def read_gnpy(topology: str | Path, *, equipment: Path | None = None, sim_params: Path | None = None) -> GnpyNetwork:
    """Read a network in GNPy's JSON form; GNPy's auto-design adds the amplifiers that it lacks.

    Raises:
        InputError: GNPy refuses the files, or there are no two transceivers in them.
    """
    from apnemu.optics.foreign import Foreign  # imports GNPy, which takes a second

    path = Path(topology)
    foreign = Foreign(path, equipment, sim_params)
    if len(foreign.ends) < 2:
        raise InputError(
            f"the network has {len(foreign.ends)} transceivers; light needs two ends; add a Transceiver", file=str(path)
        )
    return GnpyNetwork(topology=path, foreign=foreign)
