# SPDX-License-Identifier: BSD-3-Clause
"""The data communication network (DCN): the controller's computer, and a line to it from every site and every host.

The controller's computer is a namespace of its own, in which its program runs. A site's switch, its transponders' agent
and its line system are at one end of the site's line, which is in the program's namespace as Open vSwitch is; a host
has an interface `dcn`. Every line has the declared delay, each way, and no limit of rate. `ping` and `tshark` see it:
`ip netns exec controller ping 172.16.0.1`.

A host that a zone binds is not on its site's line by itself: its interface `dcn` ends at the site's gate, and what its
wall lets through there (`walls`) goes on over the line, which begins behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from apnemu.blueprint.addressing import CONTROLLER_ADDRESS, dcn_mac
from apnemu.blueprint.document import Blueprint, Line
from apnemu.emulation import shaping
from apnemu.emulation.netlink import Netlink, address, ask, host_route, interfaces, link_up, neighbour, veth

HOST_INTERFACE = "dcn"
MTU_BYTES = 1500
CONTROLLER, DEVICES = "controller", ""
"""Names here of the controller's computer, and of the program's namespace, where switches and devices are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """An end of a line: an interface in a node's namespace.

    It has an `address` of its own and knows the one that it speaks `to`, but for the ends at a gate, which pass on.
    """

    node: str
    interface: str
    mac: str
    address: str = ""
    to: str = ""
    to_mac: str = ""


def build(blueprint: Blueprint, controller: int, hosts: Mapping[str, int]) -> None:
    """Make all lines to the controller's namespace. `hosts`: host -> its namespace.

    Raises ReadBackError where the kernel's lines are not those that were asked for.
    """
    namespaces: dict[str, int | None] = {DEVICES: None, CONTROLLER: controller, **hosts}
    netlinks = {node: Netlink(namespace) for node, namespace in namespaces.items()}
    lines = _lines(blueprint)
    for ends, _ in lines:
        ask(netlinks[DEVICES], veth, *(_as_link(end, namespaces) for end in ends))
    netlinks[DEVICES].flush()
    indices = {node: interfaces(netlink) for node, netlink in netlinks.items()}
    ask(netlinks[CONTROLLER], link_up, indices[CONTROLLER]["lo"])
    for ends, line in lines:
        for own in ends:
            netlink, index = netlinks[own.node], indices[own.node][own.interface]
            ask(netlink, link_up, index)
            if own.address:
                ask(netlink, address, index, own.address, 32)
                ask(netlink, host_route, index, own.to, own.address)
                ask(netlink, neighbour, index, own.to, own.to_mac)
            shaping.shape(netlink, index, line)
    for netlink in netlinks.values():
        netlink.flush()
    actual = {node: shaping.lines(netlink) for node, netlink in netlinks.items()}
    for ends, line in lines:
        for end in ends:
            shaping.check(end.interface, line, actual[end.node].get(indices[end.node][end.interface]))
    for netlink in netlinks.values():
        netlink.close()


def slow(blueprint: Blueprint, controller: int, hosts: Mapping[str, int], longer_ns: Mapping[str, int]) -> None:
    """Have messages to and from sites take longer, by ns one way; 0 is as declared. What is under way is lost."""
    namespaces: dict[str, int | None] = {DEVICES: None, CONTROLLER: controller, **hosts}
    sites = [line.site for line in blueprint.dcn] + [host.site for host in blueprint.hosts]
    whole = [(ends, line) for ends, line in _lines(blueprint) if ends[0].node == CONTROLLER]
    for site, (ends, line) in zip(sites, whole, strict=True):
        if site not in longer_ns:
            continue
        wanted = replace(line, delay_ns=line.delay_ns + longer_ns[site])
        for end in ends:
            netlink = Netlink(namespaces[end.node])
            index = interfaces(netlink)[end.interface]
            if index in shaping.lines(netlink):
                shaping.unshape(netlink, index)
            shaping.shape(netlink, index, wanted)
            netlink.flush()
            shaping.check(end.interface, wanted, shaping.lines(netlink).get(index))
            netlink.close()


def _lines(blueprint: Blueprint) -> list[tuple[tuple[_End, _End], Line]]:
    """Every line with its end at the controller and its other end, and the piece between a gate and its host."""
    delay_ns = {line.site: line.delay_ns for line in blueprint.dcn}
    wall = {wall.host: wall for wall in blueprint.walls}
    wanted = [
        (f"site{number}", line.controller_address, DEVICES, f"dcn{number}", line.site_address, line.delay_ns)
        for number, line in enumerate(blueprint.dcn, 1)
    ] + [
        (f"host{number}", CONTROLLER_ADDRESS, host.name, HOST_INTERFACE, host.address, delay_ns[host.site])
        for number, host in enumerate(blueprint.hosts, 1)
    ]
    lines = []
    for number, (interface, own, node, far_interface, far, way_ns) in enumerate(wanted, 1):
        mac, far_mac = dcn_mac(number, 0), dcn_mac(number, 1)
        near_end = _End(node=CONTROLLER, interface=interface, mac=mac, address=own, to=far, to_mac=far_mac)
        far_end = _End(node=node, interface=far_interface, mac=far_mac, address=far, to=own, to_mac=mac)
        if node in wall:
            onward = _End(node=DEVICES, interface=wall[node].onward, mac=dcn_mac(number, 2))
            gate = _End(node=DEVICES, interface=wall[node].gate, mac=dcn_mac(number, 3))
            lines += [((near_end, onward), Line(delay_ns=way_ns)), ((gate, far_end), Line())]
        else:
            lines.append(((near_end, far_end), Line(delay_ns=way_ns)))
    return lines


def _as_link(end: _End, namespaces: Mapping[str, int | None]) -> dict[str, Any]:
    return {"name": end.interface, "mac": end.mac, "mtu": MTU_BYTES, "namespace": namespaces[end.node]}
