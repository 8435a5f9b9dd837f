# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Walls in the kernel: at a switch's port to a host, datagrams to hosts of its zone pass and nothing else does.

The filter is on the switch's side of the host's wire, before the switch looks at a frame: whoever has the host, with
all its rights, can neither take the filter away nor get around it, whatever it writes into its frames. That is where an
operator polices a customer. Rejected: nftables in the host's own namespace (root there takes it away, and frames of
packet sockets pass it by), and flow rules of the ROADM (it switches light by port and wavelength, and reads no
datagram).

Of the data communication network the same stands at the gate where the host's line enters its site: what asks the
controller's REST interface goes on, whole datagrams of TCP, and nothing else does; what comes back is not held. That
much leaves a zone where the controller stands outside it, and the controller logs each request that it takes.

What does not pass is handed to a dummy interface of the host's, where it ends: it is counted there, and can be seen.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Sequence
from typing import Any

from apnemu.blueprint.addressing import CONTROLLER_ADDRESS, REST_PORT
from apnemu.blueprint.wall import Wall
from apnemu.emulation.netem import Question
from apnemu.emulation.netlink import ADD, Netlink, ask, host_route, interfaces, link_up, neighbour
from apnemu.emulation.rtnl import (
    RTM_GETQDISC,
    RTM_NEWLINK,
    RTM_NEWQDISC,
    RTM_NEWTFILTER,
    cls_matchall,
    cls_u32,
    ifinfmsg,
)
from apnemu.emulation.shaping import ARRIVING, ETH_P_ALL, INGRESS
from apnemu.errors import ReadBackError

ETH_P_IP = 0x0800
PASS, STOP = 1, 2
"""Priorities of the filters: the lower is asked first."""
NOBODY = "02:0e:00:00:00:01"
"""MAC address under which a host tries hosts outside its zone."""


def sink(number: int) -> str:
    """Name of the interface in which a wall's frames end; walls count from 0.

    >>> sink(2)
    'wall3'
    """
    return f"wall{number + 1}"


def build(walls: Sequence[Wall], netlink_of: Callable[[str], Netlink]) -> None:
    """Set up all walls; `netlink_of` gives the netlink of a node's namespace.

    Raises LabError where the kernel refuses.
    """
    for number, wall in enumerate(walls):
        nodes: dict[int, list[str]] = {}
        sockets: dict[int, Netlink] = {}
        for node, interface in wall.ports:
            netlink = netlink_of(node)
            sockets[id(netlink)] = netlink
            nodes.setdefault(id(netlink), []).append(interface)
        for key, ports in nodes.items():
            netlink = sockets[key]
            netlink.add(f"make interface {sink(number)}", RTM_NEWLINK, ADD, _dummy(sink(number)))
            netlink.flush()
            indices = interfaces(netlink)
            ask(netlink, link_up, indices[sink(number)])
            for port in ports:
                _filter(netlink, indices[port], wall, indices[sink(number)])
            netlink.flush()
        if wall.gate:
            _hold_gate(netlink_of(""), wall, sink(number))


def check(walls: Sequence[Wall], netlink_of: Callable[[str], Netlink]) -> None:
    """Raises ReadBackError where a port has no filter of arrivals any more."""
    watched: dict[int, tuple[dict[str, int], set[int]]] = {}
    """Netlink -> indices of its interfaces, and those whose arrivals are filtered."""
    for wall in walls:
        for node, interface in (*wall.ports, *([("", wall.gate)] if wall.gate else [])):
            netlink = netlink_of(node)
            if id(netlink) not in watched:
                heads = (struct.unpack_from("=iI", each, 4) for each in netlink.dump(RTM_GETQDISC, Question()))
                filtered = {index for index, handle in heads if handle == ARRIVING}
                watched[id(netlink)] = interfaces(netlink), filtered
            indices, filtered = watched[id(netlink)]
            if indices[interface] not in filtered:
                raise ReadBackError(f"the wall around {wall.host} no longer stands at {interface}; its filter is gone")


def try_outside(wall: Wall, netlink: Netlink) -> None:
    """Let a host try the hosts outside its zone, so that its wall sees it; without, it would have no way to them."""
    index = interfaces(netlink)[wall.interface]
    for outside in wall.outside:
        ask(netlink, host_route, index, outside, wall.address)
        ask(netlink, neighbour, index, outside, NOBODY)
    netlink.flush()


def _dummy(name: str) -> Any:
    message = ifinfmsg()
    message["attrs"] = [("IFLA_IFNAME", name), ("IFLA_LINKINFO", {"attrs": [("IFLA_INFO_KIND", "dummy")]})]
    return message


def _filter(netlink: Netlink, index: int, wall: Wall, sink_index: int) -> None:
    _watch(netlink, index)
    for address in wall.allowed:
        keys = [f"{_number(wall.address)}/0xffffffff+12", f"{_number(address)}/0xffffffff+16"]
        _pass(netlink, index, keys, "ok")
    _redirect(netlink, index, sink_index)


def _hold_gate(netlink: Netlink, wall: Wall, sink_name: str) -> None:
    """What asks the controller goes on from the gate and the rest ends; what comes for the host goes through it."""
    indices = interfaces(netlink)
    gate, onward = indices[wall.gate], indices[wall.onward]
    asks = [
        "0x45/0xff+0",  # IPv4, a header without options
        "0x0/0x3fff+6",  # whole, not a fragment
        "0x06/0xff+9",  # TCP
        f"{_number(wall.address)}/0xffffffff+12",
        f"{_number(CONTROLLER_ADDRESS)}/0xffffffff+16",
        f"{REST_PORT:#06x}/0xffff+22",
    ]
    _watch(netlink, gate)
    _pass(netlink, gate, asks, _to(onward))
    _redirect(netlink, gate, indices[sink_name])
    _watch(netlink, onward)
    _redirect(netlink, onward, gate)
    netlink.flush()


def _watch(netlink: Netlink, index: int) -> None:
    queue = Question()
    queue["index"] = index
    queue["parent"] = INGRESS
    queue["handle"] = ARRIVING
    queue["attrs"] = [("TCA_KIND", "ingress")]
    netlink.add(f"watch arrivals at interface {index}", RTM_NEWQDISC, ADD, queue)


def _pass(netlink: Netlink, index: int, keys: Sequence[str], action: Any) -> None:
    options = cls_u32.get_parameters({"action": action, "target": 1 << 16 | 1, "keys": list(keys)})
    _add(netlink, index, PASS, ETH_P_IP, "u32", options)


def _redirect(netlink: Netlink, index: int, to: int) -> None:
    _add(netlink, index, STOP, ETH_P_ALL, "matchall", cls_matchall.get_parameters({"action": _to(to)}))


def _to(index: int) -> dict[str, Any]:
    return {"kind": "mirred", "direction": "egress", "action": "redirect", "ifindex": index}


def _add(netlink: Netlink, index: int, priority: int, protocol: int, kind: str, options: Any) -> None:
    message = Question()
    message["index"] = index
    message["parent"] = ARRIVING
    message["info"] = priority << 16 | socket.htons(protocol)
    message["attrs"] = [("TCA_KIND", kind), ("TCA_OPTIONS", options)]
    netlink.add(f"filter arrivals at interface {index}", RTM_NEWTFILTER, ADD, message)


def _number(address: str) -> str:
    return f"0x{socket.inet_aton(address).hex()}"
