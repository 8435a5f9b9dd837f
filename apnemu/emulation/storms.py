# SPDX-License-Identifier: BSD-3-Clause
"""Watch for broadcast storms, beside an application that is not ours.

Over fibres that make rings, a frame that every switch floods comes round and is flooded again: copies multiply until
all that the lab's computer does is to carry them. The watch reads the switches' counters. Where fibres carry much, it
looks at the frames that hosts send and that come to them: one that comes to a host more often than it was sent goes
round. With controllers of our own there is no watch, since they flood nothing over two ways.

Rejected: to judge by the counters alone. Hosts answer every copy of a request, so in a storm they seem to be its cause.
"""

from __future__ import annotations

import os
import selectors
import socket
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from apnemu.blueprint.document import Blueprint
from apnemu.errors import LabError

LOOK_EVERY_S = 0.05
MUCH = 20
"""Frames that cross a fibre in one direction between two looks, on the average of all fibres, from which on frames are
looked at. A controller by itself sends one or two a second (LLDP, spanning tree)."""
FRAMES_S, MOST_FRAMES, HEAD_BYTES = 0.25, 20_000, 256
"""Time for which frames are looked at, the most of them, and how much of each."""
AGAIN = 5
"""Times that a frame comes to one place beyond those that it was sent, from which on it is a storm."""
ETH_P_ALL = 3


class StormWatch:
    """Watch over the counters of a network's switches, and over frames where they are many."""

    def __init__(self, blueprint: Blueprint) -> None:
        fibres = [wire for wire in blueprint.wires if wire.kind == "fibre"]
        self._fibres = [end.interface for wire in fibres for end in (wire.a, wire.b)]
        self._entries = [wire.b.interface for wire in blueprint.wires if wire.kind != "fibre"]
        self._topology = blueprint.topology
        self._before: int | None = None

    def start(self) -> None:
        """Watch in a thread until the program ends, which a storm does at once: whoever waits would wait for ever."""
        threading.Thread(target=self._watch, name="storms", daemon=True).start()

    def _watch(self) -> None:
        pause_s = LOOK_EVERY_S
        while True:
            time.sleep(pause_s)
            if not self.is_much(Path("/proc/thread-self/net/dev").read_text()):
                pause_s = LOOK_EVERY_S
                continue
            times, interface = self._most_again()
            if times >= AGAIN:
                print(f"apnemu: {self._said(times, interface)}", file=sys.stderr, flush=True)
                os._exit(LabError.exit_code)
            pause_s *= 2  # heavy traffic; to look at its frames takes time from it
            self._before = None

    def is_much(self, devices: str) -> bool:
        """Whether fibres have carried much since the last look, from what /proc/net/dev says."""
        words = [line.replace(":", " ").split() for line in devices.splitlines()[2:]]
        received = {word[0]: int(word[2]) for word in words}
        carried = sum(received.get(name, 0) for name in self._fibres)
        before, self._before = self._before, carried
        return before is not None and carried - before >= MUCH * len(self._fibres)

    def _most_again(self) -> tuple[int, str]:
        """Times that some frame has come to a host or an injector beyond those that it was sent, and where."""
        arrived: Counter[tuple[str, bytes]] = Counter()
        sent: Counter[bytes] = Counter()
        until_s = time.monotonic() + FRAMES_S
        with ExitStack() as stack:
            selector = stack.enter_context(selectors.DefaultSelector())
            for name in self._entries:
                tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.htons(ETH_P_ALL))
                stack.enter_context(tap)
                tap.bind((name, ETH_P_ALL))
                selector.register(tap, selectors.EVENT_READ, (tap, name))
            seen, most = 0, (0, "")
            while seen < MOST_FRAMES and most[0] < AGAIN and (left_s := until_s - time.monotonic()) > 0:
                for key, _ in selector.select(left_s):
                    tap, name = key.data
                    frame, (_, _, kind, *_) = tap.recvfrom(HEAD_BYTES)
                    seen += 1
                    if kind == socket.PACKET_OUTGOING:
                        arrived[name, frame] += 1
                        most = max(most, (again(arrived[name, frame], sent[frame]), name))
                    else:
                        sent[frame] += 1
        return most

    def _said(self, times: int, interface: str) -> str:
        return (
            f"a broadcast storm: one frame left by {interface} {times} times more than it was sent; the application"
            f" floods frames, and the fibres of {self._topology} make rings, where they go round and multiply; give one"
            " that makes a tree, with time for it (Ryu's simple_switch_stp_13.py, --settle 40), or a topology without"
            " rings"
        )


def again(arrived: int, sent: int) -> int:
    """Times that a frame has come to one place beyond those that it was sent; it may have been sent a while ago.

    >>> again(1, 0), again(500, 501), again(9, 1)
    (0, 0, 8)
    """
    return max(0, arrived - max(sent, 1))
