# SPDX-License-Identifier: BSD-3-Clause
"""A job whose data are in another data centre: what does its accelerator lose while it waits for them?

Batch after batch is read over a TCP connection that is warm, and computed on for a declared time. The next batches are
asked for ahead, or, as a job does that nobody has tuned, when the accelerator has nothing left to do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apnemu.experiments.virtual_dc_loading.rows import rows
from apnemu.experiments.virtual_dc_loading.settings import (
    Settings,
    check,
    distances,
    job,
    measured_steps,
    phase_at,
    sites,
)
from apnemu.experiments.virtual_dc_loading.shown import SHOWN
from apnemu.model.activities import Application
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.placement.loading import step_s
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment
from apnemu.question.pairs import need_joined
from apnemu.question.plants import NEAR, star
from apnemu.question.verdict import Claim, Verdict, judge_rows, near_share
from apnemu.units import VirtualNs

PORT = "7600"
PROGRAM = ("{python}", "-m", "apnemu.emulation.apps.loading")
TOLERANCE = 0.02
WARM_RTTS, WARM_S = 8, 0.02
"""Time's worth of the line by which the connection is warmed: slow start ends with two round trips' worth."""
PATIENCE_S = 600.0


def prepare(plant: Plant, settings: Settings) -> Plant:
    """A star with data at each distance. Raises InputError for more under way than the lab holds."""
    check(settings)
    return star(plant, distances(settings), rate_gbps=settings.rate_gbps)


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """A stage for each distance; in it the depths, one after another on the same connection."""
    need_joined(context)
    return tuple(_stage(context, phase_at(km), site) for km, site in sites(context.settings).items())


def _stage(context: Context[Settings], phase: str, site: str) -> Stage:
    settings = context.settings
    plans = [job(context, site, depth) for depth in settings.depth]
    counts = [depth + measured_steps(settings, depth) + 1 for depth in settings.depth]
    took_s = sum(count * step_s(plan)[0] for count, plan in zip(counts, plans, strict=True))
    told = {
        "batch_bytes": settings.batch_bytes,
        "compute_s": settings.compute_s,
        "depths": list(zip(settings.depth, counts, strict=True)),
        "warm_bytes": round(plans[0].most_bytes_per_s * (WARM_S + WARM_RTTS * plans[0].rtt_s)),
    }
    store = Application(name="store", site=site, role="job", argv=(*PROGRAM, "serve", PORT), ready="says:serving",
                        limit_s=PATIENCE_S + 20 * took_s)  # fmt: skip
    reader = Application(
        name="job",
        site=NEAR,
        role="job",
        argv=(*PROGRAM, "train", f"{{address:{site}}}", PORT, json.dumps(told)),
        needs=("store",),
        limit_s=PATIENCE_S + 20 * took_s,
        output_limit_bytes=1 << 24,
    )
    return Stage(phase=phase, duration_ns=VirtualNs(1_000_000), activities=(store, reader))


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        "a step takes the longest of its computing, its batch on the line (or in TCP's windows), and a batch's own"
        " time, a round trip and its sending, shared by as many steps as batches are asked for ahead; with none ahead"
        f" it takes its computing and then that time; within {TOLERANCE:.0%}"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every row: nobody else is on either network."""

    def claims(row: Mapping[str, Any]) -> Iterator[Claim]:
        yield near_share("step", row["step_s"], row["predicted_step_s"], TOLERANCE, "s")

    return judge_rows(results, claims, KEY)


KEY = ("network", "distance_km", "depth")
EXPERIMENT = Experiment(
    name="virtual_dc_loading",
    question="What does an accelerator lose whose data are in another data centre?",
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
