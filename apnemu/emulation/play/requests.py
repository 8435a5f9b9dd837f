# SPDX-License-Identifier: BSD-3-Clause
"""Requests: light is asked for over the controller's REST interface, and watched until a frame arrives over it.

The set-up time begins when the request is handed to the controller's socket. It ends when a frame that the light's own
transceiver sent comes in at the transceiver of the other end: both sockets are bound to those interfaces. Until there
is light the kernel holds frames back, as it does not know the neighbour: a few at most, since all that it lets go
together are looked up one after another in every switch on the way.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from apnemu.blueprint.document import Transceiver
from apnemu.blueprint.requests import LIST, SERVICES, asked, released
from apnemu.emulation.calls import Call, Place, at_devices, at_host
from apnemu.emulation.loop import FOREVER_NS, READ, Loop, now_ns
from apnemu.emulation.namespaces import inside
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.errors import LabError
from apnemu.model.activities import APART_NS, Event, Request
from apnemu.model.scenario import LEAD_NS, Stage
from apnemu.units import NS_PER_S

COARSE_NS, FINE_NS, FINE_AROUND_NS = 200_000_000, 50_000, 5_000_000
"""Time between two frames to the other end: long, and short around the instant at which it should answer."""
PORT = 40_000
SMALLEST = 0
"""Smallest buffer of a socket; the kernel makes it a few frames."""
GIVE_UP_NS = 60_000_000_000
"""Time after the instant at which a frame should have arrived, until the request counts as failed."""


@dataclass(slots=True)
class _Pending:
    """A request that has been made, or is to be. Instants are the loop's."""

    plan: Request
    number: int
    asked_ns: int = 0
    answered_ns: int = 0
    status: int = 0
    answer: Any = None
    arrived_ns: int | None = None
    done: bool = False


