# SPDX-License-Identifier: BSD-3-Clause
"""Receiving without copying: whatever arrives is taken at once, since what waits narrows TCP's window."""

from __future__ import annotations

import fcntl
import mmap
import socket
import struct
import termios
import threading
import time

import pytest

from apnemu.emulation.apps.uncopied import CHUNK_BYTES, drop


def pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        far, _ = server.accept()
    return near, far


SIOCOUTQ = termios.TIOCOUTQ
"""Question for bytes that the other side has not acknowledged (tcp(7))."""


def waiting(peer: socket.socket, what: int = termios.FIONREAD) -> int:
    found: int = struct.unpack("i", fcntl.ioctl(peer, what, bytes(4)))[0]
    return found


def test_a_rest_that_comes_later() -> None:
    near, far = pair()
    with near, far, mmap.mmap(-1, CHUNK_BYTES) as nowhere:
        near.sendall(bytes(60_000))
        far.recv(60_000, socket.MSG_PEEK | socket.MSG_WAITALL)
        receiver = threading.Thread(target=drop, args=(far, 100_000, nowhere), daemon=True)
        receiver.start()
        for _ in range(200):  # a receiver that takes the first part before the rest is there must not miss the rest
            if not waiting(far):
                break
            time.sleep(0.001)
        near.sendall(bytes(40_000) + b"next")
        receiver.join(10)
        stuck = receiver.is_alive()
        if stuck:
            near.close()
            receiver.join(10)
        assert not stuck and far.recv(10) == b"next"


@pytest.mark.parametrize("sent", [1, 60_000])
def test_what_arrives_is_taken_at_once_however_much_is_wanted(sent: int) -> None:
    near, far = pair()
    with near, far, mmap.mmap(-1, CHUNK_BYTES) as nowhere:
        receiver = threading.Thread(target=drop, args=(far, sent + (1 << 20), nowhere), daemon=True)
        receiver.start()
        near.sendall(bytes(sent))
        for _ in range(200):
            if not waiting(near, SIOCOUTQ) and not waiting(far):
                break
            time.sleep(0.01)
        left = waiting(far)
        near.sendall(bytes(1 << 20))
        receiver.join(10)
        assert not left and not receiver.is_alive()


def test_the_other_side_ends_too_early() -> None:
    near, far = pair()
    with far, mmap.mmap(-1, CHUNK_BYTES) as nowhere:
        near.sendall(bytes(10))
        near.close()
        with pytest.raises(SystemExit, match="has gone"):
            drop(far, 11, nowhere)
