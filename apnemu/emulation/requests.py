"""[guest] Asks the controller for light over its REST interface, and watches until a frame arrives over it.

What is measured begins when the request is handed to the controller's socket and ends when a frame that was sent by
the light's own transceiver comes in at the other end's: both sockets are bound to those interfaces. Until there is
light the kernel holds what is sent back, as it does not know the neighbour; a few frames at most, since what is let go
together is looked up one after another in every switch on the way.
"""

from __future__ import annotations

import json
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from apnemu.blueprint.document import Blueprint, Transceiver
from apnemu.blueprint.requests import LIST, SERVICES, asked, released
from apnemu.emulation.calls import CONNECT_BEFORE_NS, Call
from apnemu.emulation.loop import READ, Loop, now_ns
from apnemu.emulation.namespaces import inside
from apnemu.emulation.notes import Notes
from apnemu.errors import LabError
from apnemu.model.activities import Request

COARSE_NS, FINE_NS, FINE_AROUND_NS = 200_000_000, 50_000, 5_000_000
"""How often the other end is tried: seldom, and often around the instant at which it should answer."""
PORT = 40_000
SO_BINDTODEVICE = 25
SMALLEST = 0
"""Of a socket's buffer: the kernel makes it a few frames."""
GIVE_UP_NS = 60_000_000_000
"""After the instant at which a frame should have arrived."""


@dataclass(slots=True)
class _Asked:
    """A request on its way."""

    plan: Request
    number: int
    asked_ns: int = 0
    answered_ns: int = 0
    status: int = 0
    answer: Any = None
    arrived_ns: int | None = None
    done: bool = False


class Requesting:
    """All requests of a stage."""

    def __init__(self, plans: tuple[Request, ...], blueprint: Blueprint, namespaces: dict[str, int]) -> None:
        self._all = [_Asked(plan, number) for number, plan in enumerate(plans)]
        self._blueprint = blueprint
        self._namespaces = namespaces
        self._pool = {(one.site, one.number): one for one in blueprint.transceivers}
        self._sockets: list[socket.socket] = []
        self._waiting = 0
        self._listed: list[dict[str, Any]] = []

    def start(self, loop: Loop, start_ns: int) -> None:
        for one in self._all:
            path, body = asked(self._blueprint.topology, one.plan)
            words = f"POST {path} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            call = Call(loop, words.encode() + body, partial(self._answered, loop, one))
            at_ns = start_ns + one.plan.at_ns
            loop.at(at_ns - CONNECT_BEFORE_NS, call.connect)
            loop.at(at_ns, partial(self._ask, one, call))

    def done(self) -> bool:
        return all(one.done for one in self._all)

    def note(self, notes: Notes) -> None:
        for one in self._all:
            detail = {"status": one.status, "answer": one.answer, "answered_ns": one.answered_ns - one.asked_ns}
            notes.write(
                "event",
                name=f"request {one.plan.name}",
                source=one.plan.source,
                target=one.plan.target,
                at_ns=one.asked_ns,
                duration_ns=None if one.arrived_ns is None else one.arrived_ns - one.asked_ns,
                detail=json.dumps(detail, separators=(",", ":"), sort_keys=True),
            )
        for service in self._listed:
            text = json.dumps(service, separators=(",", ":"), sort_keys=True)
            notes.write("event", name=f"service {service['uuid']}", at_ns=now_ns(), detail=text)

    def end(self, loop: Loop, *, ask: bool) -> None:
        """Ask the controller what has become of all light, and give back what the stage alone was to have."""
        if ask:
            self._waiting += 1
            Call(loop, f"GET {SERVICES} HTTP/1.0\r\n\r\n".encode(), self._told).make()
        for one in self._all:
            if one.plan.released and one.status == 201:
                self._waiting += 1
                words = f"DELETE {released(one.plan)} HTTP/1.0\r\n\r\n"
                Call(loop, words.encode(), partial(self._given_back, one)).make()

    def ended(self) -> bool:
        return not self._waiting

    def close(self) -> None:
        for one in self._sockets:
            one.close()

    def _ask(self, one: _Asked, call: Call) -> None:
        call.make()
        one.asked_ns = call.made_ns

    def _given_back(self, one: _Asked, status: int, content: bytes) -> None:
        if status != 204:
            raise LabError(f"the controller does not take back {one.plan.name}: {status} {content!r}")
        self._waiting -= 1

    def _told(self, status: int, content: bytes) -> None:
        """Light of earlier stages is in it too."""
        if status != 200:
            raise LabError(f"the controller does not say what it has: {status} {content!r}")
        self._listed = json.loads(content)[LIST]
        self._waiting -= 1

    def _answered(self, loop: Loop, one: _Asked, status: int, content: bytes) -> None:
        one.answered_ns = now_ns()
        one.status = status
        one.answer = json.loads(content) if content else None
        if one.status != 201:
            one.done = True
            return
        self._watch(loop, one)

    def _watch(self, loop: Loop, one: _Asked) -> None:
        service = one.answer["tapi-connectivity:connectivity-service"][0]
        carries = next(lit for lit in service["connection"] if lit["apnemu:carries"])
        near, far = (
            self._pool[site, number]
            for site, number in zip((one.plan.source, one.plan.target), carries["apnemu:transceivers"], strict=True)
        )
        sending, receiving = self._socket(near, 0), self._socket(far, PORT + one.number)
        loop.watch(receiving.fileno(), READ, partial(self._came, loop, one, receiving))
        self._try(loop, one, sending, (far.address, PORT + one.number))

    def _socket(self, transceiver: Transceiver, port: int) -> socket.socket:
        with inside(self._namespaces[transceiver.host]):
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        made.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, transceiver.interface.encode() + b"\0")
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALLEST)
        made.bind((transceiver.address, port))
        self._sockets.append(made)
        return made

    def _try(self, loop: Loop, one: _Asked, sending: socket.socket, to: tuple[str, int]) -> None:
        if one.done:
            return
        now, expected = now_ns(), one.asked_ns + one.plan.expected_ns
        if now > expected + GIVE_UP_NS:
            one.done = True
            return
        with suppress(OSError):  # there is no way yet, and some wait for it
            sending.sendto(struct.pack("=q", now), to)
        fine_from = expected - FINE_AROUND_NS
        if abs(now - expected) < FINE_AROUND_NS:
            following = now + FINE_NS
        else:
            following = now + COARSE_NS if now > expected else min(now + COARSE_NS, fine_from + 1)
        loop.at(following, partial(self._try, loop, one, sending, to))

    def _came(self, loop: Loop, one: _Asked, receiving: socket.socket, _: int) -> None:
        receiving.recv(100)
        if one.arrived_ns is None:
            one.arrived_ns = now_ns()
            one.done = True
        else:
            loop.forget(receiving.fileno())
