# SPDX-License-Identifier: BSD-3-Clause
"""Files that GNPy's own command line reads, out of a plant, and GNPy's own answer over them.

A written folder holds `network.json` (before auto-design), `equipment.json`, `services.json` (one request for each
route and mode given) and, for each mode, `spectrum-MODE.json` (every slot lit). GNPy then says

    gnpy-path-request network.json services.json -e equipment.json -o answer.json
    gnpy-transmission-example network.json 'trx(A)' 'trx(B)' -e equipment.json --spectrum spectrum-MODE.json \\
        --path 'roadm(A) | roadm(X) | roadm(B)'

and its GSNR in 0.1 nm is the `gsnr_db` of that route and mode. Of several fibres between two sites, only the services
can name one. `end_to_end_gsnr_db` asks GNPy for the same without its command line: the oracle for routes that are put
together from fibres.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from apnemu.interrupts import signals_raise
from apnemu.model.plant import Mode, Plant
from apnemu.model.quality import Route
from apnemu.model.spectrum import Band
from apnemu.optics.equipment import ModeLight, Optics
from apnemu.optics.forms import (
    Form,
    line_form,
    network_form,
    roadm_uid,
    span_uid,
    spectrum_form,
    transceiver_form,
    transceiver_uid,
)
from apnemu.optics.judging import carried, sites_of
from apnemu.optics.opened import read_gnpy
from apnemu.optics.reader import read_optics
from apnemu.units import gbps_to_bps, ghz_to_hz


def export_gnpy(
    plant: Plant,
    folder: str | Path,
    *,
    routes: Iterable[tuple[str, Route]] = (),
    optics: Optics | None = None,
) -> tuple[Path, ...]:
    """Write the files above; `routes` are pairs of the first site and the fibres. Returns the paths, in order of name.

    Modes without optical figures are left out.
    """
    light = optics or read_optics()
    plant = carried(plant, light)
    modes = tuple((mode, figures) for mode in plant.modes if (figures := light.mode(mode.name)) is not None)
    bands = plant.carried([plant.fibres[0].name])
    equipment = line_form(light, Band(low=bands[0].low, high=bands[-1].high) if bands else plant.band)
    equipment["Transceiver"] = [transceiver_form(mode, figures, plant.band) for mode, figures in modes]
    files: dict[str, Form] = {
        "network.json": network_form(plant, light),
        "equipment.json": equipment,
        "services.json": services_form(plant, tuple(routes), modes),
    }
    for mode, figures in modes:
        lit = spectrum_form(mode.slot_m, figures, light, plant.band, bands)
        files[f"spectrum-{mode.name}.json"] = {"spectrum": lit}
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for name, form in files.items():
        (target / name).write_text(json.dumps(form, indent=1) + "\n", "utf-8")
    return tuple(target / name for name in sorted(files))


def end_to_end_gsnr_db(plant: Plant, asked: Sequence[tuple[str, Route, str]]) -> tuple[float, ...]:
    """Ask GNPy for the GSNR in 0.1 nm, mean over the channels, of each (first site, fibres, mode).

    GNPy designs the whole network once; the cache of sections has no part in it.

    Raises:
        InputError: GNPy refuses the network.
    """
    if not asked:
        return ()
    with signals_raise(), TemporaryDirectory(prefix="apnemu-gnpy-") as place:
        folder = Path(place)
        export_gnpy(plant, folder)
        network = read_gnpy(folder / "network.json", equipment=folder / "equipment.json")
        gsnrs_db = []
        for source, route, mode in asked:
            sites = sites_of(plant, source, route)
            via = [roadm_uid(source)]
            for (here, there), fibre in zip(pairwise(sites), route, strict=True):
                via += [span_uid(fibre, here, 1), roadm_uid(there)]
            received = network.received(
                transceiver_uid(source), transceiver_uid(sites[-1]), via=via, spectrum=folder / f"spectrum-{mode}.json"
            )
            gsnrs_db.append(received.gsnr_db)
    return tuple(gsnrs_db)


def services_form(
    plant: Plant, routes: tuple[tuple[str, Route], ...], modes: tuple[tuple[Mode, ModeLight], ...]
) -> Form:
    """Requests named `FIRST/FIBRE/FIBRE.../MODE`, each over its own fibres alone."""
    requests = []
    for source, route in dict.fromkeys(routes):  # GNPy refuses a request that comes twice
        sites = sites_of(plant, source, route)
        hops = [roadm_uid(source)]
        for (here, there), fibre in zip(pairwise(sites), route, strict=True):
            hops += [span_uid(fibre, here, 1), roadm_uid(there)]
        ends = (transceiver_uid(source), transceiver_uid(sites[-1]))
        for mode, _ in modes:
            requests.append(request_form("/".join((source, *route, mode.name)), ends, hops, mode, plant.band))
    return {"path-request": requests}


def request_form(name: str, ends: tuple[str, str], hops: list[str], mode: Mode, band: Band) -> Form:
    """Request of a transmission in a mode, past elements in their order; hops and ends are GNPy's uids."""
    return {
        "request-id": name,
        "source": ends[0],
        "destination": ends[1],
        "src-tp-id": ends[0],
        "dst-tp-id": ends[1],
        "bidirectional": False,
        "path-constraints": {
            "te-bandwidth": {
                "technology": "flexi-grid",
                "trx_type": mode.name,
                "trx_mode": mode.name,
                "effective-freq-slot": [{"N": None, "M": None}],
                "spacing": ghz_to_hz(band.slots(m=mode.slot_m)[0].width_ghz),
                "max-nb-of-channel": None,
                "output-power": None,
                "path_bandwidth": gbps_to_bps(mode.rate_gbps),
            }
        },
        "explicit-route-objects": {
            "route-object-include-exclude": [
                {
                    "explicit-route-usage": "route-include-ero",
                    "index": index,
                    "num-unnum-hop": {"node-id": hop, "link-tp-id": "link-tp-id is not used", "hop-type": "STRICT"},
                }
                for index, hop in enumerate(hops)
            ]
        },
    }
