"""Trains of datagrams over named light, and transceivers that change their rate while they go.

Datagrams go to a multicast group that whoever receives has joined on the interface where the light ends, so one frame
serves any number of leaves and no address tells leaves apart. The group is a link-local one, which the kernel joins
without telling anybody (RFC 2236, 9: no reports for 224.0.0.x are needed), so nothing but trains is on the light.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from apnemu.blueprint.document import Blueprint, End
from apnemu.emulation import shaping
from apnemu.emulation.loop import ERROR, READ, Loop
from apnemu.emulation.namespaces import inside
from apnemu.emulation.net import Net
from apnemu.emulation.notes import Notes
from apnemu.emulation.probes import (
    NUMBERED,
    REPORT_SOFTWARE,
    SO_TIMESTAMPING,
    STAMP_ONLY,
    STAMP_RECEIVED,
    STAMP_SENT,
    _stamp,
)
from apnemu.model.activities import Retune, Train
from apnemu.units import gbps_to_bytes_per_s

GROUP = "224.0.0.193"
FIRST_PORT = 7200
HEADERS_BYTES = 14 + 20 + 8
"""Ethernet, IPv4 and UDP."""
_ORIGIN_STAMP, _SCHEDULED = 4, 1


@dataclass(frozen=True, slots=True)
class Lane:
    """One direction of light: who sends by which interface, and who receives by which: (site, host, interface)."""

    sender: tuple[str, str, str]
    receivers: tuple[tuple[str, str, str], ...]


def lanes(blueprint: Blueprint) -> dict[tuple[str, bool, str], Lane]:
    """(light, back, leaf) -> lane; leaf is named only where one of a tree answers."""
    found: dict[tuple[str, bool, str], Lane] = {}
    for path in blueprint.lit_paths:
        near = (path.source, path.source_host, path.source_interface)
        far = (path.target, path.target_host, path.target_interface)
        found[path.name, False, ""] = Lane(near, (far,))
        found[path.name, True, ""] = Lane(far, (near,))
    for tree in blueprint.lit_trees:
        hub = (tree.source, tree.source_host, tree.source_interface)
        leaves = tuple((leaf.site, leaf.host, leaf.interface) for leaf in tree.leaves)
        found[tree.name, False, ""] = Lane(hub, leaves)
        found.update({(tree.name, True, leaf[0]): Lane(leaf, (hub,)) for leaf in leaves})
    return found


@dataclass(slots=True)
class _Open:
    """A lane that is in use: its sockets, and what was stamped, in ns of the lab's wall clock."""

    lane: Lane
    port: int
    sending: socket.socket
    receiving: list[socket.socket]
    number: int = 0
    sent_ns: dict[int, int] = field(default_factory=dict)
    at_train: list[int] = field(default_factory=list)
    arrived_ns: dict[tuple[int, int], int] = field(default_factory=dict)
    before: int = 0


class Trains:
    """All trains and retunes of a stage."""

    def __init__(self, net: Net, trains: tuple[Train, ...], retunes: tuple[Retune, ...]) -> None:
        self._net, self._trains, self._retunes = net, trains, retunes
        self._namespaces = {host.name: net[host.name].namespace for host in net.blueprint.hosts}
        self._lines: dict[str, tuple[End, ...]] = {}
        for wire in net.blueprint.wires:
            name = wire.name.rpartition("@")[0]
            self._lines[name] = (*self._lines.get(name, ()), wire.a)
        known = lanes(net.blueprint) if trains else {}
        keys = dict.fromkeys((train.light, train.back, train.leaf) for train in trains)
        self._open = {key: self._opened(known[key], FIRST_PORT + at) for at, key in enumerate(keys)}

    def start(self, loop: Loop, start_ns: int) -> None:
        for opened in self._open.values():
            loop.watch(opened.sending.fileno(), ERROR, partial(self._sent, opened))
            for place, receiving in enumerate(opened.receiving):
                loop.watch(receiving.fileno(), READ, partial(self._arrived, opened, place))
            opened.before = self._frames_sent(opened.lane)
        for at, train in enumerate(self._trains):
            loop.at(start_ns + train.at_ns, partial(self._send, at, train))
        for retune in self._retunes:
            loop.at(start_ns + retune.at_ns, partial(self._retune, retune))

    def close(self, loop: Loop) -> None:
        for opened in self._open.values():
            self._sent(opened, 0)
            for receiving in opened.receiving:
                loop.forget(receiving.fileno())
                receiving.close()
            loop.forget(opened.sending.fileno())
            opened.sending.close()

    def note(self, notes: Notes) -> None:
        """A probe for each frame and receiver; a queue for each lane, with the frames that left its transceiver."""
        for (light, back, leaf), opened in self._open.items():
            source = opened.lane.sender[0]
            name = f"{light} back" if back else light
            for number, train in enumerate(opened.at_train):
                for place, (site, _, _) in enumerate(opened.lane.receivers):
                    sent, arrived = opened.sent_ns.get(number, 0), opened.arrived_ns.get((place, number))
                    notes.write(
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
            notes.write("queue", name=name, source=source, target=leaf, at_ns=0, sent=left, drops=0)

    def _opened(self, lane: Lane, port: int) -> _Open:
        receiving = []
        for _, host, interface in lane.receivers:
            index = self._index(host, interface)
            with inside(self._namespaces[host]):
                one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
            one.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, STAMP_RECEIVED | REPORT_SOFTWARE)
            membership = struct.pack("=4s4si", socket.inet_aton(GROUP), bytes(4), index)
            one.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
            one.bind((GROUP, port))
            receiving.append(one)
        _, host, interface = lane.sender
        with inside(self._namespaces[host]):
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
        """What the kernel counts at the sender's interface."""
        _, host, interface = lane.sender
        with inside(self._namespaces[host]), open("/proc/thread-self/net/dev") as lines:
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
        while True:
            try:
                _, ancillary, _, _ = opened.sending.recvmsg(0, 512, socket.MSG_ERRQUEUE)
            except BlockingIOError:
                return
            for level, kind, data in ancillary:
                if level == socket.IPPROTO_IP and kind == 11:
                    _, origin, _, _, _, what, number = struct.unpack_from("=IBBBBII", data)
                    if origin == _ORIGIN_STAMP and what == _SCHEDULED:
                        # switches hand the frame to further queues, each stamped; the sender's own comes first
                        opened.sent_ns.setdefault(number, _stamp(ancillary))

    def _arrived(self, opened: _Open, place: int, _: int) -> None:
        while True:
            try:
                data, ancillary, _, _ = opened.receiving[place].recvmsg(4, 256)
            except BlockingIOError:
                return
            opened.arrived_ns[place, struct.unpack("!I", data)[0]] = _stamp(ancillary)

    def _retune(self, retune: Retune) -> None:
        for end in self._lines[retune.light]:
            netlink, index = self._net.netlink(end.node), self._net.index(end)
            line = replace(
                end.sends, rate_bytes_per_s=gbps_to_bytes_per_s(retune.rate_gbps) or end.sends.rate_bytes_per_s
            )
            shaping.change_rate(netlink, index, line)
            shaping.lose_all(netlink, index, line, lost=not retune.rate_gbps)
            netlink.flush()
