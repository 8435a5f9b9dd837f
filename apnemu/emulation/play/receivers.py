# SPDX-License-Identifier: BSD-3-Clause
"""Threads that answer the connections to a host, and take in what arrives (`apps.uncopied` says why threads).

A thread has a connection to itself until all has come that is wanted from it, or it ends. Threads that wait for a
connection are there before the stage begins.
"""

from __future__ import annotations

import errno
import mmap
import socket
import threading
from collections.abc import Callable
from typing import Protocol

from apnemu.emulation.apps.uncopied import CHUNK_BYTES, take

AT_FIRST = 256
"""Most threads before the first connection; where all are busy, one more is started."""


class Connection(Protocol):
    """What is wanted from a connection, and who hears of it."""

    def wanted(self) -> int | None:
        """Bytes that are still to come; None is as many as do."""

    def took(self, count: int) -> None:
        """Hear that bytes have been taken."""


class Receivers:
    """Threads at a listening socket, which is theirs, for `count` connections.

    `answered` is told each connection and its peer's address, and says what is wanted from it. `fault` is what kept a
    thread from answering.
    """

    def __init__(
        self, listener: socket.socket, count: int, answered: Callable[[socket.socket, tuple[str, int]], Connection]
    ) -> None:
        self._listener = listener
        self._answered = answered
        self._nowhere = mmap.mmap(-1, CHUNK_BYTES)
        self._to_come = count
        self._idle = 0
        self._lock = threading.Lock()
        self.fault: Exception | None = None
        listener.setblocking(True)
        for _ in range(min(count, AT_FIRST)):
            self._add()

    def close(self) -> None:
        """End the threads that wait for a connection; the others end with theirs."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _add(self) -> None:
        self._idle += 1
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                receiver, peer = self._listener.accept()
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.EBADF):  # those say that it is closed
                    self.fault = error
                return
            receiver.setblocking(True)
            with self._lock:
                self._idle -= 1
                self._to_come -= 1
                if not self._idle and self._to_come > 0:
                    self._add()
            self._take(receiver, self._answered(receiver, peer))
            with self._lock:
                self._idle += 1

    def _take(self, receiver: socket.socket, connection: Connection) -> None:
        while (wanted := connection.wanted()) is None or wanted > 0:
            try:
                got = take(receiver, CHUNK_BYTES if wanted is None else wanted, self._nowhere)
            except OSError:  # reset, or closed by whoever it was given to
                return
            if not got:
                return
            connection.took(got)
