# SPDX-License-Identifier: BSD-3-Clause
"""Requests of a scenario for light: made from the hosts over the data communication network, and their answers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from apnemu.blueprint.document import Blueprint
from apnemu.blueprint.requests import MOVE, SERVICES, booked, point_uuid, service, service_uuid
from apnemu.emulation.calls import Call, Place, at_host
from apnemu.emulation.loop import Loop, now_ns
from apnemu.emulation.play.playing import Scene
from apnemu.model.activities import APART_NS
from apnemu.model.steps import LIGHT, Scenario, Step

ACCEPTED = 201


class _Asked(Call):
    """Call that is made again for as long as nobody answers, and knows whether it was."""

    again = False

    def _make_again(self) -> None:
        self.again, self.made_ns = True, now_ns()
        super()._make_again()


class Asking:
    """Requests of one scenario. `answers` has those that were answered, in that order: number of the step, status,
    error if any, and whether the request was made more than once, so that an earlier one may have been taken."""

    def __init__(self, scene: Scene, scenario: Scenario, accepted: Callable[[int, Any], None] | None = None) -> None:
        self.scene, self.scenario, self._accepted = scene, scenario, accepted
        self.answers: list[dict[str, Any]] = []
        self.waits = 0
        """Requests that are made or to be made, and not answered."""
        self._topology = scene.blueprint.topology

    def start(self, loop: Loop, start_ns: int) -> None:
        """Ask the loop to make all requests, those of one instant `APART_NS` apart."""
        epoch_ns = time.time_ns() - now_ns()
        at: dict[int, int] = {}
        for number, step in enumerate(self.scenario.steps):
            if step.do not in LIGHT:
                continue
            self.waits += 1
            at_ns = start_ns + step.at_ns + at.setdefault(step.at_ns, 0)
            at[step.at_ns] += APART_NS
            site = step.source or self._first()
            call = self._call(loop, site, self._words(step, epoch_ns + start_ns), number)
            loop.at(at_ns - call.place.before_ns, call.connect)
            loop.at(at_ns, call.make)

    def release(self, loop: Loop, name: str, site: str) -> None:
        """Give a service back now."""
        self.waits += 1
        words = f"DELETE {SERVICES}={name} HTTP/1.0\r\n\r\n".encode()
        self._call(loop, site, words, -1).make()

    def _call(self, loop: Loop, site: str, words: bytes, number: int) -> _Asked:
        call = _Asked(loop, self._place(site), words, lambda status, content: None)
        call._then = partial(self._answered, call, number)
        return call

    def _place(self, site: str) -> Place:
        place = at_host(self.scene.blueprint, site, self.scene.namespaces)
        return replace(place, round_trip_ns=place.round_trip_ns + 2 * self.scenario.slow_ns.get(site, 0))

    def _answered(self, call: _Asked, number: int, status: int, content: bytes) -> None:
        self.waits -= 1
        if number < 0:
            return
        document = json.loads(content) if content else {}
        errors = document.get("ietf-restconf:errors", {}).get("error", [])
        if status == ACCEPTED and self._accepted is not None:
            self._accepted(number, document)
        self.answers.append({"step": number, "status": status, "again": call.again, "errors": errors})

    def _first(self) -> str:
        return first_centre(self.scene.blueprint)

    def _words(self, step: Step, epoch_ns: int) -> bytes:
        name = service_uuid(step.what)
        if step.do == "release":
            return f"DELETE {SERVICES}={name} HTTP/1.0\r\n\r\n".encode()
        path, asked = MOVE, {"input": {"uuid": name}}
        if step.do == "request":
            ends = point_uuid(self._topology, step.source), point_uuid(self._topology, step.target)
            times = (None if ns is None else epoch_ns + ns for ns in (step.start_ns, step.end_ns))
            path, asked = SERVICES, service(name, ends, step.rate_gbps, step.protection, booked(*times))
        body = json.dumps(asked).encode()
        head = f"POST {path} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body


def first_centre(blueprint: Blueprint) -> str:
    """First data centre, which asks where a step does not say who does."""
    assert blueprint.plant is not None
    return blueprint.plant.data_centres[0].name
