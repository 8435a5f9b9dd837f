# SPDX-License-Identifier: BSD-3-Clause
"""Other people's frames, drawn: when each enters a router, how long it is, and by which port it leaves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from apnemu.model.plant import Background, PacketNetwork
from apnemu.units import NS_PER_S, gbps_to_bytes_per_s, s_to_ns, serialisation_ns

FRAME = np.dtype([("at_ns", "<i8"), ("bytes", "<u2"), ("port", "<u2")])
"""Injected frame: when it enters the router, after the stage's start; its length; the port that it leaves by."""


def background_frames(
    packet: PacketNetwork, background: Background, port: int, duration_ns: int, draws: np.random.Generator
) -> npt.NDArray[np.void]:
    """Frames of declared background load for one port, in the order of their arrival.

    `poisson`: frames of one length, or of a mix, at exponential gaps. `pareto`: bursts that begin at exponential gaps
    and send frames back to back at line rate, of Pareto lengths with the declared mean; bursts may overlap (a Poisson
    Pareto burst process: Zukerman, Neame, Addie, Infocom 2003). The mean offered rate is `load` x the line rate.
    """
    if background.kind == "none" or background.load == 0:
        return np.zeros(0, FRAME)
    bytes_per_s = background.load * gbps_to_bytes_per_s(packet.line_rate_gbps)
    if background.kind == "poisson":
        starts = poisson_ns(bytes_per_s / background.mean_bytes, duration_ns, draws)
        if not background.mix:
            return _frames(starts, background.frame_bytes, port)
        lengths, weights = (np.array(part) for part in zip(*background.mix, strict=True))
        return _frames(starts, draws.choice(lengths, len(starts), p=weights / weights.sum()), port)
    starts = poisson_ns(bytes_per_s / background.burst_bytes, duration_ns, draws)
    shape = background.pareto_shape
    smallest = background.burst_bytes * (shape - 1) / shape
    bursts = (draws.pareto(shape, len(starts)) + 1) * smallest
    counts = np.maximum(1, np.round(bursts / background.frame_bytes)).astype(np.int64)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    gap_ns = serialisation_ns(background.frame_bytes, packet.line_rate_gbps)
    at_ns = np.sort(np.repeat(starts, counts) + within * gap_ns, kind="stable")
    return _frames(at_ns[at_ns < duration_ns], background.frame_bytes, port)


def poisson_ns(per_s: float, duration_ns: int, draws: np.random.Generator) -> npt.NDArray[np.int64]:
    """Arrival instants of a Poisson process within a duration, in whole ns."""
    expected = per_s * duration_ns / NS_PER_S
    parts: list[npt.NDArray[np.float64]] = []
    last = 0.0
    while last < duration_ns:
        gaps = draws.exponential(s_to_ns(1) / per_s, int(expected + 4 * expected**0.5 + 16))
        parts.append(last + np.cumsum(gaps))
        last = float(parts[-1][-1])
    instants = np.concatenate(parts)
    return instants[instants < duration_ns].astype(np.int64)


def _frames(at_ns: npt.NDArray[np.int64], frame_bytes: int | npt.NDArray[np.int64], port: int) -> npt.NDArray[np.void]:
    frames = np.zeros(len(at_ns), FRAME)
    frames["at_ns"] = at_ns
    frames["bytes"] = frame_bytes
    frames["port"] = port
    return frames
