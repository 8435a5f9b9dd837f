# SPDX-License-Identifier: BSD-3-Clause
"""GNPy's networks (JSON, topology and equipment files of its own): read by GNPy itself, through `apnemu.optics`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from apnemu.errors import InputError
from apnemu.importing.form import Form, Imported, Wishes, demands_of, parts_of
from apnemu.importing.opened import Opened
from apnemu.model import naming
from apnemu.model.demand import Demand
from apnemu.model.plant import GnpyFiles, Plant
from apnemu.model.spectrum import Band, Bands, steps_above, steps_below
from apnemu.optics import GnpyNetwork, intake, read_gnpy
from apnemu.question.discovery import shipped_topology
from apnemu.topology import read_plant
from apnemu.topology.format import FREQUENCY_THZ, RATE_GBPS
from apnemu.units import bps_to_gbps, hz_to_thz

LIKE = "three-sites"
"""The shipped topology whose modes, devices and packet network an imported plant gets."""


SHEETS = (".xls", ".xlsx")


def is_gnpy(opened: Opened) -> bool:
    """Whether a file is one of GNPy's, or a JSON file that no other form has taken."""
    return opened.path.suffix.lower() in SHEETS or opened.is_json or not opened.begins


def read(file: Path, wishes: Wishes) -> Imported:
    """A GNPy network, and what GNPy says of light between two ends at its own load, or at the spectrum given."""
    network = read_gnpy(file, equipment=wishes.equipment, sim_params=wishes.sim_params)
    network.foreign.design()  # what GNPy refuses is told as that
    plant = network.plant(read_plant(shipped_topology(LIKE)))
    parts, alone = parts_of(plant)
    if not parts:
        raise InputError("no fibre joins two sites; give a network with a fibre between two sites", file=str(file))
    ends = list(dict.fromkeys(network.sites[uid] for uid in network.transceivers))
    asked, left_out, requests = _services(network, wishes) if wishes.services else ((), 0, {})
    band, gaps = _bands(network, plant, wishes)
    whole = [
        replace(
            part,
            inferred=("kind",) if wishes.services else ("kind", "demands"),
            demands=tuple(_within(part, asked))
            if wishes.services
            else demands_of([site for site in ends if site in part.site], wishes.rate_gbps),
            band=band,
            gaps=gaps,
            gnpy=GnpyFiles(
                network=str(file.resolve()),
                equipment=str(wishes.equipment.resolve()) if wishes.equipment else "",
                sim_params=str(wishes.sim_params.resolve()) if wishes.sim_params else "",
            ),
        )
        for part in parts
    ]
    facts, summary = _received(network, whole, wishes)
    notes = [f"GNPy: {line}" for line in network.said]
    one_way = [name for name, chain in network.chains.items() if chain.back is None]
    if one_way:
        notes.append(
            f"{len(one_way)} of {len(network.chains)} fibres lead one way in the file ({one_way[0]}"
            f"{' and others' if one_way[1:] else ''}); the way back is taken as alike"
        )
    if alone:
        notes.append(f"no fibre reaches {', '.join(alone[:6])}{' and others' if alone[6:] else ''}; left out")
    if len(asked) > sum(len(part.demands) for part in whole):
        notes.append("requests between parts that no fibre joins are left out")
    if left_out:
        notes.append(f"{left_out} requests name a route or a mode, which demands do not have: planning chooses both")
    return Imported(
        plant=whole[0],
        others=tuple(whole[1:]),
        notes=tuple(notes),
        facts=facts,
        summary=summary,
        requests=requests,
    )


def _received(network: GnpyNetwork, parts: list[Plant], wishes: Wishes) -> tuple[dict[str, Any], str]:
    """What GNPy says of light between the first two transceivers that are joined, as facts and in a line."""
    for part in parts:
        here = [uid for uid in network.transceivers if network.sites[uid] in part.site]
        ends = {network.sites[uid]: uid for uid in reversed(here)}
        if len(ends) > 1:
            first, second = sorted(ends.values(), key=here.index)[:2]
            break
    else:
        return {}, ""
    received = network.received(first, second, spectrum=wishes.spectrum)
    facts = {
        "from": first,
        "to": second,
        "gsnr_db": received.gsnr_db,
        "worst_gsnr_db": received.worst_gsnr_db,
        "osnr_ase_db": received.osnr_ase_db,
        "dispersion_ps_per_nm": received.dispersion_ps_per_nm,
        "pmd_ps": received.pmd_ps,
        "latency_ms": received.latency_ms,
    }
    load = "in the spectrum given" if wishes.spectrum else "at its own load"
    return facts, (
        f"GNPy, {first} to {second} {load}: GSNR {received.gsnr_db:.2f} dB in 0.1 nm "
        f"(worst channel {received.worst_gsnr_db:.2f}), {received.latency_ms:.2f} ms"
    )


