# SPDX-License-Identifier: BSD-3-Clause
"""What is trained on which ring of data centres, for each distance, with overlap and without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import floor, inf

from apnemu.blueprint.tcp import payload_share
from apnemu.emulation.apps.training import HEAD
from apnemu.errors import InputError
from apnemu.experiments.virtual_dc_training.settings import Settings, lengths_km
from apnemu.model.plant import Plant
from apnemu.placement.allreduce import Training, fitted_bytes_per_compute_s
from apnemu.placement.training_models import MODELS
from apnemu.question.context import Context
from apnemu.question.plants import ring_demands, ring_names
from apnemu.units import gbps_to_bytes_per_s, ns_to_s

PROBE_BYTES = 98
WIRE_TOLERANCE = 0.01
"""Tolerance of the bytes between sites."""
HOME = "one data centre"
LIKE_STEPS = 8
"""Steps that are followed, of more: the window of the first is still small, further ones are alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Training in a ring of `sites`; `length_km` is the fibre between neighbours where it was asked for."""

    phase: str
    length_km: float | None
    sites: tuple[str, ...]
    plan: Training

    @property
    def home_phase(self) -> str:
        """The stage of the same workers in one data centre."""
        return f"{self.phase} {HOME}"


def chosen(plant: Plant, settings: Settings) -> list[str]:
    """The first demand's ends, then further data centres in the topology's order."""
    first = [plant.demands[0].source, plant.demands[0].target] if plant.demands else []
    names = list(dict.fromkeys([*first, *(site.name for site in plant.data_centres)]))[: settings.sites]
    if len(names) < settings.sites:
        raise InputError(
            f"sites is {settings.sites}; {plant.name} has {len(names)} data centres; give at most that, or "
            "--set distance_km=35 for a ring of as many as you like",
            file="--set",
        )
    return names


def cases(context: Context[Settings]) -> list[Case]:
    """A case for every distance, and with overlap and without. Raises InputError for neighbours that are not joined."""
    settings = context.settings
    rtts = context.predicted_rtts(PROBE_BYTES)
    asked = []
    for number, length_km in enumerate(lengths_km(settings)):
        own = length_km is None and not settings.rtt_ms
        sites = chosen(context.plant, settings) if own else ring_names(number, settings.sites)
        pairs = [(demand.source, demand.target) for demand in ring_demands(sites, 1)]
        if missing := [pair for pair in pairs if pair not in rtts]:
            raise InputError(
                f"the {context.network} network of {context.plant.name} does not join {missing[0][0]} and "
                f"{missing[0][1]} as asked for; see apnemu plan"
            )
        rtt_ns = max(rtts[pair] for pair in pairs)
        ways_s = _ways_s(context, sites)
        for overlap in settings.overlap:
            plan = _plan(context, min(context.line_rate_gbps(pair) for pair in pairs), rtt_ns, overlap == "on")
            plan = replace(plan, ways_s=ways_s)
            phase = f"{number} overlap {overlap}"
            asked.append(Case(phase=phase, length_km=length_km, sites=tuple(sites), plan=plan))
    return asked


def _ways_s(context: Context[Settings], sites: Sequence[str]) -> tuple[tuple[float, float], ...]:
    """Delays, in s, from each site to the next in the ring, and back."""
    ring = zip(sites, [*sites[1:], *sites[:1]], strict=True)
    pairs = [(pair, pair[::-1]) for pair in ring]
    return tuple(
        (ns_to_s(context.predicted_way_ns(out, PROBE_BYTES)), ns_to_s(context.predicted_way_ns(back, PROBE_BYTES)))
        for out, back in pairs
    )


def rate_gbps(context: Context[Settings], line_gbps: float) -> float:
    """The rate between neighbours whose line has `line_gbps`."""
    return min(line_gbps, context.settings.rate_gbps or line_gbps)


def _plan(context: Context[Settings], line_gbps: float, rtt_ns: int, overlap: bool) -> Training:
    settings = context.settings
    model = MODELS[settings.model]
    share = payload_share(context.plant.packet.mtu_bytes)
    plan = Training(
        sites=settings.sites,
        per_site=settings.workers,
        algorithm=settings.algorithm,
        buckets=settings.buckets,
        overlap=overlap,
        gradient_bytes=settings.gradient_bytes or model.gradient_bytes,
        compute_s=settings.compute_s or model.compute_s,
        bytes_per_s=gbps_to_bytes_per_s(rate_gbps(context, line_gbps)) * share,
        rtt_s=ns_to_s(rtt_ns),
        local_bytes_per_s=gbps_to_bytes_per_s(settings.local_gbps),
        window_bytes=context.plant.tcp_window_bytes,
        steps=min(settings.steps, LIKE_STEPS),
    )
    if not settings.fit_ratio:
        return _beyond_framing(plan)
    published = replace(
        plan,
        bytes_per_s=gbps_to_bytes_per_s(settings.fit_rate_gbps) * share,
        rtt_s=settings.fit_rtt_ms / 1e3,
        overlap=True,
        window_bytes=inf,
        steps=1,
    )
    try:
        per_s = fitted_bytes_per_compute_s(published, settings.fit_ratio)
    except ValueError as error:
        raise InputError(f"fit_ratio: {error}; give one between them", file="--set") from error
    return _beyond_framing(replace(plan, gradient_bytes=max(1, round(per_s * plan.compute_s))))


def _beyond_framing(plan: Training) -> Training:
    """Refuses gradients so small that the heads of their messages alone are more than `WIRE_TOLERANCE` of them."""
    size = plan.sites if plan.algorithm == "hierarchical" else plan.sites * plan.per_site
    least = floor(HEAD.size * plan.buckets * size / WIRE_TOLERANCE) + 1
    if plan.gradient_bytes < least:
        raise InputError(
            f"gradient_bytes is {plan.gradient_bytes}; {plan.buckets} buckets in {size} parts each need at least "
            f"{least}, so that the heads of their messages stay below {WIRE_TOLERANCE:.0%}; give more bytes",
            file="--set",
        )
    return plan
