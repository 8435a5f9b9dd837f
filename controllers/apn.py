# SPDX-License-Identifier: BSD-3-Clause
"""The on-demand APN: requests become light, and light becomes work for devices, each in its declared time.

`Apn` is plain logic: it is handed the time, and answers with rules and orders. One computer decides one thing after
another, each in the declared computing time; devices act side by side: all ROADMs of a step, then the transceivers at
both ends while all amplifiers of the route settle. Each change counts from the instant at which the step before was to
be done, so that nothing that a computer takes adds up. A loss of light is noticed after its declared time; 1+1 switches
at both ends without being told.

Everything that is decided goes into a journal of what was asked and when. `Light` is deterministic, so a controller
that starts again reads its journal and knows what it knew: what is to be done still, it then does.

*Not modelled:* a way of messages to the devices that takes time (the management network is inside the building); 1+1
without its controller: this program plays the switches at both ends too, so that nothing switches while it is lost.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from apnemu.blueprint.apn import transceiver_line
from apnemu.blueprint.document import Blueprint
from apnemu.controllers.orders import Order
from apnemu.controllers.rules import Rule
from apnemu.controllers.state import Devices
from apnemu.controllers.wiring import Wiring
from apnemu.model.assignment import LightId
from apnemu.planning.online import Change, Decision, Light, Lit, Outcome, Service, Status, duration_ns
from apnemu.planning.reach import spare_km

Entry = dict[str, Any]
"""Line of the journal: what was asked, when, and until when the controller computes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Status of a service at the devices: whether all have `done` their part, and whether it `carries` frames."""

    status: Status
    done: bool
    carries: bool


class Apn:
    """All that the controller knows. Instants never go back: `run` does what is due, then the next request may come."""

    def __init__(self, blueprint: Blueprint, write: Callable[[Entry], None] = lambda entry: None) -> None:
        assert blueprint.plant is not None, "the blueprint has no plant; it is not one of an on-demand network"
        self.plant = blueprint.plant
        self.wiring = Wiring.of(blueprint)
        counts = {site.name: self.plant.transceivers for site in self.plant.data_centres}
        self.light = Light(self.plant, transceivers=counts)
        self.orders: list[Order] = []
        """Orders that transceivers have not been given yet; who gives them empties the list."""
        self.touched: set[str] = set()
        """Sites whose ROADM may need other rules; who installs them empties the set."""
        self._write = write
        self._devices = Devices(self.wiring)
        self._due: list[tuple[int, int, Change]] = []
        """Heap of (instant at which it is done, number, change)."""
        self._count = itertools.count()
        self._free_ns = 0
        self._lit: dict[LightId, Lit] = {}
        self._carrying: dict[tuple[str, int], tuple[str, Order]] = {}
        """(site, transceiver) -> service and standing order."""
        self._services: dict[str, Service] = {}
        self._down: set[tuple[str, str]] = set()

    def computed_ns(self, now_ns: int) -> int:
        """Instant at which a request of now will be decided: one computing time after those before it."""
        self._free_ns = max(now_ns, self._free_ns) + self.plant.devices.controller_computing_ns
        return self._free_ns

    def due_ns(self) -> int | None:
        """Instant at which `run` has something to do next, or None."""
        times = [time for time in (self._due[0][0] if self._due else None, self.light.due_ns()) if time is not None]
        return min(times, default=None)

    def run(self, now_ns: int) -> None:
        """Do everything that is due up to this instant, in order: devices finish, booked light starts and ends."""
        while (due := self.due_ns()) is not None and due <= now_ns:
            booked = self.light.due_ns()
            if booked is not None and booked <= due:
                self._follow(self.light.advance(booked), booked)
            else:
                self._act(heapq.heappop(self._due)[2])
        if now_ns > self.light.now_ns:
            self.light.advance(now_ns)

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

    def port(self, dpid: int, port: int, up: bool, now_ns: int) -> None:
        """Take in a ROADM's report that a port is down or up again; a fibre lives when the ports at its ends are up."""
        fibre = self.wiring.fibre.get((dpid, port))
        if fibre is None:
            return
        ends = {end for end in self.wiring.port if end[1] == fibre}
        end = next(end for end in ends if self.wiring.dpid[end[0]] == dpid)
        was_dead = bool(ends & self._down)
        if up == (end not in self._down):
            return
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
            else:
                getattr(self, entry["do"])(entry["name"], at_ns)
        self._write = write

    def rules(self, dpid: int) -> list[Rule]:
        """Rules that a ROADM must have now."""
        site = next(site for site, number in self.wiring.dpid.items() if number == dpid)
        return self._devices.rules(site)

    def standing_orders(self) -> list[Order]:
        """Orders by which transceivers carry now."""
        return [order for _, order in self._carrying.values()]

    def progress(self) -> list[Progress]:
        """All services with what their devices have done, in the order of acceptance."""
        waiting = {change.lightpath.service for _, _, change in self._due}
        ends = Counter(service for service, _ in self._carrying.values())
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
        self._lit.update({lit.lightpath.id: lit for lit in self.light.lit()})
        for _, step in itertools.groupby(changes, key=lambda change: change.step):
            longest = 0
            for change in step:
                takes = duration_ns(self.plant.devices, change)
                self._drop_undone(change)
                heapq.heappush(self._due, (start_ns + takes, next(self._count), change))
                longest = max(longest, takes)
            start_ns += longest
        self.run(self.light.now_ns)

    def _drop_undone(self, change: Change) -> None:
        """Drop work that a device has not finished when a change asks for the opposite."""
        against = {"dark": "tune", "disconnect": "cross-connect", "cross-connect": "disconnect", "tune": "dark"}
        undone = (change.site, change.lightpath, against.get(change.kind), change.port_in)
        kept = [due for due in self._due if (due[2].site, due[2].lightpath, due[2].kind, due[2].port_in) != undone]
        if len(kept) != len(self._due):
            self._due = kept
            heapq.heapify(self._due)

    def _act(self, change: Change) -> None:
        """Note that a device is done, and give the transceivers what follows from it."""
        name = change.lightpath.service
        service = self._services.get(name)
        bridged = service is not None and service.protection == "1+1"
        if service is None and change.kind in ("tune", "cross-connect", "switch"):
            return
        self.touched.add(change.site)
        self._devices.act(change, bridged=bridged)
        number = change.port_in.number
        if change.kind == "tune" and (not bridged or self._devices.client[change.site, name] == number):
            self._carry(change.site, number, self._lit[change.lightpath])
        elif change.kind == "switch" and not bridged:
            self._quiet(change.site, number, name)
        elif change.kind in ("tune", "switch"):
            self._receive(change.site, name)

    def _carry(self, site: str, number: int, lit: Lit) -> None:
        """Order the transceiver to carry frames over this light; under 1+1 it may receive the other lightpath."""
        path, ends = lit.lightpath, (lit.lightpath.source, lit.lightpath.target)
        received = self._lit[self._devices.selected.get((site, lit.service), path.id)].lightpath
        here = ends.index(site)
        own = self.wiring.transceiver[site, number]
        far = self.wiring.transceiver[ends[1 - here], lit.transceivers[1 - here]]
        before = self._carrying.get((site, number))
        order = Order(
            kind="carry",
            host=own.host,
            interface=own.interface,
            address=own.address,
            peer_address=far.address,
            peer_mac=far.mac,
            preference=before[1].preference if before and before[0] == lit.service else next(self._count) + 1,
            line=transceiver_line(self.plant, path),
            fibres=received.fibres,
            spare_km=spare_km(self.plant, received),
        )
        self._carrying[site, number] = (lit.service, order)
        self.orders.append(order)

    def _receive(self, site: str, name: str) -> None:
        """Order a host of 1+1 anew where another lightpath is dropped to it than before."""
        end = site, self._devices.client.get((site, name), -1)
        if end not in self._carrying:
            return
        service, before = self._carrying[end]
        received = self._lit[self._devices.selected[site, name]].lightpath
        order = replace(before, fibres=received.fibres, spare_km=spare_km(self.plant, received))
        if service == name and order != before:
            self._carrying[end] = name, order
            self.orders.append(order)

    def _quiet(self, site: str, number: int, service: str) -> None:
        """Order the transceiver's host to give up its peer, if it carries for this service."""
        carried, order = self._carrying.get((site, number), ("", None))
        if order is not None and carried == service:
            del self._carrying[site, number]
            self.orders.append(replace(order, kind="quiet"))

    def _forget(self, name: str) -> None:
        """Forget a released service: its hosts give up each other at once, its devices act as scheduled."""
        for lit in [lit for lit in self._lit.values() if lit.service == name]:
            for site, number in zip((lit.lightpath.source, lit.lightpath.target), lit.transceivers, strict=True):
                self._quiet(site, number, name)
            del self._lit[lit.lightpath.id]
        self._devices.forget(name)
        self._services.pop(name, None)
