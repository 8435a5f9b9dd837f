# SPDX-License-Identifier: BSD-3-Clause
"""Records of migrations as rows beside pre-copy's closed form; what is refused has a row with its reason."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.experiments.virtual_dc_migration.plans import Move, Settings, moves, paths
from apnemu.placement.precopy import course, refusal
from apnemu.question.context import Context, Row
from apnemu.question.plants import NEAR
from apnemu.records.query import groups


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each network, path and machine; those of pairs without light come last."""
    stages = {
        of_stage: [json.loads(record["detail"]) for record in records]
        for of_stage, records in groups(table, "application", "network", "phase")
    }
    results: list[Row] = []
    for context in contexts:
        for move in moves(context):
            results += _rows(context, move, stages.get((context.network, move.phase), []))
        results += _dark(context)
    return results


def _rows(context: Context[Settings], move: Move, outputs: Sequence[dict[str, Any]]) -> list[Row]:
    if why := refusal(move.plan):
        return [_refused(context, move.distance_km, move.rate_gbps, why)]
    predicted = course(move.plan)
    received = [output["received_sha256"] for output in outputs if "received_sha256" in output]
    sent = [output for output in outputs if "rounds" in output]
    return [
        {
            **_asked(context, move.distance_km, move.rate_gbps),
            "rounds": output["rounds"],
            "moved_bytes": output["moved_bytes"],
            "total_ns": output["total_ns"],
            "downtime_ns": output["downtime_ns"],
            "predicted_downtime_ns": round(predicted.downtime_s * 1e9),
            "reason": "",
            "predicted_rounds": predicted.rounds,
            "predicted_moved_bytes": round(predicted.moved_bytes),
            "predicted_total_ns": round(predicted.total_s * 1e9),
            "machine": number,
            "machines": len(sent),
            "same_memory": output["sha256"] in received if "sha256" in output else None,
            "line_rate_gbps": context.line_rate_gbps((NEAR, move.site)),
        }
        for number, output in enumerate(sent, 1)
    ]


def _dark(context: Context[Settings]) -> list[Row]:
    """A row for each pair that gets no light, with planning's reason."""
    reasons = {refusal.demand: f"no light: {refusal.reason}" for refusal in context.assignment.refusals}
    joined = context.reachable()
    return [
        _refused(context, km, gbps, reasons[site])
        for km, gbps, site in dict.fromkeys(paths(context.settings))
        if (NEAR, site) not in joined
    ]


def _refused(context: Context[Settings], km: float, gbps: float, why: str) -> Row:
    nothing = dict.fromkeys(("rounds", "moved_bytes", "total_ns", "downtime_ns", "predicted_downtime_ns"))
    return {**_asked(context, km, gbps), **nothing, "reason": why}


def _asked(context: Context[Settings], km: float, gbps: float) -> Row:
    return {
        "network": context.network,
        "distance_km": km,
        "rate_gbps": gbps,
        "memory_bytes": context.settings.memory_bytes,
        "dirty_bytes_per_s": context.settings.dirty_bytes_per_s,
    }
