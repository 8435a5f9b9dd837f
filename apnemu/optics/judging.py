# SPDX-License-Identifier: BSD-3-Clause
"""The judge of a plant's routes under full load: sections from the cache or from GNPy, routes out of sections, verdicts
on modes; and the headroom of a ROADM."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log10
from pathlib import Path

from apnemu.errors import InputError
from apnemu.model.plant import Mode, Plant
from apnemu.model.quality import Judge, Quality, Route, Verdict
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

    key: str
    line: Form
    section: Form
    spectra: tuple[Form, ...]
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
    modes = tuple((mode, figures_of(mode, light)) for mode in plant.modes)
    loads = {mode.name: (mode.slot_m, figures.baud_gbd, figures.roll_off) for mode, figures in modes}
    by_kind = _sections(plant, fibres, light, modes, loads, folder)
    known: dict[Route, Quality] = {}

    def answer(route: Route) -> Quality:
        if route not in known:
            known[route] = _quality(plant, route, light, modes, loads, by_kind)
        return known[route]

    return answer


def figures_of(mode: Mode, optics: Optics) -> ModeLight:
    """Optical figures of a mode of the plant.

    Raises:
        InputError: the optics file does not have the mode.
    """
    figures = optics.mode(mode.name)
    if figures is None:
        have = ", ".join(known.name for known in optics.modes)
        raise InputError(f"mode {mode.name} has no optical figures; known are {have}; add it to the optics file")
    return figures


def _kind(plant: Plant, fibre: str) -> Kind:
    return plant.fibre[fibre].length_km, plant.fibre[fibre].amplifiers + 1


def _sections(
    plant: Plant,
    fibres: tuple[str, ...] | None,
    optics: Optics,
    modes: tuple[tuple[Mode, ModeLight], ...],
    loads: dict[str, Load],
    folder: Path | None,
) -> dict[Kind, dict[Load, Section]]:
    """Compute every kind of section among the fibres, under every load; each is computed once, ever."""
    figures = {loads[mode.name]: (mode.slot_m, light) for mode, light in modes}
    order = sorted(figures)
    # the transmitter's own noise is added where a mode is judged, so it is left out of what tells sections apart
    spectra = tuple({**spectrum_form(*figures[load], optics, plant.band), "tx_osnr": 100.0} for load in order)
    line = line_form(optics, plant.band)
    express_loss_db = optics.roadm.express_loss_db
    names = fibres if fibres is not None else tuple(fibre.name for fibre in plant.fibres)
    kinds = sorted({_kind(plant, name) for name in names})
    works: dict[Kind, _Work] = {}
    known: dict[Kind, tuple[Section, ...]] = {}
    for kind in kinds:
        section = section_form(*kind, optics)
        key = cache.section_key(line, section, spectra, express_loss_db)
        kept = cache.load(key, len(spectra), folder)
        if kept is None:
            works[kind] = _Work(key=key, line=line, section=section, spectra=spectra, express_loss_db=express_loss_db)
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
    from apnemu.optics.line import propagate_section

    return propagate_section(work.line, work.section, work.spectra, work.express_loss_db)


def _quality(
    plant: Plant,
    route: Route,
    optics: Optics,
    modes: tuple[tuple[Mode, ModeLight], ...],
    loads: dict[str, Load],
    by_kind: dict[Kind, dict[Load, Section]],
) -> Quality:
    kinds = [_kind(plant, fibre) for fibre in route]
    joined = {load: join([by_kind[kind][load] for kind in kinds], optics) for load in sorted(set(loads.values()))}
    verdicts = tuple(judge(joined[loads[mode.name]], figures, optics) for mode, figures in modes)
    return quality_of(plant, route, list(joined.values()), verdicts)


def quality_of(plant: Plant, route: Route, lines: Sequence[Section], verdicts: tuple[Verdict, ...]) -> Quality:
    """Quality of a route: its verdicts, length and delay, and the most that light suffers under any of the loads."""
    fibres = [plant.fibre[name] for name in route]
    passed_ns = (len(fibres) - 1) * plant.roadm.express_ns
    return Quality(
        route=route,
        length_km=sum(fibre.length_km for fibre in fibres),
        delay_ns=plant.roadm.add_ns + sum(fibre.delay_ns for fibre in fibres) + passed_ns + plant.roadm.drop_ns,
        dispersion_ps_per_nm=max(float(line.dispersion_ps_per_nm.max()) for line in lines),
        pmd_ps=max(float(line.pmd_ps.max()) for line in lines),
        pdl_db=max(float(line.pdl_db.max()) for line in lines),
        weak_db=max(line.weak_db for line in lines),
        verdicts=verdicts,
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
