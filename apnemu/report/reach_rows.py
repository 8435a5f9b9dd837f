"""Which sites can host a service for a place, by delay, jitter and loss, over either network; why others cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apnemu.model.activities import Pair
from apnemu.model.assignment import Assignment
from apnemu.model.plant import Plant
from apnemu.planning import NextHop
from apnemu.report import words
from apnemu.report.waiting import loss, wait_p99_ns
from apnemu.units import serialisation_ns

Row = dict[str, Any]
ETHERNET_HEADER_BYTES = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the service bears: a lone packet's round trip, the 99th percentile of what queues add to it, frames lost."""

    rtt_ns: int
    jitter_ns: float
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Felt:
    """What the service would feel at a site, or in `refused` why it would feel nothing."""

    rtt_ns: int | None
    jitter_ns: float
    loss: float
    refused: str = ""

    def why_not(self, bounds: Bounds) -> str:
        """Each bound that is not kept, with both figures; empty where all are."""
        if self.refused or self.rtt_ns is None:
            return self.refused
        reasons = []
        if self.rtt_ns > bounds.rtt_ns:
            reasons.append(f"delay: a round trip takes {self.rtt_ns / 1e6:.4f} ms, {bounds.rtt_ns / 1e6:g} allowed")
        if self.jitter_ns > bounds.jitter_ns:
            reasons.append(
                f"jitter: queues add {self.jitter_ns / 1e3:.1f} us (p99), {bounds.jitter_ns / 1e3:g} allowed"
            )
        if self.loss > bounds.loss:
            reasons.append(f"loss: {self.loss:.2e} of frames, {bounds.loss:.0e} allowed")
        return "; ".join(reasons)


def over_light(assignment: Assignment, rtts_ns: Mapping[Pair, int], pair: Pair) -> Felt:
    """On a wavelength of one's own: the closed form's delay, no queue and so neither jitter nor loss."""
    if pair in assignment.by_pair():
        return Felt(rtt_ns=rtts_ns[pair], jitter_ns=0.0, loss=0.0)
    reasons = {refusal.demand: refusal.reason for refusal in assignment.refusals}
    return Felt(rtt_ns=None, jitter_ns=0.0, loss=0.0, refused=reasons.get(pair[1], "no light was asked for"))


def over_packets(
    plant: Plant, hops: Mapping[Pair, NextHop], rtts_ns: Mapping[Pair, int], pair: Pair, load: float
) -> Felt:
    """Through routers whose lines others load: each fibre there and back is entered through one such queue."""
    if pair not in hops:
        return Felt(rtt_ns=None, jitter_ns=0.0, loss=0.0, refused=f"route: no fibres lead from {pair[0]} to {pair[1]}")
    site, queues = pair[0], 0
    while site != pair[1]:
        site, queues = hops[site, pair[1]].site, queues + 2
    frame_bytes = plant.packet.mtu_bytes + ETHERNET_HEADER_BYTES
    service_ns = serialisation_ns(frame_bytes, plant.packet.line_rate_gbps)
    return Felt(
        rtt_ns=rtts_ns[pair],
        jitter_ns=wait_p99_ns(load, service_ns, queues),
        loss=loss(load, plant.packet.buffer_bytes / frame_bytes, queues),
    )


def reach_rows(
    plant: Plant,
    network: str,
    demand: str,
    felt: Mapping[str, Felt],
    bounds: Bounds,
    measured: Mapping[Pair, int | None],
) -> list[Row]:
    """A row for each site but the demand's own, in the file's order; shares are of the whole plant's."""
    people = sum(site.population or 0 for site in plant.data_centres)
    power_mw = sum(site.power_mw or 0 for site in plant.data_centres)
    rows = []
    for site in plant.data_centres:
        if site.name == demand:
            continue
        one = felt[site.name]
        why = one.why_not(bounds)
        rows.append(
            {
                "demand": demand,
                "site": site.name,
                "network": network,
                "reachable": not why,
                "rtt_ns": one.rtt_ns,
                "reason": why,
                "jitter_ns": round(one.jitter_ns) if one.jitter_ns != float("inf") else None,
                "loss": one.loss,
                "population_share": round((site.population or 0) / people, 6) if people else None,
                "power_share": round((site.power_mw or 0) / power_mw, 6) if power_mw else None,
                "measured_rtt_ns": measured.get((demand, site.name)),
            }
        )
    return rows


def boundary(felt: Mapping[str, Felt], bounds: Bounds) -> list[str]:
    """The furthest site that can host by its delay, and the nearest that cannot; fewer where there are none."""
    known = sorted((one.rtt_ns, name) for name, one in felt.items() if one.rtt_ns is not None)
    inside = [name for rtt_ns, name in known if rtt_ns <= bounds.rtt_ns]
    outside = [name for rtt_ns, name in known if rtt_ns > bounds.rtt_ns]
    return [*inside[-1:], *outside[:1]]


def reach_sentence(rows: Sequence[Mapping[str, Any]]) -> str:
    """How many sites, what share of people and of power each network adds."""
    parts = []
    for network, name in (("apn", "the APN"), ("packet", "the packet network")):
        of_network = [row for row in rows if row["network"] == network]
        if of_network:
            can = [row for row in of_network if row["reachable"]]
            people, power = (sum(row[key] or 0 for row in can) for key in ("population_share", "power_share"))
            parts.append(
                f"over {name} {len(can)} of {words.count(len(of_network), 'site')} can, with {100 * people:.0f} % of"
                f" people and {100 * power:.0f} % of power"
            )
    return f"A service for {words.site(rows[0]['demand'])}: {'; '.join(parts)}."
