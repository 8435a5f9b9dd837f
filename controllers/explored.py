# SPDX-License-Identifier: BSD-3-Clause
"""Surroundings of a controller whose network is explored: nothing polls, and it forgets all when it is told to.

Many scenarios are played in one lab (`emulation.exploring`), where virtual time is free and system calls are not. So
the REST server and the framework do not look every second at whether there is something to do, and between two
scenarios the controller begins anew within its process: `GET RESET`. Only the lab's own programs reach its console.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from apnemu.blueprint.addressing import EXPLORED_RESET, REST_PORT
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
        serve(_WithReset(northbound, self._reset), listening=self._listening, poll_s=NEVER_S)
        say(self._said, counts)

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


class _WithReset:
    """WSGI application that has the reset beside another's paths."""

    def __init__(self, northbound: Northbound, reset: Callable[[], None]) -> None:
        self._northbound, self._reset = northbound, reset

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != EXPLORED_RESET:
            return self._northbound(environ, start)
        self._reset()
        start("204 No Content", [("Content-Length", "0")])
        return [b""]


def quiet() -> None:
    """Have OS-Ken's loops wait for what comes, and not look every few seconds."""
    load("controller.controller")  # registers the options
    options = load("cfg").CONF
    for name in ("socket_timeout", "echo_request_interval"):
        options.set_override(name, NEVER_S)
