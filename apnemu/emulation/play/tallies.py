# SPDX-License-Identifier: BSD-3-Clause
"""Bytes over every fibre, each way, and from and to every host, as the switches' ports count them."""

from __future__ import annotations

from apnemu.emulation.loop import Loop, now_ns
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.model.activities import Tally
from apnemu.model.scenario import Stage

FIBRE, HOST = "bytes of fibre ", "bytes of host "
"""Beginnings of the records' names; the fibre's or the host's name follows."""


class Tallies(Playing):
    """Plays the tally of a stage, if it has one."""

    def __init__(self, scene: Scene, stage: Stage) -> None:
        super().__init__(scene, stage)
        self._wanted = bool(stage.of(Tally))
        self._before: dict[str, tuple[int, int]] = {}

    def start(self, loop: Loop, start_ns: int) -> int:
        if self._wanted:
            self._before = self.scene.net.port_bytes()
        return 0

    def note(self) -> None:
        """Write two records of each fibre, one each way, and of each host: from it, and to it (`target`)."""
        if not self._wanted:
            return
        after = self.scene.net.port_bytes()
        site = {switch.name: switch.site for switch in self.scene.blueprint.switches}
        for wire in self.scene.blueprint.wires:
            if wire.kind == "fibre":
                for own, far in ((wire.a, wire.b), (wire.b, wire.a)):
                    self._write(f"{FIBRE}{wire.name}", site[own.node], site[far.node], after, own.interface, way=1)
        for host in self.scene.blueprint.hosts:
            ends = [(wire.a, wire.b) for wire in self.scene.blueprint.wires]
            ends += [(far, own) for own, far in ends]
            ports = [far.interface for own, far in ends if own.node == host.name and far.interface in after]
            self._write(f"{HOST}{host.name}", host.site, "", after, *ports, way=0)
            self._write(f"{HOST}{host.name}", "", host.site, after, *ports, way=1)

    def _write(
        self, name: str, source: str, target: str, after: dict[str, tuple[int, int]], *ports: str, way: int
    ) -> None:
        count = sum(after[port][way] - self._before[port][way] for port in ports)
        self.scene.notes.write("event", name=name, source=source, target=target, at_ns=now_ns(), bytes=count)
