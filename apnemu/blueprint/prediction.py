# SPDX-License-Identifier: BSD-3-Clause
"""Round trips of a lone packet in closed form: from lengths, declared delays and line rates, never a measurement."""

from __future__ import annotations

from apnemu.model.activities import Pair
from apnemu.model.assignment import Lightpath
from apnemu.model.plant import Plant
from apnemu.planning import NextHops
from apnemu.units import serialisation_ns

ETHERNET_HEADER_BYTES = 14


def lightpath_rtt_ns(path: Lightpath, frame_bytes: int) -> int:
    """Round trip over a lightpath: there and back (serialisation at the transceiver + FEC, fibres, amplifiers,
    ROADMs)."""
    return 2 * serialisation_ns(frame_bytes, path.rate_gbps) + path.round_trip_ns


def lightpath_way_ns(path: Lightpath, source: str, frame_bytes: int) -> int:
    """One way over a lightpath, from the site `source`."""
    delay_ns = path.delay_ns if source == path.source else path.delay_back_ns
    return serialisation_ns(frame_bytes, path.rate_gbps) + delay_ns


def packet_rtt_ns(plant: Plant, hops: NextHops, pair: Pair, frame_bytes: int) -> int:
    """Round trip over empty routers between two data centres."""
    return packet_way_ns(plant, hops, pair, frame_bytes) + packet_way_ns(plant, hops, pair[::-1], frame_bytes)


def packet_way_ns(plant: Plant, hops: NextHops, pair: Pair, frame_bytes: int) -> int:
    """One way over empty routers between two data centres.

    A frame is sent 1 + r times: by the host and by each of the r routers; each router holds it for its forwarding and
    O/E/O time; each of the r - 1 fibres adds its FEC and its own delay.
    """
    packet = plant.packet
    sending_ns = serialisation_ns(frame_bytes, packet.line_rate_gbps)
    per_router = sending_ns + packet.forwarding_ns + packet.oeo_ns
    site = pair[0]
    trip_ns = sending_ns + per_router
    for hop in hops.way(*pair):
        trip_ns += per_router + packet.fec_ns + plant.fibre[hop.fibre].routed.way(site).delay_ns
        site = hop.site
    return trip_ns
