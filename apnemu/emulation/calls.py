# SPDX-License-Identifier: BSD-3-Clause
"""Calls of the controller's REST interface, each as if from a client's own computer.

A client opens its connection before the call, so that clients that call at one instant really do: they are many
computers, and this program is one. A controller that does not answer, or is lost before it has, is called again.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress

from apnemu.emulation.loop import READ, Loop, now_ns
from apnemu.errors import LabError
from apnemu.units import NS_PER_S

CONTROLLER = ("127.0.0.1", 8181)
CONNECT_BEFORE_NS = 40_000_000
"""Time before a call at which its connection is opened."""
AGAIN_NS = 100_000_000
PATIENCE_NS = 300_000_000_000
"""Time that a client calls again and again; after it the controller is taken to be gone for good."""
MOST_BYTES = 1 << 20


class Call:
    """A call; `then` gets the status and the content of the answer."""

    def __init__(self, loop: Loop, message: bytes, then: Callable[[int, bytes], None]) -> None:
        self._loop = loop
        self._message = message
        self._then = then
        self._connection: socket.socket | None = None
        self._said = bytearray()
        self.made_ns = 0
        """Instant at which the call was made first; 0 before."""

    def connect(self) -> None:
        """Open the connection, if the controller is there to accept it."""
        with suppress(OSError):
            self._connection = socket.create_connection(CONTROLLER)
            self._connection.setblocking(False)

    def make(self) -> None:
        if self._connection is None:
            self.connect()
        self.made_ns = self.made_ns or now_ns()
        if self._connection is None:
            self._make_again()
            return
        with suppress(OSError):  # the controller has gone: there is no answer to read
            self._connection.sendall(self._message)
        self._loop.watch(self._connection.fileno(), READ, self._read)

    def _make_again(self) -> None:
        """Call again in a moment. Raises LabError after `PATIENCE_NS` without an answer."""
        if now_ns() > self.made_ns + PATIENCE_NS:
            waited_s = PATIENCE_NS / NS_PER_S
            raise LabError(
                f"the controller has not answered for {waited_s:g} virtual seconds; if a scenario takes it, an event"
                " repair must give it back"
            )
        self._said.clear()
        self._loop.at(now_ns() + AGAIN_NS, self.make)

    def _read(self, _: int) -> None:
        assert self._connection is not None
        data = b""
        with suppress(OSError):  # the controller has gone
            data = self._connection.recv(MOST_BYTES)
        self._said += data
        if data:
            return
        self._loop.forget(self._connection.fileno())
        self._connection.close()
        self._connection = None
        head, gap, content = bytes(self._said).partition(b"\r\n\r\n")
        if gap:
            self._then(int(head.split()[1]), content)
        else:
            self._make_again()
