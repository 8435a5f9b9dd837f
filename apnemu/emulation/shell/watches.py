# SPDX-License-Identifier: BSD-3-Clause
"""Watches: pings that go on beside the shell, whose answers are shown as time passes."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from apnemu.emulation.loop import now_ns
from apnemu.emulation.namespaces import inside
from apnemu.emulation.net import Net
from apnemu.emulation.shell.names import Names
from apnemu.errors import InputError
from apnemu.units import NS_PER_S, ms_to_ns, ns_to_s

CHUNK_BYTES = 1 << 16
SHORTEST_NS = 2_000_000
"""Least time between two pings of a watch: ping waits by polling below it."""
AGAIN_NS = 100_000_000
"""Least time until a ping that found no way begins anew, where a page is shown its answers."""
DISCARD = 9
"""Port that the kernel is asked for a way to; nothing is sent there (RFC 863)."""
STAMPED = re.compile(r"\[(\d+)\.(\d{6})\] (.*)")
CAME = re.compile(r"\d+ bytes from \S+ icmp_seq=(\d+) ttl=\d+ time=([\d.]+) ms")
LOST = re.compile(r"no answer yet for icmp_seq=(\d+)")
SAID = re.compile(r"ping: (.*)")


@dataclass(slots=True)
class _Watch:
    """A ping that runs, and the beginning of a line that it has not yet printed to its end."""

    running: subprocess.Popen[bytes]
    every_ns: int
    begun_ns: int
    said: bytes = b""
    complaint: str = ""
    """What ping said last of a network that it could not reach."""
    sent: int = 0
    lost: int = 0


class Watches:
    """Pings between sites, by (source, target). `say` shows a line, `since` makes instants of the shell's clock of
    those of the wall's, `shown` shows them; all in ns."""

    def __init__(
        self,
        net: Net,
        names: Names,
        say: Callable[[str], None],
        since: Callable[[int], int],
        shown: Callable[[int], str],
    ) -> None:
        self._net = net
        self._names = names
        self._say = say
        self._since = since
        self._shown = shown
        self._running: dict[tuple[str, str], _Watch] = {}
        self.seen: Callable[[tuple[str, str], int, int | None], None] | None = None
        """Hears of each answer: the pair, when ping told it, and the round trip as ping rounds it; None: lost."""

    def begin(self, source: str, target: str, every_ns: int = NS_PER_S) -> None:
        """Ping one site from another, again and again. Raises InputError where that is watched already."""
        pair = self._pair(source, target)
        if pair in self._running:
            raise InputError(f"{pair[0]} to {pair[1]} is watched already; unwatch {pair[0]} {pair[1]} ends that")
        if every_ns < SHORTEST_NS:
            raise InputError(f"a watch pings every {ns_to_s(SHORTEST_NS):g} s or less often; for example every 100ms")
        self._running[pair] = _Watch(running=self._started(pair, every_ns), every_ns=every_ns, begun_ns=now_ns())

    def _started(self, pair: tuple[str, str], every_ns: int) -> subprocess.Popen[bytes]:
        near, far = (self._names.hosts[site][0] for site in pair)
        command = ["ping", "-n", "-D", "-O", "-W", "1", "-i", f"{ns_to_s(every_ns):g}", self._names.address[far]]
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        running: subprocess.Popen[bytes] = self._net[near].popen(command, **options)
        assert running.stdout is not None
        os.set_blocking(running.stdout.fileno(), False)
        return running

    def end(self, words: tuple[str, ...] = ()) -> list[str]:
        """End the watch of a pair, or all; returns what each has seen. Raises InputError where there is none."""
        pairs = [self._pair(*words)] if len(words) == 2 else list(self._running)
        ended = []
        for pair in pairs:
            watch = self._running.get(pair)
            if watch is None:
                raise InputError(f"{pair[0]} to {pair[1]} is not watched; watch {pair[0]} {pair[1]} does")
            watch.running.send_signal(signal.SIGKILL)
            watch.running.wait()
            self._read(pair, watch)
            assert watch.running.stdout is not None
            watch.running.stdout.close()
            del self._running[pair]
            ended.append(self._told(pair, watch))
        return ended

    def listed(self) -> list[str]:
        """What each watch has seen so far."""
        return [self._told(pair, watch) for pair, watch in self._running.items()]

    def pairs(self) -> list[tuple[str, str]]:
        """What is watched."""
        return list(self._running)

    def forward(self) -> None:
        """Show what has been seen since the last look."""
        for pair, watch in self._running.items():
            self._read(pair, watch)
            if self.seen is not None and watch.running.poll() is not None:
                self._try_again(pair, watch)

    def _try_again(self, pair: tuple[str, str], watch: _Watch) -> None:
        """Count as lost what a ping would have sent that has ended for want of a way, and begin it anew on one."""
        if now_ns() - watch.begun_ns < max(watch.every_ns, AGAIN_NS) or self.seen is None:
            return
        watch.begun_ns = now_ns()
        if self._has_way(pair):
            self._read(pair, watch)
            assert watch.running.stdout is not None
            watch.running.stdout.close()
            watch.running = self._started(pair, watch.every_ns)
            return
        watch.sent += 1
        watch.lost += 1
        self.seen(pair, self._since(time.clock_gettime_ns(time.CLOCK_REALTIME)), None)

    def _has_way(self, pair: tuple[str, str]) -> bool:
        """Whether a route leads from one site to the other: no frame is sent to see it."""
        near, far = (self._names.hosts[site][0] for site in pair)
        with inside(self._net[near].namespace), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
            try:
                tried.connect((self._names.address[far], DISCARD))
            except OSError:
                return False
        return True

    def _pair(self, source: str, target: str) -> tuple[str, str]:
        pair = self._names.data_centre(source), self._names.data_centre(target)
        if pair[0] == pair[1]:
            raise InputError(f"both ends are {pair[0]}; name two sites")
        return pair

    def _read(self, pair: tuple[str, str], watch: _Watch) -> None:
        assert watch.running.stdout is not None
        try:
            data = os.read(watch.running.stdout.fileno(), CHUNK_BYTES)
        except BlockingIOError:
            return
        *lines, watch.said = (watch.said + data).split(b"\n")
        for line in lines:
            if told := self._line(line.decode(errors="replace"), pair, watch):
                self._say(f"{pair[0]} > {pair[1]}  {told}\n")

    def _line(self, line: str, pair: tuple[str, str], watch: _Watch) -> str:
        """A line of ping's in the shell's words; "" for one that says nothing."""
        stamped = STAMPED.match(line)
        text = stamped[3] if stamped else line
        if came := CAME.match(text):
            watch.sent += 1
            told = f"{came[1]:>4}  {came[2]} ms"
        elif lost := LOST.match(text):
            watch.sent += 1
            watch.lost += 1
            told = f"{lost[1]:>4}  lost"
        elif said := SAID.match(text):
            told, watch.complaint = "" if said[1] == watch.complaint else said[1], said[1]
            return told
        else:
            return ""
        if not stamped:
            return told
        at_ns = self._since(int(stamped[1]) * NS_PER_S + int(stamped[2]) * 1000)
        if self.seen is not None:
            self.seen(pair, at_ns, ms_to_ns(float(came[2])) if came else None)
        return f"{self._shown(at_ns)}  {told}"

    def _told(self, pair: tuple[str, str], watch: _Watch) -> str:
        return f"{pair[0]} > {pair[1]}  {watch.sent} sent, {watch.lost} lost"
