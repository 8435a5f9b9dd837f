# SPDX-License-Identifier: BSD-3-Clause
"""The transponders' agent: sets a transceiver's line, and its host's route by it, as the controller orders.

It stands for NETCONF or gNMI at a real transponder: a socket at a site's end of the data communication network takes
orders, one JSON object a line, and answers each with an empty object when it is done. It outlives the controller. An
order that has been carried out already changes nothing.

The player tells it as well which fibres are dark, and how much longer those count whose amplifiers sag. A receiver of
light that no longer closes gets nothing: FEC fails, and the ROADM's port to the transceiver loses every frame.
Receivers of 1+1 then take their other lightpath (`protection`).
"""

from __future__ import annotations

import json
import os
import select
import socket
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from apnemu.blueprint.addressing import TRANSPONDERS_PORT
from apnemu.blueprint.document import Line
from apnemu.emulation import shaping
from apnemu.emulation.loop import now_ns
from apnemu.emulation.namespaces import plays_devices
from apnemu.emulation.net import Net
from apnemu.emulation.netlink import Netlink, ask, host_route, interfaces, neighbour
from apnemu.emulation.protection import Selectors, switch_over
from apnemu.emulation.rtnl import NLM_F_CREATE, NLM_F_REPLACE, RTM_DELNEIGH, RTM_DELROUTE, RTM_NEWROUTE
from apnemu.errors import LabError
from apnemu.units import NS_PER_S

PRIORITY = 10
"""Priority of the agent, the same as the player's: a device's timers are exact."""
SOCKET = Path("/run/apnemu-transponders.sock")
"""Socket by which the player finds it, which knows what happens to fibres and amplifiers."""
HAPPENS = ("sag", "dark")
"""Kinds of what the player tells; all else are orders of the controller."""
STATE, RESET = "state", "reset"
"""Kinds of questions that a lab that is explored asks at the same socket: the orders that stand, and to forget all."""
NOBODY = "00:00:00:00:00:00"


class Light:
    """Connection by which the player says what happens to light."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(SOCKET))

    def tell(self, what: dict[str, Any]) -> None:
        """Say it, and wait until it is heard. Raises LabError where the agent is gone."""
        self._socket.sendall(json.dumps(what).encode() + b"\n")
        if not self._socket.recv(100):
            raise LabError("the transponders' agent has gone; transceivers.log of the run says why")

    def close(self) -> None:
        self._socket.close()


def start(net: Net, log: Path) -> int:
    """Start the agent as a process that knows all hosts' namespaces; returns its id. The lab's end ends it.

    It does not hold the program's output open, whose reader would wait for it; errors are written to `log`.
    """
    local = socket.socket(socket.AF_UNIX)
    local.bind(str(SOCKET))
    local.listen()
    listening = [local, socket.create_server(("", TRANSPONDERS_PORT), backlog=len(net.blueprint.dcn))]
    process = os.fork()
    if process:
        for each in listening:
            each.close()
        return process
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    plays_devices(os.getpid())
    try:
        with log.open("wb") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        ends = [(wire.a, wire.b) for wire in net.blueprint.wires if wire.kind == "access"]
        receivers = Receivers({(host.node, host.interface): roadm.interface for host, roadm in ends})
        assert net.blueprint.plant is not None
        devices = net.blueprint.plant.devices
        after_ns = devices.loss_of_light_detection_ns + devices.protection_switching_ns
        selectors = Selectors(after_ns, receivers.receive, switch_over)
        _serve(listening, {host.name: net[host.name].namespace for host in net.blueprint.hosts}, receivers, selectors)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def _serve(
    listening: list[socket.socket], namespaces: dict[str, int], receivers: Receivers, selectors: Selectors
) -> None:
    agents = {host: Agent(namespace) for host, namespace in namespaces.items()}
    begun: dict[socket.socket, bytes] = {}
    """Client -> the beginning of a line that it has not sent to its end."""
    while True:
        due_ns = selectors.due_ns()
        wait_s = None if due_ns is None else max(0, due_ns - now_ns()) / NS_PER_S
        for ready in select.select([*listening, *begun], [], [], wait_s)[0]:
            if ready in listening:
                connected = ready.accept()[0]
                if connected.family == socket.AF_INET:
                    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                begun[connected] = b""
                continue
            data = b""
            with suppress(OSError):  # a controller that has gone; the next one will connect
                data = ready.recv(1 << 16)
                *lines, begun[ready] = (begun[ready] + data).split(b"\n")
                _obey_all(ready, [json.loads(line) for line in lines], agents, receivers, selectors)
            if not data:
                del begun[ready]
                ready.close()
        selectors.act(now_ns())
        receivers.flush()


def _obey_all(
    connected: socket.socket,
    orders: list[dict[str, Any]],
    agents: dict[str, Agent],
    receivers: Receivers,
    selectors: Selectors,
) -> None:
    """Carry out orders that have come together, answer them, and then read the lines back."""
    if orders and orders[0]["kind"] in (STATE, RESET):
        if orders[0]["kind"] == RESET:
            for host in agents:
                for order in agents[host].forget():
                    receivers.obey(order)
                    selectors.obey(order, now_ns())
            receivers.flush()
        standing = [order for host in sorted(agents) for order in agents[host].standing()]
        connected.sendall(json.dumps(standing).encode() + b"\n")
        return
    for order in orders:
        if order["kind"] not in HAPPENS:
            agents[order["host"]].obey(order)
        receivers.obey(order)
        selectors.obey(order, now_ns())
    receivers.flush()
    connected.sendall(b"{}\n" * len(orders))
    for host in dict.fromkeys(order["host"] for order in orders if order["kind"] not in HAPPENS):
        agents[host].check()


class Agent:
    """The agent of one host's transceivers."""

    def __init__(self, namespace: int) -> None:
        self._netlink = Netlink(namespace)
        self._index = interfaces(self._netlink)
        self._orders: dict[str, dict[str, Any]] = {}
        """Interface -> the last order for it."""
        self._lines: dict[int, Line] = {}
        self._peers: dict[tuple[int, str], None] = {}
        """Neighbours that it has told the kernel of: index of the interface, address."""

    def obey(self, order: dict[str, Any]) -> None:
        name = order["interface"]
        had = self._orders.pop(name, None)
        if had == order:
            self._orders[name] = order
            return
        index = self._index[name]
        if had is not None and (order["kind"] == "quiet" or _way(had) != _way(order)):
            self._route(RTM_DELROUTE, 0, index, had)
        if order["kind"] == "carry":
            self._shape(index, Line(**order["line"]))
            ask(self._netlink, neighbour, index, order["peer_address"], order["peer_mac"])
            self._peers[index, order["peer_address"]] = None
            self._route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, index, order)
            self._orders[name] = order
        self._netlink.flush()

    def standing(self) -> list[dict[str, Any]]:
        """Orders by which its transceivers carry, by interface."""
        return [self._orders[name] for name in sorted(self._orders)]

    def forget(self) -> list[dict[str, Any]]:
        """Be as at the beginning: no route, no line, no neighbour; returns the orders by which that was done."""
        quiet = [order | {"kind": "quiet"} for order in self._orders.values()]
        for order in quiet:
            self.obey(order)
        for index in self._lines:
            shaping.unshape(self._netlink, index)
        self._lines.clear()
        for index, peer in self._peers:
            what, message = neighbour(index, peer, NOBODY)
            self._netlink.add(f"forget: {what}", RTM_DELNEIGH, 0, message)
        self._peers.clear()
        self._netlink.flush()
        return quiet

    def _route(self, kind: int, flags: int, index: int, order: dict[str, Any]) -> None:
        what, message = host_route(index, order["peer_address"], order["address"])
        message["attrs"] = [*message["attrs"], ("RTA_PRIORITY", order["preference"])]
        self._netlink.add(what, kind, flags, message)

    def _shape(self, index: int, line: Line) -> None:
        """Set the line of an interface, unless it is set so already: the frames that it holds would be lost."""
        if self._lines.get(index) == line:
            return
        if index in self._lines:
            shaping.unshape(self._netlink, index)
        shaping.shape(self._netlink, index, line)
        self._lines[index] = line

    def check(self) -> None:
        """Raises ReadBackError where the kernel's lines are not those that were asked for."""
        actual = shaping.lines(self._netlink)
        for index, line in self._lines.items():
            shaping.check(f"number {index}", line, actual.get(index))


