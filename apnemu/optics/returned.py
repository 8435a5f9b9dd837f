# SPDX-License-Identifier: BSD-3-Clause
"""An imported network given back to GNPy's own command line, with apnemu's modes to light it and the routes planned.

The network is the file that was imported, as it stands. The plant's modes are added to its equipment as transceivers;
GNPy looks for the other files that the equipment names beside it, so these are copied along. GNPy then says

    gnpy-path-request network.json services.json -e equipment.json -o answer.json
    gnpy-transmission-example network.json FROM TO -e equipment.json --spectrum spectrum-MODE.json

(with `--sim-params sim_params.json` if the network was imported with simulation parameters), and its GSNR in 0.1 nm is
the `gsnr_db` of that route and mode.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from apnemu.model.plant import Plant
from apnemu.model.quality import Route
from apnemu.optics.equipment import Optics
from apnemu.optics.exchange import request_form
from apnemu.optics.forms import Form, spectrum_form, transceiver_form
from apnemu.optics.judging import figures_of
from apnemu.optics.opened import network_of
from apnemu.optics.reader import read_optics


def export_imported(
    plant: Plant, folder: str | Path, *, routes: Iterable[Route] = (), optics: Optics | None = None
) -> tuple[Path, ...]:
    """Write the files above; `routes` are fibres in order. Returns the paths, in order of name.

    Raises:
        InputError: a mode has no optical figures, or the GNPy files do not fit the plant.
    """
    light = optics or read_optics()
    network = network_of(plant)
    modes = tuple((mode, figures_of(mode, light)) for mode in plant.modes)
    library: Form = json.loads(network.foreign.equipment_file.read_text("utf-8"))
    library["Transceiver"] = [
        *library.get("Transceiver", []),
        *(transceiver_form(mode, figures, plant.band) for mode, figures in modes),
    ]
    requests = []
    for route in dict.fromkeys(routes):  # GNPy refuses a request that comes twice
        first, *hops, last = network.exported(route)
        # a fibre that auto-design divides has another name in GNPy afterwards; the ROADMs fix the way
        passed = [uid for uid in hops if uid in network.sites]
        for mode, _ in modes:
            requests.append(request_form("/".join((*route, mode.name)), (first, last), passed, mode, plant.band))
    files: dict[str, Form] = {"equipment.json": library, "services.json": {"path-request": requests}}
    for mode, figures in modes:
        lit = spectrum_form(mode.slot_m, figures, light, plant.band, plant.carried(()))
        files[f"spectrum-{mode.name}.json"] = {"spectrum": lit}
    if network.foreign.sim_params:
        files["sim_params.json"] = network.foreign.sim_params
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for name, form in files.items():
        (target / name).write_text(json.dumps(form, indent=1) + "\n", "utf-8")
    shutil.copyfile(network.topology, target / "network.json")
    for beside in network.foreign.equipment_file.parent.glob("*.json"):
        if beside.name in json.dumps(library) and not (target / beside.name).exists():
            shutil.copyfile(beside, target / beside.name)
    return tuple(target / name for name in sorted((*files, "network.json")))
