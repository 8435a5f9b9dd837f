# SPDX-License-Identifier: BSD-3-Clause
"""Calls into a shell's guest by a program of the host: each goes in as JSON, and time passes until its answer.

Two threads serve a lab: one has the guest, the other the gate, so that Ctrl-C reaches the caller, who has the running
call ended as a person at the prompt would. Between calls the guest waits in its gate, and its clock stands still.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO, TypeVar

from apnemu.crossing import PROMPT, SAID, TICK
from apnemu.errors import ApnemuError, GuestError, InputError, LabError
from apnemu.escapes import printable
from apnemu.lab import guest
from apnemu.lab.gate import Gate
from apnemu.lab.job import Job, Outcome

MOST_ASKED_BYTES = 1 << 20
"""Most bytes of a call: what the guest reads of an answer at its gate."""
MOST_SAID, MOST_LOG = 1 << 22, 1 << 24
"""Most characters that are kept of what is printed during a call, and in the log."""
MOST_WHY = 4000
ENDS_WITHIN_S = 30.0
A = TypeVar("A")


class Caller:
    """The caller's side of a lab that is called. `log` gets what is printed there."""

    def __init__(self, job: Job, log: TextIO) -> None:
        self._gate = Gate(job.folder)
        self._log, self._room, self._log_room = log, MOST_SAID, MOST_LOG
        self._stop = threading.Event()
        self._asked: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._told: queue.SimpleQueue[dict[str, Any] | BaseException] = queue.SimpleQueue()
        self._interrupted = False
        self._turn = threading.Lock()
        self._said: list[str] = []
        self.outcome: Outcome | BaseException | None = None
        """How the guest ended; None while it lives."""
        self.clock_ns = 0
        """Virtual time, in ns, since the shell's beginning."""
        self._threads = [
            threading.Thread(target=self._live, args=(job,), name="apnemu-guest", daemon=True),
            threading.Thread(target=self._serve, name="apnemu-gate", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def begin(self) -> None:
        """Wait until the network stands. Raises GuestError, LabError where it does not come to that."""
        self._take()

    def call(self, what: str, read: Callable[[Any], A], /, **values: Any) -> A:
        """Call, and read the answer. What is printed meanwhile is then in `said`.

        Raises:
            InputError: what was asked for cannot be.
            LabError: the lab did not do it, or has ended; GuestError: what came is no answer.
            KeyboardInterrupt: the caller has pressed Ctrl-C; the lab can be called again.
        """
        asked = json.dumps({"call": what, **values})
        if len(asked.encode()) > MOST_ASKED_BYTES:
            raise InputError(f"a call of {len(asked)} characters is too long; it may have {MOST_ASKED_BYTES} bytes")
        with self._turn:
            if self.outcome is not None:
                raise LabError(f"the lab has ended: {self._ended()}")
            self._said.clear()
            self._room = MOST_SAID
            self._asked.put(asked)
            told = self._take()
            if "error" in told:
                raise _error(told)
            try:
                return read(told["answer"])
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise GuestError(
                    f"the lab's answer to {what} is none: {error}; its programs may have written it"
                ) from None

    @property
    def said(self) -> str:
        """What was printed in the lab during the last call."""
        return "".join(self._said)

    def end(self) -> Outcome | BaseException:
        """End the guest, if it has not; how it ended."""
        if self._threads[0].is_alive():
            self._asked.put(None)
            self._threads[0].join(ENDS_WITHIN_S)
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._gate.close()
        return self.outcome or GuestError("the guest was ended")

    def _live(self, job: Job) -> None:
        try:
            self.outcome = guest.run(job, stop=self._stop, gate=self._gate)
        except BaseException as error:
            self.outcome = error
        finally:
            self._gate.let_go()

    def _serve(self) -> None:
        try:
            while (told := self._until_it_waits()) is not None:
                self._told.put(told)
                asked = self._asked.get()
                self._gate.answer(asked)
                if asked is None:
                    while (message := self._gate.receive()) is not None:
                        self._leave(message.kind, message.text)
                    return
            self._threads[0].join()
            self._told.put(self._ended())
        except BaseException as error:
            self._stop.set()
            self._told.put(error)

    def _until_it_waits(self) -> dict[str, Any] | None:
        """Serve the gate until the shell waits for the next call; what it tells, None at the guest's end."""
        while (message := self._gate.receive()) is not None:
            if message.kind != PROMPT:
                self._leave(message.kind, message.text)
                continue
            try:
                told = json.loads(message.text)
                self.clock_ns = max(self.clock_ns, int(told["clock_ns"]))
                if not isinstance(told.get("told", {}), dict):
                    raise ValueError("an answer is no object")
                return dict(told.get("told", {}))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
                raise GuestError(f"a program in the lab has spoken in the shell's place: {error}") from None
        return None

    def _leave(self, kind: str, text: str) -> None:
        """Take what is said, and give leave to go on."""
        if kind == SAID:
            self._said.append(text[: self._room])
            self._room -= len(self._said[-1])
            with suppress(OSError, ValueError):
                self._log.write(printable(text[: self._log_room], keep="\n\t"))
            self._log_room = max(0, self._log_room - len(text))
        elif kind == TICK:
            interrupted, self._interrupted = self._interrupted, False
            self._gate.answer(json.dumps({"interrupted": True}) if interrupted else None)
        else:
            raise GuestError(f"a program in the lab has spoken in the shell's place: a message of kind {kind!r}")

    def _take(self) -> dict[str, Any]:
        """Wait for the lab; Ctrl-C ends the call that runs, twice ends the lab."""
        interrupted = False
        while True:
            try:
                told = self._told.get()
                break
            except KeyboardInterrupt:
                if interrupted:
                    self._stop.set()
                    raise
                interrupted = self._interrupted = True
        if isinstance(told, BaseException):
            raise told
        if interrupted:
            raise KeyboardInterrupt
        return told

    def _ended(self) -> BaseException:
        if isinstance(self.outcome, ApnemuError):
            return self.outcome
        if isinstance(self.outcome, Outcome):
            return GuestError(f"the shell's program ended with exit code {self.outcome.exit_code}; see console.log")
        return GuestError(f"the guest was ended: {self.outcome!r}")


def _error(told: dict[str, Any]) -> BaseException:
    why, kind = str(told["error"]), told.get("kind")
    if kind == "interrupted":
        return KeyboardInterrupt()
    shown = printable(why if kind in ("input", "lab") else " ".join(why.split())[-MOST_WHY:])[:MOST_WHY]
    return InputError(shown) if kind == "input" else LabError(shown)
