# SPDX-License-Identifier: BSD-3-Clause
"""Compiles a plan, and the stages to be played on it, into the blueprint of one network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from apnemu.blueprint import applications
from apnemu.blueprint.addressing import dcn_addresses
from apnemu.blueprint.apn import compile_apn
from apnemu.blueprint.document import FOREIGN_SETTLE_S, Blueprint, DcnLine, End
from apnemu.blueprint.on_demand import compile_on_demand
from apnemu.blueprint.packet import compile_packet
from apnemu.blueprint.routed import compile_routed
from apnemu.blueprint.shared_wavelengths import compile_sharing, stands_at
from apnemu.blueprint.walls import walls_of
from apnemu.model.activities import Routing
from apnemu.model.assignment import Assignment
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.planning import NextHops
from apnemu.planning.dcn import Dcn, dcn
from apnemu.seeds import generator

OWN_CONTROLLER = {"apn": "lightpath", "packet": "packet"}


def blueprint_for(
    network: Literal["apn", "packet"],
    plant: Plant,
    assignment: Assignment,
    hops: NextHops,
    stages: tuple[Stage, ...],
    *,
    seed: int,
    controller: str | None = None,
    controller_runtime: str = "os-ken",
    controller_options: tuple[str, ...] = (),
    controller_settle_s: float | None = FOREIGN_SETTLE_S,
    pcap: bool = False,
    pcap_bytes: int = 0,
) -> Blueprint:
    """Return all that a guest needs. `controller` is the path of an application that replaces the network's own."""
    queues_decide = any(share.scheme == "statistical" or plant.packet.mark_bytes for share in assignment.shares)
    blueprint = Blueprint(
        network=network,
        topology=plant.name,
        seed=seed,
        mtu_bytes=plant.packet.mtu_bytes,
        segments="mtu" if network == "packet" or queues_decide else "whole",
        hosts=(),
        switches=(),
        wires=(),
        lit_paths=(),
        routes=(),
        injections=(),
        stages=stages,
        controller=controller or OWN_CONTROLLER[network],
        controller_runtime=controller_runtime,
        controller_options=controller_options,
        controller_settle_s=controller_settle_s,
        pcap=pcap,
        pcap_bytes=pcap_bytes,
        tcp_window_bytes=plant.tcp_window_bytes,
    )
    if network == "apn" and assignment.shares:
        hosts, switches, wires, lit_paths, injections = compile_sharing(plant, assignment)
        blueprint = replace(
            blueprint, hosts=hosts, switches=switches, wires=wires, lit_paths=lit_paths, injections=injections
        )
    elif network == "apn" and plant.transceivers:
        hosts, switches, wires, pool = compile_on_demand(plant)
        blueprint = replace(
            blueprint,
            hosts=hosts,
            switches=switches,
            wires=wires,
            transceivers=pool,
            plant=replace(plant, power=None, phase=None),  # the controller plans light
            controller=controller or "apn",
        )
    elif network == "apn":
        hosts, switches, wires, lit_paths, lit_trees = compile_apn(plant, assignment)
        blueprint = replace(
            blueprint, hosts=hosts, switches=switches, wires=wires, lit_paths=lit_paths, lit_trees=lit_trees
        )
    elif any(stage.of(Routing) for stage in stages):
        hosts, routers, wires = compile_routed(plant)
        blueprint = replace(blueprint, hosts=hosts, routers=routers, wires=wires)
    else:
        hosts, switches, wires, routes, injections = compile_packet(plant, hops)
        blueprint = replace(
            blueprint, hosts=hosts, switches=switches, wires=wires, routes=routes, injections=injections
        )
    blueprint = _with_chances(blueprint)
    places = stands_at(assignment) if network == "apn" else {}
    if blueprint.switches:
        way = dcn(plant)
        blueprint = replace(blueprint, controller_at=way.at, dcn=_lines(plant, way, places))
    blueprint = replace(blueprint, walls=walls_of(plant, blueprint, places, hops))
    applications.check_marks(stages, marked=0 < plant.packet.mark_bytes <= plant.packet.buffer_bytes)
    applications.check(stages, {host.name: host.address for host in blueprint.hosts})
    return blueprint


def _with_chances(blueprint: Blueprint) -> Blueprint:
    """Each end that loses frames, or lets their delay vary, with draws of its own; its frames then go one by one."""
    if not any(end.sends.by_chance for wire in blueprint.wires for end in (wire.a, wire.b)):
        return blueprint

    def drawn(end: End) -> End:
        seed = generator(blueprint.seed, f"line {end.interface}").integers(1 << 63)
        return replace(end, sends=replace(end.sends, draws=int(seed))) if end.sends.by_chance else end

    wires = tuple(replace(wire, a=drawn(wire.a), b=drawn(wire.b)) for wire in blueprint.wires)
    return replace(blueprint, wires=wires, segments="mtu")


def _lines(plant: Plant, way: Dcn, places: Mapping[str, str]) -> tuple[DcnLine, ...]:
    """A line of the data communication network to every site, and to every tenant's place at one."""
    lines = []
    stands = {**{site.name: site.name for site in plant.sites}, **places}
    for number, (name, site) in enumerate(stands.items(), 1):
        own, far = dcn_addresses(number)
        lines.append(DcnLine(site=name, site_address=own, controller_address=far, delay_ns=way.delay_ns[site]))
    return tuple(lines)
