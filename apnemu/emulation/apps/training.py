# SPDX-License-Identifier: BSD-3-Clause
"""[guest] A worker of data-parallel training: computes for a declared time, and sums gradients over real TCP.

    python3 -m apnemu.emulation.apps.training JSON

Buckets go through the acts of `placement.allreduce`, several at once and in order on each connection. Gradients are a
memory file that `sendfile` passes on, and are dropped uncopied where they arrive (MSG_TRUNC); with `numbers` they are
real gradients, summed and compared. All workers have the lab's clock, so that they begin a step at the same instant.
"""

from __future__ import annotations

import json
import mmap
import os
import queue
import socket
import struct
import sys
import threading
import time
from array import array
from typing import Any

from apnemu.emulation.apps.uncopied import CHUNK_BYTES, drop
from apnemu.placement.allreduce import FORWARD, Act, acts, span

HEAD = struct.Struct("!HIQ")
"""Head of a part: the sender's rank, the bucket, how many bytes follow."""
INSTANT = struct.Struct("!q")
SO_MAX_PACING_RATE = 47
BYTES_SENT = struct.Struct("=100xI96xQQ")
"""Fields tcpi_total_retrans, tcpi_bytes_sent, tcpi_bytes_retrans of struct tcp_info (include/uapi/linux/tcp.h)."""
TOGETHER_NS = 10_000_000_000
"""Time from the last connection to the first step; nothing happens meanwhile, so it costs nothing."""


def now_ns() -> int:
    """Instant on the monotonic clock."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def sleep_until(instant_ns: int) -> None:
    """Sleep until an instant on the monotonic clock."""
    while (left := instant_ns - now_ns()) > 0:
        time.sleep(left / 1e9)


class Gradients:
    """Gradients without meaning: bytes that are dropped where they arrive."""

    def __init__(self, size: int) -> None:
        self.file = os.memfd_create("gradients")
        os.ftruncate(self.file, CHUNK_BYTES)
        self._nowhere = mmap.mmap(-1, CHUNK_BYTES)

    def send(self, peer: socket.socket, begin: int, end: int) -> None:
        """Send as many bytes as lie between two places."""
        while begin < end:
            begin += os.sendfile(peer.fileno(), self.file, 0, min(end - begin, CHUNK_BYTES))

    def receive(self, peer: socket.socket, begin: int, end: int, kind: str) -> None:
        """Drop as many bytes as lie between two places."""
        drop(peer, end - begin, self._nowhere)


class Numbers:
    """Real gradients: 64-bit floats, added where they arrive."""

    def __init__(self, values: array[float]) -> None:
        self.values = values

    def send(self, peer: socket.socket, begin: int, end: int) -> None:
        """Send the numbers between two places, in bytes."""
        peer.sendall(memoryview(self.values).cast("B")[begin:end])

    def receive(self, peer: socket.socket, begin: int, end: int, kind: str) -> None:
        """Add the numbers that arrive to those between two places, in bytes, or replace these."""
        arrived: array[float] = array("d", exactly(peer, end - begin))
        for place, value in enumerate(arrived, begin // 8):
            self.values[place] = self.values[place] + value if kind == "add" else value


def exactly(peer: socket.socket, size: int) -> bytes:
    """Receive `size` bytes; the end of the connection ends the program."""
    data = bytearray()
    while len(data) < size:
        piece = peer.recv(size - len(data))
        if not piece:
            raise SystemExit("a worker has gone")
        data += piece
    return bytes(data)


class Worker:
    """A worker: its connections, and the next act of each bucket. A connection carries data one way."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.rank: int = plan["rank"]
        self.acts = acts(plan["algorithm"], plan["sites"], plan["per_site"], self.rank)
        self.buckets: int = plan["buckets"]
        self.size: int = plan["gradient_bytes"]
        self.gradients: Gradients | Numbers = Gradients(self.size)
        self.out: dict[int, socket.socket] = {}
        self._to_send: dict[int, queue.SimpleQueue[tuple[int, Act] | None]] = {}
        self._inward: dict[int, list[Act]] = {}
        self._arrived: dict[tuple[int, int], int] = {}
        self._place: dict[int, int] = {}
        self._change = threading.Condition()

    def connect(self, plan: dict[str, Any]) -> None:
        """Call every worker to which this worker sends, and answer every worker that sends to it."""
        for act in self.acts:
            if act.kind != "send":
                self._inward.setdefault(act.peer, []).append(act)
        outward = list(dict.fromkeys(act.peer for act in self.acts if act.kind == "send"))
        with socket.create_server(("0.0.0.0", plan["ports"][self.rank]), backlog=64) as server:
            for peer in outward:
                self.out[peer] = called(plan["addresses"][peer], plan["ports"][peer])
                if plan["pace_bytes_per_s"][peer]:
                    pace = struct.pack("=Q", plan["pace_bytes_per_s"][peer])
                    self.out[peer].setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, pace)
                self.out[peer].sendall(HEAD.pack(self.rank, 0, 0))
            came = {}
            for _ in self._inward:
                peer_socket, _ = server.accept()
                came[HEAD.unpack(exactly(peer_socket, HEAD.size))[0]] = peer_socket
        self.begin_ns = self._agree(came, plan.get("together_ns", TOGETHER_NS))
        for peer in outward:
            self._to_send[peer] = queue.SimpleQueue()
            threading.Thread(target=self._sender, args=(peer,), daemon=True).start()
        for peer, peer_socket in came.items():
            threading.Thread(target=self._receiver, args=(peer, peer_socket), daemon=True).start()

    def _agree(self, came: dict[int, socket.socket], together_ns: int) -> int:
        """Agree on the instant of the first step: worker 0 tells it, and each worker passes it on to the workers to
        which it sends, except worker 0."""
        if self.rank == 0:
            instant = now_ns() + together_ns
        else:
            ring = [act.peer for act in self.acts if act.kind != "send" and act.parts > 1]
            teller = ring[0] if ring else min(came)  # the previous worker in the ring, or the first of the site
            instant = INSTANT.unpack(exactly(came[teller], INSTANT.size))[0]
        for peer, peer_socket in self.out.items():
            if self._listens_to_me(peer):
                peer_socket.sendall(INSTANT.pack(instant))
        return instant

    def _listens_to_me(self, peer: int) -> bool:
        in_ring = any(act.kind == "send" and act.peer == peer and act.parts > 1 for act in self.acts)
        return peer != 0 and (in_ring or peer > self.rank)

    def _sender(self, peer: int) -> None:
        while wanted := self._to_send[peer].get():
            bucket, act = wanted
            begin, end = self._span(bucket, act)
            self.out[peer].sendall(HEAD.pack(self.rank, bucket, end - begin), socket.MSG_MORE)
            self.gradients.send(self.out[peer], begin, end)
        self.out[peer].shutdown(socket.SHUT_WR)

    def _receiver(self, peer: int, peer_socket: socket.socket) -> None:
        count = dict.fromkeys(range(self.buckets), 0)
        while True:
            head = peer_socket.recv(HEAD.size)
            if not head:  # it has done all its steps
                peer_socket.close()
                return
            _, bucket, size = HEAD.unpack(head + exactly(peer_socket, HEAD.size - len(head)))
            act = self._inward[peer][count[bucket] % len(self._inward[peer])]
            begin, end = self._span(bucket, act)
            assert size == end - begin, f"{size} bytes came for {end - begin}"
            self.gradients.receive(peer_socket, begin, end, act.kind)
            count[bucket] += 1
            with self._change:
                self._arrived[peer, bucket] = self._arrived.get((peer, bucket), 0) + 1
                self._go_on(bucket)

    def _span(self, bucket: int, act: Act) -> tuple[int, int]:
        first, last = span(self.size, bucket, self.buckets)
        begin, end = span(last - first, act.part, act.parts)
        return first + begin, first + end

    def start(self, bucket: int) -> None:
        """Begin with a bucket, whose own gradients are computed."""
        with self._change:
            self._place[bucket] = 0
            self._go_on(bucket)

    def _go_on(self, bucket: int) -> None:
        place = self._place.get(bucket)
        if place is None:
            return  # a part came from a faster worker
        while place < len(self.acts):
            act = self.acts[place]
            if act.kind == "send":
                self._to_send[act.peer].put((bucket, act))
            elif self._arrived.get((act.peer, bucket), 0):
                self._arrived[act.peer, bucket] -= 1
            else:
                break
            place += 1
        self._place[bucket] = place
        self._change.notify()

    def finish(self) -> int:
        """Wait until every bucket has been summed; returns the instant."""
        with self._change:
            while any(self._place.get(bucket, 0) < len(self.acts) for bucket in range(self.buckets)):
                self._change.wait()
            self._place.clear()
            return now_ns()

    def close(self) -> None:
        """Wait until every worker has all that this worker sent."""
        for peer in self.out:
            self._to_send[peer].put(None)
        for peer_socket in self.out.values():
            while peer_socket.recv(1):
                pass

    def sent(self) -> dict[int, tuple[int, int]]:
        """Bytes that TCP sent to each peer, without its headers, and how many of these it sent again."""
        by_peer = {}
        for peer, peer_socket in self.out.items():
            information = peer_socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, BYTES_SENT.size)
            _, total, again = BYTES_SENT.unpack(information)
            by_peer[peer] = (total, again)
        return by_peer


