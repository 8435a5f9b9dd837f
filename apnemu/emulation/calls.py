# SPDX-License-Identifier: BSD-3-Clause
"""Calls of the controller's REST interface, each as if from a client's own computer.

A client opens its connection before the call, so that clients that call at one instant really do: they are many
computers, and this program is one. It calls over the data communication network, from where it is (`Place`). A
controller that does not answer, or is lost before it has, is called again.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from apnemu.blueprint.addressing import CONTROLLER_ADDRESS, REST_PORT
from apnemu.blueprint.document import Blueprint
from apnemu.emulation.loop import READ, WRITE, Loop, now_ns
from apnemu.emulation.namespaces import inside
from apnemu.errors import LabError
from apnemu.units import NS_PER_S

CONNECT_BEFORE_NS = 40_000_000
"""Time before a call at which its connection is opened, beyond the round trip that this takes."""
AGAIN_NS = 100_000_000
PATIENCE_NS = 300_000_000_000
"""Time that a client calls again and again; after it the controller is taken to be gone for good."""
MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Place of a client: a namespace (None: that of the program), and how the controller is reached from there."""

    namespace: int | None
    address: str
    round_trip_ns: int

    @property
    def before_ns(self) -> int:
        """Time before a call at which its connection is to be opened."""
        return CONNECT_BEFORE_NS + self.round_trip_ns

    def open(self) -> socket.socket:
        """Begin to open a connection; whether the controller is there to accept it is known a round trip later."""
        with inside(self.namespace):
            opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        opened.connect_ex((self.address, REST_PORT))
        return opened


def at_host(blueprint: Blueprint, site: str, namespaces: Mapping[str, int]) -> Place:
    """The first host of a site."""
    host = next(host for host in blueprint.hosts if host.site == site)
    trip_ns = next(2 * line.delay_ns for line in blueprint.dcn if line.site == site)
    return Place(namespace=namespaces[host.name], address=CONTROLLER_ADDRESS, round_trip_ns=trip_ns)


def at_devices(blueprint: Blueprint, site: str) -> Place:
    """The devices of a site, such as its line system."""
    line = next(line for line in blueprint.dcn if line.site == site)
    return Place(namespace=None, address=line.controller_address, round_trip_ns=2 * line.delay_ns)


class Call:
    """A call; `then` gets the status and the content of the answer. `opened` is a connection that is open already."""

    def __init__(
        self,
        loop: Loop,
        place: Place,
        message: bytes,
        then: Callable[[int, bytes], None],
        opened: socket.socket | None = None,
    ) -> None:
        self._loop = loop
        self.place = place
        self._message = message
        self._then = then
        self._connection = opened
        self._said = bytearray()
        self.made_ns = 0
        """Instant at which the call was made first; 0 before."""

    def connect(self) -> None:
        """Begin to open the connection, unless that is done."""
        self._connection = self._connection or self.place.open()

    def make(self) -> None:
        if self._connection is None:
            self.connect()
        self.made_ns = self.made_ns or now_ns()
        self._send(WRITE)

    def _send(self, _: int) -> None:
        """Say what there is to say, or wait until the connection is open."""
        assert self._connection is not None
        descriptor = self._connection.fileno()
        try:
            self._connection.sendall(self._message)
        except BlockingIOError:
            if not self._loop.watches(descriptor):
                self._loop.watch(descriptor, WRITE, self._send)
            return
        except OSError:  # the controller has gone: there is no answer to read
            pass
        if self._loop.watches(descriptor):
            self._loop.forget(descriptor)
        self._loop.watch(descriptor, READ, self._read)

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