class Receivers:
    """Receivers of all transceivers, and which of them have light that does not close.

    `ports`: (host, interface) of a transceiver -> the ROADM's port to it.
    """

    def __init__(self, ports: dict[tuple[str, str], str]) -> None:
        self._netlink = Netlink()
        indices = interfaces(self._netlink)
        self._index = {transceiver: indices[port] for transceiver, port in ports.items()}
        self._light: dict[tuple[str, str], tuple[list[str], float]] = {}
        """Transceiver -> the fibres of the light that it receives, and by how much longer together they may count."""
        self._longer_km: dict[str, float] = {}
        self._failing: set[tuple[str, str]] = set()

    def obey(self, order: dict[str, Any]) -> None:
        if order["kind"] == "dark":
            return
        if order["kind"] == "sag":
            self._longer_km = order["longer_km"]
            for transceiver in self._index:
                self._settle(transceiver)
            return
        transceiver = order["host"], order["interface"]
        self._light.pop(transceiver, None)
        if order["kind"] == "carry":
            self._light[transceiver] = order["fibres"], order["spare_km"]
        self._settle(transceiver)

    def receive(self, transceiver: tuple[str, str], light: dict[str, Any]) -> None:
        """Take in that other light is dropped to a transceiver."""
        self._light[transceiver] = light["fibres"], light["spare_km"]
        self._settle(transceiver)

    def flush(self) -> None:
        self._netlink.flush()

    def _settle(self, transceiver: tuple[str, str]) -> None:
        fibres, spare_km = self._light.get(transceiver, ([], 0.0))
        longer_km = sum(self._longer_km[name] for name in fibres if name in self._longer_km)
        fails = bool(longer_km) and longer_km > spare_km
        if fails == (transceiver in self._failing):
            return
        if fails:
            shaping.receive_nothing(self._netlink, self._index[transceiver])
            self._failing.add(transceiver)
        else:
            shaping.unshape(self._netlink, self._index[transceiver])
            self._failing.remove(transceiver)


def _way(order: dict[str, Any]) -> tuple[Any, ...]:
    return order["peer_address"], order["preference"]
