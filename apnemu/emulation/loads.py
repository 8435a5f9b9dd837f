"""Other people's traffic: a transceiver kept busy, and frames that enter a router at given instants."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from apnemu.blueprint.document import Host
from apnemu.emulation import shaping
from apnemu.emulation.ends import Ends
from apnemu.emulation.loop import WRITE, Loop, now_ns
from apnemu.emulation.netlink import Netlink
from apnemu.errors import LabError
from apnemu.model.activities import SATURATING_BYTES, Arrivals, Saturation
from apnemu.units import VirtualNs

DISCARD_PORT = 9
"""RFC 863."""
UDP_SEGMENT = 103
SO_TXTIME = SCM_TXTIME = 61
CLOCK_MONOTONIC = 1
EXPERIMENTAL_ETHERTYPE = 0x88B5
"""IEEE Std 802: local experimental."""
DATAGRAM_HEADERS_BYTES = 28
AHEAD_NS = 2_000_000
"""Frames are handed to the kernel this far before their instants, so many to a system call."""
FRAMES_A_CALL = 1024


def send_frames(interface: str, macs: Sequence[str]) -> None:
    """One short frame of load to each destination."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as raw:
        raw.bind((interface, 0))
        for mac in macs:
            head = bytes.fromhex(mac.replace(":", "")) + bytes.fromhex("02bb00000000")
            raw.send(head + EXPERIMENTAL_ETHERTYPE.to_bytes(2) + bytes(46))


class Saturating:
    """Fills lightpaths: UDP segments that both ends' kernels turn back to where they came from, for ever.

    A program that sent them all would be the bottleneck: the lab's one CPU takes time for every system call.
    """

    def __init__(self, plans: tuple[Saturation, ...], ends: Ends, mtu_bytes: int) -> None:
        self._plans = plans
        self._ends = ends
        self._segment = mtu_bytes - DATAGRAM_HEADERS_BYTES
        self._file = os.memfd_create("load")
        os.ftruncate(self._file, SATURATING_BYTES)
        self._turned: list[tuple[Netlink, int]] = []
        self._senders: list[socket.socket] = []

    def start(self, loop: Loop, start_ns: int) -> None:
        for plan in self._plans:
            source, target = self._ends.between(plan.source, plan.target)
            for host, peer in ((source, target), (target, source)):
                self._turn_back(host, peer)
                loop.at(start_ns, partial(self._open, loop, plan.circulating_bytes // 2, host, peer))

    def stop(self) -> None:
        """Turn nothing back any more: what is under way arrives and is dropped."""
        for netlink, index in self._turned:
            shaping.turn_back_no_more(netlink, index)
            netlink.flush()
            netlink.close()
        for sender in self._senders:
            sender.close()
        os.close(self._file)

    def _turn_back(self, host: Host, peer: Host) -> None:
        netlink, index = self._ends.transceiver(host, peer)
        shaping.turn_back(netlink, index)
        netlink.flush()
        self._turned.append((netlink, index))

    def _open(self, loop: Loop, left: int, source: Host, target: Host) -> None:
        """Half of what goes round enters at either end, so that both ways fill at the same time."""
        sender = self._ends.socket(source, socket.AF_INET, socket.SOCK_DGRAM)
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 24)
        sender.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, self._segment)
        sender.bind((source.address, 0))
        sender.connect((target.address, DISCARD_PORT))
        self._senders.append(sender)

        def fill(_: int) -> None:
            nonlocal left
            try:
                while left > 0:
                    left -= os.sendfile(sender.fileno(), self._file, 0, SATURATING_BYTES)
            except BlockingIOError:
                return
            loop.forget(sender.fileno())

        loop.watch(sender.fileno(), WRITE, fill)


class Injecting:
    """Frames that the run's seed has placed in time, let go by the kernel's `fq` at their very nanosecond."""

    def __init__(self, plan: Arrivals, folder: Path, interface: str) -> None:
        import numpy

        self._numpy = numpy
        self._frames = numpy.load(folder / plan.file)
        if len(self._frames) != plan.frames:
            raise LabError(f"{plan.file} holds {len(self._frames)} frames, the blueprint says {plan.frames}")
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, 32, 1 << 30)  # SO_SNDBUFFORCE
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TXTIME, struct.pack("=iI", CLOCK_MONOTONIC, 0))
        self._socket.bind((interface, 0))
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._payload = ctypes.create_string_buffer(bytes(1 << 16))
        self._start_ns = 0
        self._done = 0
        self._wanted = len(self._frames)
        self._keep: list[Any] = []

    def start(self, loop: Loop, start_ns: VirtualNs) -> None:
        self._start_ns = start_ns
        self._messages()
        loop.at(start_ns - AHEAD_NS, lambda: self._feed(loop))

    def stop(self) -> None:
        """Nobody is there any more to feel it: what is due from now on is let be."""
        self._wanted = int(self._numpy.searchsorted(self._instants, now_ns()))

    def close(self) -> None:
        """Raises LabError if a frame was left over: the load would not have been the one that was asked for."""
        self._socket.close()
        if self._done < self._wanted:
            raise LabError(f"{self._wanted - self._done} injected frames were never handed to the kernel")

    def _messages(self) -> None:
        """One mmsghdr for each frame, with its address, its two parts and its instant, as arrays."""
        np, frames = self._numpy, self._frames
        count = len(frames)
        heads = np.zeros((count, 14), np.uint8)
        heads[:, 0:2] = (0x02, 0xBB)
        heads[:, 4] = frames["port"] >> 8
        heads[:, 5] = frames["port"] & 255
        heads[:, 6:8] = (0x02, 0xBB)
        heads[:, 12:14] = (EXPERIMENTAL_ETHERTYPE >> 8, EXPERIMENTAL_ETHERTYPE & 255)
        parts = np.zeros((count, 4), np.uint64)
        parts[:, 0] = heads.ctypes.data + np.arange(count, dtype=np.uint64) * 14
        parts[:, 1] = 14
        parts[:, 2] = ctypes.addressof(self._payload)
        parts[:, 3] = frames["bytes"] - 14
        stamps = np.zeros((count, 3), np.uint64)
        stamps[:, 0] = 24
        stamps[:, 1] = socket.SOL_SOCKET | SCM_TXTIME << 32
        stamps[:, 2] = frames["at_ns"] + self._start_ns
        calls = np.zeros((count, 8), np.uint64)
        calls[:, 2] = parts.ctypes.data + np.arange(count, dtype=np.uint64) * 32
        calls[:, 3] = 2
        calls[:, 4] = stamps.ctypes.data + np.arange(count, dtype=np.uint64) * 24
        calls[:, 5] = 24
        self._calls = calls
        self._instants = frames["at_ns"] + self._start_ns
        self._keep = [heads, parts, stamps]

    def _feed(self, loop: Loop) -> None:
        """Hand over what is due within the next AHEAD_NS, and come back before that is used up."""
        horizon = now_ns() + 2 * AHEAD_NS
        due = int(self._numpy.searchsorted(self._instants, horizon))
        while self._done < due:
            wanted = min(FRAMES_A_CALL, due - self._done)
            sent = self._libc.sendmmsg(
                self._socket.fileno(), ctypes.c_void_p(self._calls.ctypes.data + self._done * 64), wanted, 0
            )
            if sent <= 0:
                raise LabError(f"the kernel of the lab took no injected frame: error {ctypes.get_errno()}")
            self._done += sent
        if self._done < self._wanted:
            loop.at(now_ns() + AHEAD_NS, lambda: self._feed(loop))
