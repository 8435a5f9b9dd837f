# SPDX-License-Identifier: BSD-3-Clause
"""The time of each stage, and the frames that the queues of switches' ports dropped and marked in it."""

from __future__ import annotations

import json

from apnemu.emulation.loop import Loop
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.model.scenario import Stage


class Queues(Playing):
    """Counts drops and marks from the stage's preparation to its end; plays nothing."""

    def __init__(self, scene: Scene, stage: Stage) -> None:
        super().__init__(scene, stage)
        self._before: dict[str, int] = {}
        self._marked_before: dict[str, int] = {}
        self._start_ns = 0

    def start(self, loop: Loop, start_ns: int) -> int:
        self._before, self._start_ns = self.scene.net.drops(), start_ns
        self._marked_before = self.scene.net.marks()
        return 0

    def note(self) -> None:
        """Write the stage's time, and each port that dropped or marked frames in it."""
        notes, at_ns = self.scene.notes, self._start_ns
        notes.write("queue", name="all", at_ns=at_ns, duration_ns=self.stage.duration_ns, drops=0)
        marks = {name: count - self._marked_before[name] for name, count in self.scene.net.marks().items()}
        for interface, count in self.scene.net.drops().items():
            drops, marked = count - self._before[interface], marks.get(interface, 0)
            detail = json.dumps({"marks": marked}) if marked else None
            if drops or marked:
                notes.write("queue", name=interface, at_ns=at_ns, drops=drops, detail=detail)
