# SPDX-License-Identifier: BSD-3-Clause
"""Lightpaths kept full: UDP segments that both ends' kernels turn back to where they came from, for ever.

A program that sent them all would be the bottleneck: every system call takes its time.
"""

from __future__ import annotations

import os
import socket
from functools import partial

from apnemu.blueprint.document import Host
from apnemu.emulation import shaping
from apnemu.emulation.loop import WRITE, Loop, now_ns
from apnemu.emulation.netlink import Netlink
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.model.activities import SATURATING_BYTES, Pair, Probes, Saturation
from apnemu.model.scenario import Stage

DISCARD_PORT = 9
"""RFC 863."""
UDP_SEGMENT = 103
DATAGRAM_HEADERS_BYTES = 28


class Saturating(Playing):
    """Plays the saturations of a stage, and counts what their transceivers send while the probes go: were they full?"""

    def __init__(self, scene: Scene, stage: Stage) -> None:
        super().__init__(scene, stage)
        self._plans = stage.of(Saturation)
        self._segment = scene.blueprint.mtu_bytes - DATAGRAM_HEADERS_BYTES
        self._file = -1
        self._turned: list[tuple[Netlink, int]] = []
        self._senders: list[socket.socket] = []
        self._sent_before: dict[tuple[str, str], int] = {}
        self._since_ns = 0

    def pairs(self) -> list[Pair]:
        return [(plan.source, plan.target) for plan in self._plans]

    def start(self, loop: Loop, start_ns: int) -> int:
        self._file = os.memfd_create("load")
        os.ftruncate(self._file, SATURATING_BYTES)
        for plan in self._plans:
            source, target = self.scene.ends.between(plan.source, plan.target)
            for host, peer in ((source, target), (target, source)):
                self._turn_back(host, peer)
                loop.at(start_ns, partial(self._open, loop, plan.circulating_bytes // 2, host, peer))
        after_ns = next((probes.after_ns for probes in self.stage.of(Probes)), 0)
        loop.at(start_ns + after_ns, self._begin_to_count)
        return 0

    def stop(self, loop: Loop) -> None:
        """Count, and turn nothing back any more: what is under way arrives and is dropped."""
        if self._plans:
            self._note_lines()
        for netlink, index in self._turned:
            shaping.turn_back_no_more(netlink, index)
            netlink.flush()
            netlink.close()
        for sender in self._senders:
            sender.close()
        os.close(self._file)

    def _turn_back(self, host: Host, peer: Host) -> None:
        netlink, index = self.scene.ends.transceiver(host, peer)
        shaping.turn_back(netlink, index)
        netlink.flush()
        self._turned.append((netlink, index))

    def _open(self, loop: Loop, left: int, source: Host, target: Host) -> None:
        """Send `left` bytes, half of what goes round: the other end sends the rest, so that both ways fill together."""
        sender = self.scene.ends.socket(source, socket.AF_INET, socket.SOCK_DGRAM)
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 24)
        sender.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, self._segment)
        sender.bind((source.address, 0))
        sender.connect((target.address, DISCARD_PORT))
        self._senders.append(sender)

        def fill(_: int) -> None:
            nonlocal left
            try:
                while left > 0:
                    left -= os.sendfile(sender.fileno(), self._file, 0, SATURATING_BYTES)
            except BlockingIOError:
                return
            loop.forget(sender.fileno())

        loop.watch(sender.fileno(), WRITE, fill)

    def _begin_to_count(self) -> None:
        if self._plans:
            self._sent_before, self._since_ns = self.scene.net.sent_bytes(), now_ns()

    def _note_lines(self) -> None:
        """Write an interval for each transceiver, with the bytes that it has sent."""
        sent, until_ns = self.scene.net.sent_bytes(), now_ns()
        for source, target in [pair for a, b in self.pairs() for pair in ((a, b), (b, a))]:
            near, far = self.scene.ends.between(source, target)
            line = (near.name, next(peer.interface for peer in near.peers if peer.address == far.address))
            self.scene.notes.write(
                "interval",
                name="full",
                source=source,
                target=target,
                at_ns=self._since_ns,
                bytes=sent[line] - self._sent_before[line],
                duration_ns=until_ns - self._since_ns,
            )
