"""An optics file (`topologies/equipment/optics/NAME.yaml`) -> checked `Optics`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TypeVar

from apnemu.errors import InputError
from apnemu.optics.equipment import Amplifier, FibreType, Load, ModeLight, Optics, RoadmLight, Step
from apnemu.optics.format import OPTICS
from apnemu.topology.document import load_document
from apnemu.topology.equipment import SHIPPED
from apnemu.topology.parse import Parser
from apnemu.topology.shapes import Entry

Made = TypeVar("Made")


def read_optics(path: str | Path | None = None) -> Optics:
    """The optics of a file; without one, those that come with apnemu.

    Raises:
        InputError: one line, `FILE:LINE: what, the value, the limit, the way out`.
    """
    file = _shipped() if path is None else Path(path)
    parser = Parser(str(file))
    entry = parser.document(load_document(file, str(file)), OPTICS, "apnemu-optics")
    types = _named(entry, "fibre_types", parser, _fibre_type)
    wanted = entry.text("fibre_type")
    if wanted not in types:
        parser.fail(
            entry.line_of("fibre_type"),
            f"fibre_type is {wanted!r}; it must be one of {', '.join(types)}; add it to fibre_types, or name another",
        )
    span, roadm, load = entry.entry("span"), entry.entry("roadm"), entry.entry("load")
    return Optics(
        fibre=types[wanted],
        connector_db=span.number("connector_db"),
        ageing_db=span.number("ageing_db"),
        padding_db=span.number("padding_db"),
        amplifiers=tuple(_named(entry, "amplifiers", parser, _amplifier).values()),
        roadm=RoadmLight(**{field.name: roadm.number(field.name) for field in fields(RoadmLight)}),
        load=Load(**{field.name: load.number(field.name) for field in fields(Load)}),
        modes=tuple(_named(entry, "modes", parser, _mode).values()),
    )


def _shipped() -> Path:
    for folder in SHIPPED:
        path = folder / "optics" / "default.yaml"
        if path.is_file():
            return path
    raise InputError("equipment/optics/default.yaml did not come with apnemu; install it again", file=str(SHIPPED[0]))


def _named(entry: Entry, key: str, parser: Parser, make: Callable[[Entry], Made]) -> dict[str, Made]:
    """The things in a list by their names, which must differ; what a value itself refuses gets its line here."""
    made: dict[str, Made] = {}
    for item in entry.entries(key):
        name = item.text("name")
        if name in made:
            parser.fail(item.line_of("name"), f"{name} comes twice in {key}; names must differ; rename one")
        try:
            made[name] = make(item)
        except ValueError as error:
            parser.fail(item.line, f"{name}: {error}; mend the values")
    return made


def _fibre_type(item: Entry) -> FibreType:
    return FibreType(
        name=item.text("name"),
        loss_db_per_km=item.number("loss_db_per_km"),
        dispersion_ps_per_nm_km=item.number("dispersion_ps_per_nm_km"),
        effective_area_um2=item.number("effective_area_um2"),
        pmd_ps_per_sqrt_km=item.number("pmd_ps_per_sqrt_km"),
    )


def _amplifier(item: Entry) -> Amplifier:
    return Amplifier(
        name=item.text("name"),
        gain_min_db=item.number("gain_min_db"),
        gain_flat_max_db=item.number("gain_flat_max_db"),
        power_max_dbm=item.number("power_max_dbm"),
        nf_min_db=item.number("nf_min_db"),
        nf_max_db=item.number("nf_max_db"),
    )


def _mode(item: Entry) -> ModeLight:
    return ModeLight(
        name=item.text("name"),
        baud_gbd=item.number("baud_gbd"),
        roll_off=item.number("roll_off"),
        need_osnr_db=item.number("need_osnr_db"),
        tx_osnr_db=item.number("tx_osnr_db"),
        dispersion=_steps(item, "dispersion"),
        pmd=_steps(item, "pmd"),
        pdl=_steps(item, "pdl"),
    )


def _steps(item: Entry, key: str) -> tuple[Step, ...]:
    return tuple(Step(at=step.number("at"), penalty_db=step.number("penalty_db")) for step in item.entries(key))
