# SPDX-License-Identifier: BSD-3-Clause
"""Bounds that a service needs, and what it would feel between two sites over light and over packets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apnemu.model.activities import Pair
from apnemu.model.assignment import Assignment
from apnemu.model.plant import ETHERNET_HEADER_BYTES, Plant
from apnemu.model.reason import Reason
from apnemu.planning import NextHops
from apnemu.planning.queueing import loss, wait_p99_ns
from apnemu.units import serialisation_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Limits of a service: round trip of a lone packet, the wait that queues add to it (p99), share of frames lost."""

    rtt_ns: int
    jitter_ns: float
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Felt:
    """Figures that the service would feel at a site; `refused` says why there are none."""

    rtt_ns: int | None
    jitter_ns: float
    loss: float
    refused: Reason | None = None

    def why_not(self, bounds: Bounds) -> tuple[Reason, ...]:
        """Each bound that is not kept, with both figures; empty where all are."""
        if self.refused is not None:
            return (self.refused,)
        reasons = []
        if self.rtt_ns is not None and self.rtt_ns > bounds.rtt_ns:
            text = f"a round trip takes {self.rtt_ns / 1e6:.4f} ms, {bounds.rtt_ns / 1e6:g} allowed"
            reasons.append(Reason(code="delay", text=text))
        if self.jitter_ns > bounds.jitter_ns:
            text = f"queues add {self.jitter_ns / 1e3:.1f} us (p99), {bounds.jitter_ns / 1e3:g} allowed"
            reasons.append(Reason(code="jitter", text=text))
        if self.loss > bounds.loss:
            reasons.append(Reason(code="loss", text=f"{self.loss:.2e} of frames, {bounds.loss:.0e} allowed"))
        return tuple(reasons)


def over_light(assignment: Assignment, rtts_ns: Mapping[Pair, int], pair: Pair) -> Felt:
    """What an own wavelength gives: the closed form's delay, no queue and so neither jitter nor loss.

    The demand that asked for it is named after the target.
    """
    if pair in assignment.by_pair():
        return Felt(rtt_ns=rtts_ns[pair], jitter_ns=0.0, loss=0.0)
    reasons = {refusal.demand: refusal.why for refusal in assignment.refusals}
    return Felt(rtt_ns=None, jitter_ns=0.0, loss=0.0, refused=reasons[pair[1]])


def over_packets(plant: Plant, hops: NextHops, rtts_ns: Mapping[Pair, int], pair: Pair, load: float) -> Felt:
    """Figures through routers whose lines others load: a packet waits in a queue before each fibre, there and back."""
    if pair not in hops:
        apart = Reason(code="route", text=f"no fibres lead from {pair[0]} to {pair[1]}")
        return Felt(rtt_ns=None, jitter_ns=0.0, loss=0.0, refused=apart)
    queues = 2 * sum(1 for _ in hops.way(*pair))
    frame_bytes = plant.packet.mtu_bytes + ETHERNET_HEADER_BYTES
    service_ns = serialisation_ns(frame_bytes, plant.packet.line_rate_gbps)
    return Felt(
        rtt_ns=rtts_ns[pair],
        jitter_ns=wait_p99_ns(load, service_ns, queues),
        loss=loss(load, plant.packet.buffer_bytes / frame_bytes, queues),
    )