class Requesting(Playing):
    """Plays the requests of a stage. The stage goes on until each is refused, has light, or has failed.

    Where the stage has events the controller is asked afterwards what has become of all light.
    """

    def __init__(self, scene: Scene, stage: Stage) -> None:
        super().__init__(scene, stage)
        self._all = [_Pending(plan, number) for number, plan in enumerate(stage.of(Request))]
        self._pool = {(each.site, each.number): each for each in scene.blueprint.transceivers}
        self._sockets: list[socket.socket] = []
        self._opened: dict[int, socket.socket] = {}
        """Number of a request -> its connection."""
        self._farthest_ns = 0
        self._waiting = 0
        self._listed: list[dict[str, Any]] = []

    def prepare(self) -> None:
        """Open the connections of those who ask at the beginning and are too far away to do so in the time before."""
        for pending in self._all:
            place = self._place(pending.plan)
            if pending.plan.at_ns + LEAD_NS < place.before_ns:
                self._opened[pending.number] = place.open()
                self._farthest_ns = max(self._farthest_ns, place.round_trip_ns)
        time.sleep(self._farthest_ns / NS_PER_S)

    def start(self, loop: Loop, start_ns: int) -> int:
        before: Counter[int] = Counter()
        for pending in self._all:
            path, body = asked(self.scene.blueprint.topology, pending.plan)
            words = f"POST {path} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            place = self._place(pending.plan)
            call = Call(
                loop,
                place,
                words.encode() + body,
                partial(self._answered, loop, pending),
                self._opened.get(pending.number),
            )
            at_ns = start_ns + pending.plan.at_ns + APART_NS * before[pending.plan.at_ns]
            before[pending.plan.at_ns] += 1
            # what was opened before the stage is taken over within the time before it, which is not yet used up then
            open_ns = at_ns - place.before_ns
            loop.at(max(open_ns, start_ns - LEAD_NS // 2) if pending.number in self._opened else open_ns, call.connect)
            loop.at(at_ns, partial(self._ask, pending, call))
        return 0

    def awaited(self) -> Callable[[], bool] | None:
        return (lambda: all(pending.done for pending in self._all)) if self._all else None

    def settle(self, loop: Loop) -> None:
        """Ask the controller what has become of all light, and give back light that was for this stage alone."""
        if self.stage.of(Event) and self.scene.blueprint.transceivers:
            self._waiting += 1
            place = at_devices(self.scene.blueprint, self.scene.blueprint.controller_at)
            Call(loop, place, f"GET {SERVICES} HTTP/1.0\r\n\r\n".encode(), self._told).make()
        for pending in self._all:
            if pending.plan.released and pending.status == 201:
                self._waiting += 1
                words = f"DELETE {released(pending.plan)} HTTP/1.0\r\n\r\n"
                Call(loop, self._place(pending.plan), words.encode(), partial(self._given_back, pending)).make()
        loop.run(FOREVER_NS, unless=lambda: not self._waiting)

    def note(self) -> None:
        notes = self.scene.notes
        for pending in self._all:
            detail = {
                "status": pending.status,
                "answer": pending.answer,
                "answered_ns": pending.answered_ns - pending.asked_ns,
            }
            notes.write(
                "event",
                name=f"request {pending.plan.name}",
                source=pending.plan.source,
                target=pending.plan.target,
                at_ns=pending.asked_ns,
                duration_ns=None if pending.arrived_ns is None else pending.arrived_ns - pending.asked_ns,
                detail=json.dumps(detail, separators=(",", ":"), sort_keys=True),
            )
        for service in self._listed:
            text = json.dumps(service, separators=(",", ":"), sort_keys=True)
            notes.write("event", name=f"service {service['uuid']}", at_ns=now_ns(), detail=text)

    def close(self, loop: Loop) -> None:
        for each in self._sockets:
            each.close()

    def _place(self, plan: Request) -> Place:
        """Light is asked for where it begins."""
        return at_host(self.scene.blueprint, plan.source, self.scene.namespaces)

    def _ask(self, pending: _Pending, call: Call) -> None:
        call.make()
        pending.asked_ns = call.made_ns

    def _given_back(self, pending: _Pending, status: int, content: bytes) -> None:
        if status != 204:
            raise LabError(f"the controller does not take back {pending.plan.name}: {status} {content!r}")
        self._waiting -= 1

    def _told(self, status: int, content: bytes) -> None:
        """Keep the controller's list of services; light of earlier stages is in it too."""
        if status != 200:
            raise LabError(f"the controller does not say what it has: {status} {content!r}")
        self._listed = json.loads(content)[LIST]
        self._waiting -= 1

    def _answered(self, loop: Loop, pending: _Pending, status: int, content: bytes) -> None:
        pending.answered_ns = now_ns()
        pending.status = status
        pending.answer = json.loads(content) if content else None
        if pending.status != 201:
            pending.done = True
            return
        self._watch(loop, pending)

    def _watch(self, loop: Loop, pending: _Pending) -> None:
        service = pending.answer["tapi-connectivity:connectivity-service"][0]
        carries = next(lit for lit in service["connection"] if lit["apnemu:carries"])
        ends = (pending.plan.source, pending.plan.target)
        near, far = (
            self._pool[site, number] for site, number in zip(ends, carries["apnemu:transceivers"], strict=True)
        )
        sending, receiving = self._socket(near, 0), self._socket(far, PORT + pending.number)
        loop.watch(receiving.fileno(), READ, partial(self._came, loop, pending, receiving))
        self._try(loop, pending, sending, (far.address, PORT + pending.number))

    def _socket(self, transceiver: Transceiver, port: int) -> socket.socket:
        with inside(self.scene.namespaces[transceiver.host]):
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, transceiver.interface.encode() + b"\0")
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALLEST)
        made.bind((transceiver.address, port))
        self._sockets.append(made)
        return made

    def _try(self, loop: Loop, pending: _Pending, sending: socket.socket, to: tuple[str, int]) -> None:
        if pending.done:
            return
        now, expected = now_ns(), pending.asked_ns + pending.plan.expected_ns
        if now > expected + GIVE_UP_NS:
            pending.done = True
            return
        with suppress(OSError):  # there is no way yet, and some wait for it
            sending.sendto(struct.pack("=q", now), to)
        fine_from = expected - FINE_AROUND_NS
        if abs(now - expected) < FINE_AROUND_NS:
            following = now + FINE_NS
        else:
            following = now + COARSE_NS if now > expected else min(now + COARSE_NS, fine_from + 1)
        loop.at(following, partial(self._try, loop, pending, sending, to))

    def _came(self, loop: Loop, pending: _Pending, receiving: socket.socket, _: int) -> None:
        receiving.recv(100)
        if pending.arrived_ns is None:
            pending.arrived_ns = now_ns()
            pending.done = True
        else:
            loop.forget(receiving.fileno())
