"""Echo requests that the kernels of both ends stamp: no process's scheduling is in a measured delay.

The request is stamped when the sender's stack hands it to the transceiver's queue, on its arrival at the target, and
the target's kernel answers; the answer is stamped on arrival. Source: Linux Documentation/networking/timestamping.rst.
"""

from __future__ import annotations

import random
import socket
import struct
from dataclasses import dataclass, field
from functools import partial

from apnemu.emulation import shaping
from apnemu.emulation.ends import Ends
from apnemu.emulation.loop import ERROR, READ, Loop
from apnemu.emulation.notes import Notes
from apnemu.errors import LabError
from apnemu.model.activities import Probes
from apnemu.units import NS_PER_S

SO_TIMESTAMPING = 37
IP_RECVERR = 11
STAMP_SENT = 1 << 8
"""SOF_TIMESTAMPING_TX_SCHED: when the stack hands the frame to the queue of its interface."""
STAMP_RECEIVED, REPORT_SOFTWARE, NUMBERED, STAMP_ONLY = 1 << 3, 1 << 4, 1 << 7, 1 << 11
ECHO_REQUEST, ECHO_REPLY = 8, 0
HEADERS_BYTES = 14 + 20 + 8
"""Ethernet, IPv4 and ICMP."""
SCHEDULED, GONE = 1, 0
"""SCM_TSTAMP_SCHED and SCM_TSTAMP_SND in the error queue."""
STAMP_GONE = 1 << 1
"""SOF_TIMESTAMPING_TX_SOFTWARE: when a paced frame leaves the queue that held it back for its instant."""
SO_TXTIME = SCM_TXTIME = 61
CLOCK_MONOTONIC = 1
AHEAD_NS = 500_000
"""Paced probes are handed to the kernel this far before their instants."""


@dataclass(slots=True)
class _Seen:
    """One probe: instants of its sending and arrivals, ns since the epoch of the lab's wall clock."""

    sent_ns: int = 0
    arrived_ns: int | None = None
    answered_ns: int | None = None


@dataclass(slots=True)
class _Prober:
    """The socket of one host."""

    socket: socket.socket
    sent: list[_Seen] = field(default_factory=list)
    """In the order of sending: the kernel numbers its stamps so."""


