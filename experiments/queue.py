# SPDX-License-Identifier: BSD-3-Clause
"""Does a router's queue make packets wait as queueing theory says: fixed-size packets at Poisson instants, M/D/1?"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypedDict

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import LabError
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment
from apnemu.question.settings import Setting
from apnemu.question.traffic import arrivals
from apnemu.question.verdict import Claim, Verdict, judge_rows, near_share
from apnemu.records.pcap import stamps_ns
from apnemu.report import columns, words
from apnemu.report.curves import Curve
from apnemu.report.shown import Shown, count_of
from apnemu.units import VirtualNs, gbps_to_bytes_per_s, s_to_ns, serialisation_ns

TOLERANCE = 0.05
ENDLESS_BYTES = 10**10
USUAL_GBPS = 10.0
"""Rate of the line where nobody gives one: a full frame then takes 1.2 us, and a nanosecond is little of it."""
PACKETS_AT_NO_LOAD = 8_000
"""The mean wait's relative standard error is about sqrt(2 / packets) / (1 - load) (Whitt, Management Science 35(11),
1989, for M/D/1): with this many packets / (1 - load)^2 it is 1.6 % at every load."""


KEY = ("network", "load")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    load: Annotated[
        tuple[float, ...], Setting("Loads of the router's line (rho), each a share of its rate", low=0.01, high=0.99)
    ] = (
        0.5,
        0.8,
        0.95,
    )
    frame_bytes: Annotated[int, Setting("Length of every frame", "bytes", low=60, high=1514)] = 1514
    packets: Annotated[int, Setting("Most packets at each load", low=1000, high=1e8)] = 4_000_000


def prepare(plant: Plant, settings: Settings) -> Plant:
    """Frames of one length at Poisson instants, and a queue without an end."""
    background = dataclasses.replace(plant.packet.background, kind="poisson", frame_bytes=settings.frame_bytes)
    packet = dataclasses.replace(plant.packet, as_light=False, background=background)
    packet = packet.at(USUAL_GBPS if plant.packet.as_light else packet.line_rate_gbps)
    packet = dataclasses.replace(packet, buffer_bytes=ENDLESS_BYTES, buffer_ns=0)
    return dataclasses.replace(plant, packet=packet)


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """A stage for each load, whose queue is captured on both sides."""
    return tuple(_stage(context, load) for load in context.settings.load)


def _stage(context: Context[Settings], load: float) -> Stage:
    settings = context.settings
    packets = min(settings.packets, math.ceil(PACKETS_AT_NO_LOAD / (1 - load) ** 2))
    rate = gbps_to_bytes_per_s(context.plant.packet.line_rate_gbps)
    duration_ns = s_to_ns(packets * settings.frame_bytes / (load * rate))
    fibre = context.plant.fibres[0]
    phase = f"load={load:g}"
    return Stage(
        phase=phase,
        duration_ns=VirtualNs(duration_ns),
        load=load,
        activities=arrivals(context, phase, [(fibre.a, fibre)], load, duration_ns),
        observe="waits",
    )


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each load."""
    return [
        dict(row)
        for context in contexts
        for row in wait_rows(table, context.folder, context.settings.frame_bytes, context.plant.packet.line_rate_gbps)
    ]


class WaitRow(TypedDict):
    """Waits at one load. `predicted_wait_ns` is M/D/1's mean; `exact_wait_ns` what these very arrivals must wait."""

    network: str
    load: float
    packets: int
    mean_wait_ns: float
    predicted_wait_ns: float
    exact_wait_ns: float
    wait_ns_p99: int
    drops: int


