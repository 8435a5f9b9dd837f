# SPDX-License-Identifier: BSD-3-Clause
"""Frames of a capture, sent again at their own instants from a host, and stamped where they arrive.

A host's line is a queue that knows no instants, so a pacer stands before it: a veth pair in the host whose near end has
`fq`, and whose far end hands every frame on to the host's interface. There it waits for the line as any frame does.
The arrival is stamped by the receiving host's kernel before anything else sees the frame, and the frame ends there: a
stack that never asked for it would answer.
"""

from __future__ import annotations

import socket
import struct
import time
from collections import defaultdict, deque

from apnemu.blueprint.document import Host
from apnemu.emulation import shaping
from apnemu.emulation.loop import ERROR, READ, Loop
from apnemu.emulation.namespaces import inside
from apnemu.emulation.netlink import Netlink, ask, interfaces, link_down, link_up, veth
from apnemu.emulation.play.paced import FRAMES_A_CHUNK, Paced
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.emulation.play.stamps import (
    GONE,
    NUMBERED,
    REPORT_SOFTWARE,
    SO_TIMESTAMPING,
    STAMP_GONE,
    STAMP_ONLY,
    STAMP_RECEIVED,
    Ancillary,
    stamp_ns,
    stamps_of_sent,
)
from apnemu.emulation.readdressing import Addresses, readdressed
from apnemu.errors import LabError
from apnemu.model.activities import Pair, Replay
from apnemu.model.scenario import SETTLE_NS, Stage
from apnemu.units import ns_to_s

NEAR, FAR = "pace{}", "paced{}"
"""Names of a pacer's two ends, with the number of the replay in its stage."""
SO_RCVBUFFORCE = 33
SOL_PACKET, PACKET_AUXDATA = 263, 8
TAGGED = 1 << 4
"""TP_STATUS_VLAN_VALID: the frame had a tag."""
ALL_FRAMES = 3
"""ETH_P_ALL."""
MOST_FRAME_BYTES = 1 << 17
IPV4, IPV6, VLAN = b"\x08\x00", b"\x86\xdd", b"\x81\x00"
TTL_AT, SUM_AT = 14 + 8, 14 + 10


class Replaying(Playing):
    """Plays the replays of a stage."""

    def __init__(self, scene: Scene, stage: Stage) -> None:
        super().__init__(scene, stage)
        self._replays = [_Replay(scene, plan, number) for number, plan in enumerate(stage.of(Replay))]

    def pairs(self) -> tuple[Pair, ...]:
        return tuple((plan.source, plan.target) for plan in self.stage.of(Replay))

    def prepare(self) -> None:
        for replay in self._replays:
            replay.prepare()

    def start(self, loop: Loop, start_ns: int) -> int:
        return max((replay.start(loop, start_ns) for replay in self._replays), default=0)

    def note(self) -> None:
        for replay in self._replays:
            replay.note()

    def close(self, loop: Loop) -> None:
        for replay in self._replays:
            replay.close(loop)


