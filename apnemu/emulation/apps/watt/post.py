# SPDX-License-Identifier: BSD-3-Clause
"""[guest] A party's post: connections to the other parties, what is sent over them, and what is taken from them.

Of two parties one listens and the other calls it, again and again while it is not there. What cannot be sent at once is
not kept: every message is of a slot and is good until another, and a receiver that has been cut off acts on its own.
The number of a message is the instant of sending, or one more than the last: it rises over restarts of the sender too.
"""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from apnemu.emulation.apps.watt.messages import (
    LENGTH,
    MOST_BYTES,
    VERSION,
    Message,
    RefusedError,
    is_sealed,
    opened,
    seal,
)
from apnemu.emulation.loop import READ, WRITE, Loop, now_ns
from apnemu.units import NS_PER_S

CALL_AGAIN_NS = 10 * NS_PER_S
LOST_AFTER_MS = 30_000
"""Time after which a connection whose bytes nobody acknowledges is given up (RFC 5482)."""
ASK_AFTER_S = 300
"""Time of silence after which the other end of a connection is asked whether it is there still: one that has given it
up, since its bytes were not acknowledged, says nothing, and whoever calls it would never call again."""
PIECE_BYTES = 1 << 18
NOBODY = ""
"""Name of the other end of a connection that has not yet said who it is."""


@dataclass(eq=False)
class _Line:
    """A connection: whose it is, and what has come or is to go over it and is not whole yet."""

    socket: socket.socket
    peer: str
    called: tuple[str, int] | None
    connected: bool
    coming: bytearray = field(default_factory=bytearray)
    going: bytearray = field(default_factory=bytearray)


