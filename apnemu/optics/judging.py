# SPDX-License-Identifier: BSD-3-Clause
"""The judge of a plant's routes under full load: sections from the cache or from GNPy, routes out of sections, verdicts
on modes; and the headroom of a ROADM."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil, log10
from pathlib import Path

from apnemu.errors import InputError
from apnemu.model.fibre import Way
from apnemu.model.plant import Mode, Plant
from apnemu.model.quality import Judge, Quality, Route, Verdict
from apnemu.model.spectrum import WIDTH_GHZ, Band, common
from apnemu.optics import cache
from apnemu.optics.equipment import ModeLight, Optics
from apnemu.optics.forms import Form, line_form, section_form, spectrum_form
from apnemu.optics.light import Section, join, judge
from apnemu.optics.reader import read_optics

log = logging.getLogger(__name__)

Kind = tuple[float, int]
"""Kind of a section: a fibre's length in km and its number of spans, which tell two sections of a plant apart."""
Load = tuple[int, float, float]
"""Load of a section: slot width m, baud in GBd, roll-off, which tell two spectra apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """A section to compute, and the key under which it is kept."""

    kind: Kind
    key: str
    line: Form
    section: Form
    spectra: tuple[list[Form], ...]
    express_loss_db: float


def quality(
    plant: Plant, routes: Iterable[Route], *, optics: Optics | None = None, folder: Path | None = None
) -> dict[Route, Quality]:
    """Judge routes with every slot lit, for each of the plant's modes.

    A route is the names of its fibres in order. Sections that the cache has (`folder`, or the user's) come from there.

    Raises:
        InputError: a mode of the plant has no optical figures.
        KeyError: the plant has no fibre of that name.
    """
    wanted = tuple(dict.fromkeys(routes))
    fibres = {name for route in wanted for name in route}
    plant = carried(plant, optics)
    answer = judge_of(plant, optics=optics, folder=folder, fibres=tuple(sorted(fibres)))
    return {route: answer(route) for route in wanted}


def judge_of(
    plant: Plant, *, optics: Optics | None = None, folder: Path | None = None, fibres: tuple[str, ...] | None = None
) -> Judge:
    """Make a judge, for a planner that finds its routes as it goes; all `fibres` (or the plant's) are computed now.

    Raises:
        InputError: a mode of the plant has no optical figures.
        KeyError: the plant has no fibre of that name.
    """
    light = optics or read_optics()
    plant = carried(plant, light)
    modes = tuple((mode, figures_of(mode, light)) for mode in plant.modes)
    loads = {mode.name: (mode.slot_m, figures.baud_gbd, figures.roll_off) for mode, figures in modes}
    by_kind = _sections(plant, fibres, light, modes, loads, folder)
    known: dict[Route, Quality] = {}

    def verdicts(way: Sequence[Kind]) -> tuple[list[Section], tuple[Verdict, ...]]:
        joined = {load: join([by_kind[kind][load] for kind in way], light) for load in by_kind[way[0]]}
        return list(joined.values()), tuple(
            each
            for mode, figures in modes
            if loads[mode.name] in joined
            for each in judge(joined[loads[mode.name]], figures, light)
        )

    def answer(route: Route) -> Quality:
        if route not in known:
            there, back = kinds_of(plant, route)
            lines, judged = verdicts(there)
            lines_back, judged_back = verdicts(back) if back != there else (lines, ())
            known[route] = quality_of(plant, route, [*lines, *lines_back], judged, judged_back)
        return known[route]

    return answer


def figures_of(mode: Mode, optics: Optics) -> ModeLight:
    """Optical figures of a mode of the plant.

    Raises:
        InputError: the optics file does not have the mode, or its light is wider than the mode's slot.
    """
    figures = optics.mode(mode.name)
    if figures is None:
        have = ", ".join(known.name for known in optics.modes)
        raise InputError(f"mode {mode.name} has no optical figures; known are {have}; add it to the optics file")
    taken_ghz, slot_ghz = figures.baud_gbd * (1 + figures.roll_off), mode.slot_m * WIDTH_GHZ
    if taken_ghz > slot_ghz:
        raise InputError(
            f"slot_m of mode {mode.name} is {mode.slot_m}, {slot_ghz:g} GHz; it must hold its light, {taken_ghz:.5g}"
            f" GHz ({figures.baud_gbd:g} GBd with a roll-off of {figures.roll_off:g}); write slot_m:"
            f" {ceil(taken_ghz / WIDTH_GHZ)}, or give the mode other figures in the optics file"
        )
    return figures


def carried(plant: Plant, optics: Optics | None = None) -> Plant:
    """The plant with the spectrum that its fibres' amplifiers carry, of the optics file; one from GNPy's own files, or
    whose whole band is carried, is left as it is."""
    if plant.gnpy is not None:
        return plant
    light = optics or read_optics()
    bands = (light.amplifiers_for(plant.band)[0].band,)
    if common((plant.band,), bands) == (plant.band,):
        return plant
    return replace(plant, fibres=tuple(replace(fibre, carries=bands) for fibre in plant.fibres))


def kinds_of(plant: Plant, route: Route) -> tuple[list[Kind], list[Kind]]:
    """Kinds of the sections of a route in the order in which light meets them, there and back."""
    fibres = [plant.fibre[name] for name in route]
    sites = sites_of(plant, first_site(plant, route), route)
    ways = [(fibre.way(site), fibre.way(fibre.far_end(site))) for fibre, site in zip(fibres, sites, strict=False)]
    return [_kind(way) for way, _ in ways], [_kind(way) for _, way in reversed(ways)]


def first_site(plant: Plant, route: Route) -> str:
    """Site at which a route begins: the end of its first fibre that the second does not share; of a single fibre, its
    site `a`."""
    first = plant.fibre[route[0]]
    if len(route) > 1 and first.a in (plant.fibre[route[1]].a, plant.fibre[route[1]].b):
        return first.b
    return first.a


def sites_of(plant: Plant, source: str, route: Route) -> tuple[str, ...]:
    """Sites that a route passes, from its first site on, ends included."""
    sites = [source]
    for fibre in route:
        sites.append(plant.fibre[fibre].far_end(sites[-1]))
    return tuple(sites)


def _kind(way: Way) -> Kind:
    return way.length_km, way.amplifiers + 1


def _sections(
    plant: Plant,
    fibres: tuple[str, ...] | None,
    optics: Optics,
    modes: tuple[tuple[Mode, ModeLight], ...],
    loads: dict[str, Load],
    folder: Path | None,
) -> dict[Kind, dict[Load, Section]]:
    """Compute every kind of section among the fibres, under every load; each is computed once, ever."""
    lit = plant.carried([plant.fibres[0].name])  # all fibres have the same amplifiers
    figures = {loads[mode.name]: (mode.slot_m, light) for mode, light in modes}
    forms = {load: spectrum_form(*figures[load], optics, plant.band, lit) for load in sorted(figures)}
    order = [load for load, form in forms.items() if form]
    # the transmitter's own noise is added where a mode is judged, so it is left out of what tells sections apart
    spectra = tuple([{**part, "tx_osnr": 100.0} for part in forms[load]] for load in order)
    line = line_form(optics, Band(low=lit[0].low, high=lit[-1].high) if lit else plant.band)
    express_loss_db = optics.roadm.express_loss_db
    names = fibres if fibres is not None else tuple(fibre.name for fibre in plant.fibres)
    kinds = sorted({_kind(way) for name in names for way in plant.fibre[name].ways})
    if not order:
        return {kind: {} for kind in kinds}
    works: dict[Kind, _Work] = {}
    known: dict[Kind, tuple[Section, ...]] = {}
    for kind in kinds:
        section = section_form(*kind, optics)
        key = cache.section_key(line, section, spectra, express_loss_db)
        kept = cache.load(key, len(spectra), folder)
        if kept is None:
            works[kind] = _Work(
                kind=kind, key=key, line=line, section=section, spectra=spectra, express_loss_db=express_loss_db
            )
        else:
            known[kind] = kept
    if works:
        log.info("%s: GNPy computes %d of %d kinds of fibre section", plant.name, len(works), len(kinds))
    for kind, work in works.items():
        known[kind] = _compute(work)
        cache.store(work.key, known[kind], folder)
    return {kind: dict(zip(order, sections, strict=True)) for kind, sections in known.items()}


def _compute(work: _Work) -> tuple[Section, ...]:
    # GNPy takes a second to import; what comes from the cache does not wait for it
    from apnemu.optics.line import propagate_section, refused_by_gnpy

    length_km, spans = work.kind
    with refused_by_gnpy(
        f"a fibre of {length_km:g} km in {spans} spans", "give it another length or span_km, or light up less spectrum"
    ):
        return propagate_section(work.line, work.section, work.spectra, work.express_loss_db)


def quality_of(
    plant: Plant,
    route: Route,
    lines: Sequence[Section],
    verdicts: tuple[Verdict, ...],
    back: tuple[Verdict, ...] = (),
    *,
    stopped: str = "",
) -> Quality:
    """Quality of a route: its verdicts, length and delay, and the most that light suffers under any of the loads.

    A mode without a verdict both ways is dark.
    """
    fibres = [plant.fibre[name] for name in route]
    sites = sites_of(plant, first_site(plant, route), route)
    there_ns = sum(fibre.way(site).delay_ns for fibre, site in zip(fibres, sites, strict=False))
    arrives = {each.mode for each in verdicts} & {each.mode for each in back or verdicts}
    return Quality(
        route=route,
        length_km=max(
            sum(fibre.way(site).length_km for fibre, site in zip(fibres, sites, strict=False)),
            sum(fibre.way(site).length_km for fibre, site in zip(fibres, sites[1:], strict=True)),
        ),
        delay_ns=plant.roadm.add_ns + there_ns + (len(fibres) - 1) * plant.roadm.express_ns + plant.roadm.drop_ns,
        dispersion_ps_per_nm=max((float(line.dispersion_ps_per_nm.max()) for line in lines), default=0.0),
        pmd_ps=max((float(line.pmd_ps.max()) for line in lines), default=0.0),
        pdl_db=max((float(line.pdl_db.max()) for line in lines), default=0.0),
        weak_db=max((line.weak_db for line in lines), default=0.0),
        verdicts=verdicts,
        back=back,
        dark=tuple(mode.name for mode in plant.modes if mode.name not in arrives),
        bands=plant.carried(route),
        stopped=stopped,
        source=sites[0],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """Loss in dB that a ROADM may leave off for light that it divides: light added here, and light that passes."""

    added_db: float
    passed_db: float


def headroom(optics: Optics) -> Headroom:
    """Headroom of a ROADM: the power that arrives, less the most that the ROADM loses, above the power it hands on.

    A transmitter and a preamplifier both give the launch power, as GNPy takes them; both powers go by slot width, so
    the slot does not matter.
    """
    handed_on_dbm = 10 * log10(optics.roadm.out_mw_per_ghz_of_slot * optics.load.launch_slot_ghz)
    above_db = optics.load.launch_dbm - handed_on_dbm
    return Headroom(
        added_db=max(0.0, above_db - optics.roadm.add_loss_db),
        passed_db=max(0.0, above_db - optics.roadm.express_loss_db),
    )
