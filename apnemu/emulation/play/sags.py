# SPDX-License-Identifier: BSD-3-Clause
"""Sags: amplifiers whose gain sags and comes back. The transceivers are told, and the controller by an alarm.

The transponders' agent is told how much longer each fibre counts, and lets no light through that does not close. No
port goes down, so the line system raises an alarm: an operation of the controller's REST interface. Alarms wait, in
their order, while the controller is lost.

*Not modelled:* the time that light takes from the amplifier to the receiver: frames end at the instant of the sag, and
come again as soon as the light closes again.
"""

from __future__ import annotations

from collections import deque
from functools import partial

from apnemu.blueprint.requests import SAG, sagged
from apnemu.emulation.calls import Call, at_devices
from apnemu.emulation.loop import FOREVER_NS, Loop, now_ns
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.emulation.transceivers import Light
from apnemu.errors import LabError
from apnemu.model.activities import Event
from apnemu.model.scenario import Stage


class Sags(Playing):
    """Plays what the events of a stage do to amplifiers; networks without light on demand take no notice."""

    def __init__(self, scene: Scene, stage: Stage) -> None:
        super().__init__(scene, stage)
        self._plant = scene.blueprint.plant
        self._changes = changes(stage.of(Event)) if scene.blueprint.transceivers else []
        self._lacks: dict[str, float] = {}
        """Fibre -> dB of gain that its first amplifier lacks."""
        self._agent: Light | None = None
        self._calls: deque[Call] = deque()
        """Alarms that the controller has not answered; the first is being made."""

    def start(self, loop: Loop, start_ns: int) -> int:
        if not self._changes:
            return 0
        self._agent = Light()
        for at_ns, fibre, db in self._changes:
            call = self._alarm(loop, fibre, db)
            loop.at(start_ns + at_ns - call.place.before_ns, call.connect)
            loop.at(start_ns + at_ns, partial(self._happens, fibre, db, call))
        return 0

    def settle(self, loop: Loop) -> None:
        """Have all amplifiers give what they should, and the controller know."""
        for fibre in list(self._lacks):
            self._happens(fibre, 0.0, self._alarm(loop, fibre, 0.0))
        loop.run(FOREVER_NS if self._calls else now_ns(), unless=lambda: not self._calls)

    def close(self, loop: Loop) -> None:
        if self._agent is not None:
            self._agent.close()

    def _alarm(self, loop: Loop, fibre: str, db: float) -> Call:
        body = sagged(fibre, db)
        words = f"POST {SAG} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        assert self._plant is not None
        place = at_devices(self.scene.blueprint, self._plant.fibre[fibre].a)
        return Call(loop, place, words.encode() + body, self._answered)

    def _happens(self, fibre: str, db: float, call: Call) -> None:
        self._lacks.pop(fibre, None)
        if db:
            self._lacks[fibre] = db
        self._tell_agent()
        self._calls.append(call)
        if len(self._calls) == 1:
            call.make()

    def _tell_agent(self) -> None:
        """Tell the agent how much longer each fibre counts."""
        assert self._agent is not None and self._plant is not None
        longer_km = {name: self._plant.fibre[name].sag_km(db) for name, db in self._lacks.items()}
        self._agent.tell({"kind": "sag", "longer_km": longer_km})

    def _answered(self, status: int, content: bytes) -> None:
        if status != 204:
            raise LabError(f"the controller does not take an amplifier's alarm: {status} {content!r}")
        self._calls.popleft()
        if self._calls:
            self._calls[0].make()


def changes(events: tuple[Event, ...]) -> list[tuple[int, str, float]]:
    """Changes of gain by their instant: (at_ns, fibre, dB that its first amplifier lacks; 0 after a repair)."""
    changed: list[tuple[int, str, float]] = []
    lacks: dict[str, float] = {}
    for event in sorted(events, key=lambda event: event.at_ns):
        if event.kind not in ("sag", "repair"):
            continue
        for fibre in event.fibres:
            db = event.db if event.kind == "sag" else 0.0
            if lacks.get(fibre, 0.0) != db:
                lacks[fibre] = db
                changed.append((event.at_ns, fibre, db))
    return changed
