"""Does a router's queue make packets wait as queueing theory says: fixed-size packets at Poisson instants, M/D/1?"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.question.experiment import Context, Experiment, Row, Setting
from apnemu.question.stages import arrivals
from apnemu.report.waits import wait_rows
from apnemu.units import VirtualNs, gbps_to_bytes_per_s, s_to_ns

TOLERANCE = 0.05
ENDLESS_BYTES = 10**10
PACKETS_AT_NO_LOAD = 8_000
"""The mean wait's relative standard error is about sqrt(2 / packets) / (1 - load) (Whitt, Management Science 35(11),
1989, for M/D/1): with this many packets / (1 - load)^2 it is 1.6 % at every load."""


def prepare(plant: Plant, settings: Mapping[str, Any]) -> Plant:
    background = dataclasses.replace(plant.packet.background, kind="poisson", frame_bytes=settings["frame_bytes"])
    packet = dataclasses.replace(plant.packet, buffer_bytes=ENDLESS_BYTES, background=background)
    return dataclasses.replace(plant, packet=packet)


def stages(context: Context) -> tuple[Stage, ...]:
    return tuple(_stage(context, load) for load in context.settings["load"])


def _stage(context: Context, load: float) -> Stage:
    settings = context.settings
    packets = min(settings["packets"], math.ceil(PACKETS_AT_NO_LOAD / (1 - load) ** 2))
    rate = gbps_to_bytes_per_s(context.plant.packet.line_rate_gbps)
    duration_ns = s_to_ns(packets * settings["frame_bytes"] / (load * rate))
    fibre = context.plant.fibres[0]
    phase = f"load={load:g}"
    return Stage(
        phase=phase,
        duration_ns=VirtualNs(duration_ns),
        load=load,
        activities=arrivals(context, phase, [(fibre.a, fibre)], load, duration_ns),
        observe="waits",
    )


def rows(table: pa.Table, contexts: Sequence[Context]) -> list[Row]:
    return [
        dict(row)
        for context in contexts
        for row in wait_rows(
            table, context.folder, context.settings["frame_bytes"], context.plant.packet.line_rate_gbps
        )
    ]


def expected(settings: Mapping[str, Any]) -> str:
    return f"the mean wait is within {TOLERANCE:.0%} of rho / (2 mu (1 - rho)) at every load below 1"


def met(results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    return all(abs(row["mean_wait_ns"] / row["predicted_wait_ns"] - 1) <= TOLERANCE for row in results)


EXPERIMENT = Experiment(
    name="queue",
    question="Does a router's queue make packets wait as queueing theory says?",
    topology="three-sites",
    networks=("packet",),
    settings=(
        Setting(
            name="load", default=(0.5, 0.8, 0.95), low=0.01, high=0.99, many=True, meaning="rho, of the router's line"
        ),
        Setting(name="frame_bytes", default=1514, low=60, high=1514, whole=True, meaning="length of every frame"),
        Setting(
            name="packets", default=4_000_000, low=1000, high=1e8, whole=True, meaning="at most so many at each load"
        ),
    ),
    prepare=prepare,
    stages=stages,
    rows=rows,
    expected=expected,
    met=met,
)
