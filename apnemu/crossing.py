# SPDX-License-Identifier: BSD-3-Clause
"""Form of what a guest's program and its caller say to each other at a gate (`lab.gate`, `emulation.channel`).

A message is its kind (a letter), the length of its text in eight digits of hexadecimal, and its text in UTF-8. Kinds
whose sender waits for an answer are followed by `PADDING_BYTES`, which the caller takes away last. An answer is a file
of the guest's folder, `ANSWER` with the number of the wait; a wait without such a file just goes on.
"""

from __future__ import annotations

from typing import Final

PIPE_BYTES: Final = 4096
"""Size of a gate's pipe."""
PADDING_BYTES: Final = 2 * PIPE_BYTES
"""Bytes behind a message whose sender waits: more than the pipe takes, whatever of the message it still holds."""
HEAD_BYTES: Final = 9
MOST_BYTES: Final = 1 << 24
"""Most bytes of a message's text."""
CONSOLE: Final = "/dev/tty3"
"""Name of the gate in the guest."""
ANSWER: Final = "answer-"
SAID: Final = "!"
"""Kind of what is for the terminal."""
SEEN: Final = "="
"""Kind of what a page is to show: JSON, which `apnemu.live.told` reads."""
PROMPT: Final = "?"
"""Kind of a wait for a line of the person's; without an answer there is none to come."""
TICK: Final = "."
"""Kind of a wait for leave to go on while a command runs; an answer says what the person has done meanwhile."""
WAITING: Final = (PROMPT, TICK)


def framed(kind: str, text: str) -> bytes:
    """Put a message into its form.

    >>> framed("!", "light\\n"), len(framed("?", "")) - PADDING_BYTES
    (b'!00000006light\\n', 9)
    """
    body = text.encode(errors="replace")
    return b"%s%08x%s%s" % (kind.encode(), len(body), body, bytes(PADDING_BYTES if kind in WAITING else 0))
