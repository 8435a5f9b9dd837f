# SPDX-License-Identifier: BSD-3-Clause
"""The on-demand controller in the lab: its journal, its desk, its devices and its REST server, put together.

All that it meets outside of its own logic is its `Surroundings`: a clock, a disk, threads and sockets in the lab.
Others can be given, so that the same controller runs where there is no lab (`exploring`).
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from apnemu.blueprint.addressing import REST_PORT
from apnemu.blueprint.document import Blueprint
from apnemu.controllers.apn import Apn
from apnemu.controllers.desk import Desk, InTime
from apnemu.controllers.devices import Tables, Transponders
from apnemu.controllers.journal import Disk, Journal
from apnemu.controllers.northbound import Northbound
from apnemu.controllers.orders import Order
from apnemu.controllers.rules import Rule
from apnemu.controllers.server import serve
from apnemu.controllers.zones import Audit, Guard
from apnemu.units import NS_PER_S

Send = Callable[[int, list[Rule], list[Rule], int], None]
ANSWER_LATE_NS = NS_PER_S
"""Time after which a device that has not answered is taken to have done what it was told."""


class PostingDesk(Desk, Protocol):
    """Desk that also takes work for which nobody waits."""

    def post(self, call: Callable[[int], None]) -> None:
        """Queue a call for now, without waiting for it."""


class Telling(Protocol):
    """Ways to the transponders of all sites."""

    def tell(self, site: str, orders: Sequence[Order], number: int) -> None:
        """Give a site's transceivers orders; who carries them out says so with that number."""


class Surroundings(Protocol):
    """All that the controller meets outside of its own logic."""

    def blueprint(self) -> Blueprint:
        """Network that it controls."""

    def disk(self, name: str) -> Disk:
        """Journal of that name."""

    def now_ns(self) -> int:
        """Instant on its clock."""

    def desk(self, apn: Apn, changed: Callable[[], None]) -> PostingDesk:
        """Desk at which it decides; `changed` is called after each piece of work."""

    def transponders(self, addresses: Mapping[str, str], answered: Callable[[str, int], None]) -> Telling:
        """Ways to the transponders at the addresses of sites; `answered` is called with site and number."""

    def serve(self, northbound: Northbound, counts: dict[str, int]) -> None:
        """Take requests from now on: all switches are ready, with these counts."""

    def note(self, line: str) -> None:
        """Write a line to the controller's log."""


class InLab:
    """Surroundings in the lab. `folder` has the blueprint and the journals, `ready` is the pipe to the lab, and
    `console` a socket that listens already."""

    def __init__(self, folder: Path, ready: int, console: int) -> None:
        self._folder, self._ready, self._console = folder, ready, console
        self._desk: InTime | None = None

    def blueprint(self) -> Blueprint:
        """Blueprint in the folder."""
        return Blueprint.read(self._folder / "network.json")

    def disk(self, name: str) -> Journal:
        """Journal in the folder."""
        return Journal(self._folder / f"controller.{name}")

    def now_ns(self) -> int:
        """Instant of the lab's wall clock."""
        return time.time_ns()

    def desk(self, apn: Apn, changed: Callable[[], None]) -> InTime:
        """Desk in the lab's time."""
        self._desk = InTime(apn, changed)
        return self._desk

    def transponders(self, addresses: Mapping[str, str], answered: Callable[[str, int], None]) -> Transponders:
        """Connections over the data communication network."""
        return Transponders(addresses, answered)

    def start(self) -> None:
        """Begin to decide, in a thread of its own."""
        assert self._desk is not None
        threading.Thread(target=self._desk.run_forever, daemon=True).start()

    def serve(self, northbound: Northbound, counts: dict[str, int]) -> None:
        """Serve REST on the data communication network and on `console`, and say that the switches are ready."""
        serve(northbound, REST_PORT, "")
        serve(northbound, listening=self._console)
        say(self._ready, counts)

    def note(self, line: str) -> None:
        """Print a line, which goes to the run's controller.log."""
        print(line, flush=True)


