# SPDX-License-Identifier: BSD-3-Clause
"""Makes a running Mininet network from a blueprint, in a few batches of netlink requests."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from apnemu.blueprint.document import Blueprint, End, Router
from apnemu.blueprint.tcp import TCP_WINDOW_BYTES, buffer_sysctls
from apnemu.emulation import dcn, shaping, switching, walls
from apnemu.emulation.namespaces import create, inside
from apnemu.emulation.netlink import Netlink, address, ask, host_route, interfaces, link_up, neighbour, veth
from apnemu.emulation.nodes import CLI, Mininet, QuietController, QuietHost, QuietIntf, QuietSwitch, Wire
from apnemu.model.activities import BY_MARKS, Flow

CONTROLLER_PORT = 6653
OWN = ("lightpath", "packet", "apn")
"""Controllers of our own; any other is the file of an application."""
ALL_VERSIONS = "OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15"
"""Versions that switches offer an application that is not ours: which it speaks is its own business."""
SYSCTLS = {
    "ipv4/tcp_no_metrics_save": "1",
    "ipv4/igmp_link_local_mcast_reports": "0",
    "ipv6/conf/all/disable_ipv6": "1",
    "ipv6/conf/default/disable_ipv6": "1",
}
"""Settings of hosts and switches beside TCP's buffers: flows that learn nothing from one another, no IPv6."""
MARKED_SYSCTLS = {"ipv4/tcp_ecn": "1"}
"""Hosts' TCP asks for marks (RFC 3168), where a queue gives any or a flow's congestion control lives by them."""
ROUTER_SYSCTLS = {
    "ipv4/ip_forward": "1",
    "ipv4/conf/all/rp_filter": "0",
    "ipv4/conf/all/send_redirects": "0",
}
NOTHING_MORE: Mapping[str, str] = {}

CLI.identchars += "-"
"""Mininet's CLI takes the first word of a line for a node; without this `tokyo-h1 ping osaka-h1` began with `tokyo`."""


