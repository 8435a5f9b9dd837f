# SPDX-License-Identifier: BSD-3-Clause
"""Frames that the kernel's `fq` lets go at their very nanosecond, handed over ahead of time and many to a call."""

from __future__ import annotations

import ctypes
import socket
from collections.abc import Iterator
from typing import Any

from apnemu.emulation.loop import Loop, now_ns
from apnemu.emulation.play.stamps import SCM_TXTIME, pace_by_instant
from apnemu.errors import LabError

AHEAD_NS = 2_000_000
"""Lead of the player: frames are handed to the kernel this far before their instants."""
FRAMES_A_CALL = 1024
SO_SNDBUFFORCE = 32
FRAMES_A_CHUNK = 1 << 16
"""Frames that are laid out at once: each takes some 150 bytes, and the host maps a guest's memory page by page."""
PART = 2
"""Words of a part of a frame: its address and its length (struct iovec)."""
Chunk = tuple[Any, Any]
"""Frames that go one after another: their instants on the lab's clock, an array of shape (frames,), and address and
length of each part of each, one of shape (frames, 2 x parts). What the addresses point to is kept by who made it."""


class Paced:
    """Frames of one interface, each with its instant: `count` of them, in chunks, in the order of their instants."""

    def __init__(self, interface: str, opened: socket.socket, chunks: Iterator[Chunk], count: int) -> None:
        import numpy

        self._numpy, self._socket, self._chunks, self._left = numpy, opened, chunks, count
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._instants: Any = ()
        self._done = 0
        opened.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 1 << 30)
        pace_by_instant(opened)
        opened.bind((interface, 0))

    def start(self, loop: Loop, start_ns: int) -> None:
        """Begin to hand over; `start_ns` is before every instant."""
        self._next_chunk()
        loop.at(start_ns - AHEAD_NS, lambda: self._feed(loop))

    def stop(self) -> None:
        """Hand no more over: nobody is there any more to feel it."""
        self._left = 0

    def close(self) -> None:
        """Raises LabError if a frame was left over: the load was not the one that was asked for."""
        self._socket.close()
        if self._left:
            raise LabError(f"{self._left} paced frames were never handed to the kernel")

    def _next_chunk(self) -> None:
        """Lay out one mmsghdr for each frame of the next chunk, with its parts and its instant, as arrays."""
        np = self._numpy
        self._instants, self._parts = next(self._chunks, (np.zeros(0, np.int64), np.zeros((0, PART), np.uint64)))
        count = len(self._instants)
        self._stamps = stamps = np.zeros((count, 3), np.uint64)
        stamps[:, 0] = 24
        stamps[:, 1] = socket.SOL_SOCKET | SCM_TXTIME << 32
        stamps[:, 2] = self._instants
        rows = np.arange(count, dtype=np.uint64)
        self._calls = calls = np.zeros((count, 8), np.uint64)
        calls[:, 2] = self._parts.ctypes.data + rows * self._parts.strides[0]
        calls[:, 3] = self._parts.shape[1] // PART
        calls[:, 4] = stamps.ctypes.data + rows * 24
        calls[:, 5] = 24
        self._done = 0

    def _feed(self, loop: Loop) -> None:
        """Hand over frames that are due soon, and come back before the last of them is due."""
        horizon = now_ns() + 2 * AHEAD_NS
        while self._left and (due := int(self._numpy.searchsorted(self._instants, horizon))) > self._done:
            wanted = min(FRAMES_A_CALL, due - self._done)
            sent = self._libc.sendmmsg(
                self._socket.fileno(), ctypes.c_void_p(self._calls.ctypes.data + self._done * 64), wanted, 0
            )
            if sent <= 0:
                raise LabError(f"the kernel of the lab took no paced frame: error {ctypes.get_errno()}")
            self._done += sent
            self._left -= sent
            if self._done == len(self._instants):
                self._next_chunk()
        if self._left:
            loop.at(now_ns() + AHEAD_NS, lambda: self._feed(loop))
