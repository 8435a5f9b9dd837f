# SPDX-License-Identifier: BSD-3-Clause
"""Compiles an Assignment over a Plant into ROADMs, transceivers and fibres."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from apnemu.blueprint.addressing import tags
from apnemu.blueprint.document import (
    End,
    Hop,
    Host,
    Line,
    LitPath,
    LitTree,
    Peer,
    Switch,
    TreeLeaf,
    TreeNode,
    Wire,
)
from apnemu.blueprint.ports import Ports
from apnemu.model.assignment import Assignment, Branch, LightId, Lightpath, LightTree
from apnemu.model.plant import Mode, Plant
from apnemu.model.spectrum import Slot
from apnemu.planning.graph import delays_ns
from apnemu.units import gbps_to_bytes_per_s


def compile_apn(
    plant: Plant, assignment: Assignment
) -> tuple[tuple[Host, ...], tuple[Switch, ...], tuple[Wire, ...], tuple[LitPath, ...], tuple[LitTree, ...]]:
    """Return hosts, ROADMs, wires, lit paths and lit trees.

    A site's lightpaths are dealt out to its hosts in turn; a host has one interface, its transceiver, for each.
    A transceiver sends at the rate that was asked of its light, which its mode carries. The delays of its light outside
    the fibres (FEC, ROADMs) are put at the sending end, so that a fibre's veth has the delay of the fibre alone.
    """
    ports = Ports(plant)
    wires = [ports.lit_fibre(fibre) for fibre in plant.fibres]
    access = Access(ports)
    table = tags(
        [
            *(path.slot for path in assignment.lightpaths),
            *(tree.slot for tree in assignment.trees),
            *(branch.return_slot for tree in assignment.trees for branch in tree.branches),
        ]
    )
    lit = [_path(plant, access, path, table[path.slot]) for path in assignment.lightpaths]
    split = [tree for tree in assignment.trees if tree.kind == "tree"]
    trees = tuple(light_tree(plant, access, tree, table) for tree in split)
    shared = [tree for tree in assignment.trees if tree.kind == "subcarriers"]
    leaves = [(tree, branch) for tree in shared for branch in tree.branches]
    for number, (tree, branch) in enumerate(leaves, 1):
        lit.append(_path(plant, access, as_lightpath(tree, branch), len(table) + number))
    return access.hosts(), ports.switches(), (*wires, *access.wires), tuple(lit), trees


class Access:
    """Deals out hosts and transceivers, and keeps the wires between them and their ROADMs."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self.wires: list[Wire] = []
        self._hosts = list(ports.hosts())
        self._address = {name: address for name, _, address in self._hosts}
        self._of_site: dict[str, list[str]] = {}
        for name, site, _ in self._hosts:
            self._of_site.setdefault(site, []).append(name)
        self._dealt = dict.fromkeys(self._of_site, 0)
        self._peers: dict[str, dict[str, Peer]] = {name: {} for name, _, _ in self._hosts}

    def transceiver(self, name: str, site: str, sends: Line, receives: Line | None = None) -> tuple[End, End]:
        """Add a transceiver of the light `name` to the site's next host; return it and the ROADM's port for it."""
        host = self._of_site[site][self._dealt[site] % len(self._of_site[site])]
        self._dealt[site] += 1
        transceiver = self.ports.at_host(host, sends)
        added = self.ports.at_switch(site, receives or Line())
        self.wires.append(Wire(name=f"{name}@{host}", kind="access", a=transceiver, b=added, light=name))
        return transceiver, added

    def knows(self, near: End, far: End) -> None:
        """Have the host of `near` reach the one of `far` through this interface, unless it has another already."""
        peer = Peer(address=self._address[far.node], mac=far.mac, interface=near.interface)
        self._peers[near.node].setdefault(peer.address, peer)

    def hosts(self) -> tuple[Host, ...]:
        return tuple(
            Host(name=name, site=site, address=own, peers=tuple(self._peers[name].values()))
            for name, site, own in self._hosts
        )


def _path(plant: Plant, access: Access, path: Lightpath, tag: int) -> LitPath:
    sends = transceiver_line(plant, path)
    near, near_port = access.transceiver(path.name, path.source, sends)
    far, far_port = access.transceiver(path.name, path.target, sends)
    access.knows(near, far)
    access.knows(far, near)
    return LitPath(
        name=path.name,
        source=path.source,
        target=path.target,
        source_host=near.node,
        target_host=far.node,
        tag=tag,
        slot_n=path.slot.n,
        slot_m=path.slot.m,
        line_rate_gbps=path.rate_gbps,
        hops=hops_of(access.ports, path.route, path.fibres, near_port.port, far_port.port),
        source_interface=near.interface,
        target_interface=far.interface,
    )