class Net(Mininet):  # type: ignore[misc]  # mininet has no types
    """Mininet's network, built from a blueprint. `net['tokyo-h1']` is a host, `net['s1']` a switch."""

    def __init__(self, blueprint: Blueprint) -> None:
        Mininet.inited = True  # its limits are the lab's business
        super().__init__(
            host=QuietHost, switch=QuietSwitch, link=Wire, intf=QuietIntf, controller=None, build=False, topo=None
        )
        self.blueprint = blueprint
        self.built = True
        self._addresses = {host.name: host.address for host in blueprint.hosts}
        self._addresses.update((router.name, router.router_id) for router in blueprint.routers)
        self._netlinks: dict[str, Netlink] = {}
        self._indices: dict[str, dict[str, int]] = {}
        for host in blueprint.hosts:
            self.addHost(host.name, ip=host.address)
        for router in blueprint.routers:
            self.addHost(router.name, ip=router.router_id)
        versions = "OpenFlow13" if blueprint.controller in OWN else ALL_VERSIONS
        for switch in blueprint.switches:
            self.addSwitch(switch.name, dpid=f"{switch.dpid:016x}", batch=True, protocols=versions, reconnectms=1000)
        self._sysctls(None)
        self._make_wires()
        self._configure_hosts()
        self.controller_namespace: int | None = None
        """Descriptor of the namespace of the controller's computer; None without one."""
        if blueprint.dcn:
            namespaces = {host.name: self[host.name].namespace for host in blueprint.hosts}
            self.controller_namespace = create()
            self._sysctls(self.controller_namespace)
            dcn.build(blueprint, self.controller_namespace, namespaces)

    def namespace(self, node: str) -> int | None:
        """Descriptor of a host's namespace; None for switches, which are in the program's own."""
        return None if node == "" else self[node].namespace

    def netlink(self, node: str) -> Netlink:
        """Return the netlink socket of a node; switches and injectors share one."""
        key = node if node in self._addresses else ""
        if key not in self._netlinks:
            self._netlinks[key] = Netlink(self.namespace(key))
        return self._netlinks[key]

    def index(self, end: End) -> int:
        key = end.node if end.node in self._addresses else ""
        if key not in self._indices:
            self._indices[key] = interfaces(self.netlink(key))
        return self._indices[key][end.interface]

    def ends(self) -> Iterable[End]:
        for wire in self.blueprint.wires:
            yield wire.a
            yield wire.b

    def start(self) -> None:
        """Make bridges and ports in one transaction, then set the lines of all wires and read them back."""
        if self.switches:
            switching.start(prompt=bool(self.blueprint.transceivers))
        address = {line.site: line.controller_address for line in self.blueprint.dcn}
        for number, switch in enumerate(self.blueprint.switches):
            own = self.addController(
                f"c{number}",
                controller=QuietController,
                ip=address[switch.site],
                port=CONTROLLER_PORT,
                protocols="OpenFlow13",
            )
            self[switch.name].start([own])
        if self.switches:
            QuietSwitch.batchStartup(self.switches, run=switching.run_line)
        self._shape()

    def raise_walls(self) -> None:
        """Set up the walls of zones, once the switches are ready: Open vSwitch clears filters of ports that it takes
        over."""
        if self.blueprint.walls and self.switches:
            switching.settled()
        walls.build(self.blueprint.walls, self.netlink)
        for wall in self.blueprint.walls:
            walls.try_outside(wall, self.netlink(wall.host))

    def check_walls(self) -> None:
        """Raises ReadBackError where a wall no longer stands."""
        walls.check(self.blueprint.walls, self.netlink)

    def wall_namespace(self, number: int) -> int | None:
        """Namespace in which a wall's frames end; None is the program's own."""
        node = self.blueprint.walls[number].ports[0][0]
        return self.namespace(node) if node in self._addresses else None

    def port_bytes(self) -> dict[str, tuple[int, int]]:
        """Bytes that the switches' ports have received and sent: interface -> both."""
        words = [line.replace(":", " ").split() for line in Path("/proc/net/dev").read_text().splitlines()[2:]]
        return {word[0]: (int(word[1]), int(word[9])) for word in words}

    def _make_wires(self) -> None:
        netlink = self.netlink("")
        for wire in self.blueprint.wires:
            ask(netlink, veth, self._as_link(wire.a), self._as_link(wire.b))
            if wire.kind == "load":
                self._add_port(wire.b)
            else:
                self.addLink(
                    wire.a.node,
                    wire.b.node,
                    port1=wire.a.port,
                    port2=wire.b.port,
                    intfName1=wire.a.interface,
                    intfName2=wire.b.interface,
                    addr1=wire.a.mac,
                    addr2=wire.b.mac,
                    params1={"address": self._addresses.get(wire.a.node)},
                    params2={"address": self._addresses.get(wire.b.node)},
                )
        netlink.flush()

    def _add_port(self, end: End) -> None:
        QuietIntf(end.interface, node=self[end.node], port=end.port, mac=end.mac)

    def _as_link(self, end: End) -> dict[str, Any]:
        return {
            "name": end.interface,
            "mac": end.mac,
            "mtu": self.blueprint.mtu_bytes,
            "namespace": self.namespace(end.node) if end.node in self._addresses else None,
        }

    def _configure_hosts(self) -> None:
        for name in self._addresses:
            self._indices[name] = interfaces(self.netlink(name))
        segments = 1 if self.blueprint.segments == "mtu" else None
        window_bytes = self.blueprint.tcp_window_bytes
        window_bytes = window_bytes if window_bytes < TCP_WINDOW_BYTES else 0
        for end in self.ends():
            ask(self.netlink(end.node), link_up, self.index(end), segments=segments)
        for host in self.blueprint.hosts:
            netlink = self.netlink(host.name)
            indices = self._indices[host.name]
            ask(netlink, link_up, indices["lo"])
            for name, index in indices.items():
                if name != "lo":
                    ask(netlink, address, index, host.address, 32)
            for peer in host.peers:
                way = (indices[peer.interface], peer.address, host.address)
                ask(netlink, host_route, *way, window_bytes=window_bytes)
                ask(netlink, neighbour, indices[peer.interface], peer.address, peer.mac)
        for router in self.blueprint.routers:
            self._configure_router(router)
        for netlink in self._netlinks.values():
            netlink.flush()
        marked = any(end.sends.mark_bytes for end in self.ends()) or any(
            flow.congestion_control == BY_MARKS for stage in self.blueprint.stages for flow in stage.of(Flow)
        )
        for host in self.blueprint.hosts:
            self._sysctls(self[host.name].namespace, MARKED_SYSCTLS if marked else NOTHING_MORE)
        for router in self.blueprint.routers:
            self._sysctls(self[router.name].namespace, ROUTER_SYSCTLS)

    def _configure_router(self, router: Router) -> None:
        netlink, indices = self.netlink(router.name), self._indices[router.name]
        ask(netlink, link_up, indices["lo"])
        ask(netlink, address, indices["lo"], router.router_id, 32)
        for port in router.ports:
            index = indices[port.interface]
            if port.host_address:
                ask(netlink, address, index, port.address, 24)
                ask(netlink, host_route, index, port.host_address, router.router_id)
                ask(netlink, neighbour, index, port.host_address, port.host_mac)
            else:
                ask(netlink, address, index, port.address, 31)

    def _sysctls(self, namespace: int | None, more: Mapping[str, str] = NOTHING_MORE) -> None:
        """Write the settings from inside the namespace, which is the one that /proc/sys/net then shows."""
        values = {**buffer_sysctls(self.blueprint.tcp_window_bytes), **SYSCTLS, **more}
        with inside(namespace):
            for name, value in values.items():
                descriptor = os.open(f"/proc/sys/net/{name}", os.O_WRONLY)
                os.write(descriptor, value.encode())
                os.close(descriptor)

    def _shape(self) -> None:
        for end in self.ends():
            shaping.shape(self.netlink(end.node), self.index(end), end.sends)
        for netlink in self._netlinks.values():
            netlink.flush()
        lines = {key: shaping.lines(netlink) for key, netlink in self._netlinks.items()}
        for end in self.ends():
            key = end.node if end.node in self._addresses else ""
            shaping.check(f"{end.interface} of {end.node}", end.sends, lines[key].get(self.index(end)))

    def drops(self) -> dict[str, int]:
        """Frames that the queues of the switches' ports have dropped: interface -> count."""
        counts = shaping.drops(self.netlink(""))
        return {
            end.interface: counts.get(self.index(end), 0)
            for end in self.ends()
            if end.node not in self._addresses and end.sends.rate_bytes_per_s
        }

    def marks(self) -> dict[str, int]:
        """Frames that the queues of the switches' ports have marked, where they mark: interface -> count."""
        marking = [end for end in self.ends() if end.sends.mark_bytes]
        counts = shaping.marks(self.netlink("")) if marking else {}
        return {end.interface: counts.get(self.index(end), 0) for end in marking}

    def taken_out(self) -> dict[str, int]:
        """Frames that have come out at the load injectors: site -> count."""
        words = [line.replace(":", " ").split() for line in Path("/proc/net/dev").read_text().splitlines()[2:]]
        received = {word[0]: int(word[2]) for word in words}
        return {wire.site: received[wire.a.interface] for wire in self.blueprint.wires if wire.kind == "load"}

    def sent_bytes(self) -> dict[tuple[str, str], int]:
        """Bytes that the lines of the hosts' transceivers have sent: (host, interface) -> count."""
        counts = {host: shaping.sent_bytes(self.netlink(host)) for host in self._addresses}
        return {
            (end.node, end.interface): counts[end.node].get(self.index(end), 0)
            for end in self.ends()
            if end.node in self._addresses
        }

    def own_interfaces(self) -> dict[int, str]:
        """Index -> name of the switches' interfaces, which are in the program's own namespace."""
        return {index: name for name, index in interfaces(self.netlink("")).items()}


def load(folder: Path) -> Net:
    """The network of a run directory, built and with its switches connected to nobody yet."""
    return Net(Blueprint.read(folder / "network.json"))
