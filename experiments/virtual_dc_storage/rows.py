# SPDX-License-Identifier: BSD-3-Clause
"""What a disk in another data centre gave: each of fio's jobs as a row beside its closed form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.experiments.virtual_dc_storage.jobs import line_bytes_per_s, load_of_others
from apnemu.experiments.virtual_dc_storage.settings import Settings, distances, phase_at
from apnemu.placement.remote_disk import bandwidth_bytes_per_s, filling_depth, round_trips
from apnemu.question.context import Context, Row
from apnemu.question.plants import far_names
from apnemu.question.round_trips import latency_rows
from apnemu.records.query import groups
from apnemu.units import bytes_per_s_to_gbps


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each network, distance and job of fio's that measures."""
    measured = {(row["network"], row["phase"]): row["rtt_ns_p50"] for row in reversed(latency_rows(table, {}))}
    stages = {
        of_stage: [json.loads(record["detail"]) for record in records]
        for of_stage, records in groups(table, "application", "network", "phase")
    }
    results: list[Row] = []
    for context in contexts:
        load = load_of_others(context)
        bases: dict[tuple[str, int], tuple[int, int]] = {}
        for number, km in enumerate(distances(context.settings)):
            of_stage = (context.network, phase_at(km))
            for job in stages.get(of_stage, ()):
                if job["what"] == "warm":
                    continue
                rtt_ns, kind = measured[of_stage], (job["rw"], job["block_bytes"])
                if job["what"] == "sweep" and job["queue_depth"] == 1 and rtt_ns is not None:
                    bases.setdefault(kind, (job["latency_ns_p50"], rtt_ns))
                row = _row(
                    job,
                    rtt_ns=rtt_ns,
                    line=line_bytes_per_s(context, far_names(number)[0]),
                    inline_data_bytes=context.settings.inline_data_bytes,
                    base=None if load else bases.get(kind),
                )
                results.append({"network": context.network, "distance_km": km, **row, "load": load})
    return results


def _row(
    job: Mapping[str, Any], *, rtt_ns: int | None, line: float, inline_data_bytes: int, base: tuple[int, int] | None
) -> Row:
    """A job of fio's as a row, with what is expected of it where nobody else is on the way.

    `base` is what such a command took alone at the shortest distance, and the round trip there, both in ns; without it
    nothing is expected. `line` is what TCP gets of the line, in bytes/s.
    """
    block, depth = job["block_bytes"], job["queue_depth"] * job.get("jobs", 1)
    per_s = job["read_or_written_bytes"] / block / job["runtime_ms"] * 1e3
    alone_ns = bandwidth = fills = None
    if base and rtt_ns is not None:
        alone_ns = base[0] + round_trips(job["rw"], block, inline_data_bytes) * (rtt_ns - base[1])
        bandwidth = round(bytes_per_s_to_gbps(bandwidth_bytes_per_s(depth, block, alone_ns, line)), 6)
        fills = filling_depth(block, alone_ns, line)
    return {
        "what": job["what"],
        "rtt_ns": rtt_ns,
        "block_bytes": block,
        "queue_depth": job["queue_depth"],
        "rw": job["rw"],
        "iops": round(per_s, 3),
        "bandwidth_gbps": round(bytes_per_s_to_gbps(per_s * block), 6),
        **{name: job[name] for name in job if name.startswith("latency_ns")},
        "predicted_alone_ns": alone_ns,
        "predicted_bandwidth_gbps": bandwidth,
        "filling_queue_depth": fills,
        "jobs": job.get("jobs", 1),
        "read_or_written_bytes": job["read_or_written_bytes"],
        "runtime_ms": job["runtime_ms"],
        "line_gbps": round(bytes_per_s_to_gbps(line), 6),
    }
