# SPDX-License-Identifier: BSD-3-Clause
"""The on-demand controller in the lab: its journal, its desk, its devices and its REST server, put together."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from apnemu.blueprint.addressing import REST_PORT
from apnemu.blueprint.document import Blueprint
from apnemu.controllers.apn import Apn
from apnemu.controllers.desk import InTime
from apnemu.controllers.devices import Tables, Transponders
from apnemu.controllers.journal import Journal
from apnemu.controllers.northbound import Northbound
from apnemu.controllers.orders import Order
from apnemu.controllers.rules import Rule
from apnemu.controllers.server import serve
from apnemu.controllers.zones import Audit, Guard
from apnemu.units import NS_PER_S

Send = Callable[[int, list[Rule], list[Rule], int], None]
ANSWER_LATE_NS = NS_PER_S
"""Time after which a device that has not answered is taken to have done what it was told."""


class Lab:
    """The on-demand controller of one lab. `folder` has the blueprint and the journal; `ready` is the pipe to the lab.

    `send` gives a ROADM rules to install and rules to remove, and the number of the change; when it has answered,
    `roadm_answered` is called. A ROADM is sent nothing until its table has been read, and REST is served once all have
    been: on the data communication network, and on `console`, a socket that listens already.
    """

    def __init__(self, folder: Path, send: Send, ready: int, console: int) -> None:
        self._blueprint = Blueprint.read(folder / "network.json")
        journal = Journal(folder / "controller.journal")
        self._apn = Apn(self._blueprint, journal.write)
        self._apn.replay(journal.entries())
        self._apn.run(time.time_ns())
        self._desk = InTime(self._apn, self._changed)
        bound = any(site.zone for site in self._apn.plant.sites)
        self._guard = Guard.of(self._blueprint, Audit(Journal(folder / "controller.audit"))) if bound else None
        self._send = send
        self._ready, self._console = ready, console
        self._site = {switch.dpid: switch.site for switch in self._blueprint.switches}
        self._tables = Tables()
        self._read_back = dict.fromkeys(("had", "installed", "removed"), 0)
        lines = {line.site: line.site_address for line in self._blueprint.dcn}
        sites = dict.fromkeys(own.site for own in self._blueprint.transceivers)
        self._transponders = Transponders({site: lines[site] for site in sites}, self._answered)
        self._waiting: dict[tuple[str, int], int] = {}
        """(site, number of a change) -> devices there that have not answered."""
        self._apn.work.patience_ns = ANSWER_LATE_NS
        self._apn.orders[:] = _last(self._apn.orders)
        self._apn.touched.clear()

    def start(self) -> None:
        """Begin to decide, in a thread of its own."""
        threading.Thread(target=self._desk.run_forever, daemon=True).start()

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
            print(f"read back {json.dumps({'dpid': dpid} | counts)}", flush=True)
            if len(self._tables.has) == len(self._blueprint.switches) and self._ready >= 0:
                northbound = Northbound(self._desk, token=None, guard=self._guard)
                serve(northbound, REST_PORT, "")
                serve(northbound, listening=self._console)
                _say(self._ready, {"ready": len(self._tables.has)} | self._read_back)
                self._ready = -1

        self._desk.post(compare)

    def port(self, dpid: int, port: int, up: bool) -> None:
        """Take in a ROADM's report on a port."""
        self._desk.post(lambda now_ns: self._apn.port(dpid, port, up, now_ns))

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


def _say(ready: int, what: dict[str, int]) -> None:
    try:
        os.write(ready, json.dumps(what).encode() + b"\n")
    except OSError:
        print("nobody waits to hear that all switches are ready", flush=True)
