# SPDX-License-Identifier: BSD-3-Clause
"""Tenants' places, and what stands between them and the light."""

from __future__ import annotations

import pytest

from apnemu.blueprint.compiled import blueprint_for
from apnemu.blueprint.document import Blueprint, Wire
from apnemu.experiments.sharing import EXPERIMENT
from apnemu.planning import next_hops, plan
from apnemu.units import gbps_to_bytes_per_s
from tests.compiled import far_ends, shipped

SETTINGS = EXPERIMENT.resolve([]).own


@pytest.fixture(scope="module")
def blueprint() -> Blueprint:
    plant = EXPERIMENT.prepare(shipped("three-sites"), SETTINGS)
    assignment = EXPERIMENT.arrange(plan(plant), SETTINGS)
    return blueprint_for("apn", plant, assignment, next_hops(plant), (), seed=1)


def wire(blueprint: Blueprint, name: str) -> Wire:
    return next(wire for wire in blueprint.wires if wire.name == name)


def test_every_lit_path_leads_along_wires_from_end_to_end(blueprint: Blueprint) -> None:
    """Each hop's way out is joined to the next hop's way in; probes end at hosts, load at injectors."""
    far = far_ends(blueprint)
    name = {switch.dpid: switch.name for switch in blueprint.switches}
    assert len(blueprint.lit_paths) == 12
    assert len({path.tag for path in blueprint.lit_paths}) == 12
    for path in blueprint.lit_paths:
        for here, there in zip(path.hops, path.hops[1:], strict=False):
            end = far[name[here.dpid], here.port_out][1]
            assert (end.node, end.port) == (name[there.dpid], there.port_in)
        first, last = path.hops[0], path.hops[-1]
        ends = far[name[first.dpid], first.port_in][1], far[name[last.dpid], last.port_out][1]
        wanted = ("", "") if path.name.endswith("load") else (path.source_host, path.target_host)
        assert (ends[0].node, ends[1].node) == wanted


def test_ports_between_tenants_and_light(blueprint: Blueprint) -> None:
    full, half = gbps_to_bytes_per_s(100), gbps_to_bytes_per_s(50)
    queue = shipped("three-sites").packet.buffer_bytes
    own = wire(blueprint, "own-a-a-tokyo>tokyo").a.sends
    assert (own.rate_bytes_per_s, own.queue_bytes) == (full, queue)
    hard = wire(blueprint, "slots-b-osaka>slots@osaka").a.sends
    assert (hard.rate_bytes_per_s, hard.queue_bytes, hard.delay_ns) == (half, queue, 10_000)
    trunk = wire(blueprint, "slots@tokyo>tokyo").a.sends
    assert (trunk.rate_bytes_per_s, trunk.delay_ns) == (0, own.delay_ns)
    assert wire(blueprint, "statistical-a-tokyo>statistical@tokyo").a.sends.rate_bytes_per_s == 0
    assert wire(blueprint, "statistical@tokyo>tokyo").a.sends == own


def test_hosts_know_their_counterparts_and_nobody_else(blueprint: Blueprint) -> None:
    address = {host.site: host.address for host in blueprint.hosts}
    assert len(address) == 12
    for host in blueprint.hosts:
        other = host.site.replace("tokyo", "OSAKA").replace("osaka", "tokyo").replace("OSAKA", "osaka")
        assert [peer.address for peer in host.peers] == [address[other]]


def test_the_controller_has_a_line_to_every_tenants_place_as_to_its_site(blueprint: Blueprint) -> None:
    """Every switch and host has one, or the lab could not be built."""
    delay_ns = {line.site: line.delay_ns for line in blueprint.dcn}
    assert {node.site for node in (*blueprint.switches, *blueprint.hosts)} <= delay_ns.keys()
    assert len({line.site_address for line in blueprint.dcn}) == len(blueprint.dcn) > 3
    for name, way_ns in delay_ns.items():
        assert way_ns == next(delay_ns[site] for site in ("tokyo", "nagoya", "osaka") if name.endswith(site))
