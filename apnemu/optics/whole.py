"""GNPy from end to end over a plant's own export: the oracle for what is put together from fibres."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from apnemu.model.plant import Plant
from apnemu.model.quality import Route
from apnemu.optics.exchange import export_gnpy, sites_of
from apnemu.optics.forms import roadm_uid, span_uid, transceiver_uid
from apnemu.optics.imported import read_gnpy


def end_to_end_gsnr_db(plant: Plant, asked: Sequence[tuple[str, Route, str]]) -> tuple[float, ...]:
    """GSNR in 0.1 nm, mean over the channels, of (first site, fibres, mode); the whole network is designed once.

    Nothing of it comes from the cache of sections. Raises InputError where GNPy refuses the network.
    """
    if not asked:
        return ()
    with TemporaryDirectory(prefix="apnemu-gnpy-") as place:
        folder = Path(place)
        export_gnpy(plant, folder)
        network = read_gnpy(folder / "network.json", equipment=folder / "equipment.json")
        found = []
        for source, route, mode in asked:
            sites = sites_of(plant, source, route)
            via = [roadm_uid(source)]
            for (here, there), fibre in zip(pairwise(sites), route, strict=True):
                via += [span_uid(fibre, here, 1), roadm_uid(there)]
            received = network.received(
                transceiver_uid(source), transceiver_uid(sites[-1]), via=via, spectrum=folder / f"spectrum-{mode}.json"
            )
            found.append(received.gsnr_db)
    return tuple(found)