def called(address: str, port: int) -> socket.socket:
    """Connect to a worker that may not have begun to listen."""
    for _ in range(1000):
        try:
            peer = socket.create_connection((address, port))
        except ConnectionRefusedError:
            time.sleep(0.01)
            continue
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return peer
    raise SystemExit(f"no worker answers at {address} port {port}")


def step(worker: Worker, begin_ns: int, compute_s: float, overlap: bool) -> int:
    """Do a step: forward, backward with the buckets ready one after another, and all of them summed.

    Returns the instant at which every bucket has been summed.
    """
    for bucket in range(worker.buckets):
        share = (bucket + 1) / worker.buckets if overlap else 1.0
        sleep_until(begin_ns + round(compute_s * 1e9 * (FORWARD + (1 - FORWARD) * share)))
        worker.start(bucket)
    return worker.finish()


def train(plan: dict[str, Any]) -> dict[str, Any]:
    """Do the steps of a plan; returns the record with their instants and the bytes sent."""
    worker = Worker(plan)
    if "numbers" in plan:
        worker.gradients = Numbers(array("d", plan["numbers"]))
    worker.connect(plan)
    instants = [worker.begin_ns]
    sleep_until(worker.begin_ns)
    before = worker.sent()
    for _ in range(plan["steps"]):
        instants.append(step(worker, instants[-1], plan["compute_s"], plan["overlap"]))
    worker.close()
    sent = {peer: [now - then for now, then in zip(worker.sent()[peer], before[peer], strict=True)] for peer in before}
    record: dict[str, Any] = {"rank": worker.rank, "instants_ns": instants, "sent": sent}
    if isinstance(worker.gradients, Numbers):
        record["numbers"] = worker.gradients.values.tolist()
    return record


if __name__ == "__main__":
    print("@record", json.dumps(train(json.loads(sys.argv[1]))), flush=True)
