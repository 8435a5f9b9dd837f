# SPDX-License-Identifier: BSD-3-Clause
"""Does a router's queue make packets wait, and drop them, as queueing theory says?

Frames of one length or of a mix come at Poisson instants to a queue without an end (M/D/1, M/G/1), or to one of so many
bytes (M/D/1/K).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import InputError
from apnemu.experiments.queue.rows import ENDLESS_BYTES, wait_rows
from apnemu.model.fibre import Fibre
from apnemu.model.plant import ETHERNET_HEADER_BYTES, Background, Plant
from apnemu.model.scenario import Stage
from apnemu.question.chances import EVERY
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment
from apnemu.question.settings import Setting
from apnemu.question.traffic import IMIX, arrivals
from apnemu.question.verdict import Claim, Verdict, judge_rows, near, near_share
from apnemu.report import columns, words
from apnemu.report.curves import Curve
from apnemu.report.shown import Shown, count_of
from apnemu.units import VirtualNs, gbps_to_bytes_per_s, s_to_ns

TOLERANCE = 0.05
TIES = 0.002
"""Share of drops by which a replay may differ: a frame that comes at the nanosecond at which another leaves may find it
there still."""
USUAL_GBPS = 10.0
"""Rate of the line where nobody gives one: a full frame then takes 1.2 us, and a nanosecond is little of it."""
PACKETS_AT_NO_LOAD = 8_000
"""The mean wait's relative standard error is about sqrt(2 / packets) / (1 - load) (Whitt, Management Science 35(11),
1989, for M/D/1): with this many packets / (1 - load)^2 it is 1.6 % at every load. With lengths that vary it is
sqrt(1 + c^2) times that, c their coefficient of variation. A bounded queue of room for K forgets within K^2 packets."""
MOST_ROOM = 2_000
"""Most frames in a bounded queue of which theory is worked out: a system of as many equations."""


KEY = ("network", "load")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    load: Annotated[
        tuple[float, ...],
        Setting(
            "Loads of the router's line (rho), each a share of its rate; from 1 on of a queue with an end alone",
            low=0.01,
            high=2,
        ),
    ] = (
        0.5,
        0.8,
        0.95,
    )
    frame_bytes: Annotated[int, Setting("Length of every frame", "bytes", low=60, high=1514)] = 1514
    frames: Annotated[
        Literal["one", "imix"],
        Setting("Lengths of frames: one (frame_bytes), or imix (60, 590, 1514 bytes at 7:4:1); sizes goes before both"),
    ] = "one"
    sizes: Annotated[
        tuple[int, ...], Setting("Lengths of frames of a mix", "bytes", low=60, high=65_549, example="64,576,1500")
    ] = ()
    weights: Annotated[
        tuple[float, ...],
        Setting("How often each of sizes comes; alike if left out", low=0.001, high=1e6, example="7,4,1"),
    ] = ()
    packets: Annotated[int, Setting("Most packets at each load", low=1000, high=1e8)] = 4_000_000

    def __post_init__(self) -> None:
        if self.weights and len(self.weights) != len(self.sizes):
            raise ValueError(
                f"weights has {len(self.weights)} values and sizes {len(self.sizes)}; each size has its weight; give as"
                " many, for example sizes=64,576,1500 and weights=7,4,1"
            )
        if self.sizes and self.frames == "imix":
            raise ValueError("sizes and frames=imix are two mixes; there is one; take one of them out")

    @property
    def mix(self) -> tuple[tuple[int, float], ...]:
        """Lengths of frames with their weights; none where all are of `frame_bytes`."""
        if self.frames == "imix":
            return IMIX
        return tuple(zip(self.sizes, self.weights or [1.0] * len(self.sizes), strict=True))


def prepare(plant: Plant, settings: Settings) -> Plant:
    """Frames at Poisson instants, and a queue without an end unless somebody gave one in bytes.

    Raises InputError for a frame that the network does not carry, and where every fibre loses frames or has jitter.
    """
    lengths = [length for length, _ in settings.mix] or [settings.frame_bytes]
    most = plant.packet.mtu_bytes + ETHERNET_HEADER_BYTES
    if max(lengths) > most:
        raise InputError(
            f"a frame has {max(lengths)} bytes; the network's longest has {most} (mtu_bytes + 14); make it shorter, or"
            " mtu_bytes larger",
            file="--set",
        )
    background = Background(kind="poisson", frame_bytes=settings.frame_bytes, mix=settings.mix)
    given = 0 if plant.packet.buffer_ns else plant.packet.buffer_bytes
    if given and given // min(lengths) > MOST_ROOM:
        raise InputError(
            f"buffer_bytes is {given}, room for {given // min(lengths)} frames; theory is worked out for {MOST_ROOM} at"
            " most; make it smaller, or leave it out for a queue without an end",
            file="--set",
        )
    if not given and max(settings.load) >= 1:
        raise InputError(
            f"load is {max(settings.load):g}; in a queue without an end waits grow for ever from 1 on; give less, or a"
            " queue: --set buffer_bytes=15140",
            file="--set",
        )
    _watched(plant)
    packet = dataclasses.replace(plant.packet, as_light=False, background=background)
    packet = packet.at(USUAL_GBPS if plant.packet.as_light else packet.line_rate_gbps)
    packet = dataclasses.replace(packet, buffer_bytes=given or ENDLESS_BYTES, buffer_ns=0)
    return dataclasses.replace(plant, packet=packet)


def _watched(plant: Plant) -> Fibre:
    """The fibre whose queue is watched: the first that neither loses frames nor lets their delay vary."""
    for fibre in plant.fibres:
        if not fibre.routed.disturbs:
            return fibre
    raise InputError(
        f"every fibre of {plant.name} loses frames or has jitter, and frames are told apart by their order before and"
        " behind a queue; take loss and jitter of one fibre out",
        file="--topology",
    )


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """A stage for each load, whose queue is captured on both sides."""
    return tuple(_stage(context, load) for load in context.settings.load)


def _stage(context: Context[Settings], load: float) -> Stage:
    settings = context.settings
    packet = context.plant.packet
    mean = packet.background.mean_bytes
    square = sum(weight * length**2 for length, weight in settings.mix) / sum(dict(settings.mix).values() or [1])
    memory = (1 - load) ** -2 if load < 1 else math.inf
    if packet.buffer_bytes < ENDLESS_BYTES:
        memory = min(memory, max(2.0, packet.buffer_bytes / mean) ** 2)
    packets = min(settings.packets, math.ceil(PACKETS_AT_NO_LOAD * max(1.0, square / mean**2) * memory))
    rate = gbps_to_bytes_per_s(packet.line_rate_gbps)
    duration_ns = s_to_ns(packets * mean / (load * rate))
    fibre = _watched(context.plant)
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
    return [dict(row) for context in contexts for row in wait_rows(table, context.folder, context.plant.packet)]


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        f"at every load the mean wait is within {TOLERANCE:.0%} of lambda E[S^2] / (2 (1 - rho)), or M/D/1/K's in a"
        " bounded queue of frames of one length, which drops the share that M/D/1/K says; and a replay of the same"
        " arrivals drops as many"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every load."""
    return judge_rows(results, _claims, KEY)


