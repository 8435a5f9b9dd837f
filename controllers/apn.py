"""The on-demand APN: what is asked becomes light, and light becomes work for devices, each in its declared time.

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
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from apnemu.blueprint.apn import transceiver_line
from apnemu.blueprint.document import Blueprint, Line
from apnemu.controllers.rules import Rule
from apnemu.controllers.state import Devices
from apnemu.controllers.wiring import Wiring
from apnemu.planning.online import Change, Decision, Light, Lit, Outcome, Service, Status, duration_ns
from apnemu.planning.reach import spare_km

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """For a transceiver and its host: `carry` to a peer with this line, or `quiet`: the peer is no longer there.

    Of several ways to one peer the host takes the one with the lowest `preference`: the oldest. `fibres` are those of
    the light that it receives, which may count `spare_km` longer than they are until that no longer closes.
    """

    kind: Literal["carry", "quiet"]
    host: str
    interface: str
    address: str
    peer_address: str
    peer_mac: str
    preference: int
    line: Line
    fibres: tuple[str, ...]
    spare_km: float

    def to_line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


class Apn:
    """All that the controller knows. Instants never go back: `run` does what is due, then something may be asked."""

    def __init__(self, blueprint: Blueprint, write: Callable[[Entry], None] = lambda entry: None) -> None:
        assert blueprint.plant is not None, "the blueprint has no plant; it is not one of an on-demand network"
        self.plant = blueprint.plant
        self.wiring = Wiring.of(blueprint)
        counts = {site.name: self.plant.transceivers for site in self.plant.data_centres}
        self.light = Light(self.plant, transceivers=counts)
        self.orders: list[Order] = []
        """What transceivers are to be told, for whoever tells them."""
        self.touched: set[str] = set()
        """Sites whose ROADM may have to be told something, for whoever tells it."""
        self._write = write
        self._devices = Devices(self.wiring)
        self._due: list[tuple[int, int, Change]] = []
        self._count = itertools.count()
        self._free_ns = 0
        self._lit: dict[str, Lit] = {}
        self._carrying: dict[tuple[str, int], tuple[str, Order]] = {}
        self._services: dict[str, Service] = {}
        self._down: set[tuple[str, str]] = set()

    def computed_ns(self, now_ns: int) -> int:
        """When something that is asked now will have been decided: after what was asked before."""
        self._free_ns = max(now_ns, self._free_ns) + self.plant.devices.controller_computing_ns
        return self._free_ns

    def due_ns(self) -> int | None:
        """When `run` has something to do next."""
        times = [time for time in (self._due[0][0] if self._due else None, self.light.due_ns()) if time is not None]
        return min(times, default=None)

    def run(self, now_ns: int) -> None:
        """Everything up to this instant, in its order: devices are done, booked light starts and ends."""
        while (due := self.due_ns()) is not None and due <= now_ns:
            booked = self.light.due_ns()
            if booked is not None and booked <= due:
                self._follow(self.light.advance(booked), booked)
            else:
                self._act(heapq.heappop(self._due)[2])
        if now_ns > self.light.now_ns:
            self.light.advance(now_ns)

    def request(self, service: Service, now_ns: int) -> Decision:
        self.run(now_ns)
        decision = self.light.request(service)
        if decision.accepted:
            self._note("request", now_ns, service=asdict(service))
            self._services[service.name] = service
            self._schedule(decision.changes, now_ns)
        return decision

    def release(self, name: str, now_ns: int) -> bool:
        """Whether there was such a service."""
        self.run(now_ns)
        if name not in self._services:
            return False
        self._note("release", now_ns, name=name)
        self._schedule(self.light.release(name), now_ns)
        self._forget(name)
        self._follow(self.light.repair(), now_ns)
        return True

    def move(self, name: str, now_ns: int) -> Decision:
        """Make before break; KeyError where there is no such service."""
        self.run(now_ns)
        decision = self.light.move(name)
        if decision.accepted:
            self._note("move", now_ns, name=name)
            self._schedule(decision.changes, now_ns)
        return decision

    def port(self, dpid: int, port: int, up: bool, now_ns: int) -> None:
        """A ROADM says that a fibre's port is down or up again; a fibre lives when both its ends are up."""
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
        """The line system says that a fibre's first amplifier lacks so much gain; 0: no longer. See `Light.sag`, also
        for what is raised."""
        self.run(now_ns)
        outcomes = self.light.sag(fibre, db)
        self._note("sag", now_ns, fibre=fibre, db=db)
        self._follow(outcomes, now_ns + self.plant.devices.loss_of_light_detection_ns)

    def replay(self, entries: Iterable[Entry]) -> None:
        """What was decided before, decided again."""
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
        """What a ROADM must have now."""
        site = next(site for site, number in self.wiring.dpid.items() if number == dpid)
        return self._devices.rules(site)

    def standing_orders(self) -> list[Order]:
        """What transceivers must be doing now."""
        return [order for _, order in self._carrying.values()]

    def statuses(self) -> list[tuple[Status, bool, bool]]:
        """Each service, whether every device has done its part, and whether it carries frames."""
        waiting = {change.lightpath.partition("#")[0] for _, _, change in self._due}
        ends = [service for service, _ in self._carrying.values()]
        return [
            (status, (name := status.service.name) not in waiting, not status.reason and ends.count(name) >= 2)
            for status in self.light.services()
        ]

    def lit(self, name: str) -> list[Lit]:
        return [lit for lit in self.light.lit() if lit.service == name]

    def _note(self, do: str, at_ns: int, **what: Any) -> None:
        self._write({"do": do, "at_ns": at_ns, "free_ns": self._free_ns, **what})

    def _follow(self, outcomes: Iterable[Outcome], start_ns: int) -> None:
        """Carry out what follows from an event: a computed route takes the controller its time, a prepared one none."""
        for outcome in outcomes:
            computed = outcome.how == "computed" or outcome.kind == "protected"
            self._schedule(outcome.changes, self.computed_ns(start_ns) if computed else start_ns)
            if outcome.kind == "ended":
                self._forget(outcome.service)

    def _schedule(self, changes: Iterable[Change], start_ns: int) -> None:
        self._lit.update({lit.lightpath.name: lit for lit in self.light.lit()})
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
        """A device that is told something else no longer does what it was told before."""
        against = {"dark": "tune", "disconnect": "cross-connect", "cross-connect": "disconnect", "tune": "dark"}
        undone = (change.site, change.lightpath, against.get(change.kind), change.port_in)
        kept = [due for due in self._due if (due[2].site, due[2].lightpath, due[2].kind, due[2].port_in) != undone]
        if len(kept) != len(self._due):
            self._due = kept
            heapq.heapify(self._due)

    def _act(self, change: Change) -> None:
        name = change.lightpath.partition("#")[0]
        service = self._services.get(name)
        bridged = service is not None and service.protection == "1+1"
        if service is None and change.kind in ("tune", "cross-connect", "switch"):
            return
        self.touched.add(change.site)
        self._devices.act(change, name, bridged=bridged)
        number = change.port_in.number
        if change.kind == "tune" and (not bridged or self._devices.client[change.site, name] == number):
            self._carry(change.site, number, self._lit[change.lightpath])
        elif change.kind == "switch" and not bridged:
            self._quiet(change.site, number, name)
        elif change.kind in ("tune", "switch"):
            self._receive(change.site, name)

    def _carry(self, site: str, number: int, lit: Lit) -> None:
        path, ends = lit.lightpath, (lit.lightpath.source, lit.lightpath.target)
        received = self._lit[self._devices.selected.get((site, lit.service), path.name)].lightpath
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
        """1+1: the light that is dropped to the service's host may be another one now."""
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
        of, order = self._carrying.get((site, number), ("", None))
        if order is not None and of == service:
            del self._carrying[site, number]
            self.orders.append(replace(order, kind="quiet"))

    def _forget(self, name: str) -> None:
        """A released service's hosts lose their way to one another at once, its devices as scheduled."""
        for lit in [lit for lit in self._lit.values() if lit.service == name]:
            for site, number in zip((lit.lightpath.source, lit.lightpath.target), lit.transceivers, strict=True):
                self._quiet(site, number, name)
            del self._lit[lit.lightpath.name]
        self._devices.forget(name)
        self._services.pop(name, None)
