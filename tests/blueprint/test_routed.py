# SPDX-License-Identifier: BSD-3-Clause
"""Routers that find their own way: each fibre a link of its own, with the delays, rates and queues of planned ones."""

from __future__ import annotations

from pathlib import Path

from apnemu.blueprint.document import Blueprint
from apnemu.blueprint.packet import compile_packet
from apnemu.blueprint.routed import compile_routed
from apnemu.planning import next_hops
from apnemu.topology import read_plant

JPN12 = read_plant(Path(__file__).parents[2] / "topologies" / "jpn12.yaml")


def test_wires_send_as_those_of_planned_routers_do() -> None:
    hosts, _, wires = compile_routed(JPN12)
    planned_hosts, _, planned_wires, _, _ = compile_packet(JPN12, next_hops(JPN12))
    planned = {wire.name: (wire.a.sends, wire.b.sends) for wire in planned_wires if wire.kind != "load"}
    assert {wire.name: (wire.a.sends, wire.b.sends) for wire in wires} == planned
    assert [(host.name, host.address) for host in hosts] == [(host.name, host.address) for host in planned_hosts]


def test_each_fibre_is_a_link_with_its_length_as_cost() -> None:
    _, routers, wires = compile_routed(JPN12)
    port = {port.interface: port for router in routers for port in router.ports}
    fibres = [wire for wire in wires if wire.kind == "fibre"]
    addresses = [(port[wire.a.interface].address, port[wire.b.interface].address) for wire in fibres]
    flat = [address for pair in addresses for address in pair]
    assert len(set(flat)) == len(flat) == 2 * len(JPN12.fibres)
    for low, high in addresses:
        (net_low, last_low), (net_high, last_high) = (address.rsplit(".", 1) for address in (low, high))
        assert net_low == net_high
        assert int(last_low) % 2 == 0
        assert int(last_high) == int(last_low) + 1
    for wire, fibre in zip(fibres, JPN12.fibres, strict=True):
        costs = {port[end.interface].ospf_cost for end in (wire.a, wire.b)}
        assert costs == {round(fibre.length_km)}


def test_a_host_reaches_others_through_its_router() -> None:
    hosts, routers, wires = compile_routed(JPN12)
    router_of = {router.site: router.name for router in routers}
    for wire in (wire for wire in wires if wire.kind == "access"):
        host = next(host for host in hosts if host.name == wire.a.node)
        assert wire.b.node == router_of[host.site]
        assert {peer.mac for peer in host.peers} == {wire.b.mac}
        assert {peer.address for peer in host.peers} == {one.address for one in hosts if one is not host}


def test_routers_survive_the_document() -> None:
    hosts, routers, wires = compile_routed(JPN12)
    blueprint = Blueprint(
        network="packet",
        topology="jpn12",
        seed=1,
        mtu_bytes=1500,
        segments="mtu",
        hosts=hosts,
        switches=(),
        wires=wires,
        lit_paths=(),
        routes=(),
        injections=(),
        stages=(),
        controller="packet",
        controller_runtime="os-ken",
        pcap=False,
        routers=routers,
    )
    assert Blueprint.from_json(blueprint.to_json()) == blueprint
