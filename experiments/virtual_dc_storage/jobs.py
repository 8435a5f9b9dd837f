# SPDX-License-Identifier: BSD-3-Clause
"""What fio does at one distance, job by job, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apnemu.experiments.virtual_dc_storage.settings import Settings, depths
from apnemu.placement.remote_disk import round_trips
from apnemu.question.context import Context
from apnemu.question.plants import NEAR
from apnemu.question.traffic import PROBE_BYTES
from apnemu.units import s_to_ns

WARM_RTTS, WARM_S = 30, 0.05
"""Time for which a connection is warmed, each way: its window then fits the path."""
RAMP_TIMES, RUN_TIMES, ALONE_TIMES = 1.5, 2, 30
"""Latencies of a point before it is measured, and while it is at least; and the least in those of a command alone."""
BETWEEN_JOBS_NS = 300_000_000
"""Longest pause between two jobs: fio looks every 0.1 s at what its jobs do."""


def load_of_others(context: Context[Settings]) -> float:
    """The share of the line that others take: none of a lightpath."""
    return 0.0 if context.network == "apn" else float(context.settings.load)


def line_bytes_per_s(context: Context[Settings], site: str) -> float:
    """What TCP carries on the line, or with its window."""
    return context.tcp_bytes_per_s((NEAR, site))


def jobs_at(context: Context[Settings], site: str) -> Iterator[dict[str, Any]]:
    """Jobs with the disk at `site`, one after another: warming, the sweep, and the training set."""
    settings = context.settings
    yield from _warming(settings, context.predicted_rtts(PROBE_BYTES)[NEAR, site])
    yield from _sweep(context, site)
    if settings.training_bytes:
        yield {
            "what": "training input",
            "rw": "read",
            "block_bytes": settings.training_block_bytes,
            "queue_depth": settings.training_queue_depth,
            "jobs": settings.training_jobs,
            "read_bytes": settings.training_bytes,
        }


def _warming(settings: Settings, rtt_ns: int) -> Iterator[dict[str, Any]]:
    """The most that any job has under way, each way that is used."""
    ways = [*settings.rw]
    most = [(max(settings.block_bytes), max(settings.queue_depth))]
    if settings.training_bytes:
        ways.append("read")
        most.append((settings.training_block_bytes, settings.training_jobs * settings.training_queue_depth))
    block, depth = max(most, key=lambda each: each[0] * each[1])
    warm = {"what": "warm", "block_bytes": block, "queue_depth": depth, "ramp_ns": 0}
    for rw in dict.fromkeys(ways):
        yield {**warm, "rw": rw, "run_ns": s_to_ns(WARM_S) + WARM_RTTS * rtt_ns}


def _sweep(context: Context[Settings], site: str) -> Iterator[dict[str, Any]]:
    """Every direction, block and number of commands under way."""
    settings = context.settings
    rtt_ns = context.predicted_rtts(PROBE_BYTES)[NEAR, site]
    line = line_bytes_per_s(context, site) * (1 - load_of_others(context))
    for rw in settings.rw:
        for block in settings.block_bytes:
            trips = round_trips(rw, block, settings.inline_data_bytes)
            alone_ns = settings.device_ns + trips * rtt_ns + block / line * 1e9
            for depth in depths(settings):
                latency_ns = round(max(alone_ns, depth * block / line * 1e9))
                yield {
                    "what": "sweep",
                    "rw": rw,
                    "block_bytes": block,
                    "queue_depth": depth,
                    "ramp_ns": round(RAMP_TIMES * latency_ns),
                    "run_ns": max(s_to_ns(settings.seconds), RUN_TIMES * latency_ns, ALONE_TIMES * round(alone_ns)),
                }


def took_ns(context: Context[Settings], site: str) -> int:
    """The time that all jobs take at most."""
    line = line_bytes_per_s(context, site) * (1 - load_of_others(context))
    jobs = list(jobs_at(context, site))
    timed_ns = sum(job["ramp_ns"] + job["run_ns"] for job in jobs if "run_ns" in job)
    return int(timed_ns) + round(context.settings.training_bytes / line * 1e9) + BETWEEN_JOBS_NS * len(jobs)
