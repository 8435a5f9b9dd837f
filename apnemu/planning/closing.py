# SPDX-License-Identifier: BSD-3-Clause
"""Choice of the mode that a route's signal quality allows, and the reason where it allows none."""

from __future__ import annotations

from math import inf

from apnemu.model.plant import Mode
from apnemu.model.quality import Quality, Verdict
from apnemu.model.reason import Reason
from apnemu.model.spectrum import told


def preference(mode: Mode) -> tuple[int, float, float, str]:
    """Sort key of modes: of all that close, planning takes the one with the narrowest slot, then the lowest rate, then
    the least power of a transceiver (a power that is not stated comes last), then the first by name."""
    return mode.slot_m, mode.rate_gbps, inf if mode.power_w is None else mode.power_w, mode.name


def closing_mode(modes: tuple[Mode, ...], rate_gbps: float, quality: Quality) -> Mode | None:
    """Choose the first mode by `preference` of those that carry the rate and close; None if none does."""
    fit = [mode for mode in modes if mode.rate_gbps >= rate_gbps and quality.closes(mode.name)]
    return min(fit, key=preference, default=None)


def why_none_closes(modes: tuple[Mode, ...], rate_gbps: float, sites: tuple[str, ...], quality: Quality) -> Reason:
    """Say why no mode closes: route, GSNR, need and shortfall of the nearest mode, and a rate that closes."""
    rate = f"{rate_gbps:g} Gbit/s"
    place = f"{' > '.join(sites)} ({quality.length_km:g} km)"
    if quality.stopped:
        return Reason(code="route", text=f"over {place} {quality.stopped}; go in two parts")
    able = [mode for mode in modes if mode.rate_gbps >= rate_gbps]
    if all(mode.name in quality.dark for mode in able):
        return Reason(
            code="spectrum",
            text=f"over {place} the amplifiers carry {told(quality.bands)} of the spectrum, where no slot of a mode"
            f" with {rate} has room; give a spectrum that they carry (spectrum: in the topology)",
        )
    modes = tuple(mode for mode in modes if mode.name not in quality.dark)
    if quality.weak_db > 0:
        return Reason(
            code="quality",
            text=f"over {place} light reaches a ROADM {quality.weak_db:.1f} dB too weak to be handed on; shorten the"
            " spans (span_km), or go in two parts",
        )
    nearest = min(
        (quality.verdict(mode.name) for mode in modes if mode.rate_gbps >= rate_gbps),
        key=lambda verdict: (len(verdict.beyond), verdict.need_db - verdict.worst_gsnr_db, verdict.mode),
    )
    slower = max((mode for mode in modes if quality.closes(mode.name)), key=lambda mode: mode.rate_gbps, default=None)
    way_out = (
        f"ask for {slower.rate_gbps:g} Gbit/s ({slower.name} closes)" if slower else "no slower mode closes either"
    )
    return Reason(
        code="quality",
        text=f"over {place} no mode with {rate} closes; {_shortfall(nearest)}; {way_out}, or go in two parts",
    )


def _shortfall(verdict: Verdict) -> str:
    """Figures of the nearest mode in words; the margin is the worst channel's."""
    gsnr = f"{verdict.mode} has GSNR {verdict.gsnr_db:.2f} dB (worst channel {verdict.worst_gsnr_db:.2f})"
    need = f"needs {verdict.need_db:g}"
    if verdict.beyond:
        plain_db = verdict.worst_gsnr_db - verdict.need_db
        return (
            f"{gsnr}, {need}, margin {plain_db:.2f} of the {verdict.wanted_db:g} wanted without penalties, and does not"
            f" bear {' nor '.join(verdict.beyond)}"
        )
    return (
        f"{gsnr}, {need} + {verdict.penalty_db:.2f} of penalties, margin {verdict.margin_db:.2f} of the"
        f" {verdict.wanted_db:g} wanted, {verdict.missing_db:.2f} dB are missing"
    )
