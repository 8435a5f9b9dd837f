# SPDX-License-Identifier: BSD-3-Clause
"""A run of an experiment that pages follow: each guest waits at a gate of its own, and all keep the pages' pace.

What pages may do is less than at a prompt: let time pass, stop it, cut and repair. A run in which something was done by
hand is told as such. The page's end does not end the run, but lets it go on as fast as it can.
"""

from __future__ import annotations

import contextvars
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

from apnemu.blueprint.document import Blueprint
from apnemu.crossing import SEEN, TICK
from apnemu.errors import ApnemuError, GuestError, InputError
from apnemu.lab.gate import Gate, Message
from apnemu.live import told
from apnemu.live.board import Board
from apnemu.live.changes import Changes
from apnemu.live.lights import Asked, planned
from apnemu.live.network import ALONE_S, LOOK_EVERY_S
from apnemu.live.orders import Order
from apnemu.live.page import files
from apnemu.live.server import served
from apnemu.report.language import heard, whole
from apnemu.units import ns_to_s

OFTEN_S: Final = 0.05
LEAST_NS: Final = 1_000_000
EVERY_NS: Final = 500_000_000
"""Virtual time between two looks where time passes as fast as it can; `LEAST_NS` is the least at any pace."""


class _Lab:
    """A guest as pages know it."""

    def __init__(self, network: str, known: told.Known) -> None:
        self.network = network
        self.known = known
        self.changes = Changes()
        self.asked: Asked | None = None
        self.clock_ns = 0
        self.until_ns: int | None = None
        """Instant until which time passes as fast as it can."""
        self.base: tuple[float, int] | None = None
        """Instant of the wall's clock, in s, and of the lab's, in ns, from which the pace is counted."""
        self.now: list[dict[str, Any]] = []
        """What is to be done by hand at the next look."""
        self.cut: list[str] = []
        self.lost: list[str] = []


