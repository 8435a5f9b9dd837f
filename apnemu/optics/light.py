# SPDX-License-Identifier: BSD-3-Clause
"""Light over a route, put together from what each fibre does to light, and the verdict of each transceiver mode on it.

GNPy follows light as three shares of a channel's power: signal, amplifier noise (ASE) and nonlinear interference (NLI),
which always add up to 1. Every element passes a fixed part of what comes in and adds noise of its own: each share is a
linear function of the same share before. The noise depends on the channel powers alone, and a ROADM sets these anew,
noise included, to the same target at every fibre's beginning. So under full load a fibre acts alike wherever it stands
in a route, and a route is

    signal = s1 s2 ... sk,   ase = (...(a1 s2 + a2) s3 + a3...) sk + ak,   nli likewise,

exactly, not to a first order (tests compare with GNPy from end to end: below 1e-9 dB). This does not hold if light
reaches a ROADM too weak to be set to the target; such a section says by how much (`weak_db`) and is not used.

Rejected: GNPy from end to end for every candidate route (jpn48 has 5 candidates for each of 1,128 pairs, for four
spectra each: half an hour against seconds).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import inf

import numpy as np
import numpy.typing as npt

from apnemu.model.quality import Verdict
from apnemu.optics.equipment import IMPAIRMENTS, Impairment, ModeLight, Optics

Floats = npt.NDArray[np.float64]
REFERENCE_GHZ = 12.5
"""Bandwidth in which OSNR and GSNR are told: 0.1 nm at 1550 nm."""
WHOLE = ("weak_db", "slots")
"""Fields of a section that are no arrays of floats."""
TOLD = ("{:.0f} ps/nm", "{:.1f} ps", "{:.1f} dB")
"""Forms in which dispersion, PMD and PDL are written."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """A fibre between two ROADMs, both included, or a whole route, under a full band: what it does to light.

    Arrays have shape (channels,); `slots` are the channels' centres n, lowest first. `signal`, `ase` and `nli` are
    the shares of the power at its end, for pure signal at its beginning.
    """

    signal: Floats
    ase: Floats
    nli: Floats
    dispersion_ps_per_nm: Floats
    pmd_ps: Floats
    pdl_db: Floats
    weak_db: float
    slots: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrival:
    """Light at its receiver as GNPy computes it: arrays of shape (channels,), ratios in 0.1 nm with transmitter and
    ROADMs."""

    gsnr_db: Floats
    osnr_ase_db: Floats
    latency_ms: Floats
    line: Section


def join(sections: Sequence[Section], optics: Optics) -> Section:
    """Join the fibres of a route into a single section.

    A ROADM between two fibres is part of both sections; its PMD and PDL are counted once. Dispersion adds up; PMD and
    PDL add as squares, as GNPy takes them.
    """
    first, *rest = sections
    signal, ase, nli = first.signal, first.ase, first.nli
    for section in rest:
        signal = signal * section.signal
        ase = ase * section.signal + section.ase
        nli = nli * section.signal + section.nli
    return Section(
        signal=signal,
        ase=ase,
        nli=nli,
        dispersion_ps_per_nm=np.sum([section.dispersion_ps_per_nm for section in sections], axis=0),
        pmd_ps=_squares([section.pmd_ps for section in sections], optics.roadm.pmd_ps),
        pdl_db=_squares([section.pdl_db for section in sections], optics.roadm.pdl_db),
        weak_db=max(section.weak_db for section in sections),
        slots=first.slots,
    )


def _squares(parts: Sequence[Floats], counted_twice: float) -> Floats:
    total = np.sum([part**2 for part in parts], axis=0) - (len(parts) - 1) * counted_twice**2
    return np.asarray(np.sqrt(np.maximum(total, 0.0)), dtype=float)


def judge(route: Section, mode: ModeLight, optics: Optics) -> tuple[Verdict, ...]:
    """Judge a mode, in each band, by light that has come over a route.

    The noise of the transmitter, of the first ROADM's add path and of the last ROADM's drop path is added at the end,
    as GNPy does.
    """
    ends_db = (mode.tx_osnr_db, optics.roadm.add_osnr_db, optics.roadm.drop_osnr_db)
    ends = sum(10 ** (-osnr_db / 10) for osnr_db in ends_db)
    to_reference = REFERENCE_GHZ / mode.baud_gbd
    gsnr_db = _db(route.signal / (route.ase + route.nli) / to_reference, ends)
    osnr_db = _db(route.signal / route.ase / to_reference, ends)
    return verdicts(route, mode, gsnr_db=gsnr_db, osnr_ase_db=osnr_db, wanted_db=optics.load.margin_db)


def verdicts(
    route: Section, mode: ModeLight, *, gsnr_db: Floats, osnr_ase_db: Floats, wanted_db: float
) -> tuple[Verdict, ...]:
    """Hold GSNR and OSNR against what the mode needs, in each band by itself: arrays of shape (channels,), in 0.1 nm,
    with all noise. A band ends where a channel is missing."""
    steps = np.diff(route.slots)
    ends = np.flatnonzero(steps > steps.min(initial=max(steps, default=0))) + 1
    found = []
    for part in np.split(np.arange(len(route.slots)), ends):
        band = Section(
            **{each.name: getattr(route, each.name)[part] for each in fields(route) if each.name not in WHOLE},
            weak_db=route.weak_db,
            slots=tuple(route.slots[index] for index in part),
        )
        found.append(_verdict(band, mode, gsnr_db=gsnr_db[part], osnr_ase_db=osnr_ase_db[part], wanted_db=wanted_db))
    return tuple(found)


def _verdict(route: Section, mode: ModeLight, *, gsnr_db: Floats, osnr_ase_db: Floats, wanted_db: float) -> Verdict:
    values = (route.dispersion_ps_per_nm, route.pmd_ps, route.pdl_db)
    suffered = list(zip(IMPAIRMENTS, values, TOLD, strict=True))
    penalty_db = np.sum([_penalty_db(mode, impairment, value) for impairment, value, _ in suffered], axis=0)
    least_db = gsnr_db - penalty_db - mode.need_osnr_db
    worst = int(np.argmin(least_db))
    return Verdict(
        mode=mode.name,
        gsnr_db=float(np.mean(gsnr_db)),
        worst_gsnr_db=float(np.min(gsnr_db)),
        osnr_ase_db=float(np.mean(osnr_ase_db)),
        need_db=mode.need_osnr_db,
        penalty_db=float(penalty_db[worst]),
        margin_db=float(least_db[worst]),
        wanted_db=wanted_db,
        beyond=tuple(
            f"{impairment} {told.format(value.max())} of {mode.steps(impairment)[-1].at:g}"
            for impairment, value, told in suffered
            if value.max() > mode.steps(impairment)[-1].at
        ),
        channels=tuple(zip(route.slots, (float(each) for each in gsnr_db), strict=True)),
    )


def _db(ratio: Floats, added_noise: float) -> Floats:
    return np.asarray(-10 * np.log10(1 / ratio + added_noise), dtype=float)


def _penalty_db(mode: ModeLight, impairment: Impairment, value: Floats) -> Floats:
    """Penalty in dB for each channel: interpolated between steps, from none at 0; infinite past the last step."""
    steps = mode.steps(impairment)
    places = [0.0, *(step.at for step in steps)]
    penalties = [0.0, *(step.penalty_db for step in steps)]
    return np.asarray(np.interp(value, places, penalties, left=inf, right=inf), dtype=float)
