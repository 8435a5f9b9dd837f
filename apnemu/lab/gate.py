# SPDX-License-Identifier: BSD-3-Clause
"""Gate between a guest's program and its caller: the program says something and waits, and the lab's clock with it.

A pipe of one page comes out of the guest's third console. The guest's kernel waits in a write to it for as long as the
pipe is full; while it waits nothing in the guest runs and no virtual time passes, and a person may think for an hour.
So a program that waits for an answer writes more than the pipe takes behind its message (`apnemu.crossing`). The caller
reads the message and no more; once it has laid the answer into the guest's folder it takes the rest away, and the write
ends at the instant at which it began.

Rejected: a kernel patch with a device that blocks (the pipe does it); the console's input, whose interrupt comes when
the host's scheduler likes; a file that the guest looks for again and again, which moves its clock.
"""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from apnemu import shared_folder
from apnemu.crossing import ANSWER, CONSOLE, HEAD_BYTES, MOST_BYTES, PADDING_BYTES, PIPE_BYTES, WAITING
from apnemu.errors import GuestError


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a guest's program said."""

    kind: str
    text: str


class Gate:
    """The caller's side of a gate. One guest passes through it, once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read_end, self._write_end = os.pipe()
        self._waits = 0
        self._is_waiting = False
        self._answered = ""
        """Name of the last answer's file, which goes once the next is there: the guest has read it by then."""
        if fcntl.fcntl(self._write_end, fcntl.F_SETPIPE_SZ, PIPE_BYTES) > PIPE_BYTES:
            raise GuestError(
                f"this machine's pipes hold at least {fcntl.fcntl(self._write_end, fcntl.F_GETPIPE_SZ)} bytes, and a "
                f"gate needs {PIPE_BYTES}; pages of another size are not supported"
            )

    def hand_over(self) -> int:
        """The end for the guest, which is then the receiver's to close."""
        end, self._write_end = self._write_end, -1
        return end

    def let_go(self) -> None:
        """Close the guest's end where no guest has taken it: whoever reads then sees the end."""
        if self._write_end >= 0:
            os.close(self.hand_over())

    def drain(self) -> None:
        """Take away whatever comes until the guest's end: what waits there goes on without an answer."""
        while os.read(self._read_end, PADDING_BYTES):
            pass

    def close(self) -> None:
        """Close both ends."""
        self.let_go()
        os.close(self._read_end)

    def receive(self) -> Message | None:
        """Wait for a message; None at the guest's end. Raises GuestError for what is none."""
        if self._is_waiting:
            raise ValueError("the guest waits for an answer; answer before receiving more")
        head = self._read(HEAD_BYTES)
        if head is None:
            return None
        try:
            length = int(head[1:], 16)
        except ValueError:
            length = MOST_BYTES + 1
        if length > MOST_BYTES:
            raise GuestError(f"a program in the lab wrote {head!r} to {CONSOLE}, which is the shell's alone")
        text = self._read(length)
        if text is None:
            return None
        kind = head[:1].decode("latin-1")
        self._is_waiting = kind in WAITING
        return Message(kind=kind, text=text.decode(errors="replace"))

    def answer(self, text: str | None = None) -> None:
        """Let the program that waits go on, with a text or without. Raises OSError where the folder is full."""
        if self._answered:
            shared_folder.remove(self._folder, self._answered)
        self._answered = "" if text is None else f"{ANSWER}{self._waits}"
        if text is not None:
            shared_folder.write_text(self._folder, self._answered, text)
        self._waits += 1
        self._is_waiting = False
        self._read(PADDING_BYTES)

    def _read(self, length: int) -> bytes | None:
        """Read so many bytes and no more; None where the guest has ended before."""
        parts = bytearray()
        while len(parts) < length:
            part = os.read(self._read_end, length - len(parts))
            if not part:
                return None
            parts += part
        return bytes(parts)
