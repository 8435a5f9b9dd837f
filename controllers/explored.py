# SPDX-License-Identifier: BSD-3-Clause
"""Surroundings of a controller whose network is explored: nothing polls, and it forgets all when it is told to.

Many scenarios are played in one lab (`emulation.exploring`), where virtual time is free and system calls are not. So
the REST server and the framework do not look every second at whether there is something to do, and between two
scenarios the controller begins anew within its process: `GET EXPLORED_RESET` on its console, which only the lab's own
programs reach. `GET EXPLORED_DUE` there has the instant at which it has something to do next, or null.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from apnemu.blueprint.addressing import EXPLORED_DUE, EXPLORED_RESET, REST_PORT
from apnemu.blueprint.document import Blueprint
from apnemu.controllers.apn import Apn
from apnemu.controllers.desk import InTime
from apnemu.controllers.frameworks import load
from apnemu.controllers.lab import InLab, Lab, say
from apnemu.controllers.northbound import Northbound
from apnemu.controllers.server import serve

NEVER_S = 86_400.0
LOGS = ("journal", "audit")


class Explored(InLab):
    """Surroundings in a lab that is explored."""

    known: ClassVar[Blueprint | None] = None
    """Blueprint that a fork server has read already."""

    def __init__(self, folder: Path, ready: int, console: int) -> None:
        super().__init__(folder, ready, console)
        self._place, self._said, self._listening = folder, ready, console
        self._turning: _Desk | None = None
        self._lab: Lab | None = None
        quiet()

    def blueprint(self) -> Blueprint:
        """Blueprint in the folder, read once."""
        return Explored.known or super().blueprint()

    def desk(self, apn: Apn, changed: Callable[[], None]) -> InTime:
        """Desk in the lab's time, which can turn to another controller's state."""
        self._desk = self._turning = _Desk(apn, changed)
        return self._turning

    def begun(self, lab: Lab) -> None:
        """Take in which controller these surroundings are of."""
        self._lab = lab

    def serve(self, northbound: Northbound, counts: dict[str, int]) -> None:
        """Serve REST, with the reset on the console alone, without looking whether to end."""
        serve(northbound, REST_PORT, "", poll_s=NEVER_S)
        own = {EXPLORED_RESET: self._reset, EXPLORED_DUE: self._due}
        serve(_Also(northbound, own), listening=self._listening, poll_s=NEVER_S)
        say(self._said, counts)

    def _due(self) -> int | None:
        assert self._turning is not None
        return self._turning.look(lambda apn, _: apn.due_ns())

    def _reset(self) -> None:
        def work(_: Apn, now_ns: int) -> None:
            assert self._lab is not None and self._turning is not None
            for name in LOGS:
                if (file := self._place / f"controller.{name}").exists():
                    os.truncate(file, 0)
            self._turning.turn_to(self._lab.reset(now_ns))

        assert self._turning is not None
        self._turning.tell(work)


class _Desk(InTime):
    def turn_to(self, apn: Apn) -> None:
        self._apn = apn


class _Also:
    """WSGI application that has paths of its own beside another's."""

    def __init__(self, northbound: Northbound, own: Mapping[str, Callable[[], int | None]]) -> None:
        self._northbound, self._own = northbound, own

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        call = self._own.get(environ.get("PATH_INFO", ""))
        if call is None:
            return self._northbound(environ, start)
        body = json.dumps(call()).encode()
        start("200 OK", [("Content-Length", str(len(body)))])
        return [body]


def quiet() -> None:
    """Have OS-Ken's loops wait for what comes, and not look every few seconds."""
    load("controller.controller")  # registers the options
    options = load("cfg").CONF
    for name in ("socket_timeout", "echo_request_interval"):
        options.set_override(name, NEVER_S)
