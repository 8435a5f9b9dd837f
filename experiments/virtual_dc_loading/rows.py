# SPDX-License-Identifier: BSD-3-Clause
"""Steps of a job whose data are in another data centre, beside the closed form and those with the data at hand."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.experiments.virtual_dc_loading.settings import Settings, job, measured_steps, phase_at, sites
from apnemu.placement.loading import step_s
from apnemu.question.context import Context, Row
from apnemu.records.query import groups
from apnemu.units import bytes_per_s_to_gbps


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each network, distance and depth."""
    records = {
        of_stage: {said["depth"]: said["instants_ns"] for said in (json.loads(one["detail"]) for one in found)}
        for of_stage, found in groups(table, "application", "network", "phase")
    }
    results: list[Row] = []
    for context in contexts:
        home = records[context.network, phase_at(0.0)]
        for km, site in sites(context.settings).items():
            taken = records[context.network, phase_at(km)]
            for depth in context.settings.depth:
                steps = (mean_step_s(instants[depth], depth) for instants in (taken, home))
                results.append(_row(context, km, site, depth, *steps))
    return results


def mean_step_s(instants_ns: Sequence[int], depth: int) -> float:
    """Mean time, in s, of the steps behind the first `depth`, whose batches were all asked for at once.

    >>> mean_step_s([0, 1, 4_000_000_000, 6_000_000_000], 2)
    2.0
    """
    measured = instants_ns[depth:]
    return (measured[-1] - measured[0]) / 1e9 / (len(measured) - 1)


def _row(context: Context[Settings], km: float, site: str, depth: int, taken_s: float, home_s: float) -> Row:
    settings = context.settings
    plan = job(context, site, depth)
    predicted_s, bound = step_s(plan)
    home_plan = job(context, sites(settings)[0.0], depth)
    return {
        "network": context.network,
        "distance_km": km,
        "rtt_ns": round(plan.rtt_s * 1e9),
        "depth": depth,
        "batch_bytes": settings.batch_bytes,
        "compute_s": settings.compute_s,
        "step_s": taken_s,
        "predicted_step_s": predicted_s,
        "bound": bound,
        "one_dc_step_s": home_s,
        "lost_share": round(1 - home_s / taken_s, 6),
        "predicted_lost_share": round(1 - step_s(home_plan)[0] / predicted_s, 6),
        "busy_share": round(settings.compute_s / taken_s, 6),
        "read_gbps": round(bytes_per_s_to_gbps(settings.batch_bytes / taken_s), 6),
        "steps": measured_steps(settings, depth),
        "tcp_window_bytes": plan.window_bytes,
    }
