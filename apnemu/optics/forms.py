# SPDX-License-Identifier: BSD-3-Clause
"""Plant and optics in GNPy's own JSON forms, as plain data: equipment library, network, spectrum, services.

The forms are those of GNPy 3.0.1 (gnpy/tools/json_io.py). `line` propagates through them, `exchange` writes them to
files and `cache` hashes them, so that the three cannot differ.

A site is a transceiver and a ROADM; a fibre pair is two chains of equal spans. Boosters, pre-amplifiers and in-line
amplifiers are left to GNPy's auto-design, which puts an amplifier at each ROADM port and between each two spans and
chooses its kind, its gain and the launch power from the loss of the span behind it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from apnemu.model.plant import Fibre, Mode, Plant, Site
from apnemu.model.spectrum import ANCHOR_THZ, STEP_GHZ, Band, Bands
from apnemu.optics.equipment import IMPAIRMENTS, ModeLight, Optics
from apnemu.units import dispersion_to_si, gbps_to_bps, ghz_to_hz, pmd_to_si, ps_to_s, thz_to_hz, um2_to_m2

Form = dict[str, Any]

LONGEST_SPAN_KM = 1000
"""Longest span that GNPy does not split; a plant has spans of its own, so that GNPy splits none."""


def transceiver_uid(site: str) -> str:
    """Name a site's transceiver for GNPy."""
    return f"trx({site})"


def roadm_uid(site: str) -> str:
    """Name a ROADM for GNPy; the bracket ends the name, as GNPy's `--path` takes any ROADM whose name has the text."""
    return f"roadm({site})"


def span_uid(fibre: str, source: str, span: int) -> str:
    """Name a span of a fibre, in the direction from a site, for GNPy."""
    return f"fibre({fibre} from {source}, span {span})"


def line_form(optics: Optics, band: Band) -> Form:
    """Equipment library of GNPy without transceivers: what the line is built of, and the load it is designed for."""
    roadm, load = optics.roadm, optics.load
    fibre = {
        "type_variety": optics.fibre.name,
        "dispersion": dispersion_to_si(optics.fibre.dispersion_ps_per_nm_km),
        "effective_area": um2_to_m2(optics.fibre.effective_area_um2),
        "pmd_coef": pmd_to_si(optics.fibre.pmd_ps_per_sqrt_km),
    }
    span = {
        "power_mode": True,
        "delta_power_range_db": [-2, 3, 0.5],  # GNPy eqpt_config.json: launch power follows the span's loss
        "max_fiber_lineic_loss_for_raman": 0.25,
        "target_extended_gain": 2.5,
        "max_length": LONGEST_SPAN_KM,
        "length_units": "km",
        "max_loss": 28,
        "padding": optics.padding_db,
        "EOL": optics.ageing_db,
        "con_in": optics.connector_db,
        "con_out": optics.connector_db,
    }
    light = {
        "f_min": _edge_hz(band.low) + ghz_to_hz(load.launch_slot_ghz / 2),
        "f_max": _edge_hz(band.high) - ghz_to_hz(load.launch_slot_ghz / 2),
        "baud_rate": ghz_to_hz(load.launch_baud_gbd),
        "spacing": ghz_to_hz(load.launch_slot_ghz),
        "power_dbm": load.launch_dbm,
        "power_range_db": [0, 0, 1],
        "tx_power_dbm": load.launch_dbm,
        "roll_off": 0.15,
        "tx_osnr": 40,
        "sys_margins": load.margin_db,
        "use_si_channel_count_for_design": True,
    }
    return {
        "Edfa": _amplifier_forms(optics, band),
        "Fiber": [fibre],
        "Span": [span],
        "Roadm": [
            {
                "type_variety": "default",
                "target_out_mWperSlotWidth": roadm.out_mw_per_ghz_of_slot,
                "add_drop_osnr": 100,  # the detailed figures below stand in its place
                "pmd": ps_to_s(roadm.pmd_ps),
                "pdl": roadm.pdl_db,
                "restrictions": {"preamp_variety_list": [], "booster_variety_list": []},
                "roadm-path-impairments": [
                    _way(0, "express", roadm.express_loss_db, None, optics, band),
                    _way(1, "add", roadm.add_loss_db, roadm.add_osnr_db, optics, band),
                    _way(2, "drop", roadm.drop_loss_db, roadm.drop_osnr_db, optics, band),
                ],
            }
        ],
        "SI": [light],
        "Transceiver": [],
    }


def _amplifier_forms(optics: Optics, band: Band) -> list[Form]:
    return [
        {
            "type_variety": amplifier.name,
            "type_def": "variable_gain",
            "f_min": thz_to_hz(amplifier.from_thz),
            "f_max": thz_to_hz(amplifier.to_thz),
            "gain_flatmax": amplifier.gain_flat_max_db,
            "gain_min": amplifier.gain_min_db,
            "p_max": amplifier.power_max_dbm,
            "nf_min": amplifier.nf_min_db,
            "nf_max": amplifier.nf_max_db,
            "out_voa_auto": False,
            "allowed_for_design": True,
        }
        for amplifier in optics.amplifiers_for(band)
    ]