def _bands(network: GnpyNetwork, plant: Plant, wishes: Wishes) -> tuple[Band, Bands]:
    """Band of the new topology and the gaps in it: of the spectrum given; else the usual one, with those that the
    equipment names beside its default load (for L, for example)."""
    if wishes.spectrum:
        parts = [(part["f_min"], part["f_max"], part["slot_width"]) for part in intake.spectrum(wishes.spectrum)]
        ranges = []
    else:
        parts, ranges = network.foreign.further_loads(), [plant.band]
    for low, high, width in parts:
        edges = hz_to_thz(low - width / 2), hz_to_thz(high + width / 2)
        if not FREQUENCY_THZ.low <= edges[0] < edges[1] <= FREQUENCY_THZ.high:
            raise InputError(
                f"light is to be from {edges[0]:g} to {edges[1]:g} THz; it must be within {FREQUENCY_THZ.low:g} to"
                f" {FREQUENCY_THZ.high:g}; give Hz",
                file=str(wishes.spectrum or network.foreign.equipment_file),
            )
        ranges.append(Band(low=steps_below(edges[0]), high=steps_above(edges[1])))
    ranges.sort(key=lambda band: band.low)
    highest, gaps = ranges[0].high, []
    for band in ranges[1:]:
        if band.low > highest:
            gaps.append(Band(low=highest, high=band.low))
        highest = max(highest, band.high)
    return Band(low=ranges[0].low, high=highest), tuple(gaps)


def _services(network: GnpyNetwork, wishes: Wishes) -> tuple[tuple[Demand, ...], int, dict[str, str]]:
    """Demands out of a services file, how many of its requests say more than a demand can, and demand -> request where
    the names differ."""
    file = wishes.services
    assert file is not None
    demands: dict[str, Demand] = {}
    named: dict[str, str] = {}
    more = 0
    for request in intake.services(file):
        own = request["request-id"]
        if own in named:
            raise InputError(f"request {own} comes twice; names must differ; rename one", file=str(file))
        name = named[own] = naming.title(own, "request", named.values())
        ends = [request[key] for key in ("source", "destination")]
        for uid in ends:
            if uid not in network.transceivers:
                raise InputError(f"request {name} names {uid!r}; the network has no such transceiver", file=str(file))
        source, target = (network.sites[uid] for uid in ends)
        if source == target:
            raise InputError(f"request {name} leads from {source} to itself; name two sites", file=str(file))
        wanted = request.get("path-constraints")
        wanted = wanted.get("te-bandwidth") if isinstance(wanted, dict) else None
        wanted = wanted if isinstance(wanted, dict) else {}
        bandwidth = wanted.get("path_bandwidth")
        rate_gbps = bps_to_gbps(bandwidth) if isinstance(bandwidth, int | float) and bandwidth else wishes.rate_gbps
        if not 0 < rate_gbps <= RATE_GBPS.high:
            raise InputError(
                f"request {name} has a path_bandwidth of {rate_gbps:g} Gbit/s; it must be above 0 and at most"
                f" {RATE_GBPS.high:g}; give bit/s",
                file=str(file),
            )
        demands[name] = Demand(name=name, source=source, target=target, rate_gbps=rate_gbps)
        more += bool(wanted.get("trx_mode") or request.get("explicit-route-objects"))
    return tuple(demands.values()), more, {name: own for own, name in named.items() if name != own}


def _within(part: Plant, demands: tuple[Demand, ...]) -> Iterator[Demand]:
    return (demand for demand in demands if demand.source in part.site and demand.target in part.site)


GNPY = Form(
    word="gnpy",
    name="GNPy's JSON or spreadsheet",
    takes=is_gnpy,
    read=lambda opened, wishes: read(opened.path, wishes),
)
