# SPDX-License-Identifier: BSD-3-Clause
"""Routing daemons of the packet network, where a stage has routers that find their own way."""

from __future__ import annotations

from apnemu.emulation.loop import Loop
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.emulation.routers import Routers
from apnemu.model.activities import Routing
from apnemu.model.scenario import Stage


class Daemons(Playing):
    """Runs the daemons for one stage; the APN takes no notice of a `Routing`."""

    def __init__(self, scene: Scene, stage: Stage) -> None:
        super().__init__(scene, stage)
        routing = stage.of(Routing) if scene.blueprint.routers else ()
        self._routers = [Routers(scene.net, plan) for plan in routing]

    def prepare(self) -> None:
        """Start the daemons; they have all routes when this returns."""
        for routers in self._routers:
            routers.start()

    def close(self, loop: Loop) -> None:
        for routers in self._routers:
            routers.close()
