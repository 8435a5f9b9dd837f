# SPDX-License-Identifier: BSD-3-Clause
"""The kernel's time stamps of frames, asked for and read.

Source: Linux Documentation/networking/timestamping.rst.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

from apnemu.errors import LabError
from apnemu.units import NS_PER_S

SO_TIMESTAMPING = 37
IP_RECVERR = 11
SOL_PACKET, PACKET_TX_TIMESTAMP = 263, 16
STAMPED = ((socket.IPPROTO_IP, IP_RECVERR), (SOL_PACKET, PACKET_TX_TIMESTAMP))
"""Level and kind of what goes with a stamp in the error queue, of datagrams and of whole frames."""
STAMP_SENT = 1 << 8
"""SOF_TIMESTAMPING_TX_SCHED: when the stack hands the frame to the queue of its interface."""
STAMP_GONE = 1 << 1
"""SOF_TIMESTAMPING_TX_SOFTWARE: when a paced frame leaves the queue that held it back for its instant."""
STAMP_RECEIVED, REPORT_SOFTWARE, NUMBERED, STAMP_ONLY = 1 << 3, 1 << 4, 1 << 7, 1 << 11
SCHEDULED, GONE = 1, 0
"""SCM_TSTAMP_SCHED and SCM_TSTAMP_SND in the error queue."""
ORIGIN_STAMP = 4
"""Origin of an entry of the error queue that is a stamp (SO_EE_ORIGIN_TIMESTAMPING)."""
SO_TXTIME = SCM_TXTIME = 61
CLOCK_MONOTONIC = 1
Ancillary = list[tuple[int, int, bytes]]


def stamp_ns(ancillary: Ancillary) -> int:
    """The stamp of a received message, in ns of the lab's wall clock. Raises LabError where there is none."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPING:
            seconds, nanoseconds = struct.unpack_from("=qq", data)
            return int(seconds) * NS_PER_S + int(nanoseconds)
    raise LabError("the kernel of the lab did not stamp a probe")


def numbers(ancillary: Ancillary, what: int) -> list[int]:
    """Numbers of the sent frames that this entry of the error queue has a stamp of the kind `what` for."""
    stamped_numbers = []
    for level, kind, data in ancillary:
        if (level, kind) in STAMPED:
            _, origin, _, _, _, stamped, number = struct.unpack_from("=IBBBBII", data)
            if origin == ORIGIN_STAMP and stamped == what:
                stamped_numbers.append(number)
    return stamped_numbers


def stamps_of_sent(sender: socket.socket, what: int) -> Iterator[tuple[int, int]]:
    """Number and stamp in ns of each sent frame whose stamp of the kind `what` waits in the error queue."""
    while True:
        try:
            _, ancillary, _, _ = sender.recvmsg(0, 512, socket.MSG_ERRQUEUE)
        except BlockingIOError:
            return
        for number in numbers(ancillary, what):
            yield number, stamp_ns(ancillary)


def pace_by_instant(paced: socket.socket) -> None:
    """Have a socket give the instant of each frame with it (SO_TXTIME)."""
    paced.setsockopt(socket.SOL_SOCKET, SO_TXTIME, struct.pack("=iI", CLOCK_MONOTONIC, 0))
