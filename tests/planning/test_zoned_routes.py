# SPDX-License-Identifier: BSD-3-Clause
"""Routers and zones: who is joined over the packet network, by which way, and what each router would pass on at all;
networkx says where it may be."""

from __future__ import annotations

from itertools import permutations, product

import networkx as nx
from hypothesis import given, settings
from test_zones import within, zoned

from apnemu.controllers import packet
from apnemu.model.plant import Plant
from apnemu.planning import next_hops, packet_routes
from tests.compiled import compiled, shipped
from tests.controllers.table import Fabric, Frame, treat


def left(plant: Plant, ends: tuple[str, str]) -> nx.MultiGraph:
    """Where datagrams between two sites may be, with the length of each fibre."""
    net = within(plant, ends)
    for a, b, key in net.edges(keys=True):
        net[a][b][key]["km"] = plant.fibre[key].length_km
    return net


@settings(max_examples=150, deadline=None)
@given(zoned())
def test_routers_join_whom_zones_let_speak_by_the_shortest_way_within(plant: Plant) -> None:
    hops, routes = next_hops(plant), packet_routes(plant)
    for ends in permutations([site.name for site in plant.data_centres], 2):
        net = left(plant, ends)
        may = set(ends) <= set(net) and nx.has_path(net, *ends)
        assert (ends in hops, ends in routes) == (may, may)
        if may:
            fibres = [hop.fibre for hop in hops.way(*ends)]
            assert set(fibres) <= {key for _, _, key in net.edges(keys=True)}
            km = sum(plant.fibre[name].length_km for name in fibres)
            assert abs(km - nx.shortest_path_length(net, *ends, weight="km")) < 1e-9
            assert fibres == [hop.fibre for hop in hops.way(*ends[::-1])][::-1]
            assert hops[ends].fibre == fibres[0] and set(routes[ends]) <= set(net)


@settings(max_examples=60, deadline=None)
@given(zoned())
def test_no_router_passes_on_what_a_zone_does_not_let_there_whoever_sends_it(plant: Plant) -> None:
    """Every router, every port, every pair of addresses: also those that nobody honest would put in a datagram."""
    blueprint = compiled(plant, "packet")
    fabric = Fabric(blueprint, packet.rules)
    site = {switch.dpid: switch.site for switch in blueprint.switches}
    ports = {(end.node, end.port): wire for wire in blueprint.wires for end in (wire.a, wire.b) if wire.kind != "load"}
    for source, target in permutations(blueprint.hosts, 2):
        net = left(plant, (source.site, target.site))
        allowed = {key for _, _, key in net.edges(keys=True)} | {f"access@{target.name}"}
        for switch in blueprint.switches:
            came = [port for node, port in ports if node == switch.name]
            for port, ipv6 in product(came, (False, True)):
                frame = Frame(address_from=source.address, address_to=target.address, ipv6=ipv6)
                for out, _ in treat(fabric.table[switch.dpid], frame, port):
                    assert site[switch.dpid] in net
                    assert ports[switch.name, out].name in allowed


def test_kyushu_keeps_to_its_own_fibres() -> None:
    """Hakata and Kagoshima are nearest by a cable that leaves Kyushu: datagrams go by Kumamoto."""
    plant = shipped("kyushu-zone")
    routes = packet_routes(plant)
    assert routes["hakata", "kagoshima"] == ("hakata", "kumamoto", "kagoshima")
    assert ("hakata", "osaka") not in routes and ("osaka", "hakata") not in routes
    assert routes["hiroshima", "osaka"] == ("hiroshima", "osaka")
    walls = {wall.site: wall for wall in compiled(plant, "packet").walls}
    assert [len(walls["hakata"].allowed), len(walls["hakata"].outside)] == [2, 2]
    assert walls["hakata"].gate == "gate1" and walls["kagoshima"].onward == "onward3"
