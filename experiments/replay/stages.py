# SPDX-License-Identifier: BSD-3-Clause
"""Settings of the replay, what is sent on a network by them, and the stage that plays it."""

from __future__ import annotations

import dataclasses
import functools
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np

from apnemu import shared_folder
from apnemu.errors import InputError
from apnemu.experiments.replay.captured import Frame, frames_of, left_out
from apnemu.experiments.replay.made import made_frames
from apnemu.model.activities import Pair, Replay
from apnemu.model.assignment import Assignment
from apnemu.model.plant import ETHERNET_HEADER_BYTES, Background, Plant
from apnemu.model.scenario import Stage
from apnemu.planning.served import Whole
from apnemu.question.clients import ClientSettings, with_clients, with_lines
from apnemu.question.context import Context
from apnemu.question.pairs import PairSettings, chosen_pair, route
from apnemu.question.settings import Setting
from apnemu.question.traffic import arrivals
from apnemu.units import VirtualNs

PHASE = "replay"
LEAST_BYTES = 60
FILLING_NS = 5_000_000
"""Time in which queues fill before the first frame of the capture, and go on being filled after the last."""
REPLAYED = np.dtype([("at_ns", "<i8"), ("bytes", "<u4")])
"""Replayed frame: its instant after the stage's start, and its length in the file beside this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(PairSettings, ClientSettings):
    """What `--set` may change."""

    pcap: Annotated[
        str,
        Setting(
            "Capture that is sent, a pcap or pcapng file; empty: one that is made, of datagrams of IMIX lengths whose"
            " gaps are 100 ns to 10 ms",
            example="capture.pcap",
            of="file",
        ),
    ] = ""
    frames: Annotated[
        int, Setting("Most frames of the capture that are sent; the made one has so many", low=2, high=1e6)
    ] = 1000
    ways: Annotated[
        Literal["one", "two"],
        Setting(
            "One: all frames go from `from` to `to`; two: those of the first frame's sender do, all others go back"
        ),
    ] = "one"
    load: Annotated[
        float,
        Setting(
            "Load of others on the routers' lines, as a share of their rate; nobody else is on a wavelength",
            low=0,
            high=2,
        ),
    ] = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Frames that one host sends: their instants after the stage's start, and their lengths, arrays of shape (frames,).

    `left_out` counts those that this network does not carry. `duration_ns` is how long others send.
    """

    pair: Pair
    phase: str
    file: str
    load: float
    duration_ns: int
    frames: Sequence[Frame]
    left_out: int
    instants_ns: Whole
    lengths: Whole


def prepare(plant: Plant, settings: Settings) -> Plant:
    """Lines of one rate, and others who send at Poisson instants unless the topology says how."""
    plant = with_lines(plant, settings)
    if plant.packet.background.kind == "none":
        plant = dataclasses.replace(
            plant, packet=dataclasses.replace(plant.packet, background=Background(kind="poisson"))
        )
    return plant


def arrange(planned: Assignment, settings: Settings) -> Assignment:
    """Clients of one rate."""
    return with_clients(planned, settings)


def sent_on(context: Context[Settings]) -> list[Sent]:
    """What is sent on a network: one capture, or the two ways of one.

    Raises InputError where nothing of the capture can be sent there.
    """
    settings, pair = context.settings, chosen_pair(context)
    frames, _ = read(settings, context.line_rate_gbps(pair), context.seed)
    load = settings.load if context.network == "packet" else 0.0
    most = context.plant.packet.mtu_bytes + ETHERNET_HEADER_BYTES
    why = Counter(left_out(frame, context.network, most) for frame in frames)
    good = [frame for frame in frames if not left_out(frame, context.network, most)]
    if not good:
        reasons = "; ".join(f"{count} {text}" for text, count in why.items())
        raise InputError(
            f"no frame of {settings.pcap or 'the made capture'} can be sent over the {context.network} network:"
            f" {reasons}; give another capture, or mtu_bytes",
            file="--set",
        )
    last_ns = max(frame.at_ns for frame in good)
    way_ns = context.predicted_way_ns(pair, most) + context.predicted_way_ns(pair[::-1], most)
    duration_ns = 2 * FILLING_NS + last_ns + way_ns
    first = good[0].source
    there = [frame for frame in good if settings.ways == "one" or frame.source == first]
    back = [frame for frame in good if settings.ways == "two" and frame.source != first]
    return [
        Sent(
            pair=ends,
            phase=PHASE,
            file=f"{PHASE}-{ends[0]}-{ends[1]}",
            load=load,
            duration_ns=duration_ns,
            frames=part,
            left_out=sum(why.values()) - why[""],
            instants_ns=np.array([frame.at_ns for frame in part], np.int64) + FILLING_NS,
            lengths=np.array([max(LEAST_BYTES, len(frame.content)) for frame in part], np.int64),
        )
        for ends, part in ((pair, there), (pair[::-1], back))
        if part
    ]


def read(settings: Settings, rate_gbps: float, seed: int) -> tuple[list[Frame], Counter[str]]:
    """The frames of the capture, and a count of what was left out or completed, by why."""
    if not settings.pcap:
        return made_frames(settings.frames, rate_gbps, seed), Counter()
    path = Path(settings.pcap)
    changed_ns = path.stat().st_mtime_ns if path.exists() else 0
    return _kept(path, settings.frames, changed_ns)


@functools.lru_cache(maxsize=2)
def _kept(path: Path, most: int, changed_ns: int) -> tuple[list[Frame], Counter[str]]:
    return frames_of(path, most)


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """One stage: the capture, and on the packet network others' frames on its way."""
    sent = sent_on(context)
    for one in sent:
        index = np.zeros(len(one.frames), REPLAYED)
        index["at_ns"] = one.instants_ns
        index["bytes"] = [len(frame.content) for frame in one.frames]
        document = io.BytesIO()  # numpy's own writing does not say that a disk is full
        np.save(document, index)
        shared_folder.write_bytes(context.folder, f"{one.file}.npy", document.getbuffer())
        content = b"".join(frame.content for frame in one.frames)
        shared_folder.write_bytes(context.folder, f"{one.file}.frames", content)
    entered = [] if context.network == "apn" else [hop for one in sent for hop in route(context, one.pair)]
    others = arrivals(context, PHASE, entered, sent[0].load, sent[0].duration_ns)
    replays = tuple(
        Replay(source=one.pair[0], target=one.pair[1], file=one.file, frames=len(one.frames)) for one in sent
    )
    return (
        Stage(
            phase=PHASE,
            duration_ns=VirtualNs(sent[0].duration_ns),
            load=context.settings.load,
            activities=(*others, *replays),
        ),
    )
