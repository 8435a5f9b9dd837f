# SPDX-License-Identifier: BSD-3-Clause
"""TCP flows between hosts: real connections, sent from the page cache and received without being copied.

`sendfile` and MSG_TRUNC leave TCP itself as it is and spare two copies of every byte, which were most of the cost of a
flow in the lab (100 Gbit/s: 3.3 s of wall time for a virtual second with copies, 1.3 s without).
"""

from __future__ import annotations

import errno
import json
import mmap
import os
import socket
import struct
from dataclasses import dataclass, field
from functools import partial

from apnemu.emulation.loop import READ, WRITE, Loop, now_ns
from apnemu.emulation.notes import Notes
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.errors import LabError
from apnemu.model.activities import Flow, Pair
from apnemu.model.scenario import Stage
from apnemu.units import gbps_to_bytes_per_s

PORT = 5201
SO_MAX_PACING_RATE = 47
CHUNK_BYTES = 1 << 26
WAKE_BYTES = 1 << 20
"""Least number of bytes that wakes the receiver of a flow without a size."""
TOTAL_RETRANSMITS = struct.Struct("=100xI")
"""`tcpi_total_retrans` in struct tcp_info (include/uapi/linux/tcp.h)."""


@dataclass(slots=True)
class _Stream:
    """A connection of a flow."""

    flow: _Running
    sender: socket.socket
    to_send: int | None
    receiver: socket.socket | None = None
    received: int = 0
    retransmits: int = 0


@dataclass(slots=True)
class _Running:
    """A flow under way. Instants are the loop's; `mark` is the first reception after the ramp."""

    plan: Flow
    start_ns: int
    streams: list[_Stream] = field(default_factory=list)
    mark: tuple[int, int] | None = None
    last_ns: int = 0
    done_ns: int | None = None

    @property
    def received(self) -> int:
        return sum(stream.received for stream in self.streams)


