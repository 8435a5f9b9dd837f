# SPDX-License-Identifier: BSD-3-Clause
"""The controller's own program between devices that are plain values, in a time of events.

The controller is `controllers.lab.Lab` with its desk, its northbound interface and its journal as they are; its clock,
its disk and its connections are those of this module. A message takes its declared way over the data communication
network, longer where the scenario says so, and connections keep their order. When the controller is lost, what is on
its way to it is lost too, and what was sent arrives; it is back `START_UP_NS` after it was started, reads its journal,
and switches that connect say their ports and then their tables.
"""

from __future__ import annotations

import heapq
import io
import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from apnemu.blueprint.document import Blueprint
from apnemu.blueprint.requests import LIST, MOVE, SAG, SERVICES, point_uuid, sagged, service_uuid
from apnemu.blueprint.requests import service as asked_for
from apnemu.controllers.apn import Apn, Entry
from apnemu.controllers.desk import Work
from apnemu.controllers.lab import Lab
from apnemu.controllers.northbound import Northbound
from apnemu.controllers.orders import Order
from apnemu.controllers.rules import Rule
from apnemu.controllers.tapi import EPOCH, RefusedError
from apnemu.exploring.scenario import CONTROLLER, Scenario, Step
from apnemu.exploring.switches import Ground
from apnemu.planning.dcn import dcn

T = TypeVar("T")
BEGIN_NS = 1_893_456_100_000_000_000
"""Instant at which a scenario begins, on the controller's clock, which the lab sets likewise."""
START_UP_NS = 1_000_000_000
"""Time that a controller takes from its start until it speaks."""
MOST_EVENTS = 200_000
"""Events after which a scenario is taken not to come to rest."""


class RestlessError(Exception):
    """A world that does not come to rest."""


class _Later(Exception):  # noqa: N818  # no error: it brings a piece of work out of the northbound's depth
    def __init__(self, work: Work[Any], when: Callable[[int], int]) -> None:
        super().__init__("work that is done later")
        self.work, self.when = work, when


@dataclass(slots=True)
class Answer:
    """Answer to a request of a step: HTTP status, document, and when it was decided and what the journal had then."""

    step: Step
    status: int
    document: Any
    at_ns: int


@dataclass(slots=True)
class _Disk:
    lines: list[Entry] = field(default_factory=list)

    def entries(self) -> Iterable[Entry]:
        return json.loads(json.dumps(self.lines))  # type: ignore[no-any-return]

    def write(self, entry: Entry) -> None:
        self.lines.append(json.loads(json.dumps(entry)))


class _Desk:
    """Desk that works at once, or hands work out to be done at its instant."""

    def __init__(self, world: World, apn: Apn, changed: Callable[[], None]) -> None:
        self._world, self.apn, self.changed = world, apn, changed

    def post(self, call: Callable[[int], None]) -> None:
        call(self._world.now_ns)
        self.changed()
        self._world.wake()

    def look(self, work: Work[T]) -> T:
        return work(self.apn, self._world.now_ns)

    def decide(self, work: Work[T]) -> T:
        raise _Later(work, self.apn.computed_ns)

    def after(self, work: Work[T], takes_ns: int) -> T:
        raise _Later(work, lambda now_ns: now_ns + takes_ns)

    def tell(self, work: Work[T]) -> T:
        self.apn.run(self._world.now_ns)
        done = work(self.apn, self._world.now_ns)
        self.changed()
        self._world.wake()
        return done

    def wait(self, work: Work[bool], most_ns: int) -> None:
        """Nobody waits: a world is looked at when it is at rest."""