class _Replay:
    """One capture on its way from one host to another."""

    def __init__(self, scene: Scene, plan: Replay, number: int) -> None:
        self._scene, self._plan, self._number = scene, plan, number
        self._gone_ns: dict[int, int] = {}
        self._arrived: list[tuple[int, bytes]] = []

    def prepare(self) -> None:
        import numpy

        index = numpy.load(self._scene.folder / f"{self._plan.file}.npy")
        content = (self._scene.folder / f"{self._plan.file}.frames").read_bytes()
        if len(index) != self._plan.frames or int(index["bytes"].sum()) != len(content):
            raise LabError(f"{self._plan.file} holds {len(index)} frames, the blueprint says {self._plan.frames}")
        near, far = self._scene.ends.between(self._plan.source, self._plan.target)
        ends = addresses_of(near, far)
        lasts = index["bytes"].cumsum().tolist()
        self._frames = [readdressed(content[a:b], ends) for a, b in zip([0, *lasts], lasts, strict=False)]
        self._at_ns = index["at_ns"]
        self._pacer = self._make_pacer(near, far)
        self._let_switches_learn(near, far)
        self._receiver = self._make_receiver(far, near)
        with inside(self._scene.namespaces[near.name]):
            self._sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        stamps = STAMP_GONE | REPORT_SOFTWARE | NUMBERED | STAMP_ONLY
        self._sender.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, stamps)
        self._sender.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 28)

    def start(self, loop: Loop, start_ns: int) -> int:
        """Ask for every frame at its instant; returns that of the last."""
        import numpy as np

        near = self._scene.ends.between(self._plan.source, self._plan.target)[0]
        self._content = np.frombuffer(b"".join(self._frames), np.uint8)
        lengths = np.array([len(frame) for frame in self._frames], np.uint64)
        parts = np.stack([self._content.ctypes.data + np.cumsum(lengths) - lengths, lengths], axis=1)
        instants_ns = self._at_ns + start_ns
        starts = range(0, len(instants_ns), FRAMES_A_CHUNK)
        chunks = ((instants_ns[a : a + FRAMES_A_CHUNK], parts[a : a + FRAMES_A_CHUNK]) for a in starts)
        with inside(self._scene.namespaces[near.name]):
            self._paced = Paced(NEAR.format(self._number), self._sender, chunks, len(instants_ns))
        self._paced.start(loop, start_ns)
        loop.watch(self._sender.fileno(), ERROR, self._stamped)
        loop.watch(self._receiver.fileno(), READ, self._came)
        return int(instants_ns[-1]) if len(instants_ns) else start_ns

    def note(self) -> None:
        """Write a probe of each frame, in the order of sending."""
        self._stamped(0)
        self._came(0)
        arrivals = self._matched()
        ends = {"source": self._plan.source, "target": self._plan.target}
        for number in range(len(self._frames)):
            gone_ns, came_ns = self._gone_ns.get(number), arrivals.get(number)
            if gone_ns is None:
                raise LabError(f"frame {number} of {self._plan.file} never left its pacer")
            way_ns = None if came_ns is None else came_ns - gone_ns
            self._scene.notes.write("probe", name=self._plan.file, **ends, seq=number, at_ns=gone_ns, one_way_ns=way_ns)

    def close(self, loop: Loop) -> None:
        for opened in (self._sender, self._receiver):
            loop.forget(opened.fileno())
        self._paced.close()
        self._receiver.close()
        netlink, arrives_at = self._arrives_at
        shaping.turn_back_no_more(netlink, arrives_at)
        netlink.flush()
        netlink.close()
        pacer, ends = self._pacer
        for index in ends:
            ask(pacer, link_down, index)
        pacer.flush()
        pacer.close()

    def _make_pacer(self, near: Host, far: Host) -> tuple[Netlink, list[int]]:
        netlink, interface = self._scene.ends.transceiver(near, far)
        names = [name.format(self._number) for name in (NEAR, FAR)]
        known = interfaces(netlink)
        if names[0] not in known:
            mtu = self._scene.blueprint.mtu_bytes
            macs = (f"02:bc:00:00:00:{2 * self._number + end:02x}" for end in (0, 1))
            ask(netlink, veth, *({"name": name, "mac": mac, "mtu": mtu} for name, mac in zip(names, macs, strict=True)))
            netlink.flush()
            known = interfaces(netlink)
            shaping.pace(netlink, known[names[0]])
            shaping.hand_on(netlink, known[names[1]], interface)
        indices = [known[name] for name in names]
        for index in indices:
            ask(netlink, link_up, index)
        netlink.flush()
        return netlink, indices

    def _let_switches_learn(self, near: Host, far: Host) -> None:
        """Send a frame of each kind that switches tell apart, so that none of the capture has to be looked up."""
        self._arrives_at = netlink, index = self._scene.ends.transceiver(far, near)
        shaping.take_in_nothing(netlink, index)
        netlink.flush()
        with inside(self._scene.namespaces[near.name]):
            sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            sender.bind((NEAR.format(self._number), 0))
        kinds = {looked_at(frame): frame for frame in self._frames}
        for frame in kinds.values():
            sender.send(frame)
        sender.close()
        time.sleep(ns_to_s(SETTLE_NS))

    def _make_receiver(self, host: Host, peer: Host) -> socket.socket:
        name = next(known.interface for known in host.peers if known.address == peer.address)
        with inside(self._scene.namespaces[host.name]):
            receiver = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
            receiver.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, STAMP_RECEIVED | REPORT_SOFTWARE)
            receiver.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 29)
            receiver.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
            receiver.bind((name, ALL_FRAMES))
        return receiver

    def _stamped(self, events: int) -> None:
        for number, at_ns in stamps_of_sent(self._sender, GONE):
            self._gone_ns.setdefault(number, at_ns)

    def _came(self, _: int) -> None:
        while True:
            try:
                frame, ancillary, _, address = self._receiver.recvmsg(MOST_FRAME_BYTES, 256)
            except BlockingIOError:
                return
            if address[2] != socket.PACKET_OUTGOING:
                self._arrived.append((stamp_ns(ancillary), tagged(frame, ancillary)))

    def _matched(self) -> dict[int, int]:
        """Instants of arrival by the number of the frame, told by content; of equal ones the first sent came first."""
        sent: dict[bytes, deque[int]] = defaultdict(deque)
        for number, frame in enumerate(self._frames):
            sent[unhopped(frame)].append(number)
        came: dict[int, int] = {}
        for instant_ns, frame in self._arrived:
            if waiting := sent.get(unhopped(frame)):
                came[waiting.popleft()] = instant_ns
        return came


def addresses_of(near: Host, far: Host) -> Addresses:
    """The addresses of two hosts that reach one another."""
    mac = {peer.address: bytes.fromhex(peer.mac.replace(":", "")) for host in (near, far) for peer in host.peers}
    addresses = socket.inet_aton(near.address), socket.inet_aton(far.address)
    return Addresses(macs=(mac[near.address], mac[far.address]), addresses=addresses)


def tagged(frame: bytes, ancillary: Ancillary) -> bytes:
    """The frame with the VLAN tag that the kernel has taken out of it (struct tpacket_auxdata)."""
    for level, kind, data in ancillary:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tag, ethertype = struct.unpack_from("=IIIHHHH", data)
            if status & TAGGED:
                return frame[:12] + struct.pack("!HH", ethertype, tag) + frame[12:]
    return frame


def looked_at(frame: bytes) -> bytes:
    """Parts of a frame by which rules of switches may tell it from another: the protocol and the VLAN, and of IP what
    kind of datagram it is and how many hops it has left."""
    at = 18 if frame[12:14] == VLAN else 14
    kind, datagram = frame[12:at], frame[at:]
    if frame[at - 2 : at] == IPV4 and len(datagram) >= 20:
        return kind + datagram[:2] + bytes([datagram[6] & 0x20, any(datagram[6:8]), datagram[7]]) + datagram[8:10]
    if frame[at - 2 : at] == IPV6 and len(datagram) >= 40:
        return kind + datagram[:2] + datagram[6:8]
    return kind + datagram[:8]


def unhopped(frame: bytes) -> bytes:
    """The frame without what every router changes: the hop limit of IPv4 and the sum over its header."""
    if frame[12:14] != IPV4:
        return frame
    return frame[:TTL_AT] + frame[TTL_AT + 1 : SUM_AT] + frame[SUM_AT + 2 :]
