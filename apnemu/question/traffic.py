"""Seeded makers of what is played: pairs to probe, tenants that fill their wavelengths, other people's packets, flows.

Every random draw comes from `seeds.generator(seed, purpose)`.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from apnemu.model.activities import SATURATING_BYTES, Flow, Pair, Saturation
from apnemu.model.assignment import Assignment, Lightpath
from apnemu.model.plant import Background, PacketNetwork, Plant
from apnemu.units import NS_PER_S, VirtualNs, gbps_to_bytes_per_s, s_to_ns, serialisation_ns

NS_PER_DATAGRAM = 600
"""A system call for each, and some for waiting."""
WAITING_BYTES = 1 << 20
"""Of a saturated lightpath, so that its line never runs dry."""
FRAME = np.dtype([("at_ns", "<i8"), ("bytes", "<u2"), ("port", "<u2")])
"""One injected frame: when it enters the router, after the stage's start; its length; the port that it leaves by."""


def ordered_pairs(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """Each pair there and back, once each, in the order given.

    >>> ordered_pairs([("a", "b"), ("b", "a")])
    (('a', 'b'), ('b', 'a'))
    """
    return tuple(dict.fromkeys(pair for source, target in pairs for pair in ((source, target), (target, source))))


def halves(plant: Plant, assignment: Assignment) -> list[tuple[tuple[Pair, ...], tuple[Saturation, ...]]]:
    """Every lightpath is once probed while its neighbours run full, and once runs full itself.

    Two parts: both directions of every other lightpath as probed, those between them as full.
    """
    paths = list({(path.source, path.target): path for path in reversed(assignment.lightpaths)}.values())[::-1]
    parts = []
    for first in (0, 1):
        probed = ordered_pairs([(path.source, path.target) for path in paths[first::2]])
        if probed:
            parts.append((probed, tuple(saturation(plant, path) for path in paths[1 - first :: 2])))
    return parts


def saturation(plant: Plant, path: Lightpath) -> Saturation:
    """What fills a lightpath both ways: its line rate for a round trip, a tenth more, and a few segments."""
    rate_gbps = next(mode.rate_gbps for mode in plant.modes if mode.name == path.mode)
    round_trip = gbps_to_bytes_per_s(rate_gbps) * 2 * path.delay_ns // NS_PER_S
    return Saturation(
        source=path.source, target=path.target, circulating_bytes=round_trip + round_trip // 10 + WAITING_BYTES
    )


def filling_ns(saturations: Sequence[Saturation]) -> int:
    """How long it takes to let in all that is to go round: the lab's CPU takes time for each datagram."""
    return sum(plan.circulating_bytes for plan in saturations) // SATURATING_BYTES * NS_PER_DATAGRAM


def background_frames(
    packet: PacketNetwork, background: Background, port: int, duration_ns: int, draws: np.random.Generator
) -> npt.NDArray[np.void]:
    """Frames of declared background load for one port, in the order of their arrival.

    `poisson`: frames of one length at exponential gaps. `pareto`: bursts that begin at exponential gaps and send
    frames back to back at line rate, of Pareto lengths with the declared mean; bursts may overlap (a Poisson Pareto
    burst process: Zukerman, Neame, Addie, Infocom 2003). The mean offered rate is `load` x the line rate.
    """
    if background.kind == "none" or background.load == 0:
        return np.zeros(0, FRAME)
    bytes_per_s = background.load * gbps_to_bytes_per_s(packet.line_rate_gbps)
    if background.kind == "poisson":
        starts = _poisson_ns(bytes_per_s / background.frame_bytes, duration_ns, draws)
        return _frames(starts, background.frame_bytes, port)
    starts = _poisson_ns(bytes_per_s / background.burst_bytes, duration_ns, draws)
    shape = background.pareto_shape
    smallest = background.burst_bytes * (shape - 1) / shape
    lengths = (draws.pareto(shape, len(starts)) + 1) * smallest
    counts = np.maximum(1, np.round(lengths / background.frame_bytes)).astype(np.int64)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    gap_ns = serialisation_ns(background.frame_bytes, packet.line_rate_gbps)
    at_ns = np.sort(np.repeat(starts, counts) + within * gap_ns, kind="stable")
    return _frames(at_ns[at_ns < duration_ns], background.frame_bytes, port)


def write_frames(path: Path, parts: Sequence[npt.NDArray[np.void]]) -> int:
    """Merge the frames of a router's ports by time, then by port; returns their number."""
    frames = np.concatenate(parts) if parts else np.zeros(0, FRAME)
    frames = frames[np.lexsort((frames["port"], frames["at_ns"]))]
    document = io.BytesIO()  # numpy's own writing does not say that a disk is full
    np.save(document, frames)
    path.write_bytes(document.getbuffer())
    return len(frames)


def tenant_flows(
    pair: Pair, rate_gbps: float, share: float, size_bytes: int, duration_ns: int, draws: np.random.Generator
) -> tuple[Flow, ...]:
    """Flows of one size that begin at exponential gaps and together offer `share` of the line rate."""
    per_s = share * gbps_to_bytes_per_s(rate_gbps) / size_bytes
    starts = _poisson_ns(per_s, duration_ns, draws)
    return tuple(
        Flow(
            name=f"tenant-{number}",
            source=pair[0],
            target=pair[1],
            start_ns=VirtualNs(int(start)),
            size_bytes=size_bytes,
        )
        for number, start in enumerate(starts)
    )


def _poisson_ns(per_s: float, duration_ns: int, draws: np.random.Generator) -> npt.NDArray[np.int64]:
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


def _frames(at_ns: npt.NDArray[np.int64], frame_bytes: int, port: int) -> npt.NDArray[np.void]:
    frames = np.zeros(len(at_ns), FRAME)
    frames["at_ns"] = at_ns
    frames["bytes"] = frame_bytes
    frames["port"] = port
    return frames