class World:
    """A network, its controller, and what happens to both."""

    def __init__(self, blueprint: Blueprint, slow_ns: Mapping[str, int] | None = None) -> None:
        assert blueprint.plant is not None
        self.plant = blueprint.plant
        self.ground = Ground(blueprint)
        self.now_ns = BEGIN_NS
        self.disks: dict[str, _Disk] = {}
        self.answers: list[Answer] = []
        self.lab: Lab | None = None
        self.after: list[Callable[[World], None]] = []
        """Called after each event, to look at what must hold at every instant."""
        self._blueprint = blueprint
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self.delay_ns = {site: ns + (slow_ns or {}).get(site, 0) for site, ns in dcn(self.plant).delay_ns.items()}
        """Site -> way of a message to or from it."""
        self.changed: set[int] = set()
        """Datapaths whose tables have changed since somebody looked."""
        self.lives_lost = 0
        self._names: dict[str, str] = {}
        self._site = {switch.dpid: switch.site for switch in blueprint.switches}
        self._desk: _Desk | None = None
        self._northbound: Northbound | None = None
        self._life = 0
        self._waiting: list[tuple[Step, int]] = []
        """Requests that no controller has taken yet, each with the instant from which its times count."""
        self._alarms: list[tuple[str, float]] = []
        """Alarms of amplifiers that wait likewise."""
        self._woken_ns: int | None = None
        self._points = {site.name: point_uuid(self.plant.name, site.name) for site in self.plant.data_centres}

    # What a scenario does

    def begin(self) -> None:
        """Start the controller, and come to rest with nothing lit."""
        self._start()
        self.rest()

    def play(self, scenario: Scenario) -> None:
        """Play all steps from this instant on, and come to rest."""
        begin_ns = self.now_ns
        for step in scenario.steps:
            self.schedule(step, begin_ns)
        self.rest()

    def schedule(self, step: Step, begin_ns: int) -> None:
        """Have a step of a scenario that begins at an instant happen at its own."""
        self._names[service_uuid(step.what)] = step.what
        self.at(begin_ns + step.at_ns, partial(self.do, step, begin_ns))

    def do(self, step: Step, begin_ns: int) -> None:
        """Do a step at this instant."""
        if step.do in ("request", "release", "move"):
            self._ask(step, begin_ns)
        elif step.what == CONTROLLER:
            self._lose() if step.do == "lose" else self._back()
        elif step.do == "sag":
            self._sag(step.what, step.db)
        else:
            self._happens(step)

    def mend(self) -> None:
        """Repair all, and come to rest."""
        if self.lab is None:
            self._back()
        for fibre in sorted(self.ground.sagging):
            self._sag(fibre, 0.0)
        self._ports(self.ground.happens(self.now_ns, cut=(), lost=()))
        self.rest()

    def restart(self) -> None:
        """Lose the controller, start it again, and come to rest."""
        self._lose()
        self._back()
        self.rest()

    # What others see

    @property
    def apn(self) -> Apn:
        """State of the controller that runs."""
        assert self._desk is not None
        return self._desk.apn

    @property
    def has_controller(self) -> bool:
        """Whether there is a controller that takes requests."""
        return self._northbound is not None

    def name_of(self, uuid: str) -> str:
        """Name by which a scenario knows a service."""
        return self._names.get(uuid, uuid)

    @property
    def journal(self) -> list[Entry]:
        """Journal on the controller's disk."""
        return self.disks["journal"].lines

    def services(self) -> list[dict[str, Any]]:
        """Services as the controller's interface shows them."""
        status, document = self._call("GET", SERVICES)
        assert status == 200, document
        return document[LIST]  # type: ignore[no-any-return]

    # Time

    def at(self, at_ns: int, call: Callable[[], None]) -> None:
        """Have something happen at an instant; of equal instants in the order of these calls."""
        heapq.heappush(self._queue, (at_ns, next(self._count), call))

    def rest(self) -> None:
        """Let everything happen that is to happen. Raises RestlessError where there is no end of it."""
        self.run(None)

    def run(self, until_ns: int | None) -> None:
        """Let everything happen that is to happen before an instant. Raises RestlessError."""
        for _ in range(MOST_EVENTS):
            due_ns = self._due_ns()
            first_ns = min(
                (ns for ns in (due_ns, self._queue[0][0] if self._queue else None) if ns is not None), default=None
            )
            if first_ns is None or (until_ns is not None and first_ns >= until_ns):
                return
            if due_ns is not None and (not self._queue or due_ns < self._queue[0][0]):
                self.now_ns = max(self.now_ns, due_ns)
                self.ground.selectors.act(self.now_ns)
            else:
                at_ns, _, call = heapq.heappop(self._queue)
                self.now_ns = max(self.now_ns, at_ns)
                call()
            for look in self.after:
                look(self)
        raise RestlessError(f"{MOST_EVENTS} events, and it goes on")

    def _due_ns(self) -> int | None:
        return self.ground.selectors.due_ns()

    def wake(self) -> None:
        """See to it that the desk works when something is due there."""
        assert self._desk is not None
        due_ns = self._desk.apn.due_ns()
        if due_ns is not None and (self._woken_ns is None or due_ns < self._woken_ns):
            self._woken_ns = due_ns
            self.at(due_ns, partial(self._work, self._life, due_ns))

    def _work(self, life: int, due_ns: int) -> None:
        if life != self._life or self._desk is None or self._woken_ns != due_ns:
            return
        self._woken_ns = None
        self._desk.apn.run(self.now_ns)
        self._desk.changed()
        self.wake()

    # Fibres, sites, amplifiers

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
            self._to_controller(self._site[dpid], partial(_report, dpid, port, up))

    def _sag(self, fibre: str, db: float) -> None:
        self.ground.sags(fibre, db, self.now_ns)
        self.at(self.now_ns + self.delay_ns[self.plant.fibre[fibre].a], partial(self._alarm, fibre, db))

    def _alarm(self, fibre: str, db: float) -> None:
        """Tell the controller of a sag; the alarm waits while there is none."""
        if self._northbound is None:
            self._alarms.append((fibre, db))
        else:
            self._call("POST", SAG, json.loads(sagged(fibre, db)))

    # The controller

    def _start(self) -> None:
        self._life += 1
        self._woken_ns = None
        self.lab = Lab(_Around(self), self._send)
        self._desk_changed()
        for dpid, site in self._site.items():
            self._to_controller(site, partial(self._connected, dpid), ways=3)

    def _connected(self, dpid: int, lab: Lab) -> None:
        """A switch says its ports, and then its table."""
        for port, up in self.ground.ports(dpid):
            lab.port(dpid, port, up)
        lab.read_back(dpid, list(self.ground.tables[dpid].values()))

    def _desk_changed(self) -> None:
        assert self._desk is not None
        self._desk.changed()
        self.wake()

    def serve(self, northbound: Northbound) -> None:
        """Take requests, and those that have waited."""
        self._northbound = northbound
        waiting, self._waiting = self._waiting, []
        alarms, self._alarms = self._alarms, []
        for fibre, db in alarms:
            self.at(self.now_ns, partial(self._alarm, fibre, db))
        for step, begin_ns in waiting:
            self.at(self.now_ns, partial(self._asked, step, begin_ns))

    def _lose(self) -> None:
        self.lab = self._desk = self._northbound = None
        self.lives_lost += 1
        self._life += 1

    def _back(self) -> None:
        if self.lab is None:
            life = self._life
            self.at(self.now_ns + START_UP_NS, lambda: self._start() if life == self._life else None)

    def _to_controller(self, site: str, call: Callable[[Lab], None], ways: int = 1) -> None:
        life = self._life

        def arrive() -> None:
            if life == self._life and self.lab is not None:
                call(self.lab)

        self.at(self.now_ns + ways * self.delay_ns[site], arrive)

    def _send(self, dpid: int, install: list[Rule], remove: list[Rule], number: int) -> None:
        site = self._site[dpid]

        def arrive() -> None:
            self.ground.install(dpid, install, remove)
            self.changed.add(dpid)
            if number:
                self._to_controller(site, lambda lab: lab.roadm_answered(dpid, number))

        self.at(self.now_ns + self.delay_ns[site], arrive)

    def tell(self, site: str, orders: Sequence[Order], number: int, answered: Callable[[str, int], None]) -> None:
        """Give a site's transponders orders, which they answer."""

        def arrive() -> None:
            self.ground.obey(orders, self.now_ns)
            if number:
                self._to_controller(site, lambda lab: answered(site, number))

        self.at(self.now_ns + self.delay_ns[site], arrive)

    # Requests

    def _ask(self, step: Step, begin_ns: int) -> None:
        """Make a request over the network; it waits while there is no controller."""
        site = step.source or self.plant.data_centres[0].name

        self.at(self.now_ns + self.delay_ns[site], partial(self._asked, step, begin_ns))

    def _asked(self, step: Step, begin_ns: int) -> None:
        if self._northbound is None:
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
        assert self._northbound is not None and self._desk is not None
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
            content = self._northbound(environ, lambda status, headers: said.append(int(status[:3])))
            whole = b"".join(content)
            document = json.loads(whole) if whole else None
            self._answered(step, said[0], document)
            return said[0], document
        except _Later as later:
            at_ns = later.when(self.now_ns)
            self.at(at_ns, partial(self._decide, self._life, later.work, step))
            return 0, None

    def _decide(self, life: int, work: Work[Any], step: Step | None) -> None:
        if life != self._life or self._desk is None:
            self._answered(step, 0, None)
            return
        self._desk.apn.run(self.now_ns)
        try:
            status, document = work(self._desk.apn, self.now_ns)
        except RefusedError as refused:
            status, document = refused.status, {"why": refused.why}
        self._answered(step, status, document)
        self._desk_changed()

    def _answered(self, step: Step | None, status: int, document: Any) -> None:
        if step is not None:
            self.answers.append(Answer(step, status, document, self.now_ns))


