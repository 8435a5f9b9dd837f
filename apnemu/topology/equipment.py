# SPDX-License-Identifier: BSD-3-Clause
"""The equipment file that a topology names: where it is, and the transceivers, ROADMs and defaults in it.

`equipment: NAME` means `equipment/NAME.yaml` beside the topology file or, if there is none, the one that comes with
apnemu. A topology without the key uses `default`.
"""

from __future__ import annotations

import logging
from dataclasses import fields
from pathlib import Path
from typing import Any

from apnemu.model.plant import Devices, Mode, Subcarriers
from apnemu.topology.entry import Entry
from apnemu.topology.equipment_format import EQUIPMENT
from apnemu.topology.parse import read_file

log = logging.getLogger(__name__)

SHIPPED = Path(__file__).parents[1] / "topologies" / "equipment"
"""The folder of the equipment files that come with apnemu."""


def find_equipment(name: str, beside: Path) -> Path | None:
    """The file of a named equipment, or None."""
    paths = (folder / f"{name}.yaml" for folder in (beside / "equipment", SHIPPED))
    return next((path for path in paths if path.is_file()), None)


def known_equipment(beside: Path) -> tuple[str, ...]:
    """The names that would be found, in alphabetical order."""
    folders = (beside / "equipment", SHIPPED)
    return tuple(sorted({path.stem for folder in folders if folder.is_dir() for path in folder.glob("*.yaml")}))


def read_equipment(path: Path) -> tuple[Entry, dict[str, Any]]:
    """A checked equipment file as it was read, and the attributes of a plant that it fills.

    Raises:
        InputError: naming the equipment file and the line.
    """
    entry = read_file(path, EQUIPMENT)
    hub = _subcarriers(entry.entry("subcarriers")) if "subcarriers" in entry else None
    return entry, entry.filled(devices=_devices(entry.entry("devices")), subcarriers=hub)


def _devices(own: Entry) -> Devices:
    """Times of the file; those that it leaves out are of the default equipment that comes with apnemu."""
    left_open = [key for key in own.record.keys if key not in own and key != "source"]
    if not left_open:
        return own.made(Devices)
    path = SHIPPED / "default.yaml"
    log.info("%s of devices come from %s", ", ".join(key.removesuffix("_ms") for key in left_open), path)
    default = read_file(path, EQUIPMENT).entry("devices")
    sources = [devices.text("source") for devices in (own, default) if "source" in devices]
    return Devices(**default.filled() | own.filled() | {"source": "; ".join(sources)})


def _subcarriers(own: Entry) -> Subcarriers:
    """The hub's line as a mode, and the rest."""
    values = own.filled()
    line = {attribute.name: values.pop(attribute.name) for attribute in fields(Mode) if attribute.name in values}
    return Subcarriers(mode=Mode(**line, reach_km=0), **values)
