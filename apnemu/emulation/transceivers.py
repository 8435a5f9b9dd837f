"""[guest] The transponders' own agent: sets a transceiver's line, and its host's way by it, as the controller says.

It plays what NETCONF or gNMI is to a real transponder: a socket of the management network, one JSON object a line, and
an empty object when it is done. It outlives the controller. To be told what is so already changes nothing.
"""

from __future__ import annotations

import json
import os
import socket
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from pyroute2.netlink import NLM_F_CREATE, NLM_F_REPLACE
from pyroute2.netlink.rtnl import RTM_DELROUTE, RTM_NEWROUTE

from apnemu.blueprint.document import Line
from apnemu.emulation import shaping
from apnemu.emulation.computers import plays_devices
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
        _serve(listening, {host.name: net[host.name].namespace for host in net.blueprint.hosts})
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def _serve(listening: socket.socket, namespaces: dict[str, int]) -> None:
    agents = {host: Agent(namespace) for host, namespace in namespaces.items()}
    while True:
        connected, _ = listening.accept()
        with connected, suppress(OSError):  # a controller that has gone; the next one will connect
            _obey_all(connected, agents)


def _obey_all(connected: socket.socket, agents: dict[str, Agent]) -> None:
    """What has come together is done together, answered, and then read back."""
    rest = b""
    while data := connected.recv(1 << 16):
        *lines, rest = (rest + data).split(b"\n")
        orders = [json.loads(line) for line in lines]
        for order in orders:
            agents[order["host"]].obey(order)
        connected.sendall(b"{}\n" * len(orders))
        for host in dict.fromkeys(order["host"] for order in orders):
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


def _way(order: dict[str, Any]) -> tuple[Any, ...]:
    return order["peer_address"], order["preference"]
