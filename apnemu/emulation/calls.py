"""[guest] A call of the controller's REST interface: somebody else's computer speaks to the controller's.

Who calls has a connection open already, so that those who call at one instant do: they are many computers, and this
program is one. A controller that does not answer, or goes before it has, is called again.
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
"""How long before a call its connection is opened."""
AGAIN_NS = 100_000_000
PATIENCE_NS = 300_000_000_000
"""Of who calls; the controller is gone for good then."""
MOST_BYTES = 1 << 20


class Call:
    """`then` gets the answer's status and what it holds."""

    def __init__(self, loop: Loop, message: bytes, then: Callable[[int, bytes], None]) -> None:
        self._loop = loop
        self._message = message
        self._then = then
        self._connection: socket.socket | None = None
        self._said = bytearray()
        self.made_ns = 0
        """When it was made first."""

    def connect(self) -> None:
        """Nobody may listen there: the controller may be lost."""
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
        """Raises LabError when nobody has answered for so long."""
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