class Lab:
    """The on-demand controller of one network.

    `send` gives a ROADM rules to install and rules to remove, and the number of the change; when it has answered,
    `roadm_answered` is called. A ROADM is sent nothing until its table has been read, and REST is served once all have
    been.
    """

    def __init__(self, around: Surroundings, send: Send) -> None:
        self._around = around
        self._blueprint = around.blueprint()
        journal = around.disk("journal")
        self._apn = Apn(self._blueprint, journal.write)
        self._apn.replay(journal.entries())
        self._apn.run(around.now_ns())
        self._desk = around.desk(self._apn, self._changed)
        bound = any(site.zone for site in self._apn.plant.sites)
        self._guard = Guard.of(self._blueprint, Audit(around.disk("audit"))) if bound else None
        self._send = send
        self._serves = False
        self._site = {switch.dpid: switch.site for switch in self._blueprint.switches}
        self._tables = Tables()
        self._read_back = dict.fromkeys(("had", "installed", "removed"), 0)
        lines = {line.site: line.site_address for line in self._blueprint.dcn}
        sites = dict.fromkeys(own.site for own in self._blueprint.transceivers)
        self._transponders = around.transponders({site: lines[site] for site in sites}, self._answered)
        self._waiting: dict[tuple[str, int], int] = {}
        """(site, number of a change) -> devices there that have not answered."""
        self._apn.work.patience_ns = ANSWER_LATE_NS
        self._apn.orders[:] = _last(self._apn.orders)
        self._apn.touched.clear()

    def read_back(self, dpid: int, table: list[Rule]) -> None:
        """Take in the table of a ROADM that has connected, and mend what differs."""

        def compare(now_ns: int) -> None:
            self._apn.run(now_ns)
            self._tables.has[dpid] = table
            self._apn.adopt(self._site[dpid], table)
            wanted = self._apn.rules(dpid)
            install, remove = self._tables.update(dpid, wanted)
            self._send(dpid, install, remove, 0)
            counts = {"had": len(table), "installed": len(install), "removed": len(remove)}
            self._read_back = {name: count + counts[name] for name, count in self._read_back.items()}
            self._around.note(f"read back {json.dumps({'dpid': dpid} | counts)}")
            if len(self._tables.has) == len(self._blueprint.switches) and not self._serves:
                self._serves = True
                northbound = Northbound(self._desk, token=None, guard=self._guard)
                self._around.serve(northbound, {"ready": len(self._tables.has)} | self._read_back)

        self._desk.post(compare)

    def port(self, dpid: int, port: int, up: bool) -> None:
        """Take in a ROADM's report on a port."""
        self._desk.post(lambda now_ns: self._apn.port(dpid, port, up, now_ns))

    def reset(self, now_ns: int) -> Apn:
        """Forget all, as a controller that begins with an empty journal does; returns what it decides with from now on.

        It is asked for only where the network is explored (`explored`), when all is at rest and whole.
        """
        for dpid in sorted(self._tables.has):
            install, remove = self._tables.update(dpid, [])
            if remove:
                self._send(dpid, install, remove, 0)
        self._waiting.clear()
        self._apn = Apn(self._blueprint, self._around.disk("journal").write)
        self._apn.work.patience_ns = ANSWER_LATE_NS
        self._apn.run(now_ns)
        if self._guard:
            self._guard.audit.lines.clear()
        return self._apn

    def roadm_answered(self, dpid: int, number: int) -> None:
        """Take in that a ROADM has done what it was told with that number."""
        self._answered(self._site[dpid], number)

    def _answered(self, site: str, number: int) -> None:
        def note(now_ns: int) -> None:
            left = self._waiting.pop((site, number), 0) - 1
            if left > 0:
                self._waiting[site, number] = left
            elif left == 0:
                self._apn.answered(site, number, now_ns)

        self._desk.post(note)

    def _changed(self) -> None:
        """Tell the devices of each site what is new: its ROADM first, so that light is added when it is sent."""
        if not (self._apn.touched or self._apn.orders):
            return
        touched, self._apn.touched = self._apn.touched, {}
        orders = self._apn.orders[:]
        self._apn.orders.clear()
        for dpid, site in self._site.items():
            own = [order for order in orders if order.site == site]
            if site in touched or own:
                self._tell(dpid, site, own, touched.get(site, 0))

    def _tell(self, dpid: int, site: str, orders: list[Order], number: int) -> None:
        connected = dpid in self._tables.has
        if number:
            self._waiting[site, number] = connected + bool(orders)
        if connected:
            install, remove = self._tables.update(dpid, self._apn.rules(dpid))
            self._send(dpid, install, remove, number)
        if orders:
            self._transponders.tell(site, orders, number)


def _last(orders: list[Order]) -> list[Order]:
    """Last order to each transceiver, `quiet` ones first."""
    last = {(order.host, order.interface): order for order in orders}
    return sorted(last.values(), key=lambda order: order.kind == "carry")


def say(ready: int, what: dict[str, int]) -> None:
    """Tell the lab that all switches are ready."""
    try:
        os.write(ready, json.dumps(what).encode() + b"\n")
    except OSError:
        print("nobody waits to hear that all switches are ready", flush=True)
