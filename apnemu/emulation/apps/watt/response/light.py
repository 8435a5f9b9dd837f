# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Light that an agent asks of the APN controller over T-API, watches until it carries, and gives back.

Calls go over the data communication network. Of two ways to one site a host takes the older one; a connection that is
to go over new light is therefore bound to its interface, which is the one whose route to the other end is new.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from apnemu.blueprint.addressing import CONTROLLER_ADDRESS
from apnemu.blueprint.requests import LIST, SERVICES, point_uuid, service, service_uuid
from apnemu.emulation.calls import Call, Place
from apnemu.emulation.loop import Loop, now_ns

LOOK_EVERY_NS = 100_000_000
"""Time between two looks at whether light that was given carries."""
ROUTES = Path("/proc/net/route")
HERE = Place(namespace=None, address=CONTROLLER_ADDRESS, round_trip_ns=0)
REFUSED = (400, 409)


def ways_to(address: str) -> set[str]:
    """Interfaces by which this host has a route to an address."""
    wanted = "".join(f"{int(part):02X}" for part in reversed(address.split(".")))
    rows = [line.split() for line in ROUTES.read_text().splitlines()[1:]]
    return {row[0] for row in rows if row[1] == wanted}


class Light:
    """Light from this site to another: `lit` is called with its interface once it carries, `refused` with why not."""

    def __init__(
        self,
        loop: Loop,
        *,
        topology: str,
        name: str,
        ends: tuple[str, str],
        address: str,
        rate_gbps: float,
        lit: Callable[[str], None],
        refused: Callable[[str], None],
    ) -> None:
        self._loop = loop
        self._path = f"{SERVICES}={service_uuid(name)}"
        points = (point_uuid(topology, ends[0]), point_uuid(topology, ends[1]))
        self._body = json.dumps(service(name, points, rate_gbps, "none")).encode()
        self._address = address
        self._lit = lit
        self._refused = refused
        self._before = ways_to(address)

    def ask(self) -> None:
        """Ask for it."""
        head = (
            f"POST {SERVICES} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {len(self._body)}\r\n\r\n"
        )
        Call(self._loop, HERE, head.encode() + self._body, self._answered).make()

    def release(self, then: Callable[[], None]) -> None:
        """Give it back."""
        Call(self._loop, HERE, f"DELETE {self._path} HTTP/1.0\r\n\r\n".encode(), lambda status, text: then()).make()

    def _answered(self, status: int, text: bytes) -> None:
        if status in REFUSED:
            self._refused(json.loads(text)["ietf-restconf:errors"]["error"][0]["error-message"])
            return
        self._look()

    def _look(self) -> None:
        Call(self._loop, HERE, f"GET {self._path} HTTP/1.0\r\n\r\n".encode(), self._looked).make()

    def _looked(self, status: int, text: bytes) -> None:
        shown: dict[str, Any] = json.loads(text)[LIST][0] if status == 200 else {}
        new = sorted(ways_to(self._address) - self._before)
        if new and shown.get("lifecycle-state") == "INSTALLED" and shown.get("operational-state") == "ENABLED":
            self._lit(new[0])
            return
        self._loop.at(now_ns() + LOOK_EVERY_NS, partial(self._look))
