# SPDX-License-Identifier: BSD-3-Clause
"""Trains of datagrams over named light.

Datagrams go to a multicast group, which each receiver joins on the interface where the light ends: one frame serves any
number of leaves, and no address tells leaves apart. The group is a link-local one, which the kernel joins without a
report (RFC 2236, section 9: none is needed for 224.0.0.x), so nothing but trains is on the light.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from apnemu.blueprint.document import Blueprint
from apnemu.emulation.loop import ERROR, READ, Loop
from apnemu.emulation.namespaces import inside
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.emulation.play.stamps import (
    NUMBERED,
    REPORT_SOFTWARE,
    SCHEDULED,
    SO_TIMESTAMPING,
    STAMP_ONLY,
    STAMP_RECEIVED,
    STAMP_SENT,
    stamp_ns,
    stamps_of_sent,
)
from apnemu.model.activities import Train
from apnemu.model.scenario import Stage

GROUP = "224.0.0.193"
FIRST_PORT = 7200
HEADERS_BYTES = 14 + 20 + 8
"""Ethernet, IPv4 and UDP."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A direction of light: its sender and its receivers, each (site, host, interface)."""

    sender: tuple[str, str, str]
    receivers: tuple[tuple[str, str, str], ...]


def lanes(blueprint: Blueprint) -> dict[tuple[str, bool, str], Lane]:
    """Lanes by (light, back, leaf); the leaf is named only where it answers the hub of its tree."""
    lanes_of: dict[tuple[str, bool, str], Lane] = {}
    for path in blueprint.lit_paths:
        near = (path.source, path.source_host, path.source_interface)
        far = (path.target, path.target_host, path.target_interface)
        lanes_of[path.name, False, ""] = Lane(near, (far,))
        lanes_of[path.name, True, ""] = Lane(far, (near,))
    for tree in blueprint.lit_trees:
        hub = (tree.source, tree.source_host, tree.source_interface)
        leaves = tuple((leaf.site, leaf.host, leaf.interface) for leaf in tree.leaves)
        lanes_of[tree.name, False, ""] = Lane(hub, leaves)
        lanes_of.update({(tree.name, True, leaf[0]): Lane(leaf, (hub,)) for leaf in leaves})
    return lanes_of


@dataclass(slots=True)
class _Open:
    """A lane in use: its sockets, and the stamps of its frames in ns of the lab's wall clock."""

    lane: Lane
    port: int
    sending: socket.socket
    receiving: list[socket.socket]
    number: int = 0
    sent_ns: dict[int, int] = field(default_factory=dict)
    at_train: list[int] = field(default_factory=list)
    arrived_ns: dict[tuple[int, int], int] = field(default_factory=dict)
    before: int = 0


class Trains(Playing):
    """Plays the trains of a stage."""

    def __init__(self, scene: Scene, stage: Stage) -> None:
        super().__init__(scene, stage)
        self._net = scene.net
        self._trains = stage.of(Train)
        self._open: dict[tuple[str, bool, str], _Open] = {}

    def start(self, loop: Loop, start_ns: int) -> int:
        known = lanes(self.scene.blueprint) if self._trains else {}
        keys = dict.fromkeys((train.light, train.back, train.leaf) for train in self._trains)
        self._open = {key: self._opened(known[key], FIRST_PORT + at) for at, key in enumerate(keys)}
        for opened in self._open.values():
            loop.watch(opened.sending.fileno(), ERROR, partial(self._sent, opened))
            for place, receiving in enumerate(opened.receiving):
                loop.watch(receiving.fileno(), READ, partial(self._arrived, opened, place))
            opened.before = self._frames_sent(opened.lane)
        for at, train in enumerate(self._trains):
            loop.at(start_ns + train.at_ns, partial(self._send, at, train))
        return 0

    def settle(self, loop: Loop) -> None:
        """Read the stamps of what was sent last."""
        for opened in self._open.values():
            self._sent(opened, 0)

    def close(self, loop: Loop) -> None:
        for opened in self._open.values():
            for receiving in opened.receiving:
                loop.forget(receiving.fileno())
                receiving.close()
            loop.forget(opened.sending.fileno())
            opened.sending.close()

    def note(self) -> None:
        """Write a probe for each frame and receiver, and for each lane a queue: what its transceiver has sent."""
        for (light, back, leaf), opened in self._open.items():
            source = opened.lane.sender[0]
            name = f"{light} back" if back else light
            for number, train in enumerate(opened.at_train):
                for place, (site, _, _) in enumerate(opened.lane.receivers):
                    sent, arrived = opened.sent_ns.get(number, 0), opened.arrived_ns.get((place, number))
                    self.scene.notes.write(
                        "probe",
                        name=name,
                        source=source,
                        target=site,
                        seq=number,
                        at_ns=sent,
                        one_way_ns=None if arrived is None else arrived - sent,
                        sent=train,
                    )
            left = self._frames_sent(opened.lane) - opened.before
            self.scene.notes.write("queue", name=name, source=source, target=leaf, at_ns=0, sent=left, drops=0)

    def _opened(self, lane: Lane, port: int) -> _Open:
        receiving = []
        for _, host, interface in lane.receivers:
            index = self._index(host, interface)
            with inside(self.scene.namespaces[host]):
                receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            receiver.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
            receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
            receiver.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, STAMP_RECEIVED | REPORT_SOFTWARE)
            membership = struct.pack("=4s4si", socket.inet_aton(GROUP), bytes(4), index)
            receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
            receiver.bind((GROUP, port))
            receiving.append(receiver)
        _, host, interface = lane.sender
        with inside(self.scene.namespaces[host]):
            sending = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        request = struct.pack("=4s4si", bytes(4), bytes(4), self._index(host, interface))
        sending.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, request)
        sending.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
        sending.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 28)
        sending.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        sending.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, STAMP_SENT | REPORT_SOFTWARE | NUMBERED | STAMP_ONLY)
        return _Open(lane, port, sending, receiving)

    def _index(self, host: str, interface: str) -> int:
        return next(self._net.index(end) for end in self._net.ends() if (end.node, end.interface) == (host, interface))

    def _frames_sent(self, lane: Lane) -> int:
        """Count of the kernel at the sender's interface."""
        _, host, interface = lane.sender
        with inside(self.scene.namespaces[host]), open("/proc/thread-self/net/dev") as lines:
            counts: Mapping[str, list[str]] = {
                name.strip(): rest.split() for name, _, rest in (line.partition(":") for line in lines)
            }
        return int(counts[interface][9])

    def _send(self, at: int, train: Train) -> None:
        opened = self._open[train.light, train.back, train.leaf]
        payload = bytes(train.frame_bytes - HEADERS_BYTES - 4)
        for _ in range(train.frames):
            opened.sending.sendto(struct.pack("!I", opened.number) + payload, (GROUP, opened.port))
            opened.at_train.append(at)
            opened.number += 1

    def _sent(self, opened: _Open, events: int) -> None:
        for number, at_ns in stamps_of_sent(opened.sending, SCHEDULED):
            # switches hand the frame to further queues, each stamped; the sender's own comes first
            opened.sent_ns.setdefault(number, at_ns)

    def _arrived(self, opened: _Open, place: int, _: int) -> None:
        while True:
            try:
                data, ancillary, _, _ = opened.receiving[place].recvmsg(4, 256)
            except BlockingIOError:
                return
            opened.arrived_ns[place, struct.unpack("!I", data)[0]] = stamp_ns(ancillary)
