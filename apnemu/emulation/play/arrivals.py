# SPDX-License-Identifier: BSD-3-Clause
"""Other people's frames, which enter a router at given instants and are counted where they come out."""

from __future__ import annotations

import ctypes
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from apnemu.emulation import shaping
from apnemu.emulation.loop import Loop
from apnemu.emulation.play.paced import FRAMES_A_CHUNK, Chunk, Paced
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.errors import LabError
from apnemu.model.activities import Application, Arrivals
from apnemu.model.scenario import Stage

EXPERIMENTAL_ETHERTYPE = 0x88B5
"""IEEE Std 802: local experimental."""
MOST_BYTES = 1 << 16
"""Bytes of a payload from which all frames take theirs."""


def send_frames(interface: str, macs: Sequence[str]) -> None:
    """Send one short frame of load to each destination."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as raw:
        raw.bind((interface, 0))
        for mac in macs:
            head = bytes.fromhex(mac.replace(":", "")) + bytes.fromhex("02bb00000000")
            raw.send(head + EXPERIMENTAL_ETHERTYPE.to_bytes(2) + bytes(46))


class Injecting(Playing):
    """Plays the arrivals of a stage, and counts the frames that come out at a sink: were any lost?

    A stage with applications ends when they do; frames that are due later are not sent.
    """

    def __init__(self, scene: Scene, stage: Stage) -> None:
        super().__init__(scene, stage)
        self._plans = stage.of(Arrivals)
        self._injectors: list[_Injector] = []
        self._start_ns = 0
        self._taken_out_before: dict[str, int] = {}

    def frames(self) -> list[tuple[str, str]]:
        """A frame for each port that load may leave a site's router by."""
        blueprint = self.scene.blueprint
        number = {switch.site: switch.dpid for switch in blueprint.switches}
        return [
            (blueprint.injector(plan.site).a.interface, injection.mac)
            for plan in self._plans
            for injection in blueprint.injections
            if injection.dpid == number[plan.site]
        ]

    def start(self, loop: Loop, start_ns: int) -> int:
        self._start_ns = start_ns
        self._taken_out_before = self._taken_out()
        self._injectors = [self._injector(plan) for plan in self._plans]
        for injector in self._injectors:
            injector.start(loop, start_ns)
        return 0

    def stop(self, loop: Loop) -> None:
        for injector in self._injectors if self.stage.of(Application) else ():
            injector.stop()

    def note(self) -> None:
        """Write how many frames went in, and how many of them did not come out at their sink."""
        taken_out = self._taken_out()
        for plan in self._sunk():
            came = taken_out[plan.sink] - self._taken_out_before[plan.sink]
            self.scene.notes.write(
                "queue",
                name="injected",
                source=plan.site,
                target=plan.sink,
                at_ns=self._start_ns,
                sent=plan.frames,
                drops=plan.frames - came,
            )

    def close(self, loop: Loop) -> None:
        for injector in self._injectors:
            injector.close()

    def _sunk(self) -> list[Arrivals]:
        return [plan for plan in self._plans if plan.sink]

    def _taken_out(self) -> dict[str, int]:
        return self.scene.net.taken_out() if self._sunk() else {}

    def _injector(self, plan: Arrivals) -> _Injector:
        end = self.scene.blueprint.injector(plan.site).a
        netlink = self.scene.net.netlink("")
        shaping.pace(netlink, self.scene.net.index(end))
        netlink.flush()
        return _Injector(plan, self.scene.folder, end.interface)


class _Injector:
    """The frames of one site, let go at the very nanosecond that the run's seed has drawn."""

    def __init__(self, plan: Arrivals, folder: Path, interface: str) -> None:
        self._plan, self._file, self._interface = plan, folder / plan.file, interface
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        self._payload = ctypes.create_string_buffer(bytes(MOST_BYTES))
        self._paced: Paced | None = None

    def start(self, loop: Loop, start_ns: int) -> None:
        self._paced = Paced(self._interface, self._socket, self._chunks(start_ns), self._plan.frames)
        self._paced.start(loop, start_ns)

    def stop(self) -> None:
        """Send no frame that is due from now on."""
        if self._paced:
            self._paced.stop()

    def close(self) -> None:
        """Raises LabError if a frame was left over."""
        if self._paced:
            self._paced.close()

    def _chunks(self, start_ns: int) -> Iterator[Chunk]:
        import numpy as np

        with self._file.open("rb") as opened:
            np.lib.format.read_magic(opened)
            shape, _, kind = np.lib.format.read_array_header_1_0(opened)
            if shape != (self._plan.frames,):
                raise LabError(f"{self._plan.file} holds {shape} frames, the blueprint says {self._plan.frames}")
            while len(frames := np.fromfile(opened, kind, FRAMES_A_CHUNK)):
                heads, parts = laid_out(frames, self._payload)
                yield frames["at_ns"] + start_ns, parts
                del heads


def laid_out(frames: Any, payload: ctypes.Array[ctypes.c_char]) -> tuple[Any, Any]:
    """Headers of frames, and address and length of each frame's two parts, its header and its payload."""
    import numpy as np

    count = len(frames)
    heads = np.zeros((count, 14), np.uint8)
    heads[:, 0:2] = (0x02, 0xBB)
    heads[:, 4] = frames["port"] >> 8
    heads[:, 5] = frames["port"] & 255
    heads[:, 6:8] = (0x02, 0xBB)
    heads[:, 12:14] = (EXPERIMENTAL_ETHERTYPE >> 8, EXPERIMENTAL_ETHERTYPE & 255)
    parts = np.zeros((count, 4), np.uint64)
    parts[:, 0] = heads.ctypes.data + np.arange(count, dtype=np.uint64) * 14
    parts[:, 1] = 14
    parts[:, 2] = ctypes.addressof(payload)
    parts[:, 3] = frames["bytes"] - 14
    return heads, parts
