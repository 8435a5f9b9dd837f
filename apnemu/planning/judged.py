# SPDX-License-Identifier: BSD-3-Clause
"""Judged plans: either GNPy judges every route, or the table of reach does and GNPy's figures are written beside it.

`apnemu plan` makes a plan of the first kind, and so does `run --quality`. Any other run makes a plan of the second
kind: what a setting asks for, such as 400 Gbit/s over any distance, is lit as the table allows, and the run tells
GNPy's figures for every lightpath and which lightpaths would not close. If the optics file lacks the figures of a mode,
the equipment is judged by the table alone, and a note says it.

Rejected: falling back on the table where GNPy refuses (a plan would then say nothing about light).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from apnemu.model.assignment import Assignment, Lightpath, Refusal
from apnemu.model.plant import Plant
from apnemu.model.quality import Judge
from apnemu.model.reason import Reason
from apnemu.model.spectrum import told
from apnemu.optics import carried, headroom, judge_of, network_of, read_optics
from apnemu.planning.lightpaths import plan
from apnemu.planning.reach import figures
from apnemu.planning.trees import plan_trees
from apnemu.units import fibre_km

MOST_SPANS = 1000
"""Most spans of a fibre that GNPy is asked about: 20,000 km have 250 spans of 80 km; GNPy computes 900 spans in 6 s."""
TABLE = "Reach is judged by a table of the transceiver modes, not by signal quality"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An assignment, whether GNPy chose its modes, how it was judged, and what a person must be told before a run."""

    assignment: Assignment
    by_quality: bool
    notes: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def plan_judged(plant: Plant, *, by_quality: bool) -> Judged:
    """Plan lightpaths (`plan_paths`), then the plant's light trees.

    Trees are always judged by quality, since the table of reach knows no splitter. A plant with a mode without optical
    figures gets no trees, and the refusals say that.

    Raises:
        InputError: the plant came from GNPy's own files, and these do not fit it.
    """
    plant = carried(plant)
    paths = plan_paths(plant, by_quality=by_quality)
    paths = replace(paths, warnings=(*paths.warnings, *_narrower(plant), *from_delays(plant)))
    if not plant.trees:
        return paths
    unknown = without_figures(plant)
    if unknown:
        text = f"the optics file has no figures of {', '.join(unknown)}; add them, or use other modes"
        refused = tuple(Refusal(demand=tree.name, why=Reason(code="quality", text=text)) for tree in plant.trees)
        lit = replace(paths.assignment, refusals=(*paths.assignment.refusals, *refused))
        return replace(paths, assignment=lit)
    hub = () if plant.subcarriers is None else (plant.subcarriers.mode,)
    wider = replace(plant, modes=(*plant.modes, *hub))
    answer = network_of(wider).judge_of(wider) if plant.gnpy else judge_of(wider)
    note = "A light tree's GSNR is a closed form: the judged route's, with splitting loss that ROADMs cannot spare."
    return replace(
        paths,
        assignment=plan_trees(plant, paths.assignment, answer, headroom(read_optics())),
        notes=(*paths.notes, note),
    )


def plan_paths(plant: Plant, *, by_quality: bool) -> Judged:
    """Plan lightpaths, each with its GSNR and margin where they can be known.

    Raises:
        InputError: the plant came from GNPy's own files, and these do not fit it.
    """
    plant = carried(plant)
    why_not = _beyond_gnpy(plant)
    if why_not:
        return Judged(assignment=plan(plant), by_quality=False, notes=(f"{TABLE}: {why_not}.",))
    # a mode wider than the band can be lit nowhere, and there is nothing to judge
    fits = replace(plant, modes=tuple(mode for mode in plant.modes if plant.band.slots(m=mode.slot_m)))
    answer = network_of(fits).judge_of(fits) if plant.gnpy else judge_of(fits)
    if by_quality:
        note = "Signal quality is computed by GNPy for every slot lit, which is the safe case; no route is measured."
        return Judged(assignment=plan(fits, judge=answer), by_quality=True, notes=(note,))
    lit = plan(plant)
    return Judged(
        assignment=replace(lit, lightpaths=tuple(with_figures(path, answer) for path in lit.lightpaths)),
        by_quality=False,
        notes=(f"{TABLE}; GNPy's figures stand beside it.",),
        warnings=_too_weak(lit, answer),
    )


