# SPDX-License-Identifier: BSD-3-Clause
"""Captures of injected frames before and behind the queues that they enter, where a stage observes waits."""

from __future__ import annotations

import subprocess
from pathlib import Path

from apnemu.blueprint.addressing import load_mac
from apnemu.emulation.capture import end, tcpdump
from apnemu.emulation.loop import Loop
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.model.activities import Arrivals
from apnemu.model.scenario import Stage


class Waits(Playing):
    """Captures at the queues that the stage's arrivals are addressed to.

    Each capture takes seconds to begin, so a router's other queues have none: their stage would begin too late.
    """

    def __init__(self, scene: Scene, stage: Stage) -> None:
        super().__init__(scene, stage)
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, loop: Loop, start_ns: int) -> int:
        for arrivals in self.stage.of(Arrivals) if self.stage.observe == "waits" else ():
            self._capture(arrivals, start_ns)
        return 0

    def close(self, loop: Loop) -> None:
        for running in self._running:
            end(running)

    def _capture(self, arrivals: Arrivals, start_ns: int) -> None:
        injector = self.scene.blueprint.injector(arrivals.site).b
        entered = _ports(self.scene.folder / arrivals.file)
        for wire in self.scene.blueprint.wires:
            near, far = (wire.a, wire.b) if wire.a.node == injector.node else (wire.b, wire.a)
            if wire.kind != "fibre" or near.node != injector.node or near.port not in entered:
                continue
            name = f"waits-{self.stage.phase}-{near.interface}"
            only = ("ether", "dst", load_mac(near.port))
            for side, interface in (("in", injector.interface), ("out", far.interface)):
                file = self.scene.folder / f"{name}-{side}.pcap"
                self._running.append(tcpdump(file, interface, *only, snap_bytes=14, direction="in"))
            self.scene.notes.write("event", name=name, source=arrivals.site, at_ns=start_ns)


def _ports(file: Path) -> set[int]:
    """The router's ports that a file of arrivals sends frames to."""
    import numpy

    return {int(port) for port in numpy.unique(numpy.load(file)["port"])}
