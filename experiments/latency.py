"""How long does a small packet take between two data centres, there and back, and how much does that vary?

Idle, or while others fill their own wavelengths on the same fibres (APN) and the routers' lines (packet network).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.model.activities import Pair, Probes, Saturation
from apnemu.model.scenario import Stage
from apnemu.question.experiment import Context, Experiment, Row, Setting
from apnemu.question.stages import arrivals, declared_load, joined_pairs, settled_ns
from apnemu.question.traffic import filling_ns, halves
from apnemu.report.rows import latency_rows
from apnemu.units import VirtualNs, us_to_ns

TOLERANCE_NS = 100
JITTER_NS = 50
PACKET_TOLERANCE_NS = 1_000
"""Up to 12 hops, each rounded to the clock's step."""


def stages(context: Context) -> tuple[Stage, ...]:
    found: list[Stage] = []
    joined = joined_pairs(context)
    for load in context.settings["load"]:
        if load == "idle":
            found.append(_stage(context, "declared" if declared_load(context) else "idle", joined))
        elif context.network == "apn":
            found += [_stage(context, "full", pairs, full) for pairs, full in halves(context.plant, context.assignment)]
        else:
            found.append(_stage(context, "full", joined))
    return tuple(found)


def _stage(context: Context, phase: str, pairs: tuple[Pair, ...], full: tuple[Saturation, ...] = ()) -> Stage:
    settings = context.settings
    gap_ns = us_to_ns(settings["gap_us"])
    if phase == "idle" and context.network == "packet":
        gap_ns = max(gap_ns, 4 * settled_ns(context))
    after_ns = 0 if phase == "idle" else filling_ns(full) + settled_ns(context)
    probes = Probes(
        pairs=pairs,
        count=settings["probes"],
        gap_ns=VirtualNs(gap_ns),
        frame_bytes=settings["frame_bytes"],
        after_ns=VirtualNs(after_ns),
    )
    duration_ns = after_ns + gap_ns * len(pairs) * settings["probes"] + settled_ns(context)
    stage = Stage(phase=phase, duration_ns=VirtualNs(duration_ns), activities=(probes, *full))
    if phase != "idle" and context.network == "packet":
        everywhere = [(site, fibre) for fibre in context.plant.fibres for site in (fibre.a, fibre.b)]
        load = declared_load(context) if phase == "declared" else settings["background_load"]
        others = arrivals(context, phase, everywhere, load, duration_ns)
        stage = dataclasses.replace(stage, activities=(*stage.activities, *others))
    return stage


def rows(table: pa.Table, contexts: Sequence[Context]) -> list[Row]:
    predicted = {
        (*pair, context.network): rtt_ns
        for context in contexts
        for pair, rtt_ns in context.predicted_rtts(context.settings["frame_bytes"]).items()
    }
    return [dict(row) for row in latency_rows(table, predicted)]


def expected(settings: Mapping[str, Any]) -> str:
    return (
        f"over the APN every median is within {TOLERANCE_NS} ns of the closed form and jitter is at most "
        f"{JITTER_NS} ns, idle or not; over the idle packet network every median is within "
        f"{PACKET_TOLERANCE_NS} ns of its closed form"
    )


def met(results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    return all(_met(row) for row in results)


def _met(row: Row) -> bool:
    if row["network"] == "packet" and row["phase"] != "idle":
        return True
    if row["lost"] or row["rtt_ns_p50"] is None:
        return False
    error_ns = abs(row["rtt_ns_p50"] - row["predicted_rtt_ns"])
    if row["network"] == "packet":
        return bool(error_ns <= PACKET_TOLERANCE_NS)
    return bool(error_ns <= TOLERANCE_NS and row["jitter_ns"] <= JITTER_NS)


EXPERIMENT = Experiment(
    name="latency",
    question="How long does a small packet take between two data centres, and how much does that vary?",
    topology="jpn12",
    settings=(
        Setting(
            name="load",
            default=("idle",),
            choices=("idle", "full"),
            many=True,
            meaning="idle but for load that the topology declares, or other wavelengths and all lines in use",
        ),
        Setting(name="probes", default=20, low=1, high=65_535, whole=True, meaning="echo requests for each pair"),
        Setting(
            name="gap_us",
            default=20.0,
            low=1,
            high=1e6,
            meaning="between probes; where they could meet in an idle router, a round trip",
        ),
        Setting(name="frame_bytes", default=98, low=60, high=1514, whole=True, meaning="Ethernet frame of a probe"),
        Setting(name="background_load", default=0.7, low=0, high=2, meaning="of the routers' lines, under load=full"),
    ),
    stages=stages,
    rows=rows,
    expected=expected,
    met=met,
)
