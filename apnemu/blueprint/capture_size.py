# SPDX-License-Identifier: BSD-3-Clause
"""How large a capture of a network's stages will be, before anything is played.

A frame is captured twice in each switch that it passes: where it comes in and where it goes out. What is counted are
the stages' own frames: probes, TCP and its acknowledgements, a full wavelength, other people's frames, replays, trains.

*Not modelled:* what programs in sites send of themselves; a flow's slow start, since it counts as full from its
beginning; frames that a queue drops; an acknowledgement for other than two segments; routes of one's own, which are
as long as the shortest here.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass

from apnemu.blueprint.document import Blueprint
from apnemu.model.activities import SATURATING_BYTES, Arrivals, Flow, Probes, Replay, Saturation, Train
from apnemu.model.scenario import Stage
from apnemu.units import NS_PER_S

BLOCK_BYTES, COOKED_BYTES = 32, 20
"""Bytes of a pcapng block around a frame, and of the header that a capture of all interfaces puts before it."""
WHOLE_SEGMENT_BYTES, ACK_BYTES, SEGMENTS_AN_ACK = 65_226, 66, 2
LARGE_BYTES = 100_000_000
"""Least size of a capture that a person hears of before the run."""
OTHERS_BYTES = 500
"""Length of other people's frames, about the mean."""
OTHERS_SEEN, OTHERS_SUNK = 3, 4
"""How often such a frame is captured: into its router, out of it, into the next; there into its sink."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSize:
    """Estimate of a capture: captured frames, and bytes of the file."""

    frames: int
    bytes: int


def capture_size(blueprint: Blueprint) -> CaptureSize:
    """Estimate of what the stages of a blueprint put into its capture, within a factor of two once flows are full."""
    most = blueprint.pcap_bytes
    frames = total = 0
    ways = _Ways(blueprint)
    for stage in blueprint.stages:
        for count, length in _seen(stage, blueprint, ways):
            kept = length + COOKED_BYTES
            frames += count
            total += count * (BLOCK_BYTES + (min(kept, most) if most else kept))
    return CaptureSize(frames=frames, bytes=total)


def _seen(stage: Stage, blueprint: Blueprint, ways: _Ways) -> Iterator[tuple[int, int]]:
    """Captured frames of each activity of a stage, and their length."""
    for probes in stage.of(Probes):
        dense = sum(max(0, span.until_ns - span.from_ns) // span.gap_ns for span in probes.dense)
        rounds = probes.count + dense
        yield 2 * rounds * sum(ways.seen(*pair) for pair in probes.pairs), probes.frame_bytes
    yield from _of_flows(stage, blueprint, ways)
    for full in stage.of(Saturation):
        frames = 2 * ways.bytes_per_s(full.source, full.target) * stage.duration_ns // NS_PER_S // SATURATING_BYTES
        yield frames * ways.seen(full.source, full.target), SATURATING_BYTES
    for others in stage.of(Arrivals):
        yield others.frames * (OTHERS_SUNK if others.sink else OTHERS_SEEN), OTHERS_BYTES
    for replay in stage.of(Replay):
        yield replay.frames * ways.seen(replay.source, replay.target), OTHERS_BYTES
    for train in stage.of(Train):
        yield train.frames * ways.farthest, train.frame_bytes


def _of_flows(stage: Stage, blueprint: Blueprint, ways: _Ways) -> Iterator[tuple[int, int]]:
    """Segments and acknowledgements. Flows of one pair that never end by themselves share its line."""
    segment = WHOLE_SEGMENT_BYTES if blueprint.segments == "whole" else blueprint.mtu_bytes
    sent: dict[tuple[str, str], int] = defaultdict(int)
    endless: dict[tuple[str, str], int] = defaultdict(int)
    for flow in stage.of(Flow):
        pair = (flow.source, flow.target)
        if flow.size_bytes is not None:
            sent[pair] += flow.size_bytes
            continue
        line = ways.bytes_per_s(*pair)
        offered = line if flow.pace_gbps is None else round(flow.pace_gbps * flow.streams * 1e9 / 8)
        rate = min(line, endless[pair] + offered)
        sent[pair] += (rate - endless[pair]) * max(0, stage.duration_ns - flow.start_ns) // NS_PER_S
        endless[pair] = rate
    for pair, sent_bytes in sent.items():
        segments = -(-sent_bytes // segment)
        yield segments * ways.seen(*pair), segment
        yield segments // SEGMENTS_AN_ACK * ways.seen(*pair), ACK_BYTES


def large_capture(blueprint: Blueprint, disk_limit_mb: int) -> str:
    """A line that a person reads before a run whose capture will be large; empty where it will not."""
    size = capture_size(blueprint) if blueprint.pcap else CaptureSize(frames=0, bytes=0)
    if size.bytes < LARGE_BYTES:
        return ""
    kept = f"{blueprint.pcap_bytes} bytes of each" if blueprint.pcap_bytes else "all of each"
    ways_out = "fewer probes, shorter stages or less load have fewer frames"
    beyond = (
        f"; that is more than the {disk_limit_mb} MiB that --disk-limit-mb allows, at which the lab is ended"
        if size.bytes > disk_limit_mb << 20
        else ""
    )
    return (
        f"{blueprint.network}.pcapng may have up to {size.frames:.2g} frames, {kept}: {size.bytes / 1e9:.2g} GB"
        f"{beyond}; {ways_out}, --pcap-bytes N keeps N bytes of each"
    )


class _Ways:
    """How many switches lie between two sites, and what the line there carries."""

    def __init__(self, blueprint: Blueprint) -> None:
        site = {switch.name: switch.site for switch in blueprint.switches}
        site |= {router.name: router.site for router in blueprint.routers}
        self._lit = {frozenset((path.source, path.target)): path for path in blueprint.lit_paths}
        self._next: dict[str, set[str]] = defaultdict(set)
        fibres = [wire for wire in blueprint.wires if wire.kind == "fibre"]
        for wire in fibres:
            ends = site[wire.a.node], site[wire.b.node]
            self._next[ends[0]].add(ends[1])
            self._next[ends[1]].add(ends[0])
        ports = [end.sends.rate_bytes_per_s for wire in blueprint.wires for end in (wire.a, wire.b)]
        self._fastest = max(ports, default=0)
        self._known: dict[str, dict[str, int]] = {}
        self.farthest = 2 * len(self._next)
        """Most captures of one frame: it passes every switch."""

    def seen(self, source: str, target: str) -> int:
        """How often a frame of the pair is captured on its way."""
        path = self._lit.get(frozenset((source, target)))
        switches = len(path.hops) if path else self._far(source).get(target, 0) + 1
        return 2 * switches

    def bytes_per_s(self, source: str, target: str) -> int:
        path = self._lit.get(frozenset((source, target)))
        return round(path.line_rate_gbps * 1e9 / 8) if path else self._fastest

    def _far(self, source: str) -> dict[str, int]:
        """Fibres on the shortest way to each site."""
        if source not in self._known:
            far, queue = {source: 0}, deque([source])
            while queue:
                here = queue.popleft()
                for there in sorted(self._next[here] - far.keys()):
                    far[there] = far[here] + 1
                    queue.append(there)
            self._known[source] = far
        return self._known[source]
