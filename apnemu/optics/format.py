# SPDX-License-Identifier: BSD-3-Clause
"""Every key of an optics file, declared once, as `topology.format` does it; most limits only catch a slip of unit."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from apnemu.optics.equipment import Amplifier, FibreType, Load, ModeLight, Optics, RoadmLight, Step
from apnemu.topology.format import FREQUENCY_THZ
from apnemu.topology.origins import ABOUT, TITLE, VERSION, figures
from apnemu.topology.shapes import Key, ListOf, Number, Record, may, must

LOSS_DB = Number(high=60, hint="give dB")
OSNR_DB = Number(above=True, high=100, hint="give dB in 0.1 nm (12.5 GHz)")
POWER_DBM = Number(low=-40, high=40, hint="give dBm")
BAUD_GBD = Number(above=True, high=1000, hint="give GBd, for example 63.1")


light = partial(figures, fills="")
"""Figures whose source the model does not keep."""


def several(name: str, hint: str, item: Record, *, noun: str, most: int = 100) -> ListOf:
    """A list of things whose names differ."""
    item = replace(item, keys={"name": must(TITLE, f"no two {noun}s have one name"), **item.keys})
    return ListOf(item=item, noun=noun, most=most, hint=hint, twice=f"{{}} comes twice in {name}")


def steps(high: float, unit: str, impairment: str) -> Key:
    at = must(Number(above=True, high=high, hint=f"give {unit}"), f"{impairment} in {unit}")
    step = Record(
        makes=Step, keys={"at": at, "penalty_db": must(LOSS_DB, "penalty there")}, hint="write {at, penalty_db}"
    )
    return must(
        ListOf(item=step, noun="step", most=100, hint="list {at, penalty_db}, smallest value first"), impairment
    )


FIBRE_TYPE = light(
    FibreType,
    hint="a kind of fibre",
    loss_db_per_km=must(Number(above=True, high=10, hint="silica is near 0.2 dB/km")),
    dispersion_ps_per_nm_km=must(Number(low=-200, high=200, hint="give ps/(nm km); G.652 has 16.7")),
    effective_area_um2=must(Number(low=1, high=10_000, hint="give square micrometres; G.652 has 83")),
    pmd_ps_per_sqrt_km=must(Number(high=10, hint="give ps per root of km; 0.04 is usual")),
)
AMPLIFIER = light(
    Amplifier,
    hint="an EDFA of variable gain",
    gain_min_db=must(LOSS_DB, "least gain"),
    gain_flat_max_db=must(LOSS_DB, "greatest gain that is flat over the band"),
    power_max_dbm=must(POWER_DBM, "greatest output power"),
    nf_min_db=must(LOSS_DB, "noise figure at the greatest gain"),
    nf_max_db=must(LOSS_DB, "noise figure at the least gain"),
    from_thz=may(FREQUENCY_THZ, "lower edge of what it carries"),
    to_thz=may(FREQUENCY_THZ, "upper edge of what it carries"),
)
MODE = light(
    ModeLight,
    hint="what a transceiver mode needs",
    baud_gbd=must(BAUD_GBD, "symbol rate"),
    roll_off=must(Number(high=1, hint="give the pulse's roll-off, 0 to 1")),
    need_osnr_db=must(OSNR_DB, "OSNR that the receiver needs"),
    tx_osnr_db=must(OSNR_DB, "OSNR that light leaves the transmitter with"),
    dispersion=steps(1_000_000, "ps/nm", "chromatic dispersion"),
    pmd=steps(1_000, "ps", "polarisation mode dispersion"),
    pdl=steps(60, "dB", "polarisation dependent loss"),
)
SPAN = light(
    None,
    hint="what a span loses beside its fibre",
    connector_db=must(LOSS_DB, "connectors, at each end"),
    ageing_db=must(LOSS_DB, "set aside for later repairs"),
    padding_db=must(LOSS_DB, "to which a shorter span is padded"),
)
ROADM = light(
    RoadmLight,
    hint="what a ROADM does to light",
    out_mw_per_ghz_of_slot=must(Number(above=True, high=1, hint="give mW per GHz of slot; 2e-4 is usual")),
    add_loss_db=must(LOSS_DB, "most loss of light that is added"),
    add_osnr_db=must(OSNR_DB, "OSNR of adding"),
    drop_loss_db=must(LOSS_DB, "most loss of light that is dropped"),
    drop_osnr_db=must(OSNR_DB, "OSNR of dropping"),
    express_loss_db=must(LOSS_DB, "most loss of light that passes"),
    pmd_ps=must(Number(high=1000, hint="give ps"), "polarisation mode dispersion"),
    pdl_db=must(LOSS_DB, "polarisation dependent loss"),
)
LOAD = light(
    Load,
    hint="the load that light is judged under",
    launch_dbm=must(POWER_DBM, "power of a channel"),
    launch_slot_ghz=must(Number(low=12.5, high=1000, hint="give GHz, for example 50"), "width of its slot"),
    launch_baud_gbd=must(BAUD_GBD, "its symbol rate"),
    margin_db=must(LOSS_DB, "margin wanted over what a mode needs"),
)
OPTICS = Record(
    makes=Optics,
    keys={
        "apnemu-optics": VERSION,
        "about": may(ABOUT, "where the figures come from", fills=""),
        "fibre_type": must(TITLE, "the kind of every fibre of a plant", fills="fibre"),
        "fibre_types": must(
            several("fibre_types", "list the kinds of fibre", FIBRE_TYPE, noun="fibre type"), fills="fibre"
        ),
        "span": must(SPAN, "loss of spans"),
        "amplifiers": must(several("amplifiers", "list the EDFAs to choose from", AMPLIFIER, noun="amplifier")),
        "roadm": must(ROADM, "ROADMs"),
        "load": must(LOAD, "what the line carries"),
        "modes": must(several("modes", "list what each mode needs", MODE, noun="mode", most=1000)),
    },
    hint="an optics file begins with apnemu-optics: 1",
)
