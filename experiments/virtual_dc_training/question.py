# SPDX-License-Identifier: BSD-3-Clause
"""A model trained by several data centres together: how much longer does a step take than in one?

Each step computes for a declared time and sums gradients over real TCP. Beside it, in the same run, the same workers in
one data centre: no distance between them, and `local_gbps` for each connection.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apnemu.experiments.virtual_dc_training.cases import WIRE_TOLERANCE, cases, chosen, rate_gbps
from apnemu.experiments.virtual_dc_training.gloo import gloo_stages, need_torch
from apnemu.experiments.virtual_dc_training.rows import rows
from apnemu.experiments.virtual_dc_training.settings import Settings, check, lengths_km
from apnemu.experiments.virtual_dc_training.shown import SHOWN
from apnemu.model.activities import Application
from apnemu.model.plant import Plant, Roadm
from apnemu.model.scenario import Stage
from apnemu.placement.allreduce import Training, step_s
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment
from apnemu.question.plants import ring_demands, rings
from apnemu.question.verdict import Claim, Verdict, at_least, judge_rows, near_share, same
from apnemu.units import VirtualNs, gbps_to_bytes_per_s

PORT = 7400
PATIENCE_S = 600.0
TOLERANCE = 0.05
LEAST_RATIO = 0.999


def prepare(plant: Plant, settings: Settings) -> Plant:
    """Data centres in a ring: the topology's own, or laid for each distance or for the round trip."""
    if settings.collective == "gloo":
        need_torch()
    check(settings)
    gbps = settings.rate_gbps or (plant.demands[0].rate_gbps if plant.demands else 100)
    if lengths_km(settings) == [None] and not settings.rtt_ms:
        return dataclasses.replace(plant, demands=ring_demands(chosen(plant, settings), gbps))
    if settings.rtt_ms:
        plant = dataclasses.replace(
            plant,
            modes=tuple(dataclasses.replace(mode, fec_ns=0) for mode in plant.modes),
            roadm=Roadm(source="rtt_ms contains all delays"),
            packet=dataclasses.replace(plant.packet, forwarding_ns=0, oeo_ns=0, fec_ns=0),
        )
    return rings(plant, settings.sites, lengths_km(settings), rate_gbps=gbps, rtt_ns=round(settings.rtt_ms * 1e6))


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """Each case, and behind it the same workers in one data centre; before all of them the comparison with gloo."""
    asked = cases(context)
    played = [*gloo_stages(context, asked[0].sites)] if context.settings.collective == "gloo" else []
    for case in asked:
        places = [site for site in case.sites for _ in range(case.plan.per_site)]
        home = case.plan.at_home()
        played.append(_stage(context, case.phase, places, case.plan))
        played.append(_stage(context, case.home_phase, [case.sites[0]] * home.per_site, home))
    return tuple(played)


def _stage(context: Context[Settings], phase: str, places: Sequence[str], plan: Training) -> Stage:
    """One worker for each place, in the order of ranks."""
    line_gbps = [context.line_rate_gbps(pair) for pair in context.reachable()]
    slower = rate_gbps(context, min(line_gbps)) < max(line_gbps)
    between = round(plan.bytes_per_s) if slower else 0
    local = gbps_to_bytes_per_s(context.settings.local_gbps)
    told = {
        "algorithm": plan.algorithm,
        "sites": plan.sites,
        "per_site": plan.per_site,
        "buckets": plan.buckets,
        "gradient_bytes": plan.gradient_bytes,
        "compute_s": plan.compute_s,
        "overlap": plan.overlap,
        "steps": context.settings.steps,
        "ports": [PORT + number for number in range(len(places))],
        "addresses": [f"{{address:{site}}}" for site in places],
    }
    applications = []
    for rank, place in enumerate(places):
        paces = {"pace_bytes_per_s": [local if site == place else between for site in places]}
        applications.append(
            Application(
                name=f"worker-{rank}",
                site=place,
                role="job",
                argv=("{python}", "-m", "apnemu.emulation.apps.training", json.dumps({"rank": rank, **told, **paces})),
                limit_s=PATIENCE_S + 20 * context.settings.steps * step_s(plan),
            )
        )
    return Stage(phase=phase, duration_ns=VirtualNs(1_000_000), activities=tuple(applications))


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    checked = ", gloo's sum and the workers' alike to the last bit" if settings.collective == "gloo" else ""
    return (
        f"bytes between sites within {WIRE_TOLERANCE:.0%} of what the algorithm needs (no headers, nothing twice), "
        f"steps over the APN within {TOLERANCE:.0%} of the closed form, none faster than at home on faster lines"
        f"{checked}"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every row: its bytes on either network, its steps over the APN."""

    def claims(row: Mapping[str, Any]) -> Iterator[Claim]:
        if row["network"] != "packet":
            yield near_share("step", row["step_s"], row["predicted_step_s"], TOLERANCE, "s")
        yield near_share(
            "bytes between sites", row["wire_bytes"], max(1, row["expected_wire_bytes"]), WIRE_TOLERANCE, "bytes"
        )
        if row["rate_gbps"] <= settings.local_gbps:
            yield at_least("step in that of one data centre", row["ratio"], LEAST_RATIO)
        if "gloo_same_sum" in row:
            yield same("sum of gloo and of the workers as it should be", row["gloo_same_sum"], True)

    return judge_rows(results, claims, KEY)


KEY = ("network", "distance_km", "overlap")
EXPERIMENT = Experiment(
    name="virtual_dc_training",
    question="How much longer does a training step take in several data centres than in one?",
    topology="three-sites",
    settings=Settings,
    key=KEY,
    prepare=prepare,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=SHOWN,
)
