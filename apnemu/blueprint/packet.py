# SPDX-License-Identifier: BSD-3-Clause
"""Compiles the conventional packet network over the same fibres into routers, queues and hosts."""

from __future__ import annotations

from collections.abc import Mapping

from apnemu.blueprint.addressing import load_mac
from apnemu.blueprint.document import Host, Injection, Line, Peer, Route, Switch, Wire
from apnemu.blueprint.ports import Ports
from apnemu.model.plant import Plant
from apnemu.planning import NextHops
from apnemu.planning.zones import Zones
from apnemu.units import gbps_to_bytes_per_s


def compile_packet(
    plant: Plant, hops: NextHops
) -> tuple[tuple[Host, ...], tuple[Switch, ...], tuple[Wire, ...], tuple[Route, ...], tuple[Injection, ...]]:
    """Return hosts, routers, wires, forwarding entries, and the rules for injected load.

    `hops` gives the next hop from every site to every data centre, and the ways of what goes by source and destination:
    their entries are in the routers of the way alone, so that no router outside a zone knows any. A router holds a
    frame for its forwarding and O/E/O time; that, the line's FEC and the fibre are one delay behind the port's queue.
    Every router has an injector: a port by which load enters. Its destination MAC says which fibre it leaves by; it is
    dropped at the far end.
    """
    ports = Ports(plant)
    packet = plant.packet
    rate = gbps_to_bytes_per_s(packet.line_rate_gbps)

    def port_of_router(delay_ns: int) -> Line:
        held = packet.forwarding_ns + packet.oeo_ns
        queue, mark = packet.buffer_bytes, packet.mark_bytes
        return Line(rate_bytes_per_s=rate, queue_bytes=queue, mark_bytes=mark, delay_ns=held + delay_ns)

    wires = []
    for fibre in plant.fibres:
        a_sends, b_sends = (port_of_router(packet.fec_ns).over(way) for way in fibre.routed.ways)
        wires.append(ports.fibre(fibre, a_sends, b_sends))
    access: dict[str, tuple[str, str, int]] = {}
    """Host -> its site, its address, the router's port to it."""
    interfaces = {}
    for name, site, address in ports.hosts():
        own, port = ports.at_host(name, Line(rate_bytes_per_s=rate)), ports.at_switch(site, port_of_router(0))
        wires.append(Wire(name=f"access@{name}", kind="access", a=own, b=port))
        access[name] = (site, address, port.port)
        interfaces[name] = own
    injections = []
    for site in ports.number:
        injector, port = ports.injector(site), ports.at_switch(site, Line())
        wires.append(Wire(name=f"load@{site}", kind="load", a=injector, b=port, site=site))
        for fibre in plant.fibres:
            if site in (fibre.a, fibre.b):
                out = ports.fibre_port[site, fibre.name]
                injections.append(Injection(dpid=ports.number[site], port_in=port.port, mac=load_mac(out), port=out))
    hosts = tuple(
        Host(
            name=name,
            site=site,
            address=address,
            peers=tuple(
                Peer(address=access[other][1], mac=interfaces[other].mac, interface=interfaces[name].interface)
                for other in access
                if other != name and hops.own.get((site, access[other][0]), True)
            ),
        )
        for name, (site, address, _) in access.items()
    )
    forwarding = _entries(plant, hops, ports, access)
    return hosts, ports.switches(), tuple(wires), forwarding, tuple(injections)


def _entries(
    plant: Plant, hops: NextHops, ports: Ports, access: Mapping[str, tuple[str, str, int]]
) -> tuple[Route, ...]:
    """Entries by destination, then those of pairs with an end that a zone binds. `access` as in `compile_packet`."""
    bound = Zones(plant).bound
    entries = [
        Route(
            dpid=number,
            address=address,
            port=out if site == home else ports.fibre_port[site, hops.towards[site, home].fibre],
        )
        for site, number in ports.number.items()
        for home, address, out in access.values()
        if home not in bound and (site == home or (site, home) in hops.towards)
    ]
    for source, own_address, _ in access.values() if bound else ():
        for home, address, out in access.values():
            joined = source == home or (source, home) in hops
            if own_address == address or not joined or not (source in bound or home in bound):
                continue
            here = source
            for hop in hops.way(source, home) if source != home else ():
                onward = ports.fibre_port[here, hop.fibre]
                entries.append(Route(dpid=ports.number[here], source=own_address, address=address, port=onward))
                here = hop.site
            entries.append(Route(dpid=ports.number[here], source=own_address, address=address, port=out))
    return tuple(entries)


def ports_of(plant: Plant) -> dict[tuple[str, str], int]:
    """(site, fibre name) -> the port of that site's switch, the same on both networks."""
    ports = Ports(plant)
    for fibre in plant.fibres:
        ports.fibre(fibre, Line(), Line())
    return ports.fibre_port
