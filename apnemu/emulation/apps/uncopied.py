"""[guest] Bytes that TCP has received, dropped without being copied (MSG_TRUNC).

A receiver is woken for no less than `WAKE_BYTES`, or for all that is left. It waits in `poll`, which looks at all that
is there: a `recv` that has taken a part and sleeps is woken only for as much again (`tcp_data_ready` in
net/ipv4/tcp_input.c), and would wait for ever for a rest that has come.
"""

from __future__ import annotations

import mmap
import select
import socket

CHUNK_BYTES = 1 << 26
WAKE_BYTES = 1 << 18
"""More than its window a receiver would wait for for ever."""


def drop(peer: socket.socket, size: int, nowhere: mmap.mmap) -> None:
    """Raises SystemExit where the other side ends before it has sent `size` bytes."""
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
