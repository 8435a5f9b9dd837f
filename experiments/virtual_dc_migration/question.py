# SPDX-License-Identifier: BSD-3-Clause
"""A machine moves to another data centre while it runs: how long, how many bytes, and for how long does it stop?

Pre-copy over real TCP on a warm connection: all memory, then what was dirtied meanwhile, until the rest is small or
gets no smaller; then the machine stops, and starts again where the last byte has arrived.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apnemu.experiments.virtual_dc_migration.plans import Move, Settings, moves, paths
from apnemu.experiments.virtual_dc_migration.rows import rows
from apnemu.experiments.virtual_dc_migration.shown import SHOWN
from apnemu.model.activities import Application
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.placement.precopy import refusal
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment
from apnemu.question.plants import NEAR, star
from apnemu.question.verdict import Claim, Verdict, judge_rows, near_share, same
from apnemu.units import VirtualNs

PORT = 7200
PROGRAM = ("{python}", "-m", "apnemu.emulation.apps.migration")
TOLERANCE = 0.05
WARM_RTTS, WARM_S = 60, 0.15
"""Time for which a connection is warmed: its window then fits the path."""


def prepare(plant: Plant, settings: Settings) -> Plant:
    """A star with a path for each distance and rate."""
    asked = paths(settings)
    laid = star(plant, [km for km, _, _ in asked], rate_gbps=1)
    demands = tuple(
        dataclasses.replace(demand, rate_gbps=gbps) for demand, (_, gbps, _) in zip(laid.demands, asked, strict=True)
    )
    return dataclasses.replace(laid, demands=demands)


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """A stage for each path on which pre-copy can work."""
    return tuple(_stage(context, move) for move in moves(context) if not refusal(move.plan))


def _stage(context: Context[Settings], move: Move) -> Stage:
    applications: list[Application] = []
    for machine in range(1, context.settings.machines + 1):
        port = str(PORT + machine)
        there = f"receiver-{machine}"
        wanted = "verify" if context.settings.verify == "yes" else "count"
        applications += [
            Application(
                name=there, site=move.site, role="job", argv=(*PROGRAM, "receive", port, wanted), ready="says:receiving"
            ),
            Application(
                name=f"machine-{machine}",
                site=NEAR,
                role="job",
                argv=(*PROGRAM, "send", f"{{address:{move.site}}}", port, json.dumps(_told(context, move, machine))),
                needs=(there,),
                limit_s=10_000,
            ),
        ]
    return Stage(phase=move.phase, duration_ns=VirtualNs(1_000_000), activities=tuple(applications))


def _told(context: Context[Settings], move: Move, machine: int) -> dict[str, Any]:
    """What a machine is told of its migration."""
    plan = move.plan
    slower = move.rate_gbps < context.line_rate_gbps((NEAR, move.site))
    return {
        **{name: getattr(plan, name) for name in ("memory_bytes", "page_bytes", "dirty_bytes_per_s", "pattern")},
        **{name: getattr(plan, name) for name in ("stop_bytes", "most_rounds")},
        "pace_bytes_per_s": round(plan.bytes_per_s) if slower else 0,
        "warm_bytes": round(plan.bytes_per_s * (WARM_S + WARM_RTTS * plan.rtt_s)),
        "seed": f"{context.seed} {machine}",
        "verify": context.settings.verify == "yes",
    }


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        f"rounds, bytes, total time, downtime of a machine alone within {TOLERANCE:.0%} of pre-copy's closed form, and "
        "a refusal where more is dirtied than the path carries or no light is given; what is compared arrives unchanged"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Machines that moved alone, and memories that were compared."""
    return judge_rows(results, _claims, KEY, about="a machine that moved alone, or a memory that was compared")


def _claims(row: Mapping[str, Any]) -> Iterator[Claim]:
    if row["reason"]:
        return
    if row["same_memory"] is not None:
        yield same("memory unchanged", row["same_memory"], True)
    if row["machines"] == 1:
        yield same("rounds", row["rounds"], row["predicted_rounds"])
        yield near_share("bytes moved", row["moved_bytes"], row["predicted_moved_bytes"], TOLERANCE)
        yield near_share("total time", row["total_ns"], row["predicted_total_ns"], TOLERANCE, "ns")
        yield near_share("downtime", row["downtime_ns"], row["predicted_downtime_ns"], TOLERANCE, "ns")


KEY = ("network", "distance_km", "rate_gbps", "machine")
EXPERIMENT = Experiment(
    name="virtual_dc_migration",
    question="How long does a machine that moves to another data centre stop, and what does it cost?",
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
