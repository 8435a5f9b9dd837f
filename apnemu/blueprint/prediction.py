# SPDX-License-Identifier: BSD-3-Clause
"""Round trips of a lone packet, and what TCP carries, in closed form: from lengths, declared delays and line rates,
never a measurement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from apnemu.model.activities import Pair
from apnemu.model.assignment import Lightpath
from apnemu.model.plant import Plant
from apnemu.planning import NextHop
from apnemu.units import carried_gbps, serialisation_ns

TCP_WINDOW_BYTES = 65_535 << 14
"""Largest window of a TCP connection (RFC 7323, 2.3): 16 bits, in units of at most 2^14 bytes."""
TCP_HEADERS_BYTES = 20 + 20 + 12
"""Headers of IPv4 and TCP, and TCP's time stamps (RFC 7323, 3.2)."""
ETHERNET_HEADER_BYTES = 14


def lightpath_rtt_ns(path: Lightpath, frame_bytes: int) -> int:
    """Round trip over a lightpath: there and back (serialisation at the transceiver + FEC, fibres, amplifiers,
    ROADMs)."""
    return 2 * serialisation_ns(frame_bytes, path.rate_gbps) + path.round_trip_ns


def packet_rtt_ns(plant: Plant, hops: Mapping[tuple[str, str], NextHop], pair: Pair, frame_bytes: int) -> int:
    """Round trip over empty routers between two data centres.

    On one way a frame is sent 1 + r times: by the host and by each of the r routers; each router holds it for its
    forwarding and O/E/O time; each of the r - 1 fibres adds its FEC and its own delay.
    """
    packet = plant.packet
    sending_ns = serialisation_ns(frame_bytes, packet.line_rate_gbps)
    per_router = sending_ns + packet.forwarding_ns + packet.oeo_ns
    trip_ns = 0
    for site, target in (pair, pair[::-1]):
        trip_ns += sending_ns + per_router
        while site != target:
            hop = hops[site, target]
            trip_ns += per_router + packet.fec_ns + plant.fibre[hop.fibre].way(site).delay_ns
            site = hop.site
    return trip_ns


def tcp_most_gbps(
    line_rate_gbps: float, mtu_bytes: int, rtt_ns: int, connections: int = 1
) -> tuple[float, Literal["line", "window"]]:
    """Return the most payload that TCP connections carry over a line of their own, and what bounds it.

    The line carries headers too; each connection has a window's bytes under way in a round trip. It is reached once
    slow start has filled the line, or the window. *Not modelled*: others' queues, losses, small buffers.

    >>> tcp_most_gbps(100, 1500, 1_000_000)[0]  # 1,448 of 1,514 bytes
    95.640687
    >>> tcp_most_gbps(400, 1500, 60_000_000)
    (143.163392, 'window')
    """
    payload = (mtu_bytes - TCP_HEADERS_BYTES) / (mtu_bytes + ETHERNET_HEADER_BYTES)
    line, window = round(line_rate_gbps * payload, 6), carried_gbps(connections * TCP_WINDOW_BYTES, rtt_ns)
    return (line, "line") if line <= window else (window, "window")
