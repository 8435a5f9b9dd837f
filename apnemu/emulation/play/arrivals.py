# SPDX-License-Identifier: BSD-3-Clause
"""Other people's frames, which enter a router at given instants and are counted where they come out."""

from __future__ import annotations

import ctypes
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from apnemu.emulation import shaping
from apnemu.emulation.loop import Loop, now_ns
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.emulation.play.stamps import SCM_TXTIME, pace_by_instant
from apnemu.errors import LabError
from apnemu.model.activities import Application, Arrivals
from apnemu.model.scenario import Stage

EXPERIMENTAL_ETHERTYPE = 0x88B5
"""IEEE Std 802: local experimental."""
AHEAD_NS = 2_000_000
"""Lead of the player: frames are handed to the kernel this far before their instants, many to a system call."""
FRAMES_A_CALL = 1024
SO_SNDBUFFORCE = 32


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
        self._injectors: list[Feeder] = []
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

    def _injector(self, plan: Arrivals) -> Feeder:
        end = self.scene.blueprint.injector(plan.site).a
        netlink = self.scene.net.netlink("")
        shaping.pace(netlink, self.scene.net.index(end))
        netlink.flush()
        return Feeder(_frames(plan, self.scene.folder), end.interface)


def _frames(plan: Arrivals, folder: Path) -> Any:
    """The frames of one site, as they were drawn. Raises LabError where there are not as many."""
    import numpy

    frames = numpy.load(folder / plan.file)
    if len(frames) != plan.frames:
        raise LabError(f"{plan.file} holds {len(frames)} frames, the blueprint says {plan.frames}")
    return frames


class Feeder:
    """Frames of one site, an array, let go by the kernel's `fq` at the very nanosecond that was drawn for each."""

    def __init__(self, frames: Any, interface: str) -> None:
        import numpy

        self._numpy = numpy
        self._frames = frames
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 1 << 30)
        pace_by_instant(self._socket)
        self._socket.bind((interface, 0))
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._payload = ctypes.create_string_buffer(bytes(1 << 16))
        self._start_ns = 0
        self._done = 0
        self._wanted = len(self._frames)
        self._keep: list[Any] = []

    def start(self, loop: Loop, start_ns: int) -> None:
        """Have the loop hand over all frames, whose instants count from `start_ns`."""
        self._start_ns = start_ns
        self._messages()
        loop.at(start_ns - AHEAD_NS, lambda: self._feed(loop))

    def stop(self) -> None:
        """Send no frame that is due from now on: nobody is there any more to feel it."""
        self._wanted = int(self._numpy.searchsorted(self._instants, now_ns()))

    def close(self) -> None:
        """Raises LabError if a frame was left over: the load was not the one that was asked for."""
        self._socket.close()
        if self._done < self._wanted:
            raise LabError(f"{self._wanted - self._done} injected frames were never handed to the kernel")

    def _messages(self) -> None:
        """Lay out one mmsghdr for each frame, with its address, its two parts and its instant, as arrays."""
        np, frames = self._numpy, self._frames
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
        parts[:, 2] = ctypes.addressof(self._payload)
        parts[:, 3] = frames["bytes"] - 14
        stamps = np.zeros((count, 3), np.uint64)
        stamps[:, 0] = 24
        stamps[:, 1] = socket.SOL_SOCKET | SCM_TXTIME << 32
        stamps[:, 2] = frames["at_ns"] + self._start_ns
        calls = np.zeros((count, 8), np.uint64)
        calls[:, 2] = parts.ctypes.data + np.arange(count, dtype=np.uint64) * 32
        calls[:, 3] = 2
        calls[:, 4] = stamps.ctypes.data + np.arange(count, dtype=np.uint64) * 24
        calls[:, 5] = 24
        self._calls = calls
        self._instants = frames["at_ns"] + self._start_ns
        self._keep = [heads, parts, stamps]

    def _feed(self, loop: Loop) -> None:
        """Hand over frames that are due soon, and come back before the last of them is due."""
        horizon = now_ns() + 2 * AHEAD_NS
        due = int(self._numpy.searchsorted(self._instants, horizon))
        while self._done < due:
            wanted = min(FRAMES_A_CALL, due - self._done)
            sent = self._libc.sendmmsg(
                self._socket.fileno(), ctypes.c_void_p(self._calls.ctypes.data + self._done * 64), wanted, 0
            )
            if sent <= 0:
                raise LabError(f"the kernel of the lab took no injected frame: error {ctypes.get_errno()}")
            self._done += sent
        if self._done < self._wanted:
            loop.at(now_ns() + AHEAD_NS, lambda: self._feed(loop))
