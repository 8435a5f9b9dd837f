# SPDX-License-Identifier: BSD-3-Clause
"""The time of each stage, and the frames that the queues of switches' ports dropped in it."""

from __future__ import annotations

from apnemu.emulation.loop import Loop
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.model.scenario import Stage


class Queues(Playing):
    """Counts drops from the stage's preparation to its end; plays nothing."""

    def __init__(self, scene: Scene, stage: Stage) -> None:
        super().__init__(scene, stage)
        self._before: dict[str, int] = {}
        self._start_ns = 0

    def start(self, loop: Loop, start_ns: int) -> int:
        self._before, self._start_ns = self.scene.net.drops(), start_ns
        return 0

    def note(self) -> None:
        """Write the stage's time, and each port that dropped frames in it."""
        notes, at_ns = self.scene.notes, self._start_ns
        notes.write("queue", name="all", at_ns=at_ns, duration_ns=self.stage.duration_ns, drops=0)
        for interface, count in self.scene.net.drops().items():
            if count > self._before[interface]:
                notes.write("queue", name=interface, at_ns=at_ns, drops=count - self._before[interface])
