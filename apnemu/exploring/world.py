# SPDX-License-Identifier: BSD-3-Clause
"""A network, its controller, and what a scenario does to both.

The controller is `controllers.lab.Lab` with its desk, its northbound interface and its journal as they are; its clock,
its disk and its connections are those of `clock`, `surroundings` and `controlled`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from apnemu.blueprint.document import Blueprint
from apnemu.blueprint.requests import LIST, MOVE, SAG, SERVICES, booked, point_uuid, sagged, service_uuid
from apnemu.blueprint.requests import service as asked_for
from apnemu.controllers.desk import Work
from apnemu.controllers.lab import Lab
from apnemu.controllers.northbound import Northbound
from apnemu.controllers.tapi import RefusedError
from apnemu.exploring.controlled import Controlled
from apnemu.exploring.scenario import CONTROLLER, Scenario, Step
from apnemu.exploring.surroundings import Later


@dataclass(slots=True)
class Answer:
    """Answer to a request of a step: HTTP status, document, and when it was decided and what the journal had then."""

    step: Step
    status: int
    document: Any
    at_ns: int


class World(Controlled):
    """A network, its controller, and what happens to both."""

    def __init__(self, blueprint: Blueprint, slow_ns: Mapping[str, int] | None = None) -> None:
        super().__init__(blueprint, slow_ns or {})
        self.answers: list[Answer] = []
        self._names: dict[str, str] = {}
        self._waiting: list[tuple[Step, int]] = []
        """Requests that no controller has taken yet, each with the instant from which its times count."""
        self._alarms: list[tuple[str, float]] = []
        """Alarms of amplifiers that wait likewise."""
        self._points = {site.name: point_uuid(self.plant.name, site.name) for site in self.plant.data_centres}

    def begin(self) -> None:
        """Start the controller, and come to rest with nothing lit."""
        self.start()
        self.rest()

    def play(self, scenario: Scenario) -> None:
        """Play all steps from this instant on, and come to rest."""
        begin_ns = self.now_ns
        for step in scenario.steps:
            self.schedule(step, begin_ns)
        self.rest(scenario.over_ns)

    def schedule(self, step: Step, begin_ns: int) -> None:
        """Have a step of a scenario that begins at an instant happen at its own."""
        self._names[service_uuid(step.what)] = step.what
        self.at(begin_ns + step.at_ns, partial(self.do, step, begin_ns))

    def do(self, step: Step, begin_ns: int) -> None:
        """Do a step at this instant."""
        if step.do in ("request", "release", "move"):
            self._ask(step, begin_ns)
        elif step.what == CONTROLLER:
            self.lose() if step.do == "lose" else self.back()
        elif step.do == "sag":
            self._sag(step.what, step.db)
        else:
            self._happens(step)

    def mend(self) -> None:
        """Repair all, and come to rest."""
        if self.lab is None:
            self.back()
        for fibre in sorted(self.ground.sagging):
            self._sag(fibre, 0.0)
        self._ports(self.ground.happens(self.now_ns, cut=(), lost=()))
        self.rest()

    def restart(self) -> None:
        """Lose the controller, start it again, and come to rest."""
        self.lose()
        self.back()
        self.rest()

    def name_of(self, uuid: str) -> str:
        """Name by which a scenario knows a service."""
        return self._names.get(uuid, uuid)

    def services(self) -> list[dict[str, Any]]:
        """Services as the controller's interface shows them."""
        status, document = self._call("GET", SERVICES)
        assert status == 200, document
        return document[LIST]  # type: ignore[no-any-return]

    def serve(self, northbound: Northbound) -> None:
        """Take requests, and those that have waited."""
        super().serve(northbound)
        waiting, self._waiting = self._waiting, []
        alarms, self._alarms = self._alarms, []
        for fibre, db in alarms:
            self.at(self.now_ns, partial(self._alarm, fibre, db))
        for step, begin_ns in waiting:
            self.at(self.now_ns, partial(self._asked, step, begin_ns))

    def _happens(self, step: Step) -> None:
        cut, lost = set(self.ground.cut), set(self.ground.lost)
        if step.do == "repair":
            cut.discard(step.what)
            lost.discard(step.what)
            if step.what in self.ground.sagging:
                self._sag(step.what, 0.0)
        elif step.do == "cut":
            cut.add(step.what)
        else:
            lost.add(step.what)
        self._ports(self.ground.happens(self.now_ns, cut=cut, lost=lost))

    def _ports(self, said: Iterable[tuple[int, int, bool]]) -> None:
        for dpid, port, up in said:
            self.to_controller(self.site[dpid], partial(_report, dpid, port, up))

    def _sag(self, fibre: str, db: float) -> None:
        self.ground.sags(fibre, db, self.now_ns)
        self.at(self.now_ns + self.delay_ns[self.plant.fibre[fibre].a], partial(self._alarm, fibre, db))

    def _alarm(self, fibre: str, db: float) -> None:
        """Tell the controller of a sag; the alarm waits while there is none."""
        if self.northbound is None:
            self._alarms.append((fibre, db))
        else:
            self._call("POST", SAG, json.loads(sagged(fibre, db)))

    def _ask(self, step: Step, begin_ns: int) -> None:
        """Make a request over the network; it waits while there is no controller."""
        site = step.source or self.plant.data_centres[0].name

        self.at(self.now_ns + self.delay_ns[site], partial(self._asked, step, begin_ns))

    def _asked(self, step: Step, begin_ns: int) -> None:
        if self.northbound is None:
            self._waiting.append((step, begin_ns))
            return
        name = service_uuid(step.what)
        if step.do == "request":
            ends = self._points[step.source], self._points[step.target]
            body = asked_for(name, ends, step.rate_gbps, step.protection, _schedule(step, begin_ns))
            self._call("POST", SERVICES, body, step)
        elif step.do == "move":
            self._call("POST", MOVE, {"input": {"uuid": name}}, step)
        else:
            self._call("DELETE", f"{SERVICES}={name}", step=step)

    def _call(self, method: str, path: str, body: Any = None, step: Step | None = None) -> tuple[int, Any]:
        """Call the northbound interface; what it decides later is decided at its instant."""
        assert self.northbound is not None and self.desk is not None
        data = b"" if body is None else json.dumps(body).encode()
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(data)),
            "wsgi.input": io.BytesIO(data),
        }
        said: list[int] = []
        try:
            content = self.northbound(environ, lambda status, headers: said.append(int(status[:3])))
            whole = b"".join(content)
            document = json.loads(whole) if whole else None
            self._answered(step, said[0], document)
            return said[0], document
        except Later as later:
            at_ns = later.when(self.now_ns)
            self.at(at_ns, partial(self._decide, self.life, later.work, step))
            return 0, None

    def _decide(self, life: int, work: Work[Any], step: Step | None) -> None:
        if life != self.life or self.desk is None:
            self._answered(step, 0, None)
            return
        self.desk.apn.run(self.now_ns)
        try:
            status, document = work(self.desk.apn, self.now_ns)
        except RefusedError as refused:
            status, document = refused.status, {"why": refused.why}
        self._answered(step, status, document)
        self.worked()

    def _answered(self, step: Step | None, status: int, document: Any) -> None:
        if step is not None:
            self.answers.append(Answer(step, status, document, self.now_ns))


def _report(dpid: int, port: int, up: bool, lab: Lab) -> None:
    lab.port(dpid, port, up)


def _schedule(step: Step, begin_ns: int) -> dict[str, str]:
    """Start and end of light that is booked."""
    return booked(*(None if ns is None else begin_ns + ns for ns in (step.start_ns, step.end_ns)))
