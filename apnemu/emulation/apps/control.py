# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Control loops: sensors that ask a server what to do, and the server, which takes its declared time.

    python3 -m apnemu.emulation.apps.control serve PORT INFERENCE_NS ANSWER_BYTES
    python3 -m apnemu.emulation.apps.control sense ADDRESS PORT LOOPS PERIOD_NS COUNT FRAME_BYTES DEADLINE_NS SEED

Each loop sends a datagram every PERIOD_NS, COUNT times, from an instant of its own within the first period. The kernel
stamps an answer's arrival. A server computes for all loops at once: each loop has an accelerator of its own.
"""

from __future__ import annotations

import json
import random
import socket
import struct
import sys
import time
from functools import partial

from apnemu.emulation.loop import READ, Loop, now_ns
from apnemu.units import NS_PER_S

HEADERS_BYTES = 14 + 20 + 8
"""Headers of a datagram: Ethernet, IPv4, UDP."""
NUMBER = struct.Struct("!IQ")
"""Beginning of each datagram: the loop, and the number of its question."""
SO_TIMESTAMPNS = 35
LEAD_NS, LAST_NS = 20_000_000, 100_000_000
"""Times before the first question, and after the last, until answers that are still missing count as lost."""


def serve(port: int, inference_ns: int, answer_bytes: int) -> None:
    """Answer every question `inference_ns` after its arrival, until the lab ends the program."""
    loop = Loop()
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
    own.setblocking(False)
    own.bind(("0.0.0.0", port))
    filler = bytes(max(0, answer_bytes - HEADERS_BYTES - NUMBER.size))

    def asked(_: int) -> None:
        while True:
            try:
                question, sender = own.recvfrom(1 << 16)
            except BlockingIOError:
                return
            loop.at(now_ns() + inference_ns, partial(own.sendto, question[: NUMBER.size] + filler, sender))  # type: ignore[arg-type]

    loop.watch(own.fileno(), READ, asked)
    print("serving", flush=True)
    loop.run(1 << 62)


def sense(
    address: str, port: int, loops: int, period_ns: int, count: int, frame_bytes: int, deadline_ns: int, seed: int
) -> None:
    """Ask for all loops, wait for the answers, and print how many came and how late as a record."""
    loop = Loop()
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    own.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
    own.setblocking(False)
    own.connect((address, port))
    filler = bytes(max(0, frame_bytes - HEADERS_BYTES - NUMBER.size))
    draws = random.Random(f"{seed} control loops")
    asked: dict[tuple[int, int], int] = {}
    took: dict[tuple[int, int], int] = {}

    def ask(sensor: int, number: int) -> None:
        asked[sensor, number] = time.clock_gettime_ns(time.CLOCK_REALTIME)
        own.send(NUMBER.pack(sensor, number) + filler)

    def answered(_: int) -> None:
        while True:
            try:
                answer, ancillary, _, _ = own.recvmsg(1 << 16, 128)
            except BlockingIOError:
                return
            sensor, number = NUMBER.unpack_from(answer)
            key = (sensor, number)
            took.setdefault(key, _stamp_ns(ancillary) - asked[key])

    loop.watch(own.fileno(), READ, answered)
    begin = now_ns() + LEAD_NS
    for sensor in range(loops):
        phase_ns = draws.randrange(period_ns)
        for number in range(count):
            loop.at(begin + phase_ns + number * period_ns, partial(ask, sensor, number))
    loop.run(begin + (count + 1) * period_ns + deadline_ns + LAST_NS)
    times = sorted(took.values())
    record = {
        "asked": len(asked),
        "lost": len(asked) - len(took),
        "missed": sum(1 for key in asked if key not in took or took[key] > deadline_ns),
        "response_ns_min": times[0] if times else None,
        "response_ns_p50": times[(len(times) - 1) // 2] if times else None,
        "response_ns_p99": times[-(-99 * len(times) // 100) - 1] if times else None,
        "response_ns_max": times[-1] if times else None,
    }
    print("@record", json.dumps(record), flush=True)


def _stamp_ns(ancillary: list[tuple[int, int, bytes]]) -> int:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack_from("=qq", data)
            return int(seconds) * NS_PER_S + int(nanoseconds)
    return time.clock_gettime_ns(time.CLOCK_REALTIME)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(*map(int, sys.argv[2:]))
    else:
        sense(sys.argv[2], *map(int, sys.argv[3:]))
