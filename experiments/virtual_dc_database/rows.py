# SPDX-License-Identifier: BSD-3-Clause
"""What a database's client, its primary and its standbys have after a cut: what was lost, how long commits stalled."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.experiments.virtual_dc_database.settings import (
    AFTER_CUT,
    Settings,
    furthest_rtt_ns,
    phase_at,
    phase_of_cut,
    sites_at,
)
from apnemu.placement.stalls import stall_bounds_ns
from apnemu.question.context import Context, Row
from apnemu.question.round_trips import latency_rows
from apnemu.records.query import groups
from apnemu.units import s_to_ns

Outputs = Mapping[str, Mapping[str, Any]]
"""The records of one stage's applications, by their names; None instead if that stage was not played."""

REPAIR_COLUMNS = (
    *("dark_ns", "stalled_ns", "stalled_ns_least", "stalled_ns_most"),
    *("repair_acknowledged", "repair_acknowledged_since", "repair_acknowledged_lost"),
)


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each network and distance: what transactions waited for, and what a cut did at the last distance."""
    measured = {(row["network"], row["phase"]): row["rtt_ns_p50"] for row in reversed(latency_rows(table, {}))}
    stages = {
        of_stage: {record["name"]: json.loads(record["detail"]) for record in records}
        for of_stage, records in groups(table, "application", "network", "phase")
    }
    results: list[Row] = []
    for context in contexts:
        network, settings = context.network, context.settings
        for km, sites in sites_at(settings).items():
            if (network, phase_at(km)) not in stages:
                continue
            failed_over, repaired = (stages.get((network, phase_of_cut(km, after))) for after in AFTER_CUT)
            results.append(
                {
                    "network": network,
                    "distance_km": km,
                    "rtt_ns": measured[network, phase_at(km)],
                    "standbys": settings.standbys,
                    **stages[network, phase_at(km)]["client"],
                    "load": settings.load if network == "packet" else 0.0,
                    **after_failover(failed_over),
                    **after_repair(repaired, s_to_ns(settings.dark_s), furthest_rtt_ns(context, sites)),
                }
            )
    return results


def after_failover(stage: Outputs | None) -> dict[str, int | bool | None]:
    """The number of rows that were acknowledged, and of those that are not both on the promoted standby and on the
    primary; of several standbys the one that has most is the one to promote.

    >>> after_failover({"client": {"acknowledged": [1, 2, 3]}, "primary-check": {"primary_has": [1, 2, 3, 4]},
    ...                 "promotion-1": {"standby_has": [1, 2], "standby_takes_rows": True}})
    {'acknowledged': 3, 'acknowledged_lost': 1, 'standby_takes_rows': True}
    """
    if stage is None:
        return dict.fromkeys(("acknowledged", "acknowledged_lost", "standby_takes_rows"))
    return {
        "acknowledged": len(stage["client"]["acknowledged"]),
        "acknowledged_lost": _lost(stage),
        "standby_takes_rows": all(
            each["standby_takes_rows"] for each in stage.values() if "standby_takes_rows" in each
        ),
    }


def after_repair(stage: Outputs | None, dark_ns: int, rtt_ns: int) -> dict[str, int | None]:
    """The same numbers where the fibre was mended instead, with the longest time between two acknowledgements, its
    bounds, and the number of rows that were acknowledged since light was back.

    >>> list(after_repair({"client": {"acknowledged": [1, 2, 3], "at_ns": [10, 20, 90], "since": 1},
    ...                    "primary-check": {"primary_has": [1, 2, 3]}, "standby-check-1": {"standby_has": [1, 2, 3]}},
    ...                   50, 10).values())
    [50, 70, 50, 240000160, 3, 1, 0]
    """
    if stage is None:
        return dict.fromkeys(REPAIR_COLUMNS)
    client = stage["client"]
    stalled_ns = max((after - before for before, after in pairwise(client["at_ns"])), default=None)
    counts = (len(client["acknowledged"]), client["since"], _lost(stage))
    return dict(zip(REPAIR_COLUMNS, (dark_ns, stalled_ns, *stall_bounds_ns(dark_ns, rtt_ns), *counts), strict=True))


def _lost(stage: Outputs) -> int:
    """The number of acknowledged rows that the primary or the standby with most rows has not."""
    standbys: Sequence[set[int]] = [set(each["standby_has"]) for each in stage.values() if "standby_has" in each]
    held = max(standbys, key=len) & set(stage["primary-check"]["primary_has"])
    return len(set(stage["client"]["acknowledged"]) - held)