def _report(dpid: int, port: int, up: bool, lab: Lab) -> None:
    lab.port(dpid, port, up)


class _Telling:
    def __init__(self, world: World, answered: Callable[[str, int], None]) -> None:
        self._world, self._answered = world, answered

    def tell(self, site: str, orders: Sequence[Order], number: int) -> None:
        self._world.tell(site, orders, number, self._answered)


class _Around:
    """Surroundings of the controller in a world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def blueprint(self) -> Blueprint:
        return self._world._blueprint

    def disk(self, name: str) -> _Disk:
        return self._world.disks.setdefault(name, _Disk())

    def now_ns(self) -> int:
        return self._world.now_ns

    def desk(self, apn: Apn, changed: Callable[[], None]) -> _Desk:
        self._world._desk = _Desk(self._world, apn, changed)
        return self._world._desk

    def transponders(self, addresses: Mapping[str, str], answered: Callable[[str, int], None]) -> _Telling:
        return _Telling(self._world, answered)

    def serve(self, northbound: Northbound, counts: dict[str, int]) -> None:
        self._world.serve(northbound)

    def note(self, line: str) -> None:
        """Nobody reads the log of a world."""


def _schedule(step: Step, begin_ns: int) -> dict[str, str]:
    """Start and end of light that is booked, as T-API has them: to the microsecond."""
    ends = {"start-time": step.start_ns, "end-time": step.end_ns}
    return {
        name: (EPOCH + timedelta(microseconds=(begin_ns + ns) // 1000)).isoformat()
        for name, ns in ends.items()
        if ns is not None
    }
