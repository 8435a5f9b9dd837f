# SPDX-License-Identifier: BSD-3-Clause
"""[guest] A store of batches in one data centre, and a job in another one that reads them and computes.

    python3 -m apnemu.emulation.apps.loading serve PORT
    python3 -m apnemu.emulation.apps.loading train ADDRESS PORT JSON

A request is the size of a batch, its answer that many bytes, in the order of the requests, on one TCP connection. They
are a memory file that `sendfile` passes on, and are dropped uncopied where they arrive. Computing takes its declared
time.
"""

from __future__ import annotations

import json
import mmap
import os
import socket
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Any

from apnemu.emulation.apps.uncopied import CHUNK_BYTES, drop

REQUEST = struct.Struct("!Q")
SYSCTL = Path("/proc/sys/net/ipv4/tcp_slow_start_after_idle")
"""Setting of TCP with which a window that fits the path stays so while a job computes, as storage servers have it."""


def serve(port: int) -> None:
    """Answer one job until it has ended."""
    SYSCTL.write_text("0")
    file = os.memfd_create("batches")
    os.ftruncate(file, CHUNK_BYTES)
    with socket.create_server(("0.0.0.0", port)) as server:
        print("serving", flush=True)
        job, _ = server.accept()
    job.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with job:
        while asked := job.recv(REQUEST.size, socket.MSG_WAITALL):
            left = REQUEST.unpack(asked)[0]
            while left:
                left -= os.sendfile(job.fileno(), file, 0, min(left, CHUNK_BYTES))


class Store:
    """The store as a job sees it: batches that were asked for come in order; a thread takes them in."""

    def __init__(self, address: str, port: int) -> None:
        self._peer = socket.create_connection((address, port))
        self._peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sizes: list[int] = []
        self._asked = threading.Semaphore(0)
        self._arrived = threading.Semaphore(0)
        threading.Thread(target=self._receive, daemon=True).start()

    def ask(self, size_bytes: int) -> None:
        """Ask for a batch."""
        self._sizes.append(size_bytes)
        self._peer.sendall(REQUEST.pack(size_bytes))
        self._asked.release()

    def take(self) -> None:
        """Wait for the next batch."""
        self._arrived.acquire()

    def _receive(self) -> None:
        nowhere = mmap.mmap(-1, CHUNK_BYTES)
        while True:
            self._asked.acquire()
            drop(self._peer, self._sizes.pop(0), nowhere)
            self._arrived.release()


def steps(store: Store, batch_bytes: int, compute_s: float, depth: int, count: int) -> list[int]:
    """Do `count` steps with `depth` batches asked for ahead; returns the instants at which a batch was taken."""
    instants = []
    for _ in range(min(depth, count)):
        store.ask(batch_bytes)
    for number in range(count):
        if not depth:
            store.ask(batch_bytes)
        store.take()
        instants.append(time.clock_gettime_ns(time.CLOCK_MONOTONIC))
        if depth and number + depth < count:
            store.ask(batch_bytes)
        time.sleep(compute_s)
    return instants


def train(address: str, port: int, plan: dict[str, Any]) -> None:
    """Open the connection's window, then do the steps for each depth; a record says when batches were taken."""
    store = Store(address, port)
    store.ask(plan["warm_bytes"])
    store.take()
    for depth, count in plan["depths"]:
        instants_ns = steps(store, plan["batch_bytes"], plan["compute_s"], depth, count)
        print("@record", json.dumps({"depth": depth, "instants_ns": instants_ns}), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    else:
        train(sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4]))
