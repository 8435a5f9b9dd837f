# SPDX-License-Identifier: BSD-3-Clause
"""The conventional network's controller: per-hop forwarding by destination along the shortest route.

What comes from or goes to a site that a zone binds is forwarded by source and destination, by the routers of its way in
the zone alone; any other datagram of a bound host is dropped by the first router, whoever has let it out.

Load that was injected at a router leaves by the port that its destination MAC names, and ends at the next router.

IPv6 passes whatever addresses somebody gives the hosts: its datagrams go the same routes by the MAC address of the host
that they are for, and its multicasts, by which hosts find one another's, to all hosts over a tree of the fibres. That
is what a provider's Ethernet service does, so routers take nothing from the hop limit: neighbour discovery wants it
whole (RFC 4861, 7.1.1).
"""

from __future__ import annotations

from apnemu.blueprint.addressing import LOAD_MAC_PREFIX
from apnemu.blueprint.document import Blueprint
from apnemu.controllers.rules import Rule

FORWARD, STOP, FORWARD_OWN, INJECT, DISCARD = 100, 120, 140, 300, 200
"""Priorities: injected load comes first, then load that arrives (which is discarded), then datagrams: those of pairs
that a zone binds, what else its hosts send (which stops), and all others."""
FORWARD_IPV6 = 50
"""Priority below all others, so that no lookup of theirs has a field more to look at."""


def rules(blueprint: Blueprint, dpid: int) -> list[Rule]:
    """Rules that one router must have."""
    injected = [
        Rule(
            priority=INJECT,
            port_in=injection.port_in,
            mac_to=injection.mac,
            actions=(("output", injection.port),),
        )
        for injection in blueprint.injections
        if injection.dpid == dpid
    ]
    ended = Rule(priority=DISCARD, mac_to=f"{LOAD_MAC_PREFIX}:00:00:00:00", mac_mask="ff:ff:00:00:00:00", actions=())
    forwarded = [
        Rule(
            priority=FORWARD_OWN if route.source else FORWARD,
            address_from=route.source or None,
            address_to=route.address,
            actions=(("decrement_ttl",), ("output", route.port)),
        )
        for route in blueprint.routes
        if route.dpid == dpid
    ]
    stopped = [Rule(priority=STOP, address_from=wall.address, actions=()) for wall in blueprint.walls]
    return [*injected, ended, *forwarded, *stopped, *_ipv6(blueprint, dpid)]


def _ipv6(blueprint: Blueprint, dpid: int) -> list[Rule]:
    mac = {peer.address: peer.mac for host in blueprint.hosts for peer in host.peers}
    onward = [
        Rule(priority=FORWARD_IPV6, ipv6=True, mac_to=mac[route.address], actions=(("output", route.port),))
        for route in blueprint.routes
        if route.dpid == dpid and not route.source and route.address in mac
    ]
    ports = _tree_ports(blueprint, dpid)
    return onward + [
        Rule(
            priority=FORWARD_IPV6,
            ipv6=True,
            port_in=port,
            mac_to="33:33:00:00:00:00",
            mac_mask="ff:ff:00:00:00:00",
            actions=tuple(("output", other) for other in ports if other != port),
        )
        for port in ports
        if len(ports) > 1
    ]


def _tree_ports(blueprint: Blueprint, dpid: int) -> list[int]:
    """A router's ports to its hosts and to the fibres of the shortest spanning tree (Kruskal's): the same for all.

    Hosts that a zone binds have none: a multicast reaches everybody.
    """
    number = {switch.name: switch.dpid for switch in blueprint.switches}
    root = {dpid: dpid for dpid in number.values()}

    def root_of(dpid: int) -> int:
        while root[dpid] != dpid:
            dpid = root[dpid]
        return dpid

    bound = {wall.host for wall in blueprint.walls}
    fibres = [wire for wire in blueprint.wires if wire.kind == "fibre"]
    tree = [wire for wire in blueprint.wires if wire.kind == "access" and wire.a.node not in bound]
    for wire in sorted(fibres, key=lambda wire: wire.a.sends.delay_ns):
        a, b = root_of(number[wire.a.node]), root_of(number[wire.b.node])
        if a != b:
            root[b] = a
            tree.append(wire)
    return sorted(end.port for wire in tree for end in (wire.a, wire.b) if number.get(end.node) == dpid)
