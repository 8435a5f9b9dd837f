# SPDX-License-Identifier: BSD-3-Clause
"""Answers of a lab to calls, as frozen values (`reading` makes them of what the guest says)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from apnemu.units import carried_gbps, ns_to_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """Echo requests between two hosts, in the order of sending, stamped by the kernels of both ends.

    `sent_at_ns` is since the lab's beginning; `round_trips_ns` and `one_way_ns` have None for what did not arrive.
    """

    source: str
    target: str
    sent_at_ns: tuple[int, ...]
    round_trips_ns: tuple[int | None, ...]
    one_way_ns: tuple[int | None, ...]

    @property
    def sent(self) -> int:
        """Number of requests."""
        return len(self.sent_at_ns)

    @property
    def lost(self) -> int:
        """Number of requests without an answer."""
        return self.round_trips_ns.count(None)

    @property
    def delays_s(self) -> tuple[float, ...]:
        """Round trips in s of those that were answered."""
        return tuple(ns_to_s(one) for one in self.round_trips_ns if one is not None)

    @property
    def min_s(self) -> float:
        """Shortest round trip; not a number where all were lost."""
        return min(self.delays_s, default=math.nan)

    @property
    def median_s(self) -> float:
        """Median round trip; not a number where all were lost."""
        return median(self.delays_s) if self.delays_s else math.nan

    @property
    def max_s(self) -> float:
        """Longest round trip; not a number where all were lost."""
        return max(self.delays_s, default=math.nan)

    def __str__(self) -> str:
        said = f"{self.sent} sent, {self.lost} lost"
        if not self.delays_s:
            return said
        return f"{said}, round trip {self.min_s * 1e3:.6g} to {self.max_s * 1e3:.6g} ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What was carried between two hosts in `duration_ns`, 0 where it did not come to its end.

    `bytes` arrived. `sent` and `lost` count datagrams and are 0 for TCP, `retransmits` segments that TCP sent again.
    """

    source: str
    target: str
    bytes: int
    duration_ns: int
    retransmits: int = 0
    sent: int = 0
    lost: int = 0

    @property
    def duration_s(self) -> float:
        """Duration in s."""
        return ns_to_s(self.duration_ns)

    @property
    def goodput_gbps(self) -> float:
        """Payload that arrived, over the duration, in Gbit/s; 0 for what did not come to its end."""
        return carried_gbps(self.bytes, self.duration_ns) if self.duration_ns else 0.0

    def __str__(self) -> str:
        more = f", {self.lost} of {self.sent} datagrams lost" if self.sent else f", {self.retransmits} retransmits"
        return f"{self.goodput_gbps:.6g} Gbit/s for {self.duration_s:.6g} s{more}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A program of a host: its exit code (None while it runs), and what it has printed, at most 1 MiB of each output.

    `is_cut`: it has printed more.
    """

    code: int | None
    out: str
    err: str
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowEntry:
    """Entry of a switch's flow table, with names of sites and fibres for ports. `match` has field -> value."""

    table: int
    priority: int
    packets: int
    bytes: int
    match: Mapping[str, str]
    actions: str

    def __str__(self) -> str:
        match = ",".join(f"{name}={value}" if value else name for name, value in self.match.items()) or "everything"
        return f"priority {self.priority}: {match} -> {self.actions}, {self.packets} packets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """Light that was asked for. `state` is planned, lit or dark; `route` is empty where nothing carries it now."""

    name: str
    source: str
    target: str
    rate_gbps: float
    protection: str
    state: str
    route: tuple[str, ...]
    mode: str
    centre_thz: float | None
    reason: str
