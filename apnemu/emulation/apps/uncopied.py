# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Dropping of bytes that TCP has received, without copying them (MSG_TRUNC).

The kernel wakes a receiver for no less than `WAKE_BYTES`, or for all that is left. The receiver waits in `poll`, which
looks at all that has arrived: a `recv` that has taken a part and sleeps is woken only for as much again
(`tcp_data_ready` in net/ipv4/tcp_input.c), and would wait for ever for a rest that has arrived before.
"""

from __future__ import annotations

import mmap
import select
import socket

CHUNK_BYTES = 1 << 26
WAKE_BYTES = 1 << 18
"""Bytes for which a receiver is woken; they must be fewer than its window, or it would wait for ever."""


def drop(peer: socket.socket, size: int, nowhere: mmap.mmap) -> None:
    """Drop the next `size` bytes from a peer.

    Raises:
        SystemExit: the other side ended before it had sent them.
    """
    arrivals = select.poll()
    arrivals.register(peer, select.POLLIN)
    while size:
        wanted = min(size, CHUNK_BYTES)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, min(wanted, WAKE_BYTES))
        arrivals.poll()
        try:
            got = peer.recv_into(nowhere, wanted, socket.MSG_TRUNC | socket.MSG_DONTWAIT)
        except BlockingIOError:
            continue
        if not got:
            raise SystemExit("the other side has gone")
        size -= got
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