def _claims(row: Mapping[str, Any]) -> Iterator[Claim]:
    yield near("frames dropped", row["drops"], row["exact_drops"], TIES * row["exact_drops"])
    if row["predicted_wait_ns"] is None:
        yield near_share("mean wait", row["mean_wait_ns"], row["exact_wait_ns"], TOLERANCE, "ns")
        return
    yield near_share("mean wait", row["mean_wait_ns"], row["predicted_wait_ns"], TOLERANCE, "ns")
    expected = row["predicted_loss"] * row["packets"]
    # drops come in crowds, of some 1 / (1 - load) frames: four standard errors of so many crowds
    crowd = 1 / max(0.1, abs(1 - row["load"]))
    yield near("frames dropped", row["drops"], expected, TOLERANCE * expected + 4 * math.sqrt(expected * crowd))


def sentence(results: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> str:
    """The mean wait at the highest load, and the share of frames that are dropped, beside theory where it has one.

    >>> row = {"load": 0.8, "mean_wait_ns": 2402.6, "predicted_wait_ns": 2422.0, "exact_wait_ns": 2402.6, "drops": 0}
    >>> sentence([row], {})
    'A frame waits 2.40 µs on average at load 0.8; queueing theory says 2.42 µs.'
    >>> sentence([{**row, "predicted_wait_ns": None, "drops": 21, "packets": 7000, "predicted_loss": None}], {})
    'A frame waits 2.40 µs on average at load 0.8; a replay of the arrivals says 2.40 µs; 0.3 % of frames are dropped.'
    """
    known = [row for row in results if row["mean_wait_ns"] is not None]
    if not known:
        return count_of(results, picture)
    row = max(known, key=lambda row: float(row["load"]))
    who, says = "queueing theory", row["predicted_wait_ns"]
    if says is None:
        who, says = "a replay of the arrivals", row["exact_wait_ns"]
    measured, said = words.duration(round(row["mean_wait_ns"])), words.duration(round(says))
    text = f"A frame waits {measured} on average at load {row['load']:g}; {who} says {said}"
    if row["drops"]:
        text += f"; {words.percent(row['drops'] / row['packets'])} of frames are dropped"
        text += f", by theory {words.percent(row['predicted_loss'])}" if row["predicted_loss"] is not None else ""
    return text + "."


WAIT = Curve(
    title="The mean wait at a router's port",
    caption="Dashed: queueing theory, M/D/1 or M/G/1 in closed form, M/D/1/K from its Markov chain.",
    x="load",
    y="mean_wait_ns",
    axes=("load", "time"),
    unit="time",
    reference="predicted_wait_ns",
    reference_name="theory",
)
BRIEF = (
    columns.network_short(),
    columns.plain("load"),
    columns.number("mean_wait_ns", "mean wait, ns", 1),
    columns.number("predicted_wait_ns", "theory, ns", 1),
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
    reckons_with=EVERY,
    prepare=prepare,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=Shown(sentence=sentence, figures=(WAIT,), brief=BRIEF),
)
