# SPDX-License-Identifier: BSD-3-Clause
"""Pump of a program's output, from the guest to a descriptor of the caller's, byte for byte; it never blocks on it."""

from __future__ import annotations

import os
import select
import selectors
from typing import Final

from apnemu.errors import GuestError

CHUNK_BYTES: Final = select.PIPE_BUF
"""Bytes moved at a time: a descriptor that is ready takes as many at once."""


class Pump:
    """A pipe out of the guest. If the caller's side is slow, the guest waits, and its clock with it."""

    def __init__(self, target: int) -> None:
        self._target = os.dup(target)
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        self._ready = select.poll()
        self._ready.register(self._target, select.POLLOUT)
        self._waiting_for: int | None = None

    def turn(self, selector: selectors.BaseSelector) -> None:
        """Move what can be moved, and have `selector` wake when there is more, or room for more.

        Raises:
            GuestError: the reader of the output went away.
        """
        is_ready = bool(self._ready.poll(0))
        while is_ready and (data := self._read()):
            self._write(data)
            is_ready = bool(self._ready.poll(0))
        wanted = self._read_end if is_ready else self._target
        if wanted != self._waiting_for:
            if self._waiting_for is not None:
                selector.unregister(self._waiting_for)
            selector.register(wanted, selectors.EVENT_READ if is_ready else selectors.EVENT_WRITE)
            self._waiting_for = wanted

    def drain(self) -> None:
        """Move all output that is left after the guest's end."""
        while data := self._read():
            self._write(data)

    def close(self) -> None:
        """Close this side of the pipe, and the copy of the caller's descriptor."""
        os.close(self._read_end)
        os.close(self._target)

    def _read(self) -> bytes:
        try:
            return os.read(self._read_end, CHUNK_BYTES)
        except BlockingIOError:
            return b""

    def _write(self, data: bytes) -> None:
        try:
            while data:
                data = data[os.write(self._target, data) :]
        except BrokenPipeError as error:
            raise GuestError("the reader of the guest program's output went away") from error
