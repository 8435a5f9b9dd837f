# SPDX-License-Identifier: BSD-3-Clause
"""Compiles the packet network with routers that find their own way: OSPF daemons instead of forwarding entries.

Same hosts, fibres, delays, rates and queues as in `packet`; a router is a namespace with the kernel's own forwarding. A
fibre is an OSPF point-to-point link with two addresses of 172.16.0.0/12 (RFC 3021, /31) and its length in whole km, of
both ways the mean, as its cost, so that routes are the shortest by length, as planned ones are. A router
announces its site's hosts as one stub network, a /24. Rejected: external routes, which FRR computes only once a second
(OSPF_ASE_CALC_INTERVAL in ospfd).
"""

from __future__ import annotations

from dataclasses import replace

from apnemu.blueprint.document import End, Host, Line, Peer, Router, RouterPort, Wire
from apnemu.blueprint.ports import Ports
from apnemu.errors import InputError
from apnemu.model.plant import Plant
from apnemu.units import gbps_to_bytes_per_s

MOST_FIBRES = 1 << 19
HIGHEST_COST = 65_535


def compile_routed(plant: Plant) -> tuple[tuple[Host, ...], tuple[Router, ...], tuple[Wire, ...]]:
    """Return hosts, routers and wires. Raises InputError for more fibres than there are addresses for."""
    if len(plant.fibres) > MOST_FIBRES:
        raise InputError(f"{plant.name} has {len(plant.fibres)} fibres; routers have addresses for {MOST_FIBRES}")
    ports = Ports(plant)
    packet = plant.packet
    rate = gbps_to_bytes_per_s(packet.line_rate_gbps)
    queue = Line(rate_bytes_per_s=rate, queue_bytes=packet.buffer_bytes, mark_bytes=packet.mark_bytes)
    held = packet.forwarding_ns + packet.oeo_ns
    of_router: dict[str, list[RouterPort]] = {site.name: [] for site in plant.sites}
    wires = []
    for number, fibre in enumerate(plant.fibres):
        before_ns = held + packet.fec_ns
        out, back = (replace(queue, delay_ns=before_ns).over(way) for way in fibre.routed.ways)
        wire = ports.fibre(fibre, out, back)
        wires.append(wire)
        cost = min(HIGHEST_COST, max(1, round(fibre.mean_km)))
        for site, end, low in ((fibre.a, wire.a, 0), (fibre.b, wire.b, 1)):
            of_router[site].append(
                RouterPort(interface=end.interface, address=_link_address(2 * number + low), ospf_cost=cost)
            )
    access: dict[str, tuple[str, str, End, End]] = {}
    for name, site, address in ports.hosts():
        own = ports.at_host(name, Line(rate_bytes_per_s=rate))
        far = ports.at_switch(site, replace(queue, delay_ns=held))
        wires.append(Wire(name=f"access@{name}", kind="access", a=own, b=far))
        access[name] = (site, address, own, far)
        of_router[site].append(
            RouterPort(interface=far.interface, address=_beside(address), host_address=address, host_mac=own.mac)
        )
    hosts = tuple(
        Host(
            name=name,
            site=site,
            address=address,
            peers=tuple(
                Peer(address=access[other][1], mac=far.mac, interface=own.interface)
                for other in access
                if other != name
            ),
        )
        for name, (site, address, own, far) in access.items()
    )
    routers = tuple(
        Router(
            name=switch.name,
            site=switch.site,
            router_id=f"10.255.{switch.dpid >> 8}.{switch.dpid & 255}",
            ports=tuple(of_router[switch.site]),
        )
        for switch in ports.switches()
    )
    return hosts, routers, tuple(wires)


def _beside(host_address: str) -> str:
    """The router's own address on the line to a host; a site has at most 64 of those.

    >>> _beside("10.0.7.2")
    '10.0.7.130'
    """
    network, _, number = host_address.rpartition(".")
    return f"{network}.{128 + int(number)}"


def _link_address(number: int) -> str:
    """Address of the `number`-th end of a fibre, two to each fibre.

    >>> _link_address(0), _link_address(515)
    ('172.16.0.0', '172.16.2.3')
    """
    return f"172.{16 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"
