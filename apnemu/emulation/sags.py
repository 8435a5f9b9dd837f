"""[guest] Amplifiers whose gain sags and comes back: told to the transceivers, and as an alarm to the controller.

The transponders' agent is told what each fibre counts, and lets nothing through that no longer closes. No port goes
down, so the line system raises an alarm: an operation of the controller's REST interface. Where the controller is lost
its alarms wait, in their order, until it is back.

*Not modelled:* where on its way light is when its amplifier sags: a receiver has no more frames from that instant on,
and has them again as soon as the light closes again.
"""

from __future__ import annotations

import json
import socket
from collections import deque
from functools import partial

from apnemu.blueprint.document import Blueprint
from apnemu.blueprint.requests import SAG, sagged
from apnemu.emulation.calls import CONNECT_BEFORE_NS, Call
from apnemu.emulation.loop import Loop, now_ns
from apnemu.emulation.transceivers import SOCKET
from apnemu.errors import LabError
from apnemu.model.activities import Event

FOREVER_NS = 1 << 62
"""A call knows how long it waits for the controller."""


class Sags:
    """Of a stage; networks without light on demand take no notice."""

    def __init__(self, blueprint: Blueprint, events: tuple[Event, ...]) -> None:
        self._plant = blueprint.plant
        self._changes = changes(events) if blueprint.transceivers else []
        self._lacks: dict[str, float] = {}
        """Fibre -> dB of gain that its first amplifier lacks."""
        self._agent: socket.socket | None = None
        self._calls: deque[Call] = deque()
        """That the controller has not answered; the first is being made."""

    def start(self, loop: Loop, start_ns: int) -> None:
        if not self._changes:
            return
        self._agent = socket.socket(socket.AF_UNIX)
        self._agent.connect(str(SOCKET))
        for at_ns, fibre, db in self._changes:
            call = self._alarm(loop, fibre, db)
            loop.at(start_ns + at_ns - CONNECT_BEFORE_NS, call.connect)
            loop.at(start_ns + at_ns, partial(self._happens, fibre, db, call))

    def close(self, loop: Loop) -> None:
        """All amplifiers give what they should, and the controller knows."""
        for fibre in list(self._lacks):
            self._happens(fibre, 0.0, self._alarm(loop, fibre, 0.0))
        loop.run(FOREVER_NS if self._calls else now_ns(), unless=lambda: not self._calls)
        if self._agent is not None:
            self._agent.close()

    def _alarm(self, loop: Loop, fibre: str, db: float) -> Call:
        body = sagged(fibre, db)
        words = f"POST {SAG} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return Call(loop, words.encode() + body, self._answered)

    def _happens(self, fibre: str, db: float, call: Call) -> None:
        self._lacks.pop(fibre, None)
        if db:
            self._lacks[fibre] = db
        self._tell_agent()
        self._calls.append(call)
        if len(self._calls) == 1:
            call.make()

    def _tell_agent(self) -> None:
        """Raises LabError where it is gone."""
        assert self._agent is not None and self._plant is not None
        longer_km = {name: self._plant.fibre[name].sag_km(db) for name, db in self._lacks.items()}
        self._agent.sendall(json.dumps({"kind": "sag", "longer_km": longer_km}).encode() + b"\n")
        if not self._agent.recv(100):
            raise LabError("the transponders' agent has gone; transceivers.log of the run says why")

    def _answered(self, status: int, content: bytes) -> None:
        if status != 204:
            raise LabError(f"the controller does not take an amplifier's alarm: {status} {content!r}")
        self._calls.popleft()
        if self._calls:
            self._calls[0].make()


def changes(events: tuple[Event, ...]) -> list[tuple[int, str, float]]:
    """When which fibre's first amplifier begins to lack how many dB: 0 where a repair brings its gain back."""
    found: list[tuple[int, str, float]] = []
    lacks: dict[str, float] = {}
    for event in sorted(events, key=lambda event: event.at_ns):
        if event.kind not in ("sag", "repair"):
            continue
        for fibre in event.fibres:
            db = event.db if event.kind == "sag" else 0.0
            if lacks.get(fibre, 0.0) != db:
                lacks[fibre] = db
                found.append((event.at_ns, fibre, db))
    return found
