# SPDX-License-Identifier: BSD-3-Clause
"""Walls watched: what a zone has not let out of a host is written down, and reported to the controller.

A site's devices report each pair of ends once a stage, at its first frame; the records have all frames of it.
"""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass
from functools import partial

from apnemu.blueprint.requests import AUDIT, BLOCKED, blocked
from apnemu.blueprint.wall import Wall
from apnemu.emulation.calls import Call, at_devices
from apnemu.emulation.frames import described
from apnemu.emulation.loop import FOREVER_NS, READ, Loop, now_ns
from apnemu.emulation.namespaces import inside
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.emulation.walls import sink
from apnemu.errors import LabError
from apnemu.model.scenario import Stage

ALL_FRAMES = 3
"""ETH_P_ALL."""
HEADERS_BYTES = 256
MOST_KINDS = 1000
"""Pairs of ends that are told apart for each host; the rest counts as others."""
OTHERS = "others"
BLOCKED_NAME, AUDIT_NAME = "blocked", "audit"
"""Names of the records."""


@dataclass(slots=True)
class _Blocked:
    """Frames with the same ends that a wall has not let out."""

    at_ns: int
    frames: int = 0
    bytes: int = 0


class Walls(Playing):
    """Watches the walls of all hosts for as long as a stage lasts."""

    def __init__(self, scene: Scene, stage: Stage) -> None:
        super().__init__(scene, stage)
        self._sockets: list[socket.socket] = []
        self._seen: dict[tuple[int, str], _Blocked] = {}
        self._waiting = 0
        self._audit: list[dict[str, object]] = []

    @property
    def _keeps_log(self) -> bool:
        return bool(self.scene.blueprint.walls and self.scene.blueprint.transceivers)

    def start(self, loop: Loop, start_ns: int) -> int:
        for number, wall in enumerate(self.scene.blueprint.walls):
            with inside(self.scene.net.wall_namespace(number)):
                made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            made.bind((sink(number), ALL_FRAMES))
            self._sockets.append(made)
            loop.watch(made.fileno(), READ, partial(self._read, loop, number, wall, made))
        return 0

    def settle(self, loop: Loop) -> None:
        """Look whether all walls still stand, and ask the controller for its log."""
        self.scene.net.check_walls()
        if self._keeps_log:
            place = at_devices(self.scene.blueprint, self.scene.blueprint.controller_at)
            loop.run(FOREVER_NS, unless=lambda: not self._waiting)
            self._waiting += 1
            Call(loop, place, f"GET {AUDIT} HTTP/1.0\r\n\r\n".encode(), self._told).make()
            loop.run(FOREVER_NS, unless=lambda: not self._waiting)

    def note(self) -> None:
        """Write a record of what was blocked from each host to each end, and each line of the controller's log."""
        walls = self.scene.blueprint.walls
        for (number, what), seen in self._seen.items():
            detail = json.dumps({"host": walls[number].host, "what": what}, separators=(",", ":"))
            self.scene.notes.write(
                "event",
                name=BLOCKED_NAME,
                source=walls[number].site,
                at_ns=seen.at_ns,
                sent=seen.frames,
                bytes=seen.bytes,
                detail=detail,
            )
        since_ns = time.time_ns() - now_ns()
        for line in self._audit:
            at_ns = int(str(line["at_ns"])) - since_ns
            detail = json.dumps({**line, "at_ns": at_ns}, separators=(",", ":"), ensure_ascii=False)
            self.scene.notes.write("event", name=AUDIT_NAME, at_ns=at_ns, detail=detail)

    def close(self, loop: Loop) -> None:
        for made in self._sockets:
            loop.forget(made.fileno())
            made.close()

    def _read(self, loop: Loop, number: int, wall: Wall, made: socket.socket, _: int) -> None:
        while True:
            try:
                frame = made.recv(1 << 16)
            except BlockingIOError:
                return
            what = described(frame[:HEADERS_BYTES])
            if (number, what) not in self._seen and len(self._seen) >= MOST_KINDS * len(self._sockets):
                what = OTHERS
            if (number, what) not in self._seen:
                self._seen[number, what] = _Blocked(at_ns=now_ns())
                self._report(loop, wall, what)
            seen = self._seen[number, what]
            seen.frames += 1
            seen.bytes += len(frame)

    def _report(self, loop: Loop, wall: Wall, what: str) -> None:
        if not self._keeps_log:
            return
        body = blocked(wall.site, wall.host, what, time.time_ns())
        words = f"POST {BLOCKED} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._waiting += 1
        Call(loop, at_devices(self.scene.blueprint, wall.site), words.encode() + body, self._heard).make()

    def _heard(self, status: int, content: bytes) -> None:
        if status != 204:
            raise LabError(f"the controller does not log what a wall has blocked: {status} {content!r}")
        self._waiting -= 1

    def _told(self, status: int, content: bytes) -> None:
        if status != 200:
            raise LabError(f"the controller does not give its log: {status} {content!r}")
        self._audit = json.loads(content)["apnemu:audit"]
        self._waiting -= 1