def _way(number: int, way: str, loss_db: float, osnr_db: float | None, optics: Optics, band: Band) -> Form:
    impairments: Form = {
        "frequency-range": {"lower-frequency": _edge_hz(band.low), "upper-frequency": _edge_hz(band.high)},
        "roadm-pmd": ps_to_s(optics.roadm.pmd_ps),
        "roadm-pdl": optics.roadm.pdl_db,
        "roadm-maxloss": loss_db,
    }
    if osnr_db is not None:
        impairments["roadm-osnr"] = osnr_db
    return {"roadm-path-impairments-id": number, f"roadm-{way}-path": [impairments]}


def transceiver_form(mode: Mode, light: ModeLight, band: Band) -> Form:
    """A transceiver type with one mode, both by the mode's name; its frequencies are the centres of its slots."""
    slots = band.slots(m=mode.slot_m)
    keys = {"dispersion": "chromatic_dispersion", "pmd": "pmd", "pdl": "pdl"}
    return {
        "type_variety": mode.name,
        "frequency": {"min": thz_to_hz(slots[0].centre_thz), "max": thz_to_hz(slots[-1].centre_thz)},
        "mode": [
            {
                "format": mode.name,
                "baud_rate": ghz_to_hz(light.baud_gbd),
                "OSNR": light.need_osnr_db,
                "bit_rate": gbps_to_bps(mode.rate_gbps),
                "roll_off": light.roll_off,
                "tx_osnr": light.tx_osnr_db,
                "min_spacing": ghz_to_hz(slots[0].width_ghz),
                "penalties": [
                    {keys[impairment]: step.at, "penalty_value": step.penalty_db}
                    for impairment in IMPAIRMENTS
                    for step in light.steps(impairment)
                ],
                "cost": 1,
            }
        ],
    }


def spectrum_form(slot_m: int, light: ModeLight, optics: Optics, band: Band, carried: Bands) -> list[Form]:
    """Spectrum in which a single mode lights every slot of a width, in the band's raster, that is carried: a partition
    for each of the bands carried that has such a slot."""
    parts = [[slot for slot in band.slots(m=slot_m) if each.holds(slot)] for each in carried]
    return [
        {
            "f_min": thz_to_hz(slots[0].centre_thz),
            "f_max": thz_to_hz(slots[-1].centre_thz),
            "slot_width": ghz_to_hz(slots[0].width_ghz),
            "baud_rate": ghz_to_hz(light.baud_gbd),
            "roll_off": light.roll_off,
            "tx_osnr": light.tx_osnr_db,
            "tx_power_dbm": optics.load.launch_dbm,
        }
        for slots in parts
        if slots
    ]


def network_form(plant: Plant, optics: Optics) -> Form:
    """Network of a whole plant, before auto-design."""
    elements = [element for site in plant.sites for element in _site_forms(site)]
    connections = [
        connection
        for site in plant.sites
        for connection in _chain([transceiver_uid(site.name), roadm_uid(site.name), transceiver_uid(site.name)])
    ]
    for fibre in plant.fibres:
        for source in (fibre.a, fibre.b):
            spans = _span_forms(fibre, source, plant.site[fibre.a], optics)
            elements += spans
            ends = [roadm_uid(source), *(span["uid"] for span in spans), roadm_uid(fibre.far_end(source))]
            connections += _chain(ends)
    return {"network_name": plant.name, "elements": elements, "connections": connections}


def section_form(length_km: float, spans: int, optics: Optics) -> Form:
    """Network of a single fibre, one way, between two sites: it does to light what the fibre does wherever it lies."""
    a, b = (Site(name=name, kind="exchange", lat=0.0, lon=0.0) for name in "ab")
    fibre = Fibre(name="a-b", a="a", b="b", length_km=length_km, amplifiers=spans - 1)
    chain = _span_forms(fibre, "a", a, optics)
    uids = [
        transceiver_uid("a"),
        roadm_uid("a"),
        *(span["uid"] for span in chain),
        roadm_uid("b"),
        transceiver_uid("b"),
    ]
    return {
        "network_name": "section",
        "elements": [*_site_forms(a), *_site_forms(b), *chain],
        "connections": _chain(uids),
    }


def _site_forms(site: Site) -> list[Form]:
    place = {"city": site.name, "region": "", "latitude": site.lat or 0.0, "longitude": site.lon or 0.0}
    return [
        {"uid": transceiver_uid(site.name), "type": "Transceiver", "metadata": {"location": dict(place)}},
        {
            "uid": roadm_uid(site.name),
            "type": "Roadm",
            "type_variety": "default",
            "metadata": {"location": dict(place)},
        },
    ]


def _span_forms(fibre: Fibre, source: str, at: Site, optics: Optics) -> list[Form]:
    way = fibre.way(source)
    spans = way.amplifiers + 1
    return [
        {
            "uid": span_uid(fibre.name, source, index + 1),
            "type": "Fiber",
            "type_variety": optics.fibre.name,
            "params": {
                "length": way.length_km / spans,
                "length_units": "km",
                "loss_coef": optics.fibre.loss_db_per_km,
                "att_in": 0,
                "con_in": optics.connector_db,
                "con_out": optics.connector_db,
            },
            "metadata": {
                "location": {
                    "city": fibre.name,
                    "region": "",
                    "latitude": at.lat or 0.0,
                    "longitude": at.lon or 0.0,
                },
            },
        }
        for index in range(spans)
    ]


def _chain(uids: list[str]) -> list[Form]:
    return [{"from_node": here, "to_node": there} for here, there in pairwise(uids)]


def _edge_hz(steps: int) -> float:
    return thz_to_hz(round(ANCHOR_THZ + steps * STEP_GHZ / 1e3, 5))
