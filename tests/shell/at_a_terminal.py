# SPDX-License-Identifier: BSD-3-Clause
"""A person at a terminal: a shell in tmux, typed at by pexpect, and what stands on the screen."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect

from tests.experiments.command import REPOSITORY

LONGEST_S = 300.0
"""Wall time after which a prompt is taken not to come any more."""
PROMPT = re.compile(r"^\[\d+\.\d{3} s\] [\w-]+[>#] ?$")
WIDTH, HEIGHT = 150, 50


class Person:
    """What a person sees and does at tmux's terminal."""

    def __init__(self, socket: Path, terminal: pexpect.spawn) -> None:
        self._socket = socket
        self._terminal = terminal

    def screen(self) -> list[str]:
        """Lines that stand on the screen, and above it; none where tmux has ended."""
        command = ["tmux", "-S", str(self._socket), "capture-pane", "-p", "-J", "-S", "-1000"]
        done = subprocess.run(command, capture_output=True, text=True)
        return [line.rstrip() for line in done.stdout.rstrip().splitlines()]

    def wait_for(self, pattern: str, *, prompts: int = 0) -> list[str]:
        """The screen, once a line matches, or there are so many prompts and the last is empty."""
        until_s = time.monotonic() + LONGEST_S
        while time.monotonic() < until_s:
            self._read()
            lines = self.screen()
            if prompts:
                if lines and PROMPT.match(lines[-1]) and sum(line.startswith("[") for line in lines) >= prompts:
                    return lines
            elif any(re.search(pattern, line) for line in lines):
                return lines
            time.sleep(0.1)
        raise AssertionError("\n".join(self.screen()))

    def type(self, line: str, *, thinks_s: float = 0.0, end: str = "\r") -> list[str]:
        """Think, type a line, and wait for the next prompt; returns the screen."""
        prompts = sum(line.startswith("[") for line in self.screen())
        time.sleep(thinks_s)
        self._terminal.send(line + end)
        return self.wait_for("", prompts=prompts + 1)

    def press(self, keys: str) -> None:
        self._terminal.send(keys)

    def ends(self) -> None:
        """Wait until the shell, and tmux with it, has ended."""
        self._terminal.expect(pexpect.EOF, timeout=60)

    def close(self) -> None:
        """Close the terminal."""
        subprocess.run(["tmux", "-S", str(self._socket), "kill-server"], check=True)
        self.ends()

    def _read(self) -> None:
        """Take what tmux writes, as a terminal does."""
        while True:
            try:
                self._terminal.read_nonblocking(65536, timeout=0)
            except (pexpect.TIMEOUT, pexpect.EOF):
                return


@contextmanager
def person(folder: Path, *arguments: str) -> Iterator[Person]:
    """Start `apnemu shell` in a tmux of its own, in `folder`; tmux and all in it end with the block."""
    socket = folder / "tmux"
    command = shlex.join([sys.executable, "-m", "apnemu.cli", "shell", *arguments])
    given = ["-S", str(socket), "-f", "/dev/null", "new-session", "-x", str(WIDTH), "-y", str(HEIGHT), command]
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "PYTHONPATH": str(REPOSITORY),
        "HOME": str(Path.home()),
        "XDG_STATE_HOME": str(folder / "state"),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
    }
    terminal = pexpect.spawn("tmux", given, cwd=str(folder), env=environment, dimensions=(HEIGHT, WIDTH))
    try:
        yield Person(socket, terminal)
    finally:
        subprocess.run(["tmux", "-S", str(socket), "kill-server"], capture_output=True)
        terminal.close(force=True)


def left_running(folder: Path) -> list[int]:
    """Processes that work in a folder, or below it."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                place = (process / "cwd").readlink()
            except OSError:
                continue
            if place.is_relative_to(folder):
                found.append(int(process.name))
    return found


def all_ended(folder: Path) -> bool:
    """Whether all processes that work in a folder have ended, or do so soon: nobody waits for a closed terminal's."""
    until_s = time.monotonic() + LONGEST_S
    while (left := left_running(folder)) and time.monotonic() < until_s:
        time.sleep(0.1)
    return not left
