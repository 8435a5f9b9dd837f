# SPDX-License-Identifier: BSD-3-Clause
"""The gate, with a process of this machine in a guest's place: it stands in its write until it is answered."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from apnemu.crossing import ANSWER, PADDING_BYTES, PIPE_BYTES, PROMPT, SAID, TICK, framed
from apnemu.errors import GuestError
from apnemu.lab.gate import Gate, Message

GUEST = """
import os, sys
from pathlib import Path
from apnemu.crossing import PROMPT, SAID, TICK, framed

def say(kind, text):
    left = memoryview(framed(kind, text))
    while left:
        left = left[os.write({end}, left):]

say(SAID, "up\\n")
for number in range({count}):
    kind = TICK if number % 3 == 1 else PROMPT
    say(kind, str(number))
    answer = Path({folder!r}, "answer-" + str(number))
    say(SAID, answer.read_text() if answer.exists() else "nothing")
"""
STANDS_IN_A_WRITE = "pipe_write"


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    made = Gate(tmp_path)
    yield made
    made.close()


def guest_of(gate: Gate, folder: Path, count: int) -> subprocess.Popen[bytes]:
    end = gate.hand_over()
    code = GUEST.format(end=end, count=count, folder=str(folder))
    running = subprocess.Popen([sys.executable, "-c", code], pass_fds=[end])
    os.close(end)
    return running


def state_of(process: int) -> str:
    return Path("/proc", str(process), "stat").read_text().rpartition(")")[2].split()[0]


def test_a_guest_waits_until_it_is_answered(gate: Gate, tmp_path: Path) -> None:
    """Every other message waits; what is answered arrives, also nothing, and an answer goes when the next is there."""
    with guest_of(gate, tmp_path, 7) as guest:
        assert gate.receive() == Message(kind=SAID, text="up\n")
        for number in range(7):
            kind = TICK if number % 3 == 1 else PROMPT
            assert gate.receive() == Message(kind=kind, text=str(number))
            said = None if number % 2 else f"line {number} 東京"
            gate.answer(said)
            assert gate.receive() == Message(kind=SAID, text=said or "nothing")
            assert len(list(tmp_path.glob(f"{ANSWER}*"))) == (0 if number % 2 else 1)
        assert gate.receive() is None
        assert guest.wait() == 0


def test_it_stands_still_while_it_waits(gate: Gate, tmp_path: Path) -> None:
    """It sleeps, and uses no processor."""
    with guest_of(gate, tmp_path, 1) as guest:
        assert gate.receive() == Message(kind=SAID, text="up\n")
        assert gate.receive() == Message(kind=PROMPT, text="0")
        while state_of(guest.pid) != "S":
            os.sched_yield()
        before = Path("/proc", str(guest.pid), "schedstat").read_text()
        time.sleep(0.3)  # a person who thinks
        assert Path("/proc", str(guest.pid), "schedstat").read_text() == before
        gate.answer("on")
        assert gate.receive() == Message(kind=SAID, text="on")


def test_the_padding_is_more_than_a_pipe_takes() -> None:
    assert PADDING_BYTES > PIPE_BYTES
    assert len(framed(TICK, "x")) == 9 + 1 + PADDING_BYTES
    assert framed(SAID, "東") == b"!00000003\xe6\x9d\xb1"


def test_what_is_no_message_is_refused(gate: Gate) -> None:
    end = gate.hand_over()
    os.write(end, b"Hello, world")
    os.close(end)
    with pytest.raises(GuestError, match=r"b'Hello, wo' to /dev/tty3, which is the shell's alone"):
        gate.receive()


def test_an_end_that_nobody_took_is_seen_as_the_end(gate: Gate) -> None:
    gate.let_go()
    assert gate.receive() is None


def test_who_waits_is_answered_before_more_is_received(gate: Gate, tmp_path: Path) -> None:
    with guest_of(gate, tmp_path, 1):
        gate.receive()
        gate.receive()
        with pytest.raises(ValueError, match="answer before receiving more"):
            gate.receive()
        gate.answer()