def _narrower(plant: Plant) -> tuple[str, ...]:
    """Say in a line which part of the spectrum stays dark because amplifiers do not carry it; nothing where none."""
    narrow = [fibre for fibre in plant.fibres if fibre.carries is not None]
    if not narrow:
        return ()
    bands = told(plant.carried([narrow[0].name]))
    return (
        f"The spectrum is {plant.band}; of it {len(narrow)} of {len(plant.fibres)} fibres carry a part alone"
        f" ({narrow[0].name}: {bands}), by their amplifiers and ROADMs; the rest stays dark there.",
    )


def from_delays(plant: Plant) -> tuple[str, ...]:
    """A line on fibres of which the delay is declared and the length follows from it; none where there is no such."""
    names = [
        fibre.name
        for fibre in plant.fibres
        if fibre.delay_ns is not None and fibre.length_km == fibre_km(fibre.delay_ns, fibre.group_index)
    ]
    if not names:
        return ()
    length = f"{plant.fibre[names[0]].length_km:.1f} km"
    more = f", and so for {len(names) - 1} more" if names[1:] else ""
    return (
        f"Fibre {names[0]} has a delay and no length: light is planned over {length}, as far as it goes in that"
        f" time{more}.",
    )


def _beyond_gnpy(plant: Plant) -> str:
    """Reason why GNPy is not asked about this plant; empty where GNPy is asked."""
    unknown = without_figures(plant)
    if unknown:
        return f"the optics file has no figures of {', '.join(unknown)}"
    if not any(plant.band.slots(m=mode.slot_m) for mode in plant.modes):
        return "no mode's slot fits into the band"
    spans, longest = max((max(way.amplifiers for way in fibre.ways) + 1, fibre.name) for fibre in plant.fibres)
    if spans > MOST_SPANS:
        return f"fibre {longest} has {spans} spans, and GNPy is asked about {MOST_SPANS} at most"
    return ""


def without_figures(plant: Plant) -> tuple[str, ...]:
    """Names of the plant's modes that the optics file does not know."""
    optics = read_optics()
    return tuple(mode.name for mode in plant.modes if optics.mode(mode.name) is None)


def with_figures(path: Lightpath, judge: Judge) -> Lightpath:
    """Add GSNR and margin to a lightpath; the margin stays unknown where the mode does not bear the route at all."""
    quality = judge(path.fibres)
    if path.mode in quality.dark:
        return path
    found = figures(quality, path.mode, path.slot, path.source)
    ways = [quality.verdict(path.mode, path.slot, back=back) for back in (False, True)]
    bears = quality.weak_db == 0 and not any(verdict.beyond for verdict in ways)
    return replace(path, **found | {"margin_db": found["margin_db"] if bears else None})


def left_dark(planned: Assignment) -> tuple[str, ...]:
    """Say in a line which demands got no light, since a run's rows do not; nothing where all got some."""
    if not planned.refusals:
        return ()
    first = planned.refusals[0]
    return (
        f"No light for {len(planned.refusals)} of what was asked for: {first.demand} ({first.reason})"
        f"{' and others' if len(planned.refusals) > 1 else ''}; apnemu plan lists all.",
    )


def _too_weak(lit: Assignment, judge: Judge) -> tuple[str, ...]:
    """Say in a line which lightpaths the table allows and GNPy would refuse; nothing where all close."""
    weak = [path for path in lit.lightpaths if not judge(path.fibres).closes(path.mode, path.slot)]
    if not weak:
        return ()
    first = weak[0]
    quality = judge(first.fibres)
    if first.mode in quality.dark:
        why = quality.stopped or f"the route carries {told(quality.bands)}"
        return (f"By GNPy {len(weak)} of {len(lit.lightpaths)} lightpaths would not arrive: {first.name} ({why}).",)
    verdict = quality.verdict(first.mode, first.slot)
    why = f"does not bear {verdict.beyond[0]}" if verdict.beyond else f"margin {verdict.margin_db:.2f} dB"
    return (
        f"By GNPy {len(weak)} of {len(lit.lightpaths)} lightpaths would not close with {verdict.wanted_db:g} dB of "
        f"margin: {first.name} ({first.mode}, {first.length_km:g} km, GSNR {verdict.gsnr_db:.2f} dB, {why})"
        f"{' and others' if len(weak) > 1 else ''}; run --quality lights only what closes.",
    )
