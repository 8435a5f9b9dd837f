# SPDX-License-Identifier: BSD-3-Clause
"""Applications of a stage: real programs in the hosts of its data centres (`emulation.apps`)."""

from __future__ import annotations

from collections.abc import Callable

from apnemu.emulation.apps.supervisor import Applications
from apnemu.emulation.loop import Loop
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.model.activities import Application, Pair
from apnemu.model.scenario import Stage


class Programs(Playing):
    """Runs the stage's applications. The stage goes on until every job has ended."""

    def __init__(self, scene: Scene, stage: Stage) -> None:
        super().__init__(scene, stage)
        self._plans = stage.of(Application)
        self._applications: Applications | None = None

    def pairs(self) -> list[Pair]:
        """Any two sites with applications may talk."""
        sites = list(dict.fromkeys(plan.site for plan in self._plans))
        return [(a, b) for a in sites for b in sites if a != b and self.scene.ends.joins(a, b)]

    def start(self, loop: Loop, start_ns: int) -> int:
        if self._plans:
            addresses = {host.name: host.address for host in self.scene.blueprint.hosts}
            self._applications = Applications(self.stage, addresses, self.scene.namespaces, self.scene.folder)
            self._applications.start(loop, start_ns)
        return 0

    def awaited(self) -> Callable[[], bool] | None:
        return self._applications.done if self._applications else None

    def stop(self, loop: Loop) -> None:
        """End the services; each may take its time."""
        if self._applications:
            self._applications.end(loop)

    def note(self) -> None:
        if self._applications:
            self._applications.note(self.scene.notes)

    def close(self, loop: Loop) -> None:
        if self._applications:
            self._applications.close(loop)