class Probing:
    """All probes of a stage."""

    def __init__(self, plan: Probes, ends: Ends, seed: int) -> None:
        self._plan = plan
        self._ends = [ends.between(*pair) for pair in plan.pairs]
        self._seen: dict[tuple[int, int], _Seen] = {}
        self._probers: dict[str, _Prober] = {}
        self._random = random.Random(f"{seed} probes")
        self._stamp, self._what = (STAMP_GONE, GONE) if plan.paced else (STAMP_SENT, SCHEDULED)
        for host in {end.name: end for pair in self._ends for end in pair}.values():
            raw = ends.socket(host, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
            raw.setsockopt(
                socket.SOL_SOCKET,
                SO_TIMESTAMPING,
                self._stamp | STAMP_RECEIVED | REPORT_SOFTWARE | NUMBERED | STAMP_ONLY,
            )
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            self._probers[host.name] = _Prober(raw)
        if plan.paced:
            self._pace(ends)

    def _pace(self, ends: Ends) -> None:
        for source, target in self._ends:
            netlink, index = ends.transceiver(source, target)
            shaping.pace(netlink, index)
            netlink.flush()
            netlink.close()
            self._probers[source.name].socket.setsockopt(
                socket.SOL_SOCKET, SO_TXTIME, struct.pack("=iI", CLOCK_MONOTONIC, 0)
            )

    def start(self, loop: Loop, start_ns: int) -> int:
        """Ask for every probe at its instant; returns the last one's."""
        for name, prober in self._probers.items():
            loop.watch(prober.socket.fileno(), READ | ERROR, partial(self._read, name))
        start_ns += self._plan.after_ns
        last = start_ns
        for number in range(self._plan.count):
            for index in range(len(self._plan.pairs)):
                slot = start_ns + (number * len(self._plan.pairs) + index) * self._plan.gap_ns
                last = slot + self._random.randrange(max(1, self._plan.gap_ns // 2))
                ask_ns = last - AHEAD_NS if self._plan.paced else last
                loop.at(ask_ns, partial(self._send, index, number, last))
        return last

    def close(self, loop: Loop) -> None:
        for prober in self._probers.values():
            loop.forget(prober.socket.fileno())
            prober.socket.close()

    def note(self, notes: Notes) -> None:
        """Write what was seen, in the order of sending."""
        for (index, number), seen in self._seen.items():
            source, target = self._plan.pairs[index]
            notes.write(
                "probe",
                name=f"{source}>{target}",
                source=source,
                target=target,
                seq=number,
                at_ns=seen.sent_ns,
                rtt_ns=None if seen.answered_ns is None else seen.answered_ns - seen.sent_ns,
                one_way_ns=None if seen.arrived_ns is None else seen.arrived_ns - seen.sent_ns,
            )

    def _send(self, index: int, number: int, instant_ns: int) -> None:
        source, target = self._ends[index]
        prober = self._probers[source.name]
        self._seen[index, number] = seen = _Seen()
        prober.sent.append(seen)
        payload = bytes(self._plan.frame_bytes - HEADERS_BYTES)
        when = [(socket.SOL_SOCKET, SCM_TXTIME, struct.pack("=Q", instant_ns))] if self._plan.paced else []
        prober.socket.sendmsg([_echo(index, number, payload)], when, 0, (target.address, 0))

    def _read(self, name: str, _: int) -> None:
        prober = self._probers[name]
        while self._read_stamp(prober):
            pass
        while True:
            try:
                data, ancillary, _, _ = prober.socket.recvmsg(256, 256)
            except BlockingIOError:
                return
            header = (data[0] & 15) * 4
            kind, _, _, index, number = struct.unpack_from("!BBHHH", data, header)
            seen = self._seen.get((index, number))
            if seen is None or index >= len(self._plan.pairs):
                continue
            source, target = self._ends[index]
            if kind == ECHO_REQUEST and name == target.name:
                seen.arrived_ns = _stamp(ancillary)
            elif kind == ECHO_REPLY and name == source.name:
                seen.answered_ns = _stamp(ancillary)

    def _read_stamp(self, prober: _Prober) -> bool:
        try:
            _, ancillary, _, _ = prober.socket.recvmsg(0, 512, socket.MSG_ERRQUEUE)
        except BlockingIOError:
            return False
        for level, kind, data in ancillary:
            if level == socket.IPPROTO_IP and kind == IP_RECVERR:
                _, origin, _, _, _, what, number = struct.unpack_from("=IBBBBII", data)
                if origin == 4 and what == self._what and not prober.sent[number].sent_ns:
                    # Switches hand the frame to further queues, each stamped; the sender's own comes first.
                    prober.sent[number].sent_ns = _stamp(ancillary)
        return True


def _echo(identifier: int, number: int, payload: bytes) -> bytes:
    """An ICMP echo request (RFC 792) with its checksum (RFC 1071)."""
    unsummed = struct.pack("!BBHHH", ECHO_REQUEST, 0, 0, identifier, number) + payload
    total = sum(struct.unpack(f"!{len(unsummed) // 2}H", unsummed[: len(unsummed) & ~1]))
    total += unsummed[-1] << 8 if len(unsummed) & 1 else 0
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!BBHHH", ECHO_REQUEST, 0, ~total & 0xFFFF, identifier, number) + payload


def _stamp(ancillary: list[tuple[int, int, bytes]]) -> int:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPING:
            seconds, nanoseconds = struct.unpack_from("=qq", data)
            return int(seconds) * NS_PER_S + int(nanoseconds)
    raise LabError("the kernel of the lab did not stamp a probe")
