# SPDX-License-Identifier: BSD-3-Clause
"""Watches: pings that go on beside the shell, whose answers are shown as time passes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from apnemu.emulation.net import Net
from apnemu.emulation.shell.names import Names
from apnemu.errors import InputError
from apnemu.units import NS_PER_S, ns_to_s

CHUNK_BYTES = 1 << 16
SHORTEST_NS = 2_000_000
"""Least time between two pings of a watch: ping waits by polling below it."""
STAMPED = re.compile(r"\[(\d+)\.(\d{6})\] (.*)")
CAME = re.compile(r"\d+ bytes from \S+ icmp_seq=(\d+) ttl=\d+ time=([\d.]+) ms")
LOST = re.compile(r"no answer yet for icmp_seq=(\d+)")
SAID = re.compile(r"ping: (.*)")


@dataclass(slots=True)
class _Watch:
    """A ping that runs, and the beginning of a line that it has not yet printed to its end."""

    running: subprocess.Popen[bytes]
    said: bytes = b""
    sent: int = 0
    lost: int = 0


class Watches:
    """Pings between sites, by (source, target). `say` shows a line, `shown` an instant of the wall's clock in ns."""

    def __init__(self, net: Net, names: Names, say: Callable[[str], None], shown: Callable[[int], str]) -> None:
        self._net = net
        self._names = names
        self._say = say
        self._shown = shown
        self._running: dict[tuple[str, str], _Watch] = {}

    def begin(self, source: str, target: str, every_ns: int = NS_PER_S) -> None:
        """Ping one site from another, again and again. Raises InputError where that is watched already."""
        pair = self._pair(source, target)
        if pair in self._running:
            raise InputError(f"{pair[0]} to {pair[1]} is watched already; unwatch {pair[0]} {pair[1]} ends that")
        if every_ns < SHORTEST_NS:
            raise InputError(f"a watch pings every {ns_to_s(SHORTEST_NS):g} s or less often; for example every 100ms")
        near, far = (self._names.hosts[site][0] for site in pair)
        command = ["ping", "-n", "-D", "-O", "-W", "1", "-i", f"{ns_to_s(every_ns):g}", self._names.address[far]]
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        running = self._net[near].popen(command, **options)
        os.set_blocking(running.stdout.fileno(), False)
        self._running[pair] = _Watch(running=running)

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

    def forward(self) -> None:
        """Show what has been seen since the last look."""
        for pair, watch in self._running.items():
            self._read(pair, watch)

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
            if told := self._line(line.decode(errors="replace"), watch):
                self._say(f"{pair[0]} > {pair[1]}  {told}\n")

    def _line(self, line: str, watch: _Watch) -> str:
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
            return said[1]
        else:
            return ""
        at_ns = int(stamped[1]) * NS_PER_S + int(stamped[2]) * 1000 if stamped else 0
        return f"{self._shown(at_ns)}  {told}" if stamped else told

    def _told(self, pair: tuple[str, str], watch: _Watch) -> str:
        return f"{pair[0]} > {pair[1]}  {watch.sent} sent, {watch.lost} lost"