class Run:
    """The pages of one run: `running.guests.Following`. Used in a `with`, which ends the server."""

    def __init__(self, title: str, *, port: int, stays: bool, say: Callable[[str], None]) -> None:
        self._title = title
        self._port = port
        self._stays = stays
        self._say = say
        self._ended = ExitStack()
        self._board = Board([])
        self._picture: Mapping[str, Any] = {}
        self._labs: dict[str, _Lab] = {}
        self._state = threading.Condition()
        self._goes: float | None = None
        self._is_over = False
        self._done: list[str] = []
        self._failure: ApnemuError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.close()

    def begin(self, picture: Mapping[str, Any], networks: Sequence[str]) -> None:
        """Serve the page, and say its address."""
        sites = frozenset(site["name"] for site in picture["sites"])
        known = told.Known(sites=sites, fibres=frozenset(fibre["name"] for fibre in picture["fibres"]))
        self._picture = picture
        self._board = Board(networks)
        self._labs = {network: _Lab(network, known) for network in networks}
        page = files(picture, networks=networks, title=whole(self._title), centres=(), is_shell=False)
        self._say(self._ended.enter_context(served(self._board, page, port=self._port)))

    @contextmanager
    def gates(
        self, networks: Sequence[str], blueprints: Sequence[Blueprint], folders: Sequence[Path]
    ) -> Iterator[Sequence[Gate]]:
        """Gates of the guests, each served by a thread as long as the block lasts. Raises GuestError, ApnemuError."""
        made = [Gate(folder) for folder in folders]
        threads = []
        for network, blueprint, folder, gate in zip(networks, blueprints, folders, made, strict=True):
            if blueprint.transceivers:
                self._labs[network].asked = Asked(blueprint, folder)
            threads.append(self._thread(partial(self._serve, self._labs[network], gate)))
        threads.append(self._thread(self._listen))
        try:
            yield made
        except GuestError as error:
            if self._failure is not None:
                raise self._failure from error
            raise
        finally:
            with self._state:
                self._is_over = True
                self._state.notify_all()
            for gate in made:
                gate.let_go()
            for thread in threads:
                thread.join()
            for gate in made:
                gate.close()

    def disturbed(self) -> Sequence[str]:
        """What was done by hand, with the network and the instant."""
        return tuple(self._done)

    def end(self, notice: str) -> None:
        """Tell pages how the run has come out; they keep what they show."""
        self._board.post(mode="ended", notice=notice)

    def _thread(self, work: Callable[[], None]) -> threading.Thread:
        context = contextvars.copy_context()  # the language of pages
        thread = threading.Thread(target=lambda: context.run(work), name="live-run", daemon=True)
        thread.start()
        return thread

    def _serve(self, lab: _Lab, gate: Gate) -> None:
        """Serve a guest at its gate until it ends; a message that is none ends it."""
        try:
            while (message := gate.receive()) is not None:
                if message.kind == SEEN:
                    self._see(lab, told.read(message.text, lab.known))
                elif message.kind == TICK:
                    gate.answer(json.dumps(self._leave(lab, message)))
                else:
                    raise GuestError(f"a program in the lab wrote a message of kind {message.kind!r} to the gate")
        except ApnemuError as error:
            self._failure = self._failure or error
            gate.drain()  # its follower is given no leave, and ends the guest

    def _see(self, lab: _Lab, seen: dict[str, Any]) -> None:
        clock_ns = seen.pop("clock_ns", lab.clock_ns)
        lab.cut, lab.lost = seen.get("cut", lab.cut), seen.get("lost", lab.lost)
        if "events" in seen:
            seen["events"] = [[at_ns, heard(text)] for at_ns, text in seen["events"]]
        if lab.network == "apn" and lab.asked is None:
            seen["light"] = planned(self._picture, lab.cut, lab.lost)
        self._post(lab, clock_ns, seen)

    def _post(self, lab: _Lab, clock_ns: int, seen: dict[str, Any]) -> None:
        if changes := lab.changes.of(clock_ns, seen):
            seen["changes"] = changes
        lab.clock_ns = clock_ns
        clock = f"{clock_ns // 10**9}.{clock_ns % 10**9:09d}"
        self._board.post(lab.network, clock_ns=clock_ns, clock=clock, **seen)

    def _leave(self, lab: _Lab, message: Message) -> dict[str, Any]:
        """Leave to go on, once pages let it; with what is to be done by hand, and the instant of the next look."""
        tick = told.loaded(message.text)
        try:
            clock_ns, wall_ns = told.instant(tick.get("clock_ns")), told.instant(tick.get("wall_ns"))
        except ValueError as error:
            raise GuestError(f"a program in the lab told a wrong clock: {error}") from None
        light = {} if lab.asked is None else {"light": lab.asked.at(wall_ns)}
        self._post(lab, clock_ns, light)
        with self._state:
            while not self._is_over:
                if lab.now:
                    orders, lab.now = lab.now, []
                    return {"now": orders, "until_ns": clock_ns}
                until_ns, due_s = self._next(lab)
                self._tell_mode()
                if until_ns is not None and due_s <= time.monotonic():
                    return {"now": [], "until_ns": until_ns}
                left_s = LOOK_EVERY_S if until_ns is None else due_s - time.monotonic()
                self._state.wait(max(0.001, min(LOOK_EVERY_S, left_s)))
        return {"now": [], "until_ns": clock_ns + EVERY_NS}

    def _next(self, lab: _Lab) -> tuple[int | None, float]:
        """Instant until which a lab may go on, None: it may not; and when, by the wall's clock."""
        if lab.until_ns is not None and lab.until_ns > lab.clock_ns:
            lab.base = None
            return min(lab.clock_ns + EVERY_NS, lab.until_ns), 0.0
        lab.until_ns = None
        if self._goes is None:
            lab.base = None
            return None, 0.0
        if self._goes == 0:
            return lab.clock_ns + EVERY_NS, 0.0
        lab.base = lab.base or (time.monotonic(), lab.clock_ns)
        due_s = lab.base[0] + ns_to_s(lab.clock_ns - lab.base[1]) / self._goes
        return lab.clock_ns + max(LEAST_NS, round(OFTEN_S * 1e9 * self._goes)), due_s

    def _tell_mode(self) -> None:
        goes = self._goes is not None or any(lab.until_ns is not None for lab in self._labs.values())
        mode = "runs" if goes else "paused"
        if self._board.shared().get("mode") != mode:
            self._board.post(mode=mode, pace=self._goes)

    def _listen(self) -> None:
        """Take pages' orders until the run is over; where all pages have gone it goes on by itself."""
        while not self._is_over:
            order = self._board.order(LOOK_EVERY_S)
            with self._state:
                if order is not None:
                    try:
                        self._take(order)
                    except InputError as error:
                        self._board.tell(refused=str(error))
                if not self._stays and self._board.alone_s() > ALONE_S:
                    self._goes = 0.0
                self._state.notify_all()

    def _take(self, order: Order) -> None:
        """Take an order. Raises InputError for what cannot be in a run."""
        if order.kind == "run":
            self._goes = order.pace
        elif order.kind == "pause" or order.kind == "advance":
            self._goes = None
        elif order.kind == "end":
            raise InputError("a run ends by itself, or by Ctrl-C in its terminal")
        elif order.kind == "now":
            self._by_hand(order)
            return
        else:
            raise InputError("a run takes no commands: they would change what is measured; apnemu live TOPOLOGY does")
        for lab in self._labs.values():
            lab.base = None
            lab.until_ns = lab.clock_ns + order.ns if order.kind == "advance" else None

    def _by_hand(self, order: Order) -> None:
        """Have something cut or repaired at a lab's next look. Raises InputError."""
        lab = self._labs.get(order.network) or next(iter(self._labs.values()))
        kind, _, name = order.line.partition(" ")
        if not name:
            fibres, sites = list(lab.cut), list(lab.lost)
        elif name in lab.known.fibres:
            fibres, sites = [name], []
        elif name in lab.known.sites:
            fibres, sites = [], [name]
        else:
            raise InputError(f"'{name}' is no fibre and no site of this network")
        if fibres or sites:
            lab.now.append({"kind": kind, "fibres": fibres, "sites": sites})
            self._done.append(f"{lab.network}: {kind} {' '.join([*fibres, *sites])} at {ns_to_s(lab.clock_ns):.6f} s")
