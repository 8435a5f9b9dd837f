# SPDX-License-Identifier: BSD-3-Clause
"""The controllers' rules, walked by frames over the blueprint's wires: what is meant to arrive does, nothing else."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings

from apnemu.blueprint.document import Blueprint
from apnemu.controllers import lightpath, packet
from apnemu.controllers.rules import Rule
from apnemu.model.plant import Plant
from apnemu.planning import packet_routes
from apnemu.question.context import Network
from tests.compiled import compiled, joined_plants, shipped
from tests.controllers.table import Arrived, Fabric, Frame, treat

LOGIC = {"apn": lightpath.rules, "packet": packet.rules}


@cache
def jpn12(network: Network) -> Fabric:
    return Fabric(compiled(shipped("jpn12"), network), LOGIC[network])


def check_light(fabric: Fabric) -> None:
    """Both ways: out of the one transceiver, in at the other, as it was, by the planned ROADMs."""
    for path in fabric.blueprint.lit_paths:
        a, b = (wire.a for wire in fabric.blueprint.wires if wire.name.startswith(f"{path.name}@"))
        dpids = tuple(hop.dpid for hop in path.hops)
        frame = Frame(mac_to=b.mac, address_to="10.0.0.1")
        assert fabric.send(a.node, a.port, frame) == [Arrived(end=b, frame=frame, passed=dpids)]
        assert fabric.send(b.node, b.port, frame) == [Arrived(end=a, frame=frame, passed=dpids[::-1])]


def check_datagrams(fabric: Fabric, plant: Plant) -> None:
    """From every host to every other: once, by the planned routers, each of which takes one from the TTL."""
    blueprint = fabric.blueprint
    number = {switch.site: switch.dpid for switch in blueprint.switches}
    routes = packet_routes(plant)
    for host in blueprint.hosts:
        assert len(host.peers) == len(blueprint.hosts) - 1
        for peer in host.peers:
            other = next(other for other in blueprint.hosts if other.address == peer.address)
            sites = routes.get((host.site, other.site), (host.site,))
            (arrived,) = fabric.send(host.name, 0, Frame(mac_to=peer.mac, address_to=peer.address))
            assert (arrived.end.node, arrived.end.mac) == (other.name, peer.mac)
            assert arrived.frame == Frame(mac_to=peer.mac, address_to=peer.address, ttl=64 - len(sites))
            assert arrived.passed == tuple(number[site] for site in sites)


def check_ipv6(fabric: Fabric, plant: Plant) -> None:
    """From every host: to every other once, by the planned routers, with its hop limit; to all others together once."""
    number = {switch.site: switch.dpid for switch in fabric.blueprint.switches}
    routes = packet_routes(plant)
    for host in fabric.blueprint.hosts:
        for peer in host.peers:
            frame = Frame(mac_to=peer.mac, ipv6=True)
            (arrived,) = fabric.send(host.name, 0, frame)
            sites = routes.get((host.site, next(h.site for h in fabric.blueprint.hosts if h.address == peer.address)))
            assert (arrived.end.mac, arrived.frame) == (peer.mac, frame)
            assert arrived.passed == tuple(number[site] for site in sites or (host.site,))
        for group in ("33:33:00:00:00:01", "33:33:ff:00:00:02"):
            reached = [arrived.end.mac for arrived in fabric.send(host.name, 0, Frame(mac_to=group, ipv6=True))]
            assert sorted(reached) == sorted(peer.mac for peer in host.peers)


def test_every_lightpath_of_jpn12_delivers_both_ways() -> None:
    assert len(jpn12("apn").blueprint.lit_paths) == 66
    check_light(jpn12("apn"))


def test_every_datagram_of_jpn12_arrives() -> None:
    check_datagrams(jpn12("packet"), shipped("jpn12"))


@pytest.mark.parametrize("topology", ["three-sites", "jpn12", "nsfnet"])
def test_ipv6_finds_its_neighbours_and_reaches_them_where_fibres_make_rings(topology: str) -> None:
    plant = shipped(topology)
    check_ipv6(Fabric(compiled(plant, "packet"), packet.rules), plant)


@settings(max_examples=60, deadline=None)
@given(joined_plants())
def test_any_plant_delivers(plant: Plant) -> None:
    check_light(Fabric(compiled(plant, "apn"), lightpath.rules))
    fabric = Fabric(compiled(plant, "packet"), packet.rules)
    check_datagrams(fabric, plant)
    check_ipv6(fabric, plant)


def test_light_that_nobody_assigned_goes_nowhere() -> None:
    """At every fibre port: every tag that no lightpath has there, one tag more than there are, and no tag at all."""
    fabric = jpn12("apn")
    blueprint = fabric.blueprint
    tags = sorted({path.tag for path in blueprint.lit_paths})
    lit = {
        (hop.dpid, port, path.tag)
        for path in blueprint.lit_paths
        for hop in path.hops
        for port in (hop.port_in, hop.port_out)
    }
    dark = 0
    for switch in blueprint.switches:
        for port in fibre_ports(blueprint, switch.name):
            for tag in [*tags, tags[-1] + 1]:
                if (switch.dpid, port, tag) not in lit:
                    assert fabric.enter(switch.dpid, port, Frame(tags=(tag,))) == []
                    dark += 1
            assert fabric.enter(switch.dpid, port, Frame()) == []
    assert dark > 100


def fibre_ports(blueprint: Blueprint, node: str) -> list[int]:
    return [
        end.port for wire in blueprint.wires if wire.kind == "fibre" for end in (wire.a, wire.b) if end.node == node
    ]


def test_a_datagram_to_nobody_goes_nowhere() -> None:
    fabric = jpn12("packet")
    for host in fabric.blueprint.hosts:
        assert fabric.send(host.name, 0, Frame(address_to="10.99.0.1")) == []
        assert fabric.send(host.name, 0, Frame(mac_to="ff:ff:ff:ff:ff:ff")) == []
        assert fabric.send(host.name, 0, Frame(mac_to="02:0a:ff:00:00:00", ipv6=True)) == []


def test_injected_load_leaves_by_its_fibre_and_ends_at_the_next_router() -> None:
    fabric = jpn12("packet")
    blueprint = fabric.blueprint
    name = {switch.dpid: switch.name for switch in blueprint.switches}
    assert len(blueprint.injections) == 2 * 17, "both directions of 17 fibres"
    for injection in blueprint.injections:
        frame = Frame(mac_to=injection.mac, address_to=blueprint.hosts[0].address)
        assert injection.port in fibre_ports(blueprint, name[injection.dpid])
        assert treat(fabric.table[injection.dpid], frame, injection.port_in) == [(injection.port, frame)]
        assert fabric.enter(injection.dpid, injection.port_in, frame) == [], "it must not go on from the next router"
        assert fabric.enter(injection.dpid, injection.port, frame) == [], "from a fibre it is somebody else's"


@pytest.mark.parametrize("topology", ["jpn12", "jpn48"])
@pytest.mark.parametrize("network", ["apn", "packet"])
def test_no_two_rules_of_a_switch_match_the_same(topology: str, network: Network) -> None:
    """OpenFlow 1.3, 6.4: the second would silently replace the first."""
    blueprint = compiled(shipped(topology), network)
    for switch in blueprint.switches:
        rules = LOGIC[network](blueprint, switch.dpid)
        assert rules
        keys = [what_matches(rule) for rule in rules]
        assert len(set(keys)) == len(keys)


def what_matches(rule: Rule) -> tuple[object, ...]:
    return (
        rule.priority,
        rule.port_in,
        rule.tag,
        rule.mac_to,
        rule.mac_mask,
        rule.address_to,
        rule.address_from,
        rule.ipv6,
    )


def test_a_switch_of_no_lightpath_has_no_rules() -> None:
    assert lightpath.rules(compiled(shipped("three-sites"), "apn"), 4) == []
