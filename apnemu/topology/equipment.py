"""The equipment file that a topology names: where it is, and the transceivers, ROADMs and defaults in it.

`equipment: NAME` means `equipment/NAME.yaml` beside the topology file or, if there is none, the one that comes with
apnemu. A topology without the key uses `default`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from apnemu.errors import InputError
from apnemu.model.plant import Devices, Mode, Roadm, Splitter, Subcarriers
from apnemu.topology.document import load_document
from apnemu.topology.format import DEVICES, EQUIPMENT
from apnemu.topology.parse import Parser
from apnemu.topology.shapes import Entry
from apnemu.units import ms_to_ns

log = logging.getLogger(__name__)

SHIPPED = (Path(__file__).parents[1] / "topologies" / "equipment",)
"""Folders of the equipment files that come with apnemu."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """What an equipment file says. `packet` is still an entry: the topology's own values go over it."""

    name: str
    group_index: float
    span_km: float
    amplifier_delay_ns: int
    modes: tuple[Mode, ...]
    roadm: Roadm
    devices: Devices
    splitter: Splitter
    subcarriers: Subcarriers | None
    packet: Entry


def find_equipment(name: str, beside: Path) -> Path | None:
    """The file of a named equipment, or None."""
    for folder in (beside / "equipment", *SHIPPED):
        path = folder / f"{name}.yaml"
        if path.is_file():
            return path
    return None


def known_equipment(beside: Path) -> tuple[str, ...]:
    """The names that would be found, in alphabetical order."""
    folders = (beside / "equipment", *SHIPPED)
    return tuple(sorted({path.stem for folder in folders if folder.is_dir() for path in folder.glob("*.yaml")}))


def read_equipment(path: Path) -> Equipment:
    """A checked equipment file.

    Raises:
        InputError: naming the equipment file and the line.
    """
    parser = Parser(str(path))
    entry = parser.document(load_document(path, str(path)), EQUIPMENT, "apnemu-equipment")
    fibre, roadm = entry.entry("fibre"), entry.entry("roadm")
    return Equipment(
        name=path.stem,
        group_index=fibre.number("group_index"),
        span_km=fibre.number("span_km"),
        amplifier_delay_ns=fibre.whole("amplifier_delay_ns"),
        modes=_modes(entry, str(path)),
        roadm=Roadm(
            add_ns=roadm.whole("add_ns"),
            drop_ns=roadm.whole("drop_ns"),
            express_ns=roadm.whole("express_ns"),
            source=roadm.text("source"),
        ),
        devices=_devices(entry),
        splitter=_splitter(entry),
        subcarriers=_subcarriers(entry),
        packet=entry.entry("packet"),
    )


def _devices(entry: Entry) -> Devices:
    """What the file says; what it leaves open is as in the default equipment that comes with apnemu."""
    own = entry.entry("devices")
    open_keys = [name for name in DEVICES if f"{name}_ms" not in own]
    default = own
    if open_keys:
        path = next(folder / "default.yaml" for folder in SHIPPED if (folder / "default.yaml").is_file())
        log.info("%s of devices come from %s", ", ".join(open_keys), path)
        parser = Parser(str(path))
        default = parser.document(load_document(path, str(path)), EQUIPMENT, "apnemu-equipment").entry("devices")
    times = {f"{name}_ns": ms_to_ns((default if name in open_keys else own).number(f"{name}_ms")) for name in DEVICES}
    sources = [own.text("source")] if "source" in own else []
    if open_keys:
        sources.append(default.text("source"))
    return Devices(**times, source="; ".join(sources))


def _modes(entry: Entry, file: str) -> tuple[Mode, ...]:
    modes: dict[str, Mode] = {}
    for item in entry.entries("modes"):
        name = item.text("name")
        if name in modes:
            raise InputError(
                f"mode {name} comes twice; names must differ; rename one", file=file, line=item.line_of("name")
            )
        modes[name] = Mode(
            name=name,
            rate_gbps=item.number("rate_gbps"),
            slot_m=item.whole("slot_m"),
            reach_km=item.number("reach_km"),
            fec_ns=item.whole("fec_ns"),
            source=item.text("source"),
            power_w=item.number("power_w") if "power_w" in item else None,
        )
    return tuple(modes.values())


def _splitter(entry: Entry) -> Splitter:
    if "splitter" not in entry:
        return Splitter()
    own = entry.entry("splitter")
    return Splitter(excess_loss_db=own.number("excess_loss_db"), source=own.text("source"))


def _subcarriers(entry: Entry) -> Subcarriers | None:
    if "subcarriers" not in entry:
        return None
    own = entry.entry("subcarriers")
    mode = Mode(
        name=own.text("mode"),
        rate_gbps=own.number("rate_gbps"),
        slot_m=own.whole("slot_m"),
        reach_km=0,
        fec_ns=own.whole("fec_ns"),
        source=own.text("source"),
        power_w=own.number("hub_power_w"),
    )
    return Subcarriers(
        mode=mode,
        count=own.whole("count"),
        leaf_count=own.whole("leaf_count"),
        leaf_power_w=own.number("leaf_power_w"),
        moving_ns=ms_to_ns(own.number("moving_ms")),
    )
