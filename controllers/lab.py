# SPDX-License-Identifier: BSD-3-Clause
"""The on-demand controller in the lab: its journal, its desk, its devices and its REST server, put together."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from apnemu.blueprint.document import Blueprint
from apnemu.controllers.apn import Apn
from apnemu.controllers.desk import InTime
from apnemu.controllers.devices import Tables, Transponders
from apnemu.controllers.journal import Journal
from apnemu.controllers.northbound import Northbound
from apnemu.controllers.orders import Order
from apnemu.controllers.rules import Rule
from apnemu.controllers.server import serve

Send = Callable[[int, list[Rule], list[Rule]], None]
PORT = 8181


class Lab:
    """The on-demand controller of one lab. `folder` has the blueprint and the journal; `ready` is the pipe to the lab.

    `send` gives a ROADM rules to install and rules to remove; `settle` waits until all have done so. A ROADM is sent
    nothing until its table has been read, and REST is served once all have been.
    """

    def __init__(self, folder: Path, send: Send, settle: Callable[[], None], ready: int) -> None:
        self._blueprint = Blueprint.read(folder / "network.json")
        journal = Journal(folder / "controller.journal")
        self._apn = Apn(self._blueprint, journal.write)
        self._apn.replay(journal.entries())
        self._apn.run(time.time_ns())
        self._desk = InTime(self._apn, self._changed)
        self._send, self._settle = send, settle
        self._ready = ready
        self._tables = Tables()
        self._read_back = dict.fromkeys(("had", "installed", "removed"), 0)
        self._transponders = Transponders()
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
            wanted = self._apn.rules(dpid)
            install, remove = self._tables.update(dpid, wanted)
            self._send(dpid, install, remove)
            counts = {"had": len(table), "installed": len(install), "removed": len(remove)}
            self._read_back = {name: count + counts[name] for name, count in self._read_back.items()}
            print(f"read back {json.dumps({'dpid': dpid} | counts)}", flush=True)
            if len(self._tables.has) == len(self._blueprint.switches) and self._ready >= 0:
                serve(Northbound(self._desk, token=None), PORT)
                _say(self._ready, {"ready": len(self._tables.has)} | self._read_back)
                self._ready = -1

        self._desk.post(compare)

    def port(self, dpid: int, port: int, up: bool) -> None:
        """Take in a ROADM's report on a port."""
        self._desk.post(lambda now_ns: self._apn.port(dpid, port, up, now_ns))

    def _changed(self) -> None:
        """Send ROADMs what is new, then transceivers: no light is sent before it is passed on."""
        touched, self._apn.touched = self._apn.touched, set()
        for dpid in sorted(self._apn.wiring.dpid[site] for site in touched):
            install, remove = self._tables.update(dpid, self._apn.rules(dpid))
            if install or remove:
                self._send(dpid, install, remove)
        orders, self._apn.orders = self._apn.orders, []
        if orders:
            self._settle()
            self._transponders.tell(orders)


def _last(orders: list[Order]) -> list[Order]:
    """Last order to each transceiver, `quiet` ones first."""
    last = {(order.host, order.interface): order for order in orders}
    return sorted(last.values(), key=lambda order: order.kind == "carry")


def _say(ready: int, what: dict[str, int]) -> None:
    try:
        os.write(ready, json.dumps(what).encode() + b"\n")
    except OSError:
        print("nobody waits to hear that all switches are ready", flush=True)
