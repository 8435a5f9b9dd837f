# SPDX-License-Identifier: BSD-3-Clause
"""What does a TCP flow of apnemu's get, and what iperf3 on the same lightpath in the same lab?"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # it ships no types

from apnemu import Application, Experiment, Setting, Stage
from apnemu.experiments import throughput
from apnemu.model.plant import Mode, Plant
from apnemu.question.context import Context, Row
from apnemu.question.verdict import Verdict
from apnemu.units import VirtualNs, carried_gbps, ns_to_s, s_to_ns

PORT = "5301"
CONNECTING_RTTS, MORE_S = 5, 0.03
"""What iperf3 is given before it sends, and after the last interval that counts."""
PROGRAM = (Path(__file__).parent / "iperf.py").read_text()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(throughput.Settings):
    """What `--set` may change."""

    length_km: Annotated[float, Setting("Length of the fibre", "km", low=0.001, high=10000)] = 100.0
    mtu: Annotated[int, Setting("Largest IP datagram", "bytes", low=576, high=65535)] = 1500


def prepare(plant: Plant, settings: Settings) -> Plant:
    """The one lightpath of a topology, at the length, rate and MTU that are asked for."""
    (fibre,), (demand,) = plant.fibres, plant.demands
    rate_gbps = settings.rate_gbps or demand.rate_gbps
    return dataclasses.replace(
        plant,
        fibres=(dataclasses.replace(fibre, length_km=settings.length_km),),
        demands=(dataclasses.replace(demand, rate_gbps=rate_gbps),),
        modes=(Mode(name="any", rate_gbps=rate_gbps, slot_m=4, reach_km=1e5, fec_ns=0, source="for comparisons"),),
        packet=dataclasses.replace(plant.packet, mtu_bytes=settings.mtu),
    )


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """After each of throughput's stages one with iperf3, which counts as long, in the first whole interval."""
    mixed: list[Stage] = []
    python = ("{python}", "-c", PROGRAM)
    ours = throughput.stages(context)
    for stage in ours:
        (flow,) = stage.activities
        rtt_ns = context.predicted_rtts(1514)[flow.source, flow.target]
        every_s = context.settings.seconds
        intervals = math.ceil(context.settings.ramp_s / every_s) + 1
        seconds = intervals * every_s + ns_to_s(CONNECTING_RTTS * rtt_ns) + MORE_S
        call = ("call", f"{{address:{flow.target}}}", PORT, flow.congestion_control, f"{seconds:.3f}")
        client = Application(name="client", site=flow.source, role="job", needs=("server",), argv=(*python, *call))
        server = Application(
            name="server",
            site=flow.target,
            role="job",
            ready=f"listens:{PORT}",
            argv=(*python, "serve", PORT, f"{every_s:.6f}"),
        )
        mixed += [stage, Stage(phase=f"iperf3 {stage.phase}", duration_ns=VirtualNs(0), activities=(client, server))]
    return tuple(mixed)


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """Throughput's rows, with what iperf3 got in the first whole interval after the ramp."""
    settings = contexts[0].settings
    said = table.filter(pc.equal(table["kind"], "application")).to_pylist()
    found = []
    for row, record in zip(throughput.rows(table, contexts), said, strict=True):
        intervals = json.loads(record["detail"])["intervals"]
        begin_s, end_s, size = next(each for each in intervals if each[0] >= settings.ramp_s - 0.001)
        found.append(
            {**row, "iperf3_gbps": carried_gbps(size, s_to_ns(end_s - begin_s)), "iperf3_counted_s": end_s - begin_s}
        )
    return found


EXPERIMENT = Experiment(
    name="beside_iperf",
    question="What does a TCP flow get, and what does iperf3?",
    topology="three-sites",
    settings=Settings,
    key=(*throughput.KEY,),
    prepare=prepare,
    stages=stages,
    rows=rows,
    expected=lambda settings: "the same within 1 %",
    judge=lambda results, settings: Verdict(judged=0, why="its caller judges"),
)
