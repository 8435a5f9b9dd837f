# SPDX-License-Identifier: BSD-3-Clause
"""The controller is lost and comes back, as a stage's events say (`emulation.controller`)."""

from __future__ import annotations

import json
import time
from functools import partial

from apnemu.emulation import switching
from apnemu.emulation.controller import LIMIT_S, LOOK_EVERY_S, TOO_LATE
from apnemu.emulation.loop import FOREVER_NS, Loop, now_ns
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.errors import LabError
from apnemu.model.activities import Event
from apnemu.model.scenario import Stage
from apnemu.units import s_to_ns


class Losses(Playing):
    """Plays the events of a stage that take the controller and give it back. Networks without one take no notice."""

    look_every_s = LOOK_EVERY_S

    def __init__(self, scene: Scene, stage: Stage) -> None:
        super().__init__(scene, stage)
        self._controller = scene.controller
        self._events = [event for event in stage.of(Event) if event.controller]
        self._is_ready = True

    def start(self, loop: Loop, start_ns: int) -> int:
        for event in self._events if self._controller else ():
            loop.at(start_ns + event.at_ns, partial(self._happens, loop, event.kind == "repair"))
        return 0

    def settle(self, loop: Loop) -> None:
        """Start the controller where it is lost, and wait until it is ready."""
        if self._controller and self._controller.lost:
            self._happens(loop, True)
        loop.run(FOREVER_NS, unless=lambda: self._is_ready)

    def _happens(self, loop: Loop, repaired: bool) -> None:
        assert self._controller is not None
        if not repaired:
            self._controller.lose()
        elif self._controller.lost:
            self._controller.start()
            self._is_ready = False
            self._look(loop, now_ns() + s_to_ns(LIMIT_S))

    def _look(self, loop: Loop, until_ns: int) -> None:
        """Look whether it is ready, again and again. If it is lost before it was, whoever starts it next looks."""
        assert self._controller is not None
        if self._is_ready or self._controller.lost:
            return
        if self._controller.is_ready():
            self._is_ready = True
            at_ns = time.clock_gettime_ns(time.CLOCK_REALTIME)
            detail = json.dumps(self._controller.counts, sort_keys=True)
            self.scene.notes.write("event", name="ready", source="controller", at_ns=at_ns, detail=detail)
        elif now_ns() > until_ns:
            raise LabError(TOO_LATE)
        else:
            switching.wake()
            loop.at(now_ns() + s_to_ns(self.look_every_s), partial(self._look, loop, until_ns))
