# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Taking of bytes that TCP has received, without copying them (MSG_TRUNC).

A receiver must not decide what a flow gets. TCP's window opens by what has been read, its buffer grows by what is read
in a round trip, and most of what is received is acknowledged when it is read. Whoever waits for a number of bytes
(SO_RCVLOWAT) or for a timer holds the sender back as soon as fewer bytes are under way. A thread that asks for all at
once (MSG_WAITALL) sleeps inside the kernel: each segment wakes it and is taken within the same system call. In virtual
time that costs nothing, so the window is as wide as a receiver can make it.

*Rejected:* SO_RCVLOWAT, which also widens the window before anything has been received; a call for each segment, which
keeps the caller from its other connections at 400 Gbit/s.
"""

from __future__ import annotations

import mmap
import socket

CHUNK_BYTES = 1 << 26


def take(peer: socket.socket, most: int, nowhere: mmap.mmap) -> int:
    """Take up to `most` bytes, and no more than a chunk, from a peer; returns how many.

    They are fewer only where the connection ends; 0 is its end.
    """
    return peer.recv_into(nowhere, min(most, CHUNK_BYTES), socket.MSG_TRUNC | socket.MSG_WAITALL)


def drop(peer: socket.socket, size: int, nowhere: mmap.mmap) -> None:
    """Drop the next `size` bytes from a peer.

    Raises:
        SystemExit: the other side ended before it had sent them.
    """
    while size:
        got = take(peer, size, nowhere)
        if not got:
            raise SystemExit("the other side has gone")
        size -= got
