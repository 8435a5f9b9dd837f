# SPDX-License-Identifier: BSD-3-Clause
"""The context of an experiment: what it may look at when it decides what to play on one network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from apnemu.blueprint.prediction import (
    ETHERNET_HEADER_BYTES,
    lightpath_rtt_ns,
    lightpath_way_ns,
    packet_rtt_ns,
    packet_way_ns,
)
from apnemu.blueprint.tcp import payload_share, tcp_most_gbps
from apnemu.model.activities import Pair
from apnemu.model.assignment import Assignment
from apnemu.model.plant import Plant
from apnemu.planning import NextHops
from apnemu.units import gbps_to_bytes_per_s

Network = Literal["apn", "packet"]
Row = dict[str, Any]
"""A result: column -> value."""
S = TypeVar("S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context(Generic[S]):
    """Network of a run: its plant, who got which light, the packet network's next hops, and the settings."""

    plant: Plant
    assignment: Assignment
    hops: NextHops
    network: Network
    seed: int
    settings: S
    folder: Path
    """Folder of files that the guest is to find, such as background frames."""

    def reachable(self) -> tuple[Pair, ...]:
        """Every ordered pair that was asked for and that this network joins."""
        joined: Mapping[Pair, object] = self.assignment.by_pair() if self.network == "apn" else self.hops
        wanted = ((demand.source, demand.target) for demand in self.plant.demands)
        pairs = (pair for source, target in wanted for pair in ((source, target), (target, source)))
        return tuple(pair for pair in dict.fromkeys(pairs) if pair in joined)

    def predicted_rtts(self, frame_bytes: int) -> dict[Pair, int]:
        """The closed form of the round trip, in ns, for every reachable pair."""
        plant, pairs = self.plant, self.reachable()
        if self.network == "packet":
            return {pair: packet_rtt_ns(plant, self.hops, pair, frame_bytes) for pair in pairs}
        paths = self.assignment.by_pair()
        return {pair: lightpath_rtt_ns(paths[pair], frame_bytes) for pair in pairs}

    def predicted_way_ns(self, pair: Pair, frame_bytes: int) -> int:
        """The closed form of one way, in ns, from the first site of a reachable pair to the second."""
        if self.network == "packet":
            return packet_way_ns(self.plant, self.hops, pair, frame_bytes)
        return lightpath_way_ns(self.assignment.by_pair()[pair], pair[0], frame_bytes)

    def line_rate_gbps(self, pair: Pair) -> float:
        """The rate of the pair's line: what was asked of its wavelength, or that of the packet network's lines."""
        if self.network == "packet":
            return self.plant.packet.line_rate_gbps
        return self.assignment.by_pair()[pair].rate_gbps

    def tcp_most_gbps(self, pair: Pair, connections: int) -> tuple[float, Literal["line", "window"]]:
        """Return the most that TCP connections carry between a pair that has its line to itself, and what bounds it."""
        mtu_bytes = self.plant.packet.mtu_bytes
        rtt_ns = self.predicted_rtts(mtu_bytes + ETHERNET_HEADER_BYTES)[pair]
        window_bytes = self.plant.tcp_window_bytes
        line_gbps, whole = self.line_rate_gbps(pair), self.network == "apn"
        return tcp_most_gbps(line_gbps, mtu_bytes, rtt_ns, connections, window_bytes, whole=whole)

    def tcp_bytes_per_s(self, pair: Pair, connections: int = 1) -> int:
        """Return that most in bytes per second."""
        return gbps_to_bytes_per_s(self.tcp_most_gbps(pair, connections)[0])

    def line_bytes_per_s(self, pair: Pair) -> float:
        """Return TCP's payload on the full line of a pair, in bytes per second."""
        mtu_bytes = self.plant.packet.mtu_bytes
        return gbps_to_bytes_per_s(self.line_rate_gbps(pair)) * payload_share(mtu_bytes)
