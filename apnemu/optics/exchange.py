"""Files that GNPy's own command line reads, out of a plant.

A written folder holds `network.json` (before auto-design), `equipment.json`, `services.json` (one request for each
route and mode given) and, for each mode, `spectrum-MODE.json` (every slot lit). GNPy then says

    gnpy-path-request network.json services.json -e equipment.json -o answer.json
    gnpy-transmission-example network.json 'trx(A)' 'trx(B)' -e equipment.json --spectrum spectrum-MODE.json \\
        --path 'roadm(A) | roadm(X) | roadm(B)'

and its GSNR in 0.1 nm is the `gsnr_db` of that route and mode. Where several fibres join two sites only the services
tell them apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

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
from apnemu.optics.reader import read_optics
from apnemu.units import gbps_to_bps, ghz_to_hz


def export_gnpy(
    plant: Plant,
    folder: str | Path,
    *,
    routes: Iterable[tuple[str, Route]] = (),
    optics: Optics | None = None,
) -> tuple[Path, ...]:
    """Writes the files above; `routes` are (first site, fibres). Returns the paths, in order of name.

    Modes without optical figures are left out.
    """
    light = optics or read_optics()
    modes = tuple((mode, figures) for mode in plant.modes if (figures := light.mode(mode.name)) is not None)
    equipment = line_form(light, plant.band)
    equipment["Transceiver"] = [transceiver_form(mode, figures, plant.band) for mode, figures in modes]
    files: dict[str, Form] = {
        "network.json": network_form(plant, light),
        "equipment.json": equipment,
        "services.json": services_form(plant, tuple(routes), modes),
    }
    for mode, figures in modes:
        files[f"spectrum-{mode.name}.json"] = {"spectrum": [spectrum_form(mode.slot_m, figures, light, plant.band)]}
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for name, form in files.items():
        (target / name).write_text(json.dumps(form, indent=1) + "\n", "utf-8")
    return tuple(target / name for name in sorted(files))


def services_form(
    plant: Plant, routes: tuple[tuple[str, Route], ...], modes: tuple[tuple[Mode, ModeLight], ...]
) -> Form:
    """Requests named `FIRST/FIBRE/FIBRE.../MODE`, each over its fibres and no others."""
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
    """One transmission in one mode, past elements in their order; hops and ends are GNPy's uids."""
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


def sites_of(plant: Plant, source: str, route: Route) -> tuple[str, ...]:
    """The sites that a route passes from its first one on, ends included."""
    sites = [source]
    for fibre in route:
        sites.append(plant.fibre[fibre].far_end(sites[-1]))
    return tuple(sites)
