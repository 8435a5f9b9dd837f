# SPDX-License-Identifier: BSD-3-Clause
"""The on-demand APN: requests become light, and light becomes work for devices, each in its declared time.

`Apn` is plain logic: it is handed the time, and answers with rules and orders. One computer decides one thing after
another, each in the declared computing time; devices act side by side: all ROADMs of a step, then the transceivers at
both ends while all amplifiers of the route settle. A step begins when all devices of the one before have answered
(`work`): messages and answers take their way over the data communication network. A loss of light is noticed after its
declared time.

Everything that is decided goes into a journal of what was asked and when. `Light` is deterministic, so a controller
that starts again reads its journal and knows what it knew: what is to be done still, it then does.

Receivers of 1+1 select by themselves, as the orders that they have let them; what is ordered after an alarm then is
what they have chosen already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from apnemu.blueprint.document import Blueprint
from apnemu.controllers.carrying import Carrying
from apnemu.controllers.orders import Order
from apnemu.controllers.rules import Rule
from apnemu.controllers.state import Devices
from apnemu.controllers.wiring import Wiring
from apnemu.controllers.work import Work
from apnemu.model.reason import Reason, write_reasons
from apnemu.planning.online import Change, Decision, Light, Lit, Outcome, Service, Status

Entry = dict[str, Any]
"""Line of the journal: what was asked, when, and until when the controller computes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Status of a service at the devices: whether all have `done` their part, and whether it `carries` frames."""

    status: Status
    done: bool
    carries: bool

    @property
    def reason(self) -> str:
        """Reasons in one line why it carries nothing; empty where it does."""
        if self.carries or self.status.why:
            return self.status.reason
        booked = self.status.state == "booked"
        what = "it is booked, and its time has not come" if booked else "devices are at work to set its light up"
        return write_reasons((Reason(code="state", text=what),))


class Apn:
    """All that the controller knows. Instants never go back: `run` does what is due, then the next request may come."""

    def __init__(self, blueprint: Blueprint, write: Callable[[Entry], None] = lambda entry: None) -> None:
        assert blueprint.plant is not None, "the blueprint has no plant; it is not one of an on-demand network"
        self.plant = blueprint.plant
        self.wiring = Wiring.of(blueprint)
        counts = {site.name: self.plant.transceivers for site in self.plant.data_centres}
        self.light = Light(self.plant, transceivers=counts)
        self.touched: dict[str, int] = {}
        """Sites whose devices are to be told something, and the number of the last change there; who tells them
        empties it, and says by `answered` when they have answered."""
        self._write = write
        self._devices = Devices(self.wiring)
        self.hosts = Carrying(self.plant, self.wiring, self._devices)
        self.work = Work(self.plant)
        self._free_ns = 0
        self._services: dict[str, Service] = {}
        self._down: set[tuple[str, str]] = set()

    @property
    def orders(self) -> list[Order]:
        """Orders that transceivers have not been given yet; who gives them empties the list."""
        return self.hosts.orders

    def computed_ns(self, now_ns: int) -> int:
        """Instant at which a request of now will be decided: one computing time after those before it."""
        self._free_ns = max(now_ns, self._free_ns) + self.plant.devices.controller_computing_ns
        return self._free_ns

    def due_ns(self) -> int | None:
        """Instant at which `run` has something to do next, or None."""
        times = [time for time in (self.work.due_ns(), self.light.due_ns()) if time is not None]
        return min(times, default=None)

    def run(self, now_ns: int) -> None:
        """Do everything that is due up to this instant, in order: devices finish, booked light starts and ends."""
        while (due := self.due_ns()) is not None and due <= now_ns:
            booked = self.light.due_ns()
            if booked is not None and booked <= due:
                self._follow(self.light.advance(booked), booked)
            elif (told := self.work.pop()) is not None:
                self._act(*told)
        if now_ns > self.light.now_ns:
            self.light.advance(now_ns)

    def answered(self, site: str, number: int, now_ns: int) -> None:
        """Take in that a site's devices have done what they were told, up to the change of that number."""
        self.run(now_ns)
        self.work.answered(site, number, now_ns)
        self.run(now_ns)

    def request(self, service: Service, now_ns: int) -> Decision:
        """Decide on a service and, where it is accepted, give its devices their work."""
        self.run(now_ns)
        decision = self.light.request(service)
        if decision.accepted:
            self._note("request", now_ns, service=asdict(service))
            self._services[service.name] = service
            self._schedule(decision.changes, now_ns)
        return decision

    def release(self, name: str, now_ns: int) -> bool:
        """Take a service down; False where there is none of that name."""
        self.run(now_ns)
        if name not in self._services:
            return False
        self._note("release", now_ns, name=name)
        self._schedule(self.light.release(name), now_ns)
        self._forget(name)
        self._follow(self.light.repair(), now_ns)
        return True

    def move(self, name: str, now_ns: int) -> Decision:
        """Move a service, make before break.

        Raises:
            KeyError: there is no such service.
        """
        self.run(now_ns)
        decision = self.light.move(name)
        if decision.accepted:
            self._note("move", now_ns, name=name)
            self._schedule(decision.changes, now_ns)
        return decision

    def revoke(self, zone: str, owner: str, sites: Sequence[str] | None, now_ns: int) -> tuple[Outcome, ...]:
        """Take down light that lies where an owner's data may not be any more; what is freed serves lost services.

        Raises:
            KeyError: as `Light.revoke`.
        """
        self.run(now_ns)
        outcomes = self.light.revoke(zone, owner, sites)
        self._note("revoke", now_ns, zone=zone, owner=owner, sites=sites)
        self._follow(outcomes, now_ns)
        self._follow(self.light.repair(), now_ns)
        return outcomes

    def port(self, dpid: int, port: int, up: bool, now_ns: int) -> None:
        """Take in a ROADM's report that a port is down or up again; a fibre lives when the ports at its ends are up."""
        fibre = self.wiring.fibre.get((dpid, port))
        if fibre is None:
            return
        end = self.wiring.end[dpid, port]
        if up == (end not in self._down):
            return
        ends = {other for other in self.wiring.port if other[1] == fibre}
        was_dead = bool(ends & self._down)
        self.run(now_ns)
        self._note("port", now_ns, dpid=dpid, port=port, up=up)
        self._down = self._down - {end} if up else self._down | {end}
        is_dead = bool(ends & self._down)
        if is_dead != was_dead:
            change = self.light.fail if is_dead else self.light.repair
            self._follow(change([fibre]), now_ns + self.plant.devices.loss_of_light_detection_ns)

    def sag(self, fibre: str, db: float, now_ns: int) -> None:
        """Take in the line system's report that a fibre's first amplifier lacks `db` of gain (0: no longer).

        Raises:
            KeyError, ValueError: as `Light.sag`.
        """
        self.run(now_ns)
        outcomes = self.light.sag(fibre, db)
        self._note("sag", now_ns, fibre=fibre, db=db)
        self._follow(outcomes, now_ns + self.plant.devices.loss_of_light_detection_ns)

    def replay(self, entries: Iterable[Entry]) -> None:
        """Decide again what the entries of a journal say was decided before."""
        write, self._write = self._write, lambda entry: None
        for entry in entries:
            at_ns, self._free_ns = entry["at_ns"], entry["free_ns"]
            if entry["do"] == "request":
                self.request(Service(**entry["service"]), at_ns)
            elif entry["do"] == "port":
                self.port(entry["dpid"], entry["port"], entry["up"], at_ns)
            elif entry["do"] == "sag":
                self.sag(entry["fibre"], entry["db"], at_ns)
            elif entry["do"] == "revoke":
                self.revoke(entry["zone"], entry["owner"], entry["sites"], at_ns)
            else:
                getattr(self, entry["do"])(entry["name"], at_ns)
        self._write = write

    def rules(self, dpid: int) -> list[Rule]:
        """Rules that a ROADM must have now."""
        site = next(site for site, number in self.wiring.dpid.items() if number == dpid)
        return self._devices.rules(site)

    def adopt(self, site: str, table: Sequence[Rule]) -> None:
        """Take over what the receivers of a site have selected while nobody listened; they are told so."""
        for client, path in self._devices.adopt(site, table):
            self.hosts.receive(site, path.service, client)

    def standing_orders(self) -> list[Order]:
        """Orders by which transceivers carry now."""
        return self.hosts.standing()

    def progress(self) -> list[Progress]:
        """All services with what their devices have done, in the order of acceptance."""
        waiting = self.work.services()
        ends = self.hosts.ends()
        return [
            Progress(
                status=status,
                done=status.service.name not in waiting,
                carries=status.state != "lost" and ends[status.service.name] >= 2,
            )
            for status in self.light.services()
        ]

    def lit(self, name: str) -> list[Lit]:
        """Lightpaths of a service that are lit."""
        return [lit for lit in self.light.lit() if lit.service == name]

    def _note(self, do: str, at_ns: int, **what: Any) -> None:
        self._write({"do": do, "at_ns": at_ns, "free_ns": self._free_ns, **what})

    def _follow(self, outcomes: Iterable[Outcome], start_ns: int) -> None:
        """Carry out the outcomes of an event: a computed route takes the controller its time, a prepared one none."""
        for outcome in outcomes:
            computed = outcome.how == "computed" or outcome.kind == "protected"
            self._schedule(outcome.changes, self.computed_ns(start_ns) if computed else start_ns)
            if outcome.kind == "ended":
                self._forget(outcome.service)

    def _schedule(self, changes: Iterable[Change], start_ns: int) -> None:
        self.hosts.lit.update({lit.lightpath.id: lit for lit in self.light.lit()})
        self.work.begin(changes, start_ns)
        self.run(self.light.now_ns)

    def _act(self, change: Change, token: int) -> None:
        """Note that a device is told, and give the transceivers what follows from it."""
        site, name, number = change.site, change.lightpath.service, change.port_in.number
        self.touched[site] = token
        if change.kind == "tune" and change.clients is not None:
            lit = self.hosts.lit[change.lightpath]
            client = change.clients[site != lit.lightpath.source]
            self._devices.act(change, client)
            if client == number or not self.hosts.carries(site, client):
                self.hosts.carry(site, client, lit, change.clients)
            else:
                self.hosts.receive(site, name, client)
        elif change.kind == "switch" and change.port_out is not None and change.clients is not None:
            self._devices.act(change)
            after = change.port_out.number
            path = self._devices.received(site, after)
            if path is not None and not self.hosts.carries(site, after):  # the light that it moves to never came
                self.hosts.carry(site, after, self.hosts.lit[path], change.clients)
            self.hosts.quiet(site, number, name)
            self.hosts.receive(site, name, after)
        else:
            before = self._devices.client.get((site, change.lightpath), number)
            self._devices.act(change)
            if change.kind in ("dark", "select") and self.light.client(name, site) is not None:
                self.hosts.receive(site, name, before if change.kind == "dark" else number)

    def _forget(self, name: str) -> None:
        """Forget a released service: its hosts give up each other at once, its devices go dark as scheduled."""
        self.work.forget(name, self.light.now_ns)
        self.hosts.forget(name)
        self._services.pop(name, None)