class Post:
    """Sender and receiver of one party's messages.

    `keys` has the key that this party shares with each other party; nobody else is heard. `taken` is called with each
    message that is in order, `refused` with who sent what is not (a party, or the address of an unknown) and why.
    """

    def __init__(
        self,
        loop: Loop,
        name: str,
        keys: Mapping[str, bytes],
        taken: Callable[[Message], None],
        refused: Callable[[str, str], None],
    ) -> None:
        self.name = name
        self._loop = loop
        self._keys = dict(keys)
        self._taken = taken
        self._refused = refused
        self._lines: dict[str, _Line] = {}
        self._all: set[_Line] = set()
        self._began_ns = now_ns()
        self._sent: dict[str, int] = {}
        self._seen: dict[str, int] = {}
        self._server: socket.socket | None = None
        self.sent_bytes = 0

    def serve(self, port: int) -> int:
        """Listen for the parties that call; returns the port, which is the system's choice for 0."""
        self._server = socket.create_server(("0.0.0.0", port), backlog=1024)
        self._server.setblocking(False)
        self._loop.watch(self._server.fileno(), READ, self._accept)
        return int(self._server.getsockname()[1])

    def call(self, peer: str, address: str, port: int) -> None:
        """Connect to a party, and again whenever the connection is lost."""
        own = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        own.setblocking(False)
        line = _Line(socket=own, peer=peer, called=(address, port), connected=False)
        self._all.add(line)
        with contextlib.suppress(BlockingIOError):
            try:
                own.connect((address, port))
            except OSError as error:
                if error.errno != errno.EINPROGRESS:
                    self._lose(line)
                    return
        self._loop.watch(own.fileno(), WRITE, partial(self._ready, line))

    def reaches(self, peer: str) -> bool:
        """Whether there is a connection to a party now."""
        return peer in self._lines

    def send(self, peer: str, kind: str, slot: int, good_until_slot: int, /, **body: Any) -> bool:
        """Send a message of a slot; False if there is no connection to the party.

        Raises:
            RefusedError: the message is not of its kind's form.
        """
        line = self._lines.get(peer)
        if line is None:
            return False
        at_ns = now_ns()
        self._sent[peer] = max(self._sent.get(peer, 0) + 1, at_ns)
        message = {
            **body,
            "v": VERSION,
            "kind": kind,
            "from": self.name,
            "to": peer,
            "seq": self._sent[peer],
            "slot": slot,
            "sent_ns": at_ns,
            "good_until_slot": good_until_slot,
        }
        frame = seal(message, self._keys[peer])
        self.sent_bytes += len(frame)
        line.going += frame
        self._write(line)
        return True

    def close(self) -> None:
        """Close every connection; nobody is called again."""
        for line in list(self._all):
            line.called = None
            self._lose(line)
        if self._server is not None:
            self._loop.forget(self._server.fileno())
            self._server.close()

    def _accept(self, _: int) -> None:
        assert self._server is not None
        while True:
            try:
                own, _address = self._server.accept()
            except OSError:
                return
            own.setblocking(False)
            line = _Line(socket=own, peer=NOBODY, called=None, connected=True)
            self._all.add(line)
            self._tune(line)
            self._loop.watch(own.fileno(), READ, partial(self._ready, line))

    def _tune(self, line: _Line) -> None:
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, LOST_AFTER_MS)
        line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, ASK_AFTER_S)

    def _ready(self, line: _Line, events: int) -> None:
        if not line.connected:
            if line.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self._lose(line)
                return
            line.connected = True
            self._tune(line)
            self._bind(line, line.peer)
            self.send(line.peer, "hello", 0, 0)
            return
        if events & WRITE:
            self._write(line)
        if line in self._all and events & ~WRITE:
            self._read(line)

    def _bind(self, line: _Line, peer: str) -> None:
        """Take a connection as the one to a party; an older one is dropped."""
        older = self._lines.get(peer)
        line.peer = peer
        self._lines[peer] = line
        if older is not None and older is not line:
            older.called = None
            self._lose(older)

    def _write(self, line: _Line) -> None:
        try:
            while line.going:
                del line.going[: line.socket.send(line.going)]
        except BlockingIOError:
            pass
        except OSError:
            self._lose(line)
            return
        self._loop.forget(line.socket.fileno())
        self._loop.watch(line.socket.fileno(), READ | WRITE if line.going else READ, partial(self._ready, line))

    def _read(self, line: _Line) -> None:
        while line in self._all:
            try:
                piece = line.socket.recv(PIECE_BYTES)
            except BlockingIOError:
                return
            except OSError:
                piece = b""
            if not piece:
                self._lose(line)
                return
            line.coming += piece
            self._frames(line)

    def _frames(self, line: _Line) -> None:
        while line in self._all and len(line.coming) >= LENGTH.size:
            size = LENGTH.unpack_from(line.coming)[0]
            if size > MOST_BYTES:
                self._refuse(line, f"frame of {size} bytes; at most {MOST_BYTES}")
                return
            if len(line.coming) < LENGTH.size + size:
                return
            body = bytes(line.coming[LENGTH.size : LENGTH.size + size])
            del line.coming[: LENGTH.size + size]
            try:
                message = self._in_order(line, body)
            except RefusedError as error:
                self._refuse(line, str(error))
                return
            if line.peer == NOBODY:
                self._bind(line, message["from"])
            if message["kind"] != "hello":
                self._taken(message)

    def _in_order(self, line: _Line, body: bytes) -> Message:
        """Check a message: form, receiver, sender, seal, number."""
        message = opened(body)
        sender = message["from"]
        if message["to"] != self.name:
            raise RefusedError(f"message to {message['to']}")
        if sender not in self._keys:
            raise RefusedError(f"{sender} is nobody whom {self.name} hears")
        if line.peer not in (NOBODY, sender):
            raise RefusedError(f"message from {sender} over the connection of {line.peer}")
        if not is_sealed(message, self._keys[sender]):
            raise RefusedError(f"not sealed by {sender}")
        if message["seq"] <= max(self._seen.get(sender, 0), self._began_ns):
            raise RefusedError(f"message {message['seq']} of {sender} again")
        self._seen[sender] = message["seq"]
        return message

    def _refuse(self, line: _Line, why: str) -> None:
        """Say that what came is not taken, and end the connection: what follows on it cannot be trusted either."""
        who = line.peer
        if who == NOBODY:
            try:
                who = line.socket.getpeername()[0]
            except OSError:
                who = "unknown"
        self._lose(line)
        self._refused(who, why)

    def _lose(self, line: _Line) -> None:
        if line not in self._all:
            return
        self._all.discard(line)
        if self._loop.watches(line.socket.fileno()):
            self._loop.forget(line.socket.fileno())
        line.socket.close()
        if self._lines.get(line.peer) is line:
            del self._lines[line.peer]
        if line.called is not None:
            peer, (address, port) = line.peer, line.called
            self._loop.at(now_ns() + CALL_AGAIN_NS, partial(self.call, peer, address, port))
