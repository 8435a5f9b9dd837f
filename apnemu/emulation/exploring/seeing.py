# SPDX-License-Identifier: BSD-3-Clause
"""Looks at a network that is explored: services by REST, switches' tables, transceivers' orders, and real frames.

A frame goes from each transceiver that carries to its peer, by its host's own route and neighbour. Packet sockets at
all transceivers see where it comes out and how often, also where it is for somebody else.
"""

from __future__ import annotations

import json
import re
import socket
import struct
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import Any

from apnemu.blueprint.document import Transceiver
from apnemu.blueprint.requests import LIST, SERVICES
from apnemu.emulation import switching, transceivers
from apnemu.emulation.calls import Call, Place
from apnemu.emulation.controller import CONSOLE
from apnemu.emulation.loop import READ, Loop, now_ns
from apnemu.emulation.namespaces import inside
from apnemu.emulation.net import Net
from apnemu.errors import LabError
from apnemu.units import NS_PER_S

PORT = 40_000
HEAD_BYTES = 28
"""Bytes of a datagram's IPv4 and UDP headers."""
MARK = b"apnemu explores:"
APART_NS, UNTIL_NS = 1_000_000, 100_000_000
"""Time between two frames, and after the last: more than any light travels."""
ANSWER_NS = 300 * NS_PER_S
SMALLEST = 0
ETH_P_IP = 0x0800
COUNTERS = re.compile(r"(duration|n_packets|n_bytes|idle_age|hard_age|table_id|cookie)=[^,]*, ?")
STARS = 200
"""Most copies of frames that are counted at one look: more of them go round."""


class OpenVSwitch:
    """Connection to ovs-vswitchd's control socket (ovs-appctl(8)), by which programs ask it."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(switching.RUN / f"ovs-vswitchd.{switching.daemon()}.ctl"))

    def ask(self, method: str, *words: str) -> str:
        """Answer of a command. Raises LabError where there is none."""
        self._socket.sendall(json.dumps({"id": 0, "method": method, "params": list(words)}).encode())
        said = b""
        while data := self._socket.recv(1 << 20):
            said += data
            with suppress(ValueError):
                answer = json.loads(said)
                if answer.get("error") is None:
                    return str(answer["result"])
                raise LabError(f"ovs-vswitchd does not do {method}: {answer['error']}")
        raise LabError("ovs-vswitchd has gone")

    def tables(self, names: list[str]) -> dict[str, list[str]]:
        """Rules of switches as Open vSwitch writes them, without counters; its own hidden ones are left out."""
        return {name: self._table(name) for name in names}

    def _table(self, name: str) -> list[str]:
        lines = [COUNTERS.sub("", line.strip()) for line in self.ask("bridge/dump-flows", name).splitlines()]
        return sorted(line for line in lines if "priority=100," in line)

    def close(self) -> None:
        self._socket.close()


def agent(kind: str) -> list[dict[str, Any]]:
    """Orders that stand at the transponders' agent, after it was asked for them or to forget them."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(str(transceivers.SOCKET))
        asking.sendall(json.dumps({"kind": kind}).encode() + b"\n")
        with asking.makefile("rb") as answers:
            standing: list[dict[str, Any]] = json.loads(answers.readline())
            return standing


class Seeing:
    """Sockets at all transceivers, and looks."""

    def __init__(self, net: Net) -> None:
        self._net = net
        self._switches = [switch.name for switch in net.blueprint.switches]
        self._sending: dict[tuple[str, str], socket.socket] = {}
        self._seeing: dict[tuple[str, str], socket.socket] = {}
        for own in net.blueprint.transceivers:
            self._open(own)

    def look(self, loop: Loop) -> dict[str, Any]:
        """Look at everything; nothing in it is an instant."""
        services = get(loop, SERVICES)[LIST]
        for service in services:
            service.pop("schedule", None)
        daemon = OpenVSwitch()
        tables = daemon.tables(self._switches)
        daemon.close()
        orders = agent(transceivers.STATE)
        return {"services": services, "tables": tables, "orders": orders, "frames": self._frames(loop, orders)}

    def _open(self, own: Transceiver) -> None:
        with inside(self._net[own.host].namespace):
            sending = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            seeing = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, socket.htons(ETH_P_IP))
        sending.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, own.interface.encode() + b"\0")
        sending.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALLEST)
        sending.bind((own.address, PORT))
        seeing.bind((own.interface, ETH_P_IP))
        self._sending[own.host, own.interface] = sending
        self._seeing[own.host, own.interface] = seeing

    def _frames(self, loop: Loop, orders: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Frame of each transceiver that carries: who sent it, and where it came out, how often."""
        came: list[Counter[tuple[str, str]]] = [Counter() for _ in orders]
        seen = 0

        def arrived(at: tuple[str, str], seeing: socket.socket, _: int) -> None:
            nonlocal seen
            seen += 1
            data = seeing.recv(2000)
            if seen <= STARS and data[HEAD_BYTES : HEAD_BYTES + len(MARK)] == MARK:
                came[struct.unpack_from("=I", data, HEAD_BYTES + len(MARK))[0]][at] += 1

        for at, seeing in self._seeing.items():
            loop.watch(seeing.fileno(), READ, partial(arrived, at, seeing))
        begin_ns = now_ns() + APART_NS
        for number, order in enumerate(orders):
            loop.at(begin_ns + number * APART_NS, partial(self._send, number, order))
        loop.run(begin_ns + len(orders) * APART_NS + UNTIL_NS)
        for seeing in self._seeing.values():
            loop.forget(seeing.fileno())
        for sending in self._sending.values():
            with suppress(BlockingIOError):
                while True:
                    sending.recv(100)
        return [
            {"from": [order["host"], order["interface"]], "came": sorted([*at, count] for at, count in counted.items())}
            for order, counted in zip(orders, came, strict=True)
        ]

    def _send(self, number: int, order: dict[str, Any]) -> None:
        with suppress(OSError):  # there is no way: it comes out nowhere
            sending = self._sending[order["host"], order["interface"]]
            sending.sendto(MARK + struct.pack("=I", number), (order["peer_address"], PORT))


def get(loop: Loop, path: str) -> Any:
    """Ask the controller for what it has, or to do what `path` says. Raises LabError where it does not answer."""
    said: list[tuple[int, bytes]] = []
    place = Place(namespace=None, address=CONSOLE[0], round_trip_ns=0)
    words = f"GET {path} HTTP/1.0\r\n\r\n".encode()
    Call(loop, place, words, lambda status, content: said.append((status, content))).make()
    loop.run(now_ns() + ANSWER_NS, unless=lambda: bool(said))
    if not said:
        raise LabError(f"the controller does not answer {path}")
    status, content = said[0]
    if status != 200:
        raise LabError(f"the controller answers {path} with {status}: {content!r}")
    return json.loads(content)
