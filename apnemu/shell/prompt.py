# SPDX-License-Identifier: BSD-3-Clause
"""The person's lines: from a terminal with completion and history, or from a pipe, shown as if they were typed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from apnemu.caches import home
from apnemu.shell.words import Words

if TYPE_CHECKING:
    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document

HISTORY = "shell-history"
LEAVE = "exit"
"""Line that leaves a host's shell, as Ctrl-D does."""


class Lines(Protocol):
    """A source of lines."""

    def next_line(self, prompt: str, place: str) -> str | None:
        """The next line; None where there is none to come."""


class Piped:
    """Lines of a pipe or a file."""

    def next_line(self, prompt: str, place: str) -> str | None:
        """The next line, shown behind the prompt."""
        line = sys.stdin.readline()
        if not line:
            return LEAVE if place else None
        sys.stdout.write(f"{prompt}{line if line.endswith(chr(10)) else line + chr(10)}")
        sys.stdout.flush()
        return line.rstrip("\n")


class Typed:
    """Lines of a terminal. Ctrl-C takes a line back; Ctrl-D at an empty line leaves a host's shell, or ends."""

    def __init__(self, words: Words) -> None:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.history import FileHistory, History, InMemoryHistory
        from prompt_toolkit.output.vt100 import Vt100_Output

        history: History = InMemoryHistory()
        with suppress(OSError):
            folder = _state()
            folder.mkdir(parents=True, exist_ok=True)
            (folder / HISTORY).touch(mode=0o600)
            history = FileHistory(str(folder / HISTORY))
        self._completer = _completer(words)
        # a terminal is not asked where its cursor is: over a slow line the answer comes as if it were typed
        output = Vt100_Output.from_pty(sys.stdout, term=os.environ.get("TERM"))
        output.enable_cpr = False
        self._session: PromptSession[str] = PromptSession(
            history=history, completer=self._completer, complete_while_typing=False, output=output
        )

    def next_line(self, prompt: str, place: str) -> str | None:
        """The next line that the person types."""
        self._completer.place = place
        while True:
            try:
                return self._session.prompt(prompt)
            except KeyboardInterrupt:
                continue
            except EOFError:
                return LEAVE if place else None


def _completer(words: Words) -> Any:
    from prompt_toolkit.completion import Completer, Completion

    class _Completer(Completer):
        place = ""

        def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
            before = document.text_before_cursor.split(" ")
            begun = before.pop()
            for word in dict.fromkeys(words.following([word for word in before if word], self.place)):
                if word.startswith(begun):
                    yield Completion(word, start_position=-len(begun))

    return _Completer()


def _state() -> Path:
    """Folder of this user's state: in $XDG_STATE_HOME, which is ignored where it is not absolute, as XDG demands."""
    base = Path(os.environ.get("XDG_STATE_HOME", ""))
    return (base if base.is_absolute() else home() / ".local" / "state") / "apnemu"
