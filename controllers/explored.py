# SPDX-License-Identifier: BSD-3-Clause
"""Surroundings of a controller whose network is explored: nothing polls, and its process outlives it.

Many scenarios are played in one lab (`emulation.exploring`), where virtual time is free, and system calls and new
processes are not. So the REST server and the framework do not look every second at whether there is something to do,
and over a socket (`EXPLORED_SOCKET`) the lab has the controller do, with a line for each:

    due     tell the instant at which it has something to do next, or null
    reset   forget all, as between two scenarios
    lose    be lost: drop its state, hang up on who waits for an answer, answer nobody
    start   begin again from the journal

*Not modelled:* while a controller is lost in this way, its ports are open, and whoever comes waits.
"""

from __future__ import annotations

import heapq
import json
import os
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from apnemu.blueprint.addressing import EXPLORED_SOCKET, REST_PORT
from apnemu.controllers.apn import Apn
from apnemu.controllers.desk import InTime, T, Work
from apnemu.controllers.devices import Transponders
from apnemu.controllers.frameworks import load
from apnemu.controllers.journal import Journal
from apnemu.controllers.lab import InLab, Lab, say
from apnemu.controllers.northbound import Northbound
from apnemu.controllers.server import serve

NEVER_S = 86_400.0
LOGS = ("journal", "audit")


class Explored(InLab):
    """Surroundings in a lab that is explored."""

    def __init__(self, folder: Path, ready: int, console: int) -> None:
        super().__init__(folder, ready, console)
        self._place, self._said, self._listening = folder, ready, console
        self._lab: Lab | None = None
        self._northbound: Northbound | None = None
        self._own: _Desk | None = None
        self._ways: _Ways | None = None
        self._open: dict[str, Journal] = {}
        self._serves = False
        self._served = threading.Condition()
        self._thread: threading.Thread | None = None
        quiet()

    def disk(self, name: str) -> Journal:
        """Journal in the folder; that of an earlier life is closed."""
        if name in self._open:
            self._open[name].close()
        self._open[name] = super().disk(name)
        return self._open[name]

    def desk(self, apn: Apn, changed: Callable[[], None]) -> InTime:
        """Desk in the lab's time, which can turn to another controller's state, and end."""
        self._desk = self._own = _Desk(apn, changed)
        return self._own

    def transponders(self, addresses: Mapping[str, str], answered: Callable[[str, int], None]) -> Transponders:
        """Connections that can be hung up."""
        self._ways = _Ways(addresses, answered)
        return self._ways

    def begun(self, lab: Lab) -> None:
        """Take in which controller these surroundings are of."""
        self._lab = lab

    def start(self) -> None:
        """Begin to decide, in a thread of its own."""
        assert self._own is not None
        self._thread = threading.Thread(target=self._own.run_forever, daemon=True)
        self._thread.start()

    def serve(self, northbound: Northbound, counts: dict[str, int]) -> None:
        """Serve REST without looking whether to end, and say that the switches are ready."""
        with self._served:
            self._northbound = northbound
            self._served.notify_all()
        if not self._serves:
            serve(self._answer, REST_PORT, "", poll_s=NEVER_S)
            serve(self._answer, listening=self._listening, poll_s=NEVER_S)
            self._serves = True
        say(self._said, counts)

    def obey(self, lose: Callable[[], None], start: Callable[[], None]) -> None:
        """Do what the lab says over the socket from now on; `lose` and `start` are of the application around."""

        def lost() -> None:
            self._lab = self._northbound = None
            assert self._own is not None and self._ways is not None and self._thread is not None
            self._own.end()
            self._thread.join()
            self._own.let_go()
            self._ways.hang_up()
            lose()

        orders: dict[str, Callable[[], Any]] = {"due": self._due, "reset": self._reset, "lose": lost, "start": start}
        with suppress(FileNotFoundError):
            os.unlink(EXPLORED_SOCKET)
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(EXPLORED_SOCKET)
        listening.listen()

        def listen() -> None:
            while True:
                client = listening.accept()[0]
                with client, client.makefile("r") as lines:
                    for line in lines:
                        client.sendall(json.dumps(orders[line.strip()]()).encode() + b"\n")

        threading.Thread(target=listen, daemon=True).start()

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request, once somebody is there; who is lost meanwhile hangs up (ConnectionAbortedError)."""
        with self._served:
            while (northbound := self._northbound) is None:
                self._served.wait()
        answer = northbound(environ, start)
        if northbound is not self._northbound:
            raise ConnectionAbortedError
        return answer

    def _due(self) -> int | None:
        assert self._own is not None
        return self._own.look(lambda apn, _: apn.due_ns())

    def _reset(self) -> None:
        def work(_: Apn, now_ns: int) -> None:
            assert self._lab is not None and self._own is not None
            for name in LOGS:
                if (file := self._place / f"controller.{name}").exists():
                    os.truncate(file, 0)
            self._own.turn_to(self._lab.reset(now_ns))

        assert self._own is not None
        self._own.tell(work)


class _Desk(InTime):
    """Desk that can end: who waits at it is hung up on, as by a process that is gone."""

    ended = False

    def turn_to(self, apn: Apn) -> None:
        """Decide with another state from now on."""
        self._apn = apn

    def end(self) -> None:
        """Have the desk's thread end at once."""
        with self._woken:
            self.ended = True
            heapq.heappush(self._waiting, (0, -1, _end))
            self._woken.notify()

    def let_go(self) -> None:
        """Raise ConnectionAbortedError where somebody waits, once the thread has ended."""
        self._apn = _Gone()  # type: ignore[assignment]  # whoever asks it is told so
        for _, _, call in self._waiting:
            with suppress(ConnectionAbortedError, AttributeError):
                call(0)

    def _wait(self, work: Work[T], when: Callable[[int], int]) -> T:
        if self.ended:
            raise ConnectionAbortedError
        return super()._wait(work, when)


class _Gone:
    def run(self, now_ns: int) -> None:
        raise ConnectionAbortedError


def _end(_: int) -> None:
    """End the desk's thread, in silence."""
    raise SystemExit


class _Ways(Transponders):
    def hang_up(self) -> None:
        for connected in self._sockets.values():
            connected.shutdown(socket.SHUT_RDWR)
            connected.close()


def quiet() -> None:
    """Have OS-Ken's loops wait for what comes, and not look every few seconds."""
    load("controller.controller")  # registers the options
    options = load("cfg").CONF
    for name in ("socket_timeout", "echo_request_interval"):
        options.set_override(name, NEVER_S)
