# SPDX-License-Identifier: BSD-3-Clause
"""A network in the hands of a page: what the shell's guest tells goes to the board, what pages ask for goes to it.

The guest waits at its gate, and virtual time stands still, unless a page lets it go on. A cut and a repair are done at
the instant of the guest's next tick, whatever runs; all else waits until the shell is at its prompt, which it is at
once where time passes by itself.
"""

from __future__ import annotations

import json
import time
from collections import deque
from typing import Any, Final

from apnemu.crossing import PROMPT, SAID, SEEN, TICK
from apnemu.errors import GuestError
from apnemu.escapes import printable
from apnemu.lab.gate import Gate, Message
from apnemu.live import told
from apnemu.live.board import Board
from apnemu.live.changes import Changes
from apnemu.live.orders import Order
from apnemu.report.language import heard
from apnemu.units import ns_to_s

ALONE_S: Final = 10.0
"""Wall time after which a network ends whose page is closed: one that is loaded again is back before."""
LOOK_EVERY_S: Final = 0.5
MOST_SAID: Final = 20_000
"""Most characters that a page takes of what is printed at once."""
END: Final = "exit"
OWN: Final = ("run", "advance")
"""Commands by which a page lets time pass: they may be ended and begun anew at any instant."""


class Network:
    """A shell's guest behind its gate, and the pages in front of a board."""

    def __init__(self, gate: Gate, board: Board, known: told.Known, *, network: str, stays: bool) -> None:
        self._gate = gate
        self._board = board
        self._known = known
        self._network = network
        self._stays = stays
        self._changes = Changes()
        self._goes: float | None = None
        """Pace at which time passes by itself; None: it stands still."""
        self._until_ns: int | None = None
        """Instant until which it passes as fast as it can; None: none."""
        self._lines: deque[str] = deque()
        """Lines to be obeyed at the next prompt."""
        self._runs = ""
        """The command that runs."""
        self._base: tuple[float, int] | None = None
        """Instant of the wall's clock, in s, and of the shell's, in ns, from which the pace is counted."""
        self._ends = False
        self._clock_ns = 0

    def serve(self) -> None:
        """Serve the guest until it ends. Raises GuestError for what is no message of a shell's."""
        while (message := self._gate.receive()) is not None:
            if message.kind == SAID:
                self._post(output=[printable(message.text[-MOST_SAID:].replace("\r", ""), keep="\n\t")])
            elif message.kind == SEEN:
                self._see(told.read(message.text, self._known))
            elif message.kind == PROMPT:
                self._gate.answer(self._prompted(message))
            elif message.kind == TICK:
                self._gate.answer(self._ticked(message))
            else:
                raise GuestError(f"a program in the lab wrote a message of kind {message.kind!r} to the gate")

    def _see(self, seen: dict[str, Any]) -> None:
        if "events" in seen:
            seen["events"] = [[at_ns, heard(text)] for at_ns, text in seen["events"]]
        if "light" in seen:
            seen["light"] = [{**one, "reason": heard(one["reason"])} for one in seen["light"]]
        clock_ns = seen.pop("clock_ns", self._clock_ns)
        if changes := self._changes.of(clock_ns, seen):
            seen["changes"] = changes
        self._tell_clock(clock_ns)
        self._post(**seen)

    def _prompted(self, message: Message) -> str | None:
        """The line that the shell obeys next; None: its end."""
        self._tell_clock(_clock_ns(told.loaded(message.text)))
        self._base = None
        while True:
            if self._ends:
                self._board.post(mode="ended")
                return None
            if line := self._next():
                self._runs = line.partition(" ")[0]
                self._board.post(mode="runs" if self._runs in OWN else "busy", pace=self._goes)
                return line
            self._board.post(mode="paused")
            if order := self._board.order(LOOK_EVERY_S):
                self._take(order)
            self._look_for_followers()

    def _next(self) -> str | None:
        if self._lines:
            return self._lines.popleft()
        if self._until_ns is not None and self._until_ns > self._clock_ns:
            return f"advance {self._until_ns - self._clock_ns} ns"
        self._until_ns = None
        return None if self._goes is None else f"run {self._goes:g}"

    def _take(self, order: Order) -> None:
        """Take an order at the prompt."""
        if order.kind == "run":
            self._goes, self._until_ns = order.pace, None
        elif order.kind == "pause":
            self._goes = self._until_ns = None
        elif order.kind == "advance":
            self._goes, self._until_ns = None, self._clock_ns + order.ns
        elif order.kind == "end":
            self._ends = True
        else:
            if order.kind == "line":
                self._post(output=[f"[{ns_to_s(self._clock_ns):.3f} s] {order.line}\n"])
            self._lines.append(order.line)

    def _ticked(self, message: Message) -> str | None:
        """Wait as long as the pace demands; what is to be done meanwhile, if anything."""
        tick = told.loaded(message.text)
        self._tell_clock(_clock_ns(tick))
        due_s = self._due_s(tick)
        now: list[str] = []
        while True:
            self._look_for_followers()
            order = None if self._ends else self._board.order(min(LOOK_EVERY_S, max(0.0, due_s - time.monotonic())))
            if order is not None and order.kind == "now":
                now.append(order.line)
            elif order is not None:
                self._take(order)
                if order.kind in ("pause", "end") or self._runs in OWN:
                    self._ends |= order.kind == "end"
                    return json.dumps({"now": now, "interrupted": True})
            if now or self._ends or time.monotonic() >= due_s:
                break
        if self._ends:
            return json.dumps({"interrupted": True})
        return json.dumps({"now": now}) if now else None

    def _due_s(self, tick: dict[str, Any]) -> float:
        own = tick.get("pace")
        pace = float(own) if isinstance(own, int | float) else 1.0
        if tick.get("paced") is not True or not pace > 0:
            return 0.0
        now_s = time.monotonic()
        self._base = self._base or (now_s, self._clock_ns)
        return self._base[0] + ns_to_s(self._clock_ns - self._base[1]) / pace

    def _look_for_followers(self) -> None:
        if not self._stays and self._board.alone_s() > ALONE_S:
            self._ends = True

    def _tell_clock(self, clock_ns: int) -> None:
        if clock_ns != self._clock_ns:
            self._clock_ns = clock_ns
            self._post(clock_ns=clock_ns, clock=f"{clock_ns // 10**9}.{clock_ns % 10**9:09d}")

    def _post(self, **news: Any) -> None:
        self._board.post(self._network, **news)


def _clock_ns(message: dict[str, Any]) -> int:
    """The clock of a message. Raises GuestError."""
    try:
        return told.instant(message.get("clock_ns"))
    except ValueError as error:
        raise GuestError(f"a program in the lab told a wrong clock: {error}") from None
