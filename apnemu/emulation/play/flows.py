# SPDX-License-Identifier: BSD-3-Clause
"""TCP flows between hosts: real connections, sent from the page cache and received without being copied.

`sendfile` and MSG_TRUNC leave TCP itself as it is and spare two copies of every byte, which were most of the cost of a
flow in the lab (100 Gbit/s: 3.3 s of wall time for a virtual second with copies, 1.3 s without). `receivers` takes in
what arrives. What a flow without a size got is read from the kernel, at the ramp's end and at the stage's end.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import struct
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from apnemu.emulation.loop import WRITE, Loop, now_ns
from apnemu.emulation.notes import Notes
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.emulation.play.receivers import Receivers
from apnemu.errors import LabError
from apnemu.model.activities import BY_MARKS, Flow, Pair
from apnemu.model.scenario import Stage
from apnemu.units import gbps_to_bytes_per_s

PORT = 5201
SO_MAX_PACING_RATE = 47
CHUNK_BYTES = 1 << 26
TOTAL_RETRANSMITS, BYTES_RECEIVED = struct.Struct("=100xI"), struct.Struct("=128xQ")
"""`tcpi_total_retrans` and `tcpi_bytes_received` in struct tcp_info (include/uapi/linux/tcp.h)."""


@dataclass(slots=True)
class _Stream:
    """A connection of a flow. `taken` counts what its receiver has taken in, `received` is what TCP had at its end."""

    flow: _Running
    sender: socket.socket
    to_send: int | None
    receiver: socket.socket | None = None
    taken: int = 0
    received: int = 0
    retransmits: int = 0

    def wanted(self) -> int | None:
        size = self.flow.plan.size_bytes
        return None if size is None else size - self.taken

    def took(self, count: int) -> None:
        self.taken += count
        if self.wanted() == 0:
            self.flow.lacking -= 1
            if not self.flow.lacking:
                self.flow.done_ns = now_ns()

    def arrived(self) -> int:
        """Bytes that TCP has received in order."""
        if self.receiver is None:
            return 0
        information = self.receiver.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, BYTES_RECEIVED.size)
        count: int = BYTES_RECEIVED.unpack(information)[0]
        return count


@dataclass(slots=True)
class _Running:
    """A flow under way. `lacking` counts the streams that lack bytes; `marks` are instants, each with the bytes that
    had arrived by then: at the ramp's end and at the stage's end."""

    plan: Flow
    start_ns: int
    lacking: int
    streams: list[_Stream] = field(default_factory=list)
    marks: list[tuple[int, int]] = field(default_factory=list)
    done_ns: int | None = None

    def mark(self) -> None:
        self.marks.append((now_ns(), sum(stream.arrived() for stream in self.streams)))


class Flows(Playing):
    """Plays the TCP flows of a stage."""

    def __init__(self, scene: Scene, stage: Stage) -> None:
        super().__init__(scene, stage)
        self._plans = stage.of(Flow)
        self._ends = scene.ends
        self._running: list[_Running] = []
        self._by_port: dict[tuple[str, int], _Stream] = {}
        self._receivers: list[Receivers] = []
        self._file = -1

    def pairs(self) -> list[Pair]:
        return [(plan.source, plan.target) for plan in self._plans]

    def prepare(self) -> None:
        targets = {}
        streams: Counter[str] = Counter()
        marked: set[str] = set()
        for plan in self._plans:
            host = self._ends.between(plan.source, plan.target)[1]
            targets[host.name] = host
            streams[host.name] += plan.streams
            if plan.congestion_control == BY_MARKS:
                marked.add(host.name)
        for name, host in targets.items():
            listener = self._ends.socket(host, socket.AF_INET, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if name in marked:
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, BY_MARKS.encode())
            listener.bind((host.address, PORT))
            listener.listen(4096)
            self._receivers.append(Receivers(listener, streams[name], self._answered))

    def start(self, loop: Loop, start_ns: int) -> int:
        self._file = os.memfd_create("payload")
        os.ftruncate(self._file, CHUNK_BYTES)
        for plan in self._plans:
            loop.at(start_ns + plan.start_ns, partial(self._open, loop, plan))
        return 0

    def has_all(self) -> bool:
        """Whether every flow has all bytes that it was to carry."""
        return all(running.done_ns is not None for running in self._running)

    def stop(self, loop: Loop) -> None:
        """End the flows without a size; those with one may go on."""
        for running in self._running:
            if running.plan.size_bytes is None:
                running.mark()
                for stream in running.streams:
                    stream.to_send = 0
                    self._end(loop, stream)

    def settle(self, loop: Loop) -> None:
        for running in self._running:
            for stream in running.streams:
                if stream.sender.fileno() >= 0:
                    self._end(loop, stream)

    def note(self) -> None:
        """Write a record of each flow, in the order of their beginning."""
        for receivers in self._receivers:
            if receivers.fault:
                raise LabError(f"a flow was not answered: {receivers.fault}")
        for running in self._running:
            self._note(running, self.scene.notes)

    def close(self, loop: Loop) -> None:
        for receivers in self._receivers:
            receivers.close()
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
            received = sum(stream.received for stream in running.streams)
            notes.write("flow", bytes=received, sent=plan.size_bytes, duration_ns=duration, **common)
            return
        (since_ns, before), (until_ns, after) = running.marks[0], running.marks[-1]
        detail = {"flows": plan.streams, "congestion_control": plan.congestion_control}
        notes.write(
            "interval",
            bytes=after - before,
            duration_ns=until_ns - since_ns,
            detail=json.dumps(detail),
            **common,
        )

    def _open(self, loop: Loop, plan: Flow) -> None:
        running = _Running(plan, now_ns(), plan.streams)
        self._running.append(running)
        if plan.size_bytes is None:
            loop.at(running.start_ns + plan.ramp_ns, partial(self._ramped, running))
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

    def _answered(self, receiver: socket.socket, peer: tuple[str, int]) -> _Stream:
        stream = self._by_port[peer]
        stream.receiver = receiver
        return stream

    @staticmethod
    def _ramped(running: _Running) -> None:
        if not running.marks:  # or else the stage has ended before
            running.mark()

    @staticmethod
    def _end(loop: Loop, stream: _Stream) -> None:
        information = stream.sender.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TOTAL_RETRANSMITS.size)
        stream.retransmits = TOTAL_RETRANSMITS.unpack(information)[0]
        stream.received = stream.arrived()
        if loop.watches(stream.sender.fileno()):
            loop.forget(stream.sender.fileno())
        for end in (stream.sender, stream.receiver):
            if end is not None:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("=ii", 1, 0))
                with suppress(OSError):  # wakes the thread that waits for more; the other end may have gone before
                    end.shutdown(socket.SHUT_RD)
                end.close()