def wait_rows(table: pa.Table, folder: Path, frame_bytes: int, line_rate_gbps: float) -> list[WaitRow]:
    """One row for each load whose queue was watched.

    The k-th frame to leave is the k-th that came (first in, first out, none dropped). What both captures have in common
    (serialisation, fibre) is the least time between them, which a frame that found an empty queue took.
    M/D/1: rho / (2 mu (1 - rho)) (Kleinrock, Queueing Systems I, 1975, eq. 5.72 with constant service).
    """
    service_ns = serialisation_ns(frame_bytes, line_rate_gbps)
    drops: dict[float, int] = {}
    for record in table.to_pylist():
        if record["kind"] == "queue":
            drops[record["load"]] = drops.get(record["load"], 0) + (record["drops"] or 0)
    rows: list[WaitRow] = []
    for record in table.to_pylist():
        if record["kind"] != "event" or not record["name"].startswith("waits-"):
            continue
        came, went = stamps_ns(folder, f"{record['name']}-in.pcap"), stamps_ns(folder, f"{record['name']}-out.pcap")
        if len(came) != len(went) or not len(came):
            raise LabError(f"{record['name']}: {len(came)} frames came to the queue and {len(went)} left it")
        between = went - came
        waits = between - between.min()
        load = record["load"]
        rows.append(
            {
                "network": record["network"],
                "load": load,
                "packets": len(waits),
                "mean_wait_ns": round(float(waits.mean()), 3),
                "predicted_wait_ns": round(load * service_ns / (2 * (1 - load)), 3),
                "exact_wait_ns": round(float(_lindley(came, service_ns).mean()), 3),
                "wait_ns_p99": int(np.sort(waits)[max(0, -(-99 * len(waits) // 100) - 1)]),
                "drops": drops.get(load, 0),
            }
        )
    return rows


def _lindley(came_ns: npt.NDArray[np.int64], service_ns: int) -> npt.NDArray[np.int64]:
    """What each of these arrivals waits for one server with constant service (Lindley, 1952), in closed form.

    >>> _lindley(np.array([0, 10, 100]), 30).tolist()
    [0, 20, 0]
    """
    backlog = np.arange(len(came_ns)) * service_ns - came_ns
    waits: npt.NDArray[np.int64] = np.maximum.accumulate(-backlog)
    return waits + backlog


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return f"the mean wait is within {TOLERANCE:.0%} of rho / (2 mu (1 - rho)) at every load below 1"


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every load."""
    return judge_rows(results, _claims, KEY)


def _claims(row: Mapping[str, Any]) -> Iterator[Claim]:
    yield near_share("mean wait", row["mean_wait_ns"], row["predicted_wait_ns"], TOLERANCE, "ns")


def sentence(results: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> str:
    """The mean wait at the highest load.

    >>> sentence([{"load": 0.8, "mean_wait_ns": 2402.6, "predicted_wait_ns": 2422.0}], {})
    'A frame waits 2.40 µs on average at load 0.8; the M/D/1 queue says 2.42 µs.'
    """
    known = [row for row in results if row["mean_wait_ns"] is not None]
    if not known:
        return count_of(results, picture)
    row = max(known, key=lambda row: float(row["load"]))
    measured, theory = words.duration(round(row["mean_wait_ns"])), words.duration(round(row["predicted_wait_ns"]))
    return f"A frame waits {measured} on average at load {row['load']:g}; the M/D/1 queue says {theory}."


WAIT = Curve(
    title="The mean wait at a router's port",
    caption="Dashed: the M/D/1 queue's closed form.",
    x="load",
    y="mean_wait_ns",
    axes=("load", "time"),
    unit="time",
    reference="predicted_wait_ns",
    reference_name="M/D/1",
)
BRIEF = (
    columns.network_short(),
    columns.plain("load"),
    columns.number("mean_wait_ns", "mean wait, ns", 1),
    columns.number("predicted_wait_ns", "M/D/1, ns", 1),
    columns.plain("wait_ns_p99", "p99, ns"),
    columns.part("drops", "packets", "dropped"),
)
EXPERIMENT = Experiment(
    name="queue",
    question="Does a router's queue make packets wait as queueing theory says?",
    topology="three-sites",
    networks=("packet",),
    settings=Settings,
    key=KEY,
    prepare=prepare,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=Shown(sentence=sentence, figures=(WAIT,), brief=BRIEF),
)
