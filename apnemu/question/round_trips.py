# SPDX-License-Identifier: BSD-3-Clause
"""Probes of the records reduced to rows of round trips, for several experiments.

Durations stay integers: a percentile is one of the values seen (nearest rank), never a mean of two. Rows come in the
order in which their first record was written down.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.question.context import Network
from apnemu.records.query import groups, known, nearest_rank
from apnemu.report.round_trips import LatencyRow


def latency_rows(table: pa.Table, predicted: Mapping[tuple[str, str, Network], int]) -> list[LatencyRow]:
    """A row for each (from, to, network, phase) with probes.

    `predicted[from, to, network]` is the round trip in ns of a probe that meets no other traffic; a pair that is not
    in it has None. `jitter_ns` is the range of the round trips, `rtt_ns_max - rtt_ns_min`: 0 when all were alike.
    """
    rows: list[LatencyRow] = []
    for (source, target, network, phase), probes in groups(table, "probe", "source", "target", "network", "phase"):
        rtts = known(probes, "rtt_ns")
        rows.append(
            {
                "from": source,
                "to": target,
                "network": network,
                "phase": phase,
                "rtt_ns_min": min(rtts, default=None),
                "rtt_ns_p50": nearest_rank(rtts, 50),
                "rtt_ns_p99": nearest_rank(rtts, 99),
                "rtt_ns_max": max(rtts, default=None),
                "jitter_ns": max(rtts) - min(rtts) if rtts else None,
                "one_way_ns_p50": nearest_rank(known(probes, "one_way_ns"), 50),
                "sent": len(probes),
                "lost": len(probes) - len(rtts),
                "predicted_rtt_ns": predicted.get((source, target, network)),
            }
        )
    return rows
