# SPDX-License-Identifier: BSD-3-Clause
"""Writes and their copies over a pair of sockets: what counts as committed, and what the keeper has."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from apnemu.emulation.apps.copies import HELLO, Copy, Kept
from apnemu.emulation.loop import Loop, now_ns

WRITE_BYTES = 1000
Ends = tuple[Loop, socket.socket, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    loop, (near, far) = Loop(), socket.socketpair()
    near.setblocking(False)
    far.setblocking(False)
    yield loop, near, far
    near.close()
    far.close()
    loop.close()


def test_a_synchronous_write_counts_once_the_keeper_has_said_so(ends: Ends) -> None:
    loop, near, far = ends
    copy, kept = Copy("tokyo", "sync", near, WRITE_BYTES), Kept(far, WRITE_BYTES)
    for _ in range(3):
        copy.write(loop)
    assert (copy.made, copy.committed, kept.writes) == (3, 0, 0)
    kept.take(loop, 0)
    assert (copy.committed, kept.writes, kept.whose) == (0, 3, ("sync", "tokyo"))
    copy.hear(0)
    assert (copy.committed, len(copy.took_ns)) == (3, 3)
    assert all(0 < took_ns < now_ns() for took_ns in copy.took_ns)


def test_an_asynchronous_write_counts_at_once_and_nobody_answers(ends: Ends) -> None:
    loop, near, far = ends
    copy, kept = Copy("tokyo", "async", near, WRITE_BYTES), Kept(far, WRITE_BYTES)
    copy.write(loop)
    assert (copy.made, copy.committed, copy.took_ns) == (1, 1, [0])
    kept.take(loop, 0)
    assert kept.writes == 1
    with pytest.raises(BlockingIOError):
        near.recv(1)


@pytest.mark.parametrize(("sent_bytes", "writes"), [(999, 0), (1000, 1), (1001, 1), (2999, 2)])
def test_a_write_is_there_with_its_last_byte(ends: Ends, sent_bytes: int, writes: int) -> None:
    loop, near, far = ends
    kept = Kept(far, WRITE_BYTES)
    near.sendall(HELLO.pack(b"sync", b"osaka")[:10])
    kept.take(loop, 0)
    assert (kept.whose, kept.writes) == (("", ""), 0)
    near.sendall(HELLO.pack(b"sync", b"osaka")[10:] + bytes(sent_bytes))
    kept.take(loop, 0)
    assert (kept.whose, kept.writes) == (("sync", "osaka"), writes)
