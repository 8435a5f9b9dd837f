# SPDX-License-Identifier: BSD-3-Clause
"""What is compiled is what was planned: port by port along the light, hop by hop along the routes."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings

from apnemu.blueprint.document import Blueprint, LitPath
from apnemu.model.plant import Plant
from apnemu.planning import packet_routes, plan
from apnemu.question.plants import ring_names, rings
from tests.compiled import compiled, far_ends, joined_plants, shipped

TOPOLOGIES = ("three-sites", "tokyo-metro", "jpn12", "jpn48")


def walk(blueprint: Blueprint, path: LitPath) -> tuple[list[str], int]:
    """From the transceiver at `source` along the hops to the one at `target`: sites passed, and delays added up."""
    switch = {switch.dpid: switch for switch in blueprint.switches}
    far = far_ends(blueprint)
    site_of = {host.name: host.site for host in blueprint.hosts}
    transceivers = [wire.a for wire in blueprint.wires if wire.name.startswith(f"{path.name}@")]
    assert [site_of[end.node] for end in transceivers] == [path.source, path.target]
    near, came = far[transceivers[0].node, transceivers[0].port]
    delay_ns, sites = near.sends.delay_ns, []
    for hop in path.hops:
        name = switch[hop.dpid].name
        assert (came.node, came.port) == (name, hop.port_in)
        sites.append(switch[hop.dpid].site)
        near, came = far[name, hop.port_out]
        delay_ns += near.sends.delay_ns
        assert not near.sends.rate_bytes_per_s, "wavelengths do not contend: only transceivers have a rate"
    assert came == transceivers[1]
    return sites, delay_ns


def check_light(plant: Plant) -> int:
    blueprint = compiled(plant, "apn")
    assignment = plan(plant)
    assert [path.name for path in blueprint.lit_paths] == [path.name for path in assignment.lightpaths]
    for lit, path in zip(blueprint.lit_paths, assignment.lightpaths, strict=True):
        assert walk(blueprint, lit) == (list(path.route), path.delay_ns)
        for wire in blueprint.wires:
            if wire.name.startswith(f"{path.name}@"):
                assert wire.a.sends.rate_bytes_per_s == path.rate_gbps * 1e9 / 8
    return len(assignment.lightpaths)


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_light_goes_port_by_port_as_planned(topology: str) -> None:
    assert check_light(shipped(topology)) > 0


@settings(max_examples=60, deadline=None)
@given(joined_plants())
def test_light_of_any_plant(plant: Plant) -> None:
    check_light(plant)


def test_hosts_know_whom_their_light_reaches() -> None:
    """A peer's interface is a transceiver whose light ends at the interface with the peer's MAC."""
    blueprint = compiled(shipped("jpn12"), "apn")
    ends = {}
    for path in blueprint.lit_paths:
        a, b = (wire.a for wire in blueprint.wires if wire.name.startswith(f"{path.name}@"))
        ends[a.node, a.interface], ends[b.node, b.interface] = b, a
    for host in blueprint.hosts:
        assert len(host.peers) == 11, "a full mesh of 12"
        for peer in host.peers:
            far = ends[host.name, peer.interface]
            assert far.mac == peer.mac
            assert far.node == next(other.name for other in blueprint.hosts if other.address == peer.address)


def check_routes(plant: Plant) -> None:
    blueprint = compiled(plant, "packet")
    far = far_ends(blueprint)
    switch = {switch.name: switch for switch in blueprint.switches}
    port = {(route.dpid, route.address): route.port for route in blueprint.routes}
    assert len(port) == len(blueprint.routes) == len(plant.sites) * len(blueprint.hosts)
    wanted = packet_routes(plant)
    for host in blueprint.hosts:
        for other in blueprint.hosts:
            if other == host:
                continue
            came, sites = far[host.name, 0][1], []
            while came.node in switch:
                here = switch[came.node]
                sites.append(here.site)
                assert len(sites) <= len(plant.sites), f"{host.name} to {other.name} goes round"
                came = far[came.node, port[here.dpid, other.address]][1]
            assert came.node == other.name
            assert tuple(sites) == wanted.get((host.site, other.site), (host.site,))


@pytest.mark.parametrize("topology", ["three-sites", "tokyo-metro", "jpn12"])
def test_datagrams_go_hop_by_hop_as_planned(topology: str) -> None:
    check_routes(shipped(topology))


@settings(max_examples=60, deadline=None)
@given(joined_plants())
def test_datagrams_of_any_plant(plant: Plant) -> None:
    check_routes(plant)


def test_routers_queue_and_hold_as_declared() -> None:
    """Every port of a router sends at the line's rate from a bounded queue; only fibres add their own delay."""
    plant = shipped("jpn12")
    packet = dataclasses.replace(plant.packet, fec_ns=4_321)
    plant = dataclasses.replace(plant, packet=packet)
    for wire in compiled(plant, "packet").wires:
        held_ns = packet.forwarding_ns + packet.oeo_ns
        fibre_ns = packet.fec_ns + plant.fibre[wire.name].ways[0].delay_ns if wire.kind == "fibre" else 0
        for end in (wire.a, wire.b):
            if not end.node.startswith("s") or "-h" in end.node:
                continue
            if wire.kind == "load":
                assert end.sends.delay_ns == end.sends.rate_bytes_per_s == 0
            else:
                assert end.sends.rate_bytes_per_s == packet.line_rate_gbps * 1e9 / 8
                assert end.sends.queue_bytes == packet.buffer_bytes
                assert end.sends.delay_ns == held_ns + fibre_ns


def test_rings_that_nothing_joins_have_no_routes_to_one_another() -> None:
    plant = rings(shipped("three-sites"), 3, [35.0, 350.0], rate_gbps=100, rtt_ns=0)
    blueprint = compiled(plant, "packet")
    site_of = {switch.dpid: switch.site for switch in blueprint.switches}
    home_of = {host.address: host.site for host in blueprint.hosts}
    routed = {(site_of[route.dpid], home_of[route.address]) for route in blueprint.routes}
    assert routed == {(a, b) for number in (0, 1) for a in ring_names(number, 3) for b in ring_names(number, 3)}
