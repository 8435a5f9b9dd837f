"""Other people's traffic: a transceiver kept busy, and frames that enter a router at given instants."""

from __future__ import annotations

import ctypes
import socket
import struct
from functools import partial
from pathlib import Path
from typing import Any

from apnemu.blueprint.document import Host
from apnemu.emulation.ends import Ends
from apnemu.emulation.loop import WRITE, Loop, now_ns
from apnemu.errors import LabError
from apnemu.model.scenario import Arrivals, Saturation
from apnemu.units import VirtualNs

DISCARD_PORT = 9
"""RFC 863."""
UDP_SEGMENT = 103
SO_TXTIME = SCM_TXTIME = 61
SO_ATTACH_FILTER = 26
CLOCK_MONOTONIC = 1
EXPERIMENTAL_ETHERTYPE = 0x88B5
"""IEEE Std 802: local experimental."""
DATAGRAM_HEADERS_BYTES = 28
AHEAD_NS = 2_000_000
"""Frames are handed to the kernel this far before their instants, so many to a system call."""
FRAMES_A_CALL = 1024


class Saturating:
    """UDP that fills transceivers: as much as the socket takes, whenever it takes more."""

    def __init__(
        self,
        plans: tuple[Saturation, ...],
        ends: Ends,
        mtu_bytes: int,
    ) -> None:
        self._plans = plans
        self._ends = ends
        payload = mtu_bytes - DATAGRAM_HEADERS_BYTES
        self._segment = payload
        self._datagrams = bytes(payload * min(64, 65_000 // payload))
        self._senders: list[socket.socket] = []
        self._sinks: list[socket.socket] = []

    def start(self, loop: Loop, start_ns: int) -> None:
        targets = {
            host.name: host for host in (self._ends.between(plan.source, plan.target)[1] for plan in self._plans)
        }
        self._sinks = [self._sink(host) for host in targets.values()]
        for plan in self._plans:
            loop.at(start_ns, partial(self._open, loop, plan))

    def stop(self, loop: Loop) -> None:
        for sender in self._senders:
            loop.forget(sender.fileno())
            sender.close()
        self._senders.clear()

    def close(self) -> None:
        for sink in self._sinks:
            sink.close()

    def _sink(self, host: Host) -> socket.socket:
        """A socket that drops everything: without one the target would answer that nobody listens."""
        sink = self._ends.socket(host, socket.AF_INET, socket.SOCK_DGRAM)
        reject = ctypes.create_string_buffer(struct.pack("=HBBI", 6, 0, 0, 0))
        sink.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("=HxxxxxxQ", 1, ctypes.addressof(reject)))
        sink.bind((host.address, DISCARD_PORT))
        return sink

    def _open(self, loop: Loop, plan: Saturation) -> None:
        source, target = self._ends.between(plan.source, plan.target)
        sender = self._ends.socket(source, socket.AF_INET, socket.SOCK_DGRAM)
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        sender.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, self._segment)
        sender.bind((source.address, 0))
        sender.connect((target.address, DISCARD_PORT))
        self._senders.append(sender)
        loop.watch(sender.fileno(), WRITE, partial(self._fill, sender))

    def _fill(self, sender: socket.socket, _: int) -> None:
        try:
            while True:
                sender.send(self._datagrams)
        except BlockingIOError:
            pass


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
        self._keep: list[Any] = []

    def start(self, loop: Loop, start_ns: VirtualNs) -> None:
        self._start_ns = start_ns
        self._messages()
        loop.at(start_ns - AHEAD_NS, lambda: self._feed(loop))

    def close(self) -> None:
        """Raises LabError if a frame was left over: the load would not have been the one that was asked for."""
        self._socket.close()
        if self._done != len(self._frames):
            raise LabError(f"{len(self._frames) - self._done} injected frames were never handed to the kernel")

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
        if self._done < len(self._frames):
            loop.at(now_ns() + AHEAD_NS, lambda: self._feed(loop))
