# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Copies of a data centre's writes that another data centre keeps, until the first one dies.

    python3 -m apnemu.emulation.apps.copies write SITE ADDRESS BEGIN_NS DIES_NS GAP_NS WRITE_BYTES MODES
    python3 -m apnemu.emulation.apps.copies keep CONNECTIONS WRITE_BYTES END_NS

The writer makes a write every GAP_NS from BEGIN_NS on, and sends each over a TCP connection of its own for every mode.
`async`: a write is committed when it is made. `sync`: when the keeper has said that it has it; writes do not wait for
each other. At DIES_NS the writer stops where it is, and says what it had committed by then: whoever was told so counts
on it. The keeper takes a write in once all of its bytes are there, and at END_NS says what it has.

*Not modelled:* the time that disks at either end take; writes that depend on one another.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import time
from functools import partial

from apnemu.emulation.loop import READ, WRITE, Loop, now_ns

PORT = 7400
CONNECT_NS = 200_000_000
"""Time before the first write at which connections are made: several round trips."""
HELLO = struct.Struct("!8s64s")
"""Beginning of a connection: its mode, and the writer's site."""
COUNT = struct.Struct("!Q")
"""What the keeper says in mode sync: how many writes it has."""
CLOSE_AT_ONCE = struct.pack("ii", 1, 0)
"""A socket's linger: what died sends nothing more."""
TAKEN_BYTES = 1 << 20


class Copy:
    """The writer's side of one mode: `made` writes, of which `committed` count; `took_ns` is how long commits took."""

    def __init__(self, site: str, mode: str, connected: socket.socket, write_bytes: int) -> None:
        self.mode, self.made, self.committed = mode, 0, 0
        self.took_ns: list[int] = []
        self._socket, self._write_bytes = connected, write_bytes
        self._made_ns: list[int] = []
        self._waiting = bytearray(HELLO.pack(mode.encode(), site.encode()))
        self._heard = b""

    def write(self, loop: Loop) -> None:
        """Make a write and send as much as the connection takes."""
        self._made_ns.append(now_ns())
        self._waiting += self.made.to_bytes(8, "big").ljust(self._write_bytes, b"\0")
        self.made += 1
        if self.mode == "async":
            self.committed = self.made
            self.took_ns.append(0)
        self.send(loop, 0)

    def send(self, loop: Loop, _: int) -> None:
        """Send what waits; wait for room where there is none."""
        number = self._socket.fileno()
        while self._waiting:
            try:
                sent = self._socket.send(self._waiting)
            except BlockingIOError:
                self._watch(loop, number, READ | WRITE)
                return
            del self._waiting[:sent]
        self._watch(loop, number, READ)

    def hear(self, _: int) -> None:
        """Take in how many writes the keeper has."""
        try:
            self._heard += self._socket.recv(1 << 16)
        except BlockingIOError:
            return
        whole = len(self._heard) // COUNT.size * COUNT.size
        if whole:
            (kept,) = COUNT.unpack(self._heard[whole - COUNT.size : whole])
            self._heard = self._heard[whole:]
            self.took_ns += [now_ns() - at_ns for at_ns in self._made_ns[self.committed : kept]]
            self.committed = max(self.committed, kept)

    def _watch(self, loop: Loop, number: int, events: int) -> None:
        if loop.watches(number):
            loop.forget(number)
        loop.watch(number, events, partial(self._ready, loop))

    def _ready(self, loop: Loop, events: int) -> None:
        if events & READ:
            self.hear(events)
        if events & WRITE:
            self.send(loop, events)


def write(site: str, address: str, modes: str, begin_ns: int, dies_ns: int, gap_ns: int, write_bytes: int) -> None:
    """Write until death, and print a record for each mode."""
    _sleep_until(begin_ns - CONNECT_NS)
    loop = Loop()
    copies = []
    for mode in modes.split(","):
        connected = socket.create_connection((address, PORT))
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSE_AT_ONCE)
        connected.setblocking(False)
        copies.append((Copy(site, mode, connected, write_bytes), connected))
    for copy, _ in copies:
        copy.send(loop, 0)

    def next_write(number: int) -> None:
        for copy, _ in copies:
            copy.write(loop)
        at_ns = begin_ns + (number + 1) * gap_ns
        if at_ns < dies_ns:
            loop.at(at_ns, partial(next_write, number + 1))

    loop.at(begin_ns, partial(next_write, 0))
    loop.run(dies_ns)
    for copy, _ in copies:
        took_ns = sorted(copy.took_ns)
        record = {
            "mode": copy.mode,
            "writer": site,
            "written_bytes": copy.made * write_bytes,
            "committed_bytes": copy.committed * write_bytes,
            "commit_ns_p50": took_ns[(len(took_ns) - 1) // 2] if took_ns else None,
            "commit_ns_max": took_ns[-1] if took_ns else None,
        }
        print("@record", json.dumps(record), flush=True)
    for _, connected in copies:
        connected.close()


class Kept:
    """The keeper's side of a connection: bytes taken in, and the mode, once the first of them have said it."""

    def __init__(self, accepted: socket.socket, write_bytes: int) -> None:
        self._socket, self._write_bytes = accepted, write_bytes
        self._begun = b""
        self._taken = self._told = 0
        self._room = bytearray(TAKEN_BYTES)

    @property
    def whose(self) -> tuple[str, str]:
        """Mode and site of the writer; empty texts until they have come."""
        if len(self._begun) < HELLO.size:
            return "", ""
        mode, site = (text.rstrip(b"\0").decode() for text in HELLO.unpack(self._begun))
        return mode, site

    @property
    def writes(self) -> int:
        """Whole writes that are there."""
        return self._taken // self._write_bytes

    def take(self, loop: Loop, _: int) -> None:
        """Take in what has come, and say how many writes there are where the mode asks for it."""
        while True:
            try:
                count = self._socket.recv_into(self._room)
            except BlockingIOError:
                break
            except ConnectionError:
                count = 0
            if not count:
                loop.forget(self._socket.fileno())
                return
            lacking = HELLO.size - len(self._begun)
            if lacking > 0:
                self._begun += bytes(self._room[: min(lacking, count)])
                count -= min(lacking, count)
            self._taken += count
        if self.whose[0] == "sync" and self.writes > self._told:
            self._told = self.writes
            self._socket.send(COUNT.pack(self._told))


def keep(connections: int, write_bytes: int, end_ns: int) -> None:
    """Keep what comes over so many connections, and print a record of each at the end."""
    loop = Loop()
    listening = socket.create_server(("", PORT), backlog=connections)
    kept: list[Kept] = []

    def accept(_: int) -> None:
        accepted, _peer = listening.accept()
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        accepted.setblocking(False)
        kept.append(Kept(accepted, write_bytes))
        loop.watch(accepted.fileno(), READ, partial(kept[-1].take, loop))

    loop.watch(listening.fileno(), READ, accept)
    print("keeping", flush=True)
    loop.run(end_ns)
    for each in kept:
        mode, site = each.whose
        record = {"mode": mode, "writer": site, "kept_bytes": each.writes * write_bytes}
        print("@record", json.dumps(record), flush=True)


def _sleep_until(at_ns: int) -> None:
    time.sleep(max(0, at_ns - now_ns()) / 1e9)


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2], sys.argv[3], sys.argv[8], *map(int, sys.argv[4:8]))
    else:
        keep(*map(int, sys.argv[2:]))