class Flows(Playing):
    """Plays the TCP flows of a stage."""

    def __init__(self, scene: Scene, stage: Stage) -> None:
        super().__init__(scene, stage)
        self._plans = stage.of(Flow)
        self._ends = scene.ends
        self._running: list[_Running] = []
        self._by_port: dict[tuple[str, int], _Stream] = {}
        self._listeners: list[socket.socket] = []
        self._file = -1

    def pairs(self) -> list[Pair]:
        return [(plan.source, plan.target) for plan in self._plans]

    def start(self, loop: Loop, start_ns: int) -> int:
        self._file = os.memfd_create("payload")
        os.ftruncate(self._file, CHUNK_BYTES)
        self._nowhere = mmap.mmap(-1, CHUNK_BYTES)
        targets = {
            host.name: host for host in (self._ends.between(plan.source, plan.target)[1] for plan in self._plans)
        }
        for host in targets.values():
            listener = self._ends.socket(host, socket.AF_INET, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host.address, PORT))
            listener.listen(4096)
            self._listeners.append(listener)
            loop.watch(listener.fileno(), READ, partial(self._accept, loop, listener))
        for plan in self._plans:
            loop.at(start_ns + plan.start_ns, partial(self._open, loop, plan))
        return 0

    def stop(self, loop: Loop) -> None:
        """End the flows without a size; those with one may go on."""
        for running in self._running:
            for stream in running.streams:
                if running.plan.size_bytes is None:
                    stream.to_send = 0
                    self._end(loop, stream)

    def settle(self, loop: Loop) -> None:
        for running in self._running:
            for stream in running.streams:
                if stream.sender.fileno() >= 0:
                    self._end(loop, stream)

    def note(self) -> None:
        """Write a record of each flow, in the order of their beginning."""
        for running in self._running:
            self._note(running, self.scene.notes)

    def close(self, loop: Loop) -> None:
        for listener in self._listeners:
            loop.forget(listener.fileno())
            listener.close()
        os.close(self._file)

    def _note(self, running: _Running, notes: Notes) -> None:
        plan = running.plan
        common = {
            "name": plan.name,
            "source": plan.source,
            "target": plan.target,
            "at_ns": running.start_ns,
            "retransmits": sum(stream.retransmits for stream in running.streams),
        }
        if plan.size_bytes is not None:
            duration = None if running.done_ns is None else running.done_ns - running.start_ns
            notes.write("flow", bytes=running.received, sent=plan.size_bytes, duration_ns=duration, **common)
            return
        since_ns, before = running.mark or (running.last_ns, running.received)
        detail = {"flows": plan.streams, "congestion_control": plan.congestion_control}
        notes.write(
            "interval",
            bytes=running.received - before,
            duration_ns=running.last_ns - since_ns,
            detail=json.dumps(detail),
            **common,
        )

    def _open(self, loop: Loop, plan: Flow) -> None:
        running = _Running(plan, now_ns())
        self._running.append(running)
        source, target = self._ends.between(plan.source, plan.target)
        for _ in range(plan.streams):
            sender = self._ends.socket(source, socket.AF_INET, socket.SOCK_STREAM)
            sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, plan.congestion_control.encode())
            if plan.pace_gbps is not None:
                rate = gbps_to_bytes_per_s(plan.pace_gbps)
                sender.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, struct.pack("=Q", rate))
            sender.bind((source.address, 0))
            result = sender.connect_ex((target.address, PORT))
            if result not in (0, errno.EINPROGRESS):
                raise LabError(f"flow {plan.name} cannot connect to {plan.target}: {os.strerror(result)}")
            stream = _Stream(running, sender, plan.size_bytes)
            running.streams.append(stream)
            self._by_port[source.address, sender.getsockname()[1]] = stream
            loop.watch(sender.fileno(), WRITE, partial(self._send, loop, stream))

    def _send(self, loop: Loop, stream: _Stream, _: int) -> None:
        while stream.to_send is None or stream.to_send > 0:
            count = CHUNK_BYTES if stream.to_send is None else min(stream.to_send, CHUNK_BYTES)
            try:
                sent = os.sendfile(stream.sender.fileno(), self._file, 0, count)
            except BlockingIOError:
                return
            except (ConnectionError, TimeoutError):
                loop.forget(stream.sender.fileno())
                return
            if stream.to_send is not None:
                stream.to_send -= sent
        loop.forget(stream.sender.fileno())

    def _accept(self, loop: Loop, listener: socket.socket, _: int) -> None:
        while True:
            try:
                receiver, peer = listener.accept()
            except BlockingIOError:
                return
            stream = self._by_port[peer]
            stream.receiver = receiver
            receiver.setblocking(False)
            self._wake_at(receiver, stream.flow.plan, 0)
            loop.watch(receiver.fileno(), READ, partial(self._receive, loop, stream))

    def _receive(self, loop: Loop, stream: _Stream, _: int) -> None:
        running = stream.flow
        if stream.receiver is None:
            return
        while True:
            try:
                got = stream.receiver.recv_into(self._nowhere, 0, socket.MSG_TRUNC)
            except BlockingIOError:
                break
            except (ConnectionError, TimeoutError):
                got = 0
            if not got:  # the sender is gone
                loop.forget(stream.receiver.fileno())
                return
            stream.received += got
        running.last_ns = now_ns()
        if running.mark is None and running.last_ns >= running.start_ns + running.plan.ramp_ns:
            running.mark = (running.last_ns, running.received)
        if running.plan.size_bytes is not None:
            self._wake_at(stream.receiver, running.plan, stream.received)
            if running.done_ns is None and running.received >= running.plan.size_bytes * running.plan.streams:
                running.done_ns = running.last_ns

    @staticmethod
    def _wake_at(receiver: socket.socket, plan: Flow, received: int) -> None:
        left = WAKE_BYTES if plan.size_bytes is None else min(WAKE_BYTES, max(1, plan.size_bytes - received))
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, left)

    def _end(self, loop: Loop, stream: _Stream) -> None:
        information = stream.sender.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TOTAL_RETRANSMITS.size)
        stream.retransmits = TOTAL_RETRANSMITS.unpack(information)[0]
        self._forget(loop, stream)
        for end in (stream.sender, stream.receiver):
            if end is not None:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("=ii", 1, 0))
                end.close()

    @staticmethod
    def _forget(loop: Loop, stream: _Stream) -> None:
        for end in (stream.sender, stream.receiver):
            if end is not None and loop.watches(end.fileno()):
                loop.forget(end.fileno())
