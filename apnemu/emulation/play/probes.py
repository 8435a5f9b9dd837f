# SPDX-License-Identifier: BSD-3-Clause
"""Echo requests that the kernels of both ends stamp: no process's scheduling is in a measured delay.

The request is stamped when the sender's stack hands it to the transceiver's queue, on its arrival at the target, and
the target's kernel answers; the answer is stamped on arrival.
"""

from __future__ import annotations

import errno
import random
import socket
import struct
import time
from dataclasses import dataclass, field
from functools import partial

from apnemu.emulation import shaping
from apnemu.emulation.ends import Ends
from apnemu.emulation.hand import Tell, nobody
from apnemu.emulation.loop import ERROR, READ, Loop
from apnemu.emulation.notes import Notes
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.emulation.play.stamps import (
    GONE,
    NUMBERED,
    REPORT_SOFTWARE,
    SCHEDULED,
    SCM_TXTIME,
    SO_TIMESTAMPING,
    STAMP_GONE,
    STAMP_ONLY,
    STAMP_RECEIVED,
    STAMP_SENT,
    numbers,
    pace_by_instant,
    stamp_ns,
)
from apnemu.model.activities import DENSE, Pair, Probes
from apnemu.model.scenario import Stage

ECHO_REQUEST, ECHO_REPLY = 8, 0
HEADERS_BYTES = 14 + 20 + 8
"""Ethernet, IPv4 and ICMP."""
NUMBERED_BYTES = 8 + 4
"""ICMP's header, which has the lower half of a probe's number, and the upper half."""
NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH)
"""Why a host does not send a probe that is then lost: no light leads to its target now."""
AHEAD_NS = 500_000
"""Paced probes are handed to the kernel this far before their instants."""


@dataclass(slots=True)
class _Seen:
    """A probe: instants of its sending and arrivals, in ns of the lab's wall clock."""

    sent_ns: int = 0
    arrived_ns: int | None = None
    answered_ns: int | None = None


@dataclass(slots=True)
class _Prober:
    """The socket of one host."""

    socket: socket.socket
    sent: list[_Seen] = field(default_factory=list)
    """Probes in the order of sending, by which the kernel numbers its stamps."""


class Probing(Playing):
    """Plays the probes of a stage."""

    def __init__(self, scene: Scene, stage: Stage) -> None:
        super().__init__(scene, stage)
        self._plan = next(iter(stage.of(Probes)), None)
        self._echoes: Echoes | None = None

    def pairs(self) -> tuple[Pair, ...]:
        return self._plan.pairs if self._plan else ()

    def start(self, loop: Loop, start_ns: int) -> int:
        if self._plan is None:
            return 0
        self._echoes = Echoes(self._plan, self.scene.ends, self.scene.blueprint.seed, self.scene.tell)
        return self._echoes.start(loop, start_ns)

    def note(self) -> None:
        if self._echoes:
            self._echoes.note(self.scene.notes)

    def close(self, loop: Loop) -> None:
        if self._echoes:
            self._echoes.close(loop)