def mode_of(plant: Plant, name: str) -> Mode:
    """Look up a mode of a transceiver, or of the hub with subcarriers."""
    hub = () if plant.subcarriers is None else (plant.subcarriers.mode,)
    known: dict[str, Mode] = {mode.name: mode for mode in (*hub, *plant.modes)}
    return known[name]


def transceiver_line(plant: Plant, path: Lightpath) -> Line:
    """Line of a path's transceiver: the rate that was asked for, that of the client's port, whatever more the mode
    carries; and every delay of the path but that of its fibres."""
    return other_delays(plant, path, Line(rate_bytes_per_s=gbps_to_bytes_per_s(path.rate_gbps)))


def other_delays(plant: Plant, path: Lightpath, line: Line) -> Line:
    """The line with every delay of the path but that of its fibres."""
    in_fibres, _ = delays_ns(plant.fibre, path.fibres, path.route)
    return replace(line, delay_ns=path.delay_ns - in_fibres)


def hops_of(ports: Ports, route: Sequence[str], fibres: Sequence[str], added: int, dropped: int) -> tuple[Hop, ...]:
    """Hops of light, ROADM by ROADM, from the port that it is added at to the port that it is dropped at."""
    comes = [added] + [ports.fibre_port[site, fibre] for site, fibre in zip(route[1:], fibres, strict=True)]
    goes = [ports.fibre_port[site, fibre] for site, fibre in zip(route, fibres, strict=False)] + [dropped]
    return tuple(
        Hop(dpid=ports.number[site], port_in=port_in, port_out=port_out)
        for site, port_in, port_out in zip(route, comes, goes, strict=True)
    )


def as_lightpath(tree: LightTree, branch: Branch) -> Lightpath:
    """A leaf's subcarriers, or a leaf's way back, which has the tree's line, as a lightpath from the hub."""
    return Lightpath(
        id=LightId(service=f"{tree.name}/{branch.leaf}"),
        source=tree.source,
        target=branch.leaf,
        route=branch.route,
        fibres=branch.fibres,
        slot=branch.return_slot,
        mode=tree.mode,
        rate_gbps=tree.line_rate_gbps if tree.kind == "tree" else tree.rate_gbps,
        length_km=branch.length_km,
        delay_ns=branch.delay_ns,
        return_delay_ns=branch.return_delay_ns,
    )


def light_tree(plant: Plant, access: Access, tree: LightTree, table: Mapping[Slot, int]) -> LitTree:
    """The hub's transceiver, a splitter at every ROADM that divides the light, the leaves and their ways back.

    Delays that all leaves share (FEC, add) are put at the hub's transceiver; those of the ROADMs passed and of the drop
    are put at the ROADM's port to the leaf.
    """
    rate = gbps_to_bytes_per_s(tree.line_rate_gbps)
    shared_ns = mode_of(plant, tree.mode).fec_ns + plant.roadm.add_ns
    hub, added = access.transceiver(tree.name, tree.source, Line(rate_bytes_per_s=rate, delay_ns=shared_ns))
    ports, onward, dropped, leaves = access.ports, {tree.source: {}}, {}, []  # type: ignore[var-annotated]
    entered = {tree.source: added.port}
    for branch in tree.branches:
        path = as_lightpath(tree, branch)
        sends = transceiver_line(plant, path)
        rest_ns = sends.delay_ns - shared_ns
        leaf, drop = access.transceiver(tree.name, branch.leaf, sends, Line(delay_ns=rest_ns))
        access.knows(leaf, hub)
        for site, far, fibre in zip(branch.route, branch.route[1:], branch.fibres, strict=False):
            onward.setdefault(site, {})[ports.fibre_port[site, fibre]] = None
            onward.setdefault(far, {})
            entered[far] = ports.fibre_port[far, fibre]
        dropped[branch.leaf] = drop.port
        hops = hops_of(ports, branch.route[::-1], branch.fibres[::-1], drop.port, added.port)
        back = table[branch.return_slot]
        leaves.append(TreeLeaf(site=branch.leaf, host=leaf.node, interface=leaf.interface, return_tag=back, hops=hops))
    nodes = tuple(
        TreeNode(
            dpid=ports.number[site],
            port_in=entered[site],
            added=site == tree.source,
            ports_onward=tuple(ways),
            ports_dropped=(dropped[site],) if site in dropped else (),
        )
        for site, ways in onward.items()
    )
    return LitTree(
        name=tree.name,
        source=tree.source,
        source_host=hub.node,
        source_interface=hub.interface,
        tag=table[tree.slot],
        line_rate_gbps=tree.line_rate_gbps,
        nodes=nodes,
        leaves=tuple(leaves),
    )
