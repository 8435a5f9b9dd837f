# SPDX-License-Identifier: BSD-3-Clause
"""[guest] State of jobs as real bytes over one TCP connection, sent and taken by a thread each.

The bytes mean nothing; how many belong to which job the receiver knows by the handovers that came before. A thread that
asks for all at once does not hold the sender back (`apps.uncopied`).
"""

from __future__ import annotations

import mmap
import os
import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Thread

from apnemu.emulation.apps.uncopied import CHUNK_BYTES, take
from apnemu.emulation.loop import READ, Loop

SO_MAX_PACING_RATE = 47
COUNT = struct.Struct("=q")
FAILED = -1


class Told:
    """Numbers that a thread tells the loop that watches it."""

    def __init__(self, loop: Loop, heard: Callable[[int], None]) -> None:
        self._loop = loop
        self._heard = heard
        self._from, self._to = os.pipe()
        loop.watch(self._from, READ, self._read)

    def tell(self, number: int) -> None:
        os.write(self._to, COUNT.pack(number))

    def _read(self, _: int) -> None:
        for (number,) in COUNT.iter_unpack(os.read(self._from, 1 << 12)):
            self._heard(number)


def listen(interface: str, port: int) -> socket.socket:
    """Listen on one interface: what is bound to one end of some light hears only what comes over it."""
    own = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
    own.bind(("0.0.0.0", port))
    own.listen()
    return own


def send(
    loop: Loop, interface: str, to: tuple[str, int], sizes: Sequence[int], pace: int, failed: Callable[[], None]
) -> socket.socket:
    """Begin to send some sizes, one after another, out of an interface at `pace` bytes a second; 0: as the line has
    it. Returns the connection, which its owner closes; `failed` is called where it breaks."""
    own = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
    if pace:
        own.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, struct.pack("=Q", pace))
    told = Told(loop, lambda number: failed())

    def work() -> None:
        file = os.memfd_create("state")
        os.ftruncate(file, CHUNK_BYTES)
        try:
            own.connect(to)
            left = sum(sizes)
            while left:
                left -= os.sendfile(own.fileno(), file, 0, min(left, CHUNK_BYTES))
        except OSError:
            with suppress(OSError):
                told.tell(FAILED)
        finally:
            os.close(file)

    Thread(target=work, daemon=True).start()
    return own


def receive(loop: Loop, peer: socket.socket, sizes: Sequence[int], arrived: Callable[[int], None]) -> None:
    """Take some sizes from a connection, one after another; `arrived` is called with the number of each, from 0, once
    all of it is there."""
    told = Told(loop, arrived)

    def work() -> None:
        nowhere = mmap.mmap(-1, CHUNK_BYTES)
        with peer, suppress(OSError):
            for number, size in enumerate(sizes):
                left = size
                while left:
                    got = take(peer, left, nowhere)
                    if not got:
                        return
                    left -= got
                told.tell(number)

    Thread(target=work, daemon=True).start()