class Echoes:
    """All echo requests of one plan, with a socket in each host that sends or receives any."""

    def __init__(self, plan: Probes, ends: Ends, seed: int, tell: Tell = nobody) -> None:
        self._plan = plan
        self._tell = tell
        self._ends = [ends.between(*pair) for pair in plan.pairs]
        self._seen: dict[tuple[int, int], _Seen] = {}
        self._probers: dict[str, _Prober] = {}
        self._seed = seed
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
            pace_by_instant(self._probers[source.name].socket)

    def start(self, loop: Loop, start_ns: int) -> int:
        """Ask for every probe at its instant; returns the last instant."""
        for name, prober in self._probers.items():
            loop.watch(prober.socket.fileno(), READ | ERROR, partial(self._read, name))
        start_ns += self._plan.after_ns
        stagger = random.Random(f"{self._seed} probes")
        last = self._ask(loop, range(self._plan.count), start_ns, self._plan.gap_ns, stagger)
        number, stagger = self._plan.count, random.Random(f"{self._seed} dense probes")
        for span in self._plan.dense:
            rounds = (span.until_ns - span.from_ns) // (span.gap_ns * len(self._plan.pairs))
            numbers_of = range(number, number + rounds)
            last = max(last, self._ask(loop, numbers_of, start_ns + span.from_ns, span.gap_ns, stagger))
            number += rounds
        return last

    def _ask(self, loop: Loop, numbers_of: range, start_ns: int, gap_ns: int, stagger: random.Random) -> int:
        """Ask for a round of all pairs for each number; returns the last instant."""
        last = start_ns
        for place, number in enumerate(numbers_of):
            for index in range(len(self._plan.pairs)):
                slot = start_ns + (place * len(self._plan.pairs) + index) * gap_ns
                last = slot + stagger.randrange(max(1, gap_ns // 2))
                ask_ns = last - AHEAD_NS if self._plan.paced else last
                loop.at(ask_ns, partial(self._send, index, number, last))
        return last

    def close(self, loop: Loop) -> None:
        for prober in self._probers.values():
            loop.forget(prober.socket.fileno())
            prober.socket.close()

    def note(self, notes: Notes) -> None:
        """Write a record of each probe, in the order of sending."""
        for (index, number), seen in self._seen.items():
            source, target = self._plan.pairs[index]
            notes.write(
                "probe",
                name=f"{source}>{target}{DENSE if number >= self._plan.count else ''}",
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
        low, high = number & 0xFFFF, number >> 16
        self._tell("sent", *self._plan.pairs[index], number, instant_ns)
        payload = struct.pack("!I", high).ljust(self._plan.frame_bytes - HEADERS_BYTES, b"\0")
        when = [(socket.SOL_SOCKET, SCM_TXTIME, struct.pack("=Q", instant_ns))] if self._plan.paced else []
        try:
            prober.socket.sendmsg([_echo(index, low, payload)], when, 0, (target.address, 0))
        except OSError as error:
            if error.errno not in NO_WAY:
                raise
            prober.sent.pop()  # the kernel numbers what it sends
            seen.sent_ns = time.clock_gettime_ns(time.CLOCK_REALTIME)

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
            if len(data) < header + NUMBERED_BYTES:
                continue  # it is nobody's of ours
            kind, _, _, index, low, high = struct.unpack_from("!BBHHHI", data, header)
            seen = self._seen.get((index, high << 16 | low))
            if seen is None or index >= len(self._plan.pairs):
                continue
            source, target = self._ends[index]
            if kind == ECHO_REQUEST and name == target.name:
                seen.arrived_ns = stamp_ns(ancillary)
            elif kind == ECHO_REPLY and name == source.name:
                seen.answered_ns = stamp_ns(ancillary)
                if seen.sent_ns and seen.answered_ns is not None:
                    self._tell("came", *self._plan.pairs[index], high << 16 | low, seen.answered_ns - seen.sent_ns)

    def _read_stamp(self, prober: _Prober) -> bool:
        try:
            _, ancillary, _, _ = prober.socket.recvmsg(0, 512, socket.MSG_ERRQUEUE)
        except BlockingIOError:
            return False
        for number in numbers(ancillary, self._what):
            if not prober.sent[number].sent_ns:
                # Switches hand the frame to further queues, each stamped; the sender's own comes first.
                prober.sent[number].sent_ns = stamp_ns(ancillary)
        return True


def _echo(identifier: int, number: int, payload: bytes) -> bytes:
    """An ICMP echo request (RFC 792) with its checksum (RFC 1071)."""
    unsummed = struct.pack("!BBHHH", ECHO_REQUEST, 0, 0, identifier, number) + payload
    total = sum(struct.unpack(f"!{len(unsummed) // 2}H", unsummed[: len(unsummed) & ~1]))
    total += unsummed[-1] << 8 if len(unsummed) & 1 else 0
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!BBHHH", ECHO_REQUEST, 0, ~total & 0xFFFF, identifier, number) + payload
