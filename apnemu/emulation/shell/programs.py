# SPDX-License-Identifier: BSD-3-Clause
"""Programs that a call starts in hosts: begun, waited for, ended by their id, with what they printed."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

from apnemu.emulation.net import Net
from apnemu.errors import InputError
from apnemu.units import ns_to_s

MOST_PRINTED_BYTES = 1 << 20
"""Most bytes that are told of each output of a program: its first ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Program:
    """A program that was started, and the files that take what it prints."""

    running: subprocess.Popen[bytes]
    out: IO[bytes]
    err: IO[bytes]


class Programs:
    """Programs of one network's hosts, by numbers from 1."""

    def __init__(self, net: Net) -> None:
        self._net = net
        self._known: dict[int, _Program] = {}

    def start(self, host: str, argv: Sequence[str], given: str = "") -> int:
        """Start a program in a host, which reads `given`; returns its number. Raises InputError for what is none."""
        out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115  # they stay open
        with tempfile.TemporaryFile() as typed:
            typed.write(given.encode())
            typed.seek(0)
            options = {"stdin": typed, "stdout": out, "stderr": err, "start_new_session": True}
            try:
                running = self._net[host].popen(list(argv), **options)
            except OSError as error:
                raise InputError(f"{argv[0]} cannot be run in {host}: {error.strerror}; give a program") from error
        number = len(self._known) + 1
        self._known[number] = _Program(running=running, out=out, err=err)
        return number

    def wait(self, number: int, limit_ns: int) -> dict[str, Any]:
        """What has become of a program once it has ended, or so much virtual time has passed; 0 only looks."""
        running = self._of(number).running
        if limit_ns and running.poll() is None:
            ends = os.pidfd_open(running.pid)
            try:
                select.select([ends], [], [], ns_to_s(limit_ns))
            finally:
                os.close(ends)
        return self._told(number)

    def stop(self, number: int, how: int = signal.SIGTERM) -> dict[str, Any]:
        """Send a signal to a program and all that it has started; what has become of it a second later at most."""
        running = self._of(number).running
        if running.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, how)
        return self.wait(number, 1_000_000_000)

    def end(self) -> None:
        """End all that still run."""
        for program in self._known.values():
            if program.running.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(program.running.pid, signal.SIGKILL)
                program.running.wait()

    def _of(self, number: int) -> _Program:
        if number not in self._known:
            raise InputError(f"there is no program {number}; {len(self._known)} were started")
        return self._known[number]

    def _told(self, number: int) -> dict[str, Any]:
        program = self._known[number]
        told: dict[str, Any] = {"number": number, "code": program.running.poll()}
        for name, file in (("out", program.out), ("err", program.err)):
            printed = os.pread(file.fileno(), MOST_PRINTED_BYTES, 0)
            told[name] = printed.decode(errors="replace")
            told[f"{name}_bytes"] = os.fstat(file.fileno()).st_size
        return told
