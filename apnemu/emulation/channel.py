# SPDX-License-Identifier: BSD-3-Clause
"""The guest's side of a gate: what is said goes to the caller's terminal, and a wait takes no virtual time."""

from __future__ import annotations

import fcntl
import io
import os
import termios
from collections.abc import Callable
from pathlib import Path

from apnemu.crossing import ANSWER, CONSOLE, SAID, SEEN, framed

STRAY_BYTES = 1 << 20
"""Room for what programs print past Python between two looks."""
MOST_ANSWER_BYTES = 1 << 20


class Channel:
    """Messages to the caller, whole and one after another. `folder` is where its answers lie."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._terminal = os.open(CONSOLE, os.O_WRONLY | os.O_NOCTTY)
        state = termios.tcgetattr(self._terminal)
        state[1] &= ~termios.OPOST
        termios.tcsetattr(self._terminal, termios.TCSANOW, state)
        self._waits = 0
        self.is_busy = False
        """Whether a message is under way: a signal's handler may not begin another then."""

    def say(self, text: str) -> None:
        """Have the caller print a text."""
        if text:
            self._write(framed(SAID, text))

    def show(self, text: str) -> None:
        """Have the caller show what a page is to show."""
        self._write(framed(SEEN, text))

    def wait(self, kind: str, text: str) -> str | None:
        """Wait for the caller's answer; None where it gives none. No virtual time passes but that of the calls."""
        self._write(framed(kind, text))
        self._waits += 1
        try:
            descriptor = os.open(self._folder / f"{ANSWER}{self._waits - 1}", os.O_RDONLY)
        except FileNotFoundError:
            return None
        answer = os.read(descriptor, MOST_ANSWER_BYTES)
        os.close(descriptor)
        return answer.decode(errors="replace")

    def _write(self, message: bytes) -> None:
        self.is_busy = True
        try:
            left = memoryview(message)
            while left:
                left = left[os.write(self._terminal, left) :]
        finally:
            self.is_busy = False


class Output(io.TextIOBase):
    """Standard output and errors of the program, for Python. `shown` changes each text before it is said."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.shown: Callable[[str], str] = str

    def writable(self) -> bool:
        """Whether it can be written to, as Python asks."""
        return True

    def write(self, text: str) -> int:
        """Say a text."""
        self._channel.say(self.shown(text))
        return len(text)


class Stray:
    """What programs print to the descriptors 1 and 2, which they have from this program."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._reading, writing = os.pipe()
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, STRAY_BYTES)
        os.set_blocking(self._reading, False)
        for standard in (1, 2):
            os.dup2(writing, standard)
        os.close(writing)

    def forward(self) -> None:
        """Say what has been printed since the last look."""
        try:
            data = os.read(self._reading, STRAY_BYTES)
        except BlockingIOError:
            return
        self._channel.say(data.decode(errors="replace"))
