# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Live migration of a memory image by pre-copy, over a TCP connection.

    python3 -m apnemu.emulation.apps.migration receive PORT VERIFY
    python3 -m apnemu.emulation.apps.migration send ADDRESS PORT JSON

The image is a memory file. Between rounds the machine that it belongs to dirties it as declared: the first eight bytes
of each page that it wrote become a count. A round sends the dirty pages and ends when the receiver acknowledges it. The
connection is warm: before the machine's clock begins, bytes without meaning are sent until the window fits the path.
Both sides of the lab have the same clock, so that the downtime is the start at the other side less the stop.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import random
import socket
import struct
import sys
import time
from typing import Any

from apnemu.emulation.apps.uncopied import CHUNK_BYTES, drop
from apnemu.placement.precopy import SHRINKS
from apnemu.units import NS_PER_S

HEAD = struct.Struct("!cI")
"""Head of a message: its kind and the length of what follows. W warms up (number of bytes), R is a round and L the last
round (a list of runs)."""
RUN = struct.Struct("!QQ")
ACKNOWLEDGED = COUNT = struct.Struct("!Q")
SO_MAX_PACING_RATE = 47


def now_ns() -> int:
    """Instant on the monotonic clock."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


class Image:
    """Memory of the machine, and which pages it has dirtied since they were last taken."""

    def __init__(self, size: int, page: int, bytes_per_s: float, pattern: str, seed: int) -> None:
        self.size, self.page = size, page
        self.file = os.memfd_create("memory")
        os.ftruncate(self.file, size)
        self._memory = mmap.mmap(self.file, size)  # writing to it is no system call, so it takes no virtual time
        self.pages = -(-size // page)
        self._per_ns = bytes_per_s / page / NS_PER_S
        self._random = random.Random(f"{seed} dirty pages") if pattern == "random" else None
        self._since_ns = now_ns()
        self._written = 0
        self._dirty: set[int] = set(range(self.pages))

    def run(self, until_ns: int) -> None:
        """Write what the machine writes until an instant."""
        target = int((until_ns - self._since_ns) * self._per_ns)
        for count in range(self._written, target):
            number = count % self.pages if self._random is None else self._random.randrange(self.pages)
            COUNT.pack_into(self._memory, number * self.page, count + 1)
            self._dirty.add(number)
        self._written = max(self._written, target)

    def dirty_bytes(self) -> int:
        """Bytes of all pages that are dirty now."""
        return len(self._dirty) * self.page

    def take(self) -> list[tuple[int, int]]:
        """Take the dirty pages as runs (offset, length); they are clean from now on."""
        runs: list[tuple[int, int]] = []
        for number in sorted(self._dirty):
            offset = number * self.page
            length = min(self.page, self.size - offset)
            if runs and sum(runs[-1]) == offset:
                runs[-1] = (runs[-1][0], runs[-1][1] + length)
            else:
                runs.append((offset, length))
        self._dirty.clear()
        return runs


def send(address: str, port: int, plan: dict[str, Any]) -> None:
    """Move the image to the receiver at an address, and print rounds, bytes and times as a record."""
    print("@record", json.dumps(copy(socket.create_connection((address, port)), plan)), flush=True)


def copy(peer: socket.socket, plan: dict[str, Any]) -> dict[str, Any]:
    """Move the image over a connection: rounds, bytes and times, and with `verify` the image's hash.

    Raises:
        SystemExit: the other side has gone.
        OSError: the connection broke.
    """
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if plan["pace_bytes_per_s"]:
        peer.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, struct.pack("=Q", plan["pace_bytes_per_s"]))
    _warm_up(peer, plan["warm_bytes"])
    image = Image(plan["memory_bytes"], plan["page_bytes"], plan["dirty_bytes_per_s"], plan["pattern"], plan["seed"])
    begun_ns = now_ns()
    rounds = moved = 0
    sizes = []
    while True:
        before = image.dirty_bytes()
        moved += _send_runs(peer, b"R", image)
        _acknowledged(peer)
        rounds += 1
        sizes.append(before)
        image.run(now_ns())
        after = image.dirty_bytes()
        if after <= plan["stop_bytes"] or after > SHRINKS * before or rounds >= plan["most_rounds"]:
            break
    stopped_ns = now_ns()
    moved += _send_runs(peer, b"L", image)
    started_ns = _acknowledged(peer)
    record: dict[str, Any] = {
        "rounds": rounds,
        "moved_bytes": moved,
        "total_ns": started_ns - begun_ns,
        "downtime_ns": started_ns - stopped_ns,
        "round_bytes": sizes,
    }
    if plan["verify"]:
        record["sha256"] = _digest(image.file, image.size)
    return record


def _warm_up(peer: socket.socket, size: int) -> None:
    file = os.memfd_create("nothing")
    os.ftruncate(file, CHUNK_BYTES)
    peer.sendall(HEAD.pack(b"W", 8) + ACKNOWLEDGED.pack(size))
    while size:
        size -= os.sendfile(peer.fileno(), file, 0, min(size, CHUNK_BYTES))
    _acknowledged(peer)


def _send_runs(peer: socket.socket, kind: bytes, image: Image) -> int:
    """Send all pages that are dirty at this instant; returns their bytes."""
    runs = image.take()
    peer.sendall(HEAD.pack(kind, RUN.size * len(runs)) + b"".join(RUN.pack(*run) for run in runs))
    for offset, length in runs:
        end = offset + length
        while offset < end:
            offset += os.sendfile(peer.fileno(), image.file, offset, min(end - offset, CHUNK_BYTES))
    return sum(length for _, length in runs)


def _acknowledged(peer: socket.socket) -> int:
    """Wait for the acknowledgement: the instant at which the other side had everything."""
    instant: int = ACKNOWLEDGED.unpack(_exactly(peer, ACKNOWLEDGED.size))[0]
    return instant


def _exactly(peer: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = peer.recv(size - len(data))
        if not piece:
            raise SystemExit("the other side has gone")
        data += piece
    return data


def receive(port: int, verify: bool) -> None:
    """Take the image from a sender, and acknowledge every round; with `verify` keep it, and record its hash."""
    with socket.create_server(("0.0.0.0", port)) as server:
        print("receiving", flush=True)
        peer, _ = server.accept()
    digest = take(peer, verify)
    if digest:
        print("@record", json.dumps({"received_sha256": digest}), flush=True)


def take(peer: socket.socket, verify: bool) -> str:
    """Take the image over a connection until it is whole; returns its hash, "" where it is not kept.

    Raises:
        SystemExit: the other side has gone.
        OSError: the connection broke.
    """
    nowhere = mmap.mmap(-1, CHUNK_BYTES)
    memory = os.memfd_create("memory") if verify else -1
    size = 0
    while True:
        kind, length = HEAD.unpack(_exactly(peer, HEAD.size))
        body = _exactly(peer, length)
        if kind == b"W":
            drop(peer, ACKNOWLEDGED.unpack(body)[0], nowhere)
        else:
            for place in range(0, length, RUN.size):
                offset, run = RUN.unpack_from(body, place)
                size = max(size, offset + run)
                if verify:
                    _keep(peer, memory, offset, run)
                else:
                    drop(peer, run, nowhere)
        peer.sendall(ACKNOWLEDGED.pack(now_ns()))
        if kind == b"L":
            break
    if not verify:
        return ""
    os.ftruncate(memory, size)
    return _digest(memory, size)


def _keep(peer: socket.socket, memory: int, offset: int, size: int) -> None:
    while size:
        piece = peer.recv(min(size, 1 << 20))
        if not piece:
            raise SystemExit("the other side has gone")
        os.pwrite(memory, piece, offset)
        offset, size = offset + len(piece), size - len(piece)


def _digest(file: int, size: int) -> str:
    digest = hashlib.sha256()
    for offset in range(0, size, 1 << 20):
        digest.update(os.pread(file, min(1 << 20, size - offset), offset))
    return digest.hexdigest()


if __name__ == "__main__":
    if sys.argv[1] == "receive":
        receive(int(sys.argv[2]), sys.argv[3] == "verify")
    else:
        send(sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4]))
