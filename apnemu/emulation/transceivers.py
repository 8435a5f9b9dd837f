"""[guest] The transponders' own agent: sets a transceiver's line, and its host's way by it, as the controller says.

It plays what NETCONF or gNMI is to a real transponder: a socket of the management network, one JSON object a line, and
an empty object when it is done. It outlives the controller. To be told what is so already changes nothing.

Whoever plays the fibres tells it as well, what those count whose amplifiers sag. Of light that no longer closes a
receiver has nothing: FEC fails, and the ROADM's port to the transceiver loses every frame.
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

from pyroute2.netlink import NLM_F_CREATE, NLM_F_REPLACE
from pyroute2.netlink.rtnl import RTM_DELROUTE, RTM_NEWROUTE

from apnemu.blueprint.document import Line
from apnemu.emulation import shaping
from apnemu.emulation.namespaces import plays_devices
from apnemu.emulation.net import Net
from apnemu.emulation.netlink import Netlink, ask, host_route, interfaces, neighbour

PRIORITY = 10
"""As the player's: a device does not wait for a turn on the controller's or a switch's computer."""
SOCKET = Path("/run/apnemu-transponders.sock")


def start(net: Net, log: Path) -> int:
    """A process of its own that knows all hosts' namespaces; returns its id. The lab's end ends it.

    It holds nothing of the program's output: whoever reads that would wait for it. Why it failed stands in `log`.
    """
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(SOCKET))
    listening.listen()
    process = os.fork()
    if process:
        listening.close()
        return process
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    plays_devices(os.getpid())
    try:
        with log.open("wb") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        ends = [(wire.a, wire.b) for wire in net.blueprint.wires if wire.kind == "access"]
        receivers = Receivers({(host.node, host.interface): roadm.interface for host, roadm in ends})
        _serve(listening, {host.name: net[host.name].namespace for host in net.blueprint.hosts}, receivers)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def _serve(listening: socket.socket, namespaces: dict[str, int], receivers: Receivers) -> None:
    agents = {host: Agent(namespace) for host, namespace in namespaces.items()}
    begun: dict[socket.socket, bytes] = {}
    """Client -> the line that it has not said to its end."""
    while True:
        for ready in select.select([listening, *begun], [], [])[0]:
            if ready is listening:
                begun[listening.accept()[0]] = b""
                continue
            data = b""
            with suppress(OSError):  # a controller that has gone; the next one will connect
                data = ready.recv(1 << 16)
                *lines, begun[ready] = (begun[ready] + data).split(b"\n")
                _obey_all(ready, [json.loads(line) for line in lines], agents, receivers)
            if not data:
                del begun[ready]
                ready.close()


def _obey_all(
    connected: socket.socket, orders: list[dict[str, Any]], agents: dict[str, Agent], receivers: Receivers
) -> None:
    """What has come together is done together, answered, and then read back."""
    for order in orders:
        if order["kind"] != "sag":
            agents[order["host"]].obey(order)
        receivers.obey(order)
    receivers.flush()
    connected.sendall(b"{}\n" * len(orders))
    for host in dict.fromkeys(order["host"] for order in orders if order["kind"] != "sag"):
        agents[host].check()


class Agent:
    """Of one host's transceivers."""

    def __init__(self, namespace: int) -> None:
        self._netlink = Netlink(namespace)
        self._index = interfaces(self._netlink)
        self._orders: dict[str, dict[str, Any]] = {}
        """What each interface has been told."""
        self._lines: dict[int, Line] = {}

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
            self._route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, index, order)
            self._orders[name] = order
        self._netlink.flush()

    def _route(self, kind: int, flags: int, index: int, order: dict[str, Any]) -> None:
        what, message = host_route(index, order["peer_address"], order["address"])
        message["attrs"] = [*message["attrs"], ("RTA_PRIORITY", order["preference"])]
        self._netlink.add(what, kind, flags, message)

    def _shape(self, index: int, line: Line) -> None:
        """A line that is as it is to be stays: what it holds is not lost."""
        if self._lines.get(index) == line:
            return
        if index in self._lines:
            shaping.unshape(self._netlink, index)
        shaping.shape(self._netlink, index, line)
        self._lines[index] = line

    def check(self) -> None:
        """Raises ReadBackError where the kernel does something else than it was told."""
        found = shaping.lines(self._netlink)
        for index, line in self._lines.items():
            shaping.check(f"number {index}", line, found.get(index))


class Receivers:
    """Which transceivers receive light that does not close. `ports`: (host, interface) -> the ROADM's port to it."""

    def __init__(self, ports: dict[tuple[str, str], str]) -> None:
        self._netlink = Netlink()
        indices = interfaces(self._netlink)
        self._index = {transceiver: indices[port] for transceiver, port in ports.items()}
        self._light: dict[tuple[str, str], tuple[list[str], float]] = {}
        """Transceiver -> the fibres of the light that it receives, and how much longer they may count."""
        self._longer_km: dict[str, float] = {}
        self._failing: set[tuple[str, str]] = set()

    def obey(self, order: dict[str, Any]) -> None:
        if order["kind"] == "sag":
            self._longer_km = order["longer_km"]
            for one in self._index:
                self._settle(one)
            return
        transceiver = order["host"], order["interface"]
        self._light.pop(transceiver, None)
        if order["kind"] == "carry":
            self._light[transceiver] = order["fibres"], order["spare_km"]
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
