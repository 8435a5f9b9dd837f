# SPDX-License-Identifier: BSD-3-Clause
"""Frames that the kernel's `fq` lets go at their very nanosecond, handed over ahead of time and many to a call."""

from __future__ import annotations

import ctypes
import socket
from typing import Any

from apnemu.emulation.loop import Loop, now_ns
from apnemu.emulation.play.stamps import SCM_TXTIME, pace_by_instant
from apnemu.errors import LabError

AHEAD_NS = 2_000_000
"""Lead of the player: frames are handed to the kernel this far before their instants."""
FRAMES_A_CALL = 1024
SO_SNDBUFFORCE = 32
PART = 2
"""Words of a part of a frame: its address and its length (struct iovec)."""


class Paced:
    """Frames of one interface, each with its instant.

    `instants_ns` is an array of shape (frames,) in their order, on the lab's clock; `parts` one of shape (frames, 2 x
    parts of a frame): address and length of each part, whose memory the caller keeps.
    """

    def __init__(self, interface: str, opened: socket.socket, instants_ns: Any, parts: Any) -> None:
        import numpy

        self.socket, self._instants = opened, instants_ns
        self._numpy, self._parts = numpy, parts
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._done, self._wanted = 0, len(instants_ns)
        opened.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 1 << 30)
        pace_by_instant(opened)
        opened.bind((interface, 0))
        self._lay_out()

    def start(self, loop: Loop, start_ns: int) -> None:
        """Begin to hand over; `start_ns` is before every instant."""
        loop.at(start_ns - AHEAD_NS, lambda: self._feed(loop))

    def stop(self) -> None:
        """Send no frame that is due from now on: nobody is there any more to feel it."""
        self._wanted = int(self._numpy.searchsorted(self._instants, now_ns()))

    def close(self) -> None:
        """Raises LabError if a frame was left over: the load was not the one that was asked for."""
        self.socket.close()
        if self._done < self._wanted:
            raise LabError(f"{self._wanted - self._done} paced frames were never handed to the kernel")

    def _lay_out(self) -> None:
        """Lay out one mmsghdr for each frame, with its parts and its instant, as arrays."""
        np, count = self._numpy, self._wanted
        stamps = np.zeros((count, 3), np.uint64)
        stamps[:, 0] = 24
        stamps[:, 1] = socket.SOL_SOCKET | SCM_TXTIME << 32
        stamps[:, 2] = self._instants
        rows = np.arange(count, dtype=np.uint64)
        calls = np.zeros((count, 8), np.uint64)
        calls[:, 2] = self._parts.ctypes.data + rows * self._parts.strides[0]
        calls[:, 3] = self._parts.shape[1] // PART
        calls[:, 4] = stamps.ctypes.data + rows * 24
        calls[:, 5] = 24
        self._calls, self._stamps = calls, stamps

    def _feed(self, loop: Loop) -> None:
        """Hand over frames that are due soon, and come back before the last of them is due."""
        horizon = now_ns() + 2 * AHEAD_NS
        due = int(self._numpy.searchsorted(self._instants, horizon))
        while self._done < due:
            wanted = min(FRAMES_A_CALL, due - self._done)
            sent = self._libc.sendmmsg(
                self.socket.fileno(), ctypes.c_void_p(self._calls.ctypes.data + self._done * 64), wanted, 0
            )
            if sent <= 0:
                raise LabError(f"the kernel of the lab took no paced frame: error {ctypes.get_errno()}")
            self._done += sent
        if self._done < self._wanted:
            loop.at(now_ns() + AHEAD_NS, lambda: self._feed(loop))
