# SPDX-License-Identifier: BSD-3-Clause
"""The on-demand application where the network is explored: it can be lost and begin again within its process.

Switches connect again at once, and nobody speaks with them until `AGAIN_S` after it has begun: about the time that they
take to try again where nobody was there.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any

from apnemu.controllers.explored import Explored
from apnemu.controllers.frameworks import handles
from apnemu.controllers.lab import Lab
from apnemu.controllers.on_demand_app import OnDemandApplication

AGAIN_S = 1.0


class ExploredApplication(OnDemandApplication):
    """Takes no notice of connections of an earlier life, and keeps waiting who connects while it is lost."""

    surroundings = Explored

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._here: dict[int, Any] = {}
        """Connections of this life, by `id`."""
        self._held: dict[int, Any] = {}
        """Datapath -> event of its connection, with which nobody has spoken."""
        self._life = 0
        self._holds = False
        super().__init__(*arguments, **options)
        around = self._lab._around
        assert isinstance(around, Explored)
        self._around = around
        self._around.begun(self._lab)
        self._around.obey(self._lose, self._start)

    def _lose(self) -> None:
        self._life += 1
        self._holds = True
        here, self._here = self._here, {}
        for datapath in here.values():
            _hang_up(datapath)

    def _start(self) -> None:
        for known in (self._tables, self._datapaths, self._undone):
            known.clear()
        self._lab = Lab(self._around, self._send)
        self._around.begun(self._lab)
        self._around.start()
        threading.Timer(AGAIN_S, self._speak, [self._life]).start()

    def _speak(self, life: int) -> None:
        """Speak with all who have connected meanwhile."""
        if life != self._life:
            return
        self._holds = False
        held, self._held = self._held, {}
        for _, event in sorted(held.items()):
            self.connected(event)

    @handles("EventOFPStateChange", "MAIN")
    def connected(self, ev: Any) -> None:
        """Ask a switch that has connected, or have it wait."""
        if self._holds:
            self._held[ev.datapath.id] = ev
        elif ev.datapath.is_active:
            self._here[id(ev.datapath)] = ev.datapath
            super().connected(ev)

    @handles("EventOFPBarrierReply", "MAIN")
    def done(self, ev: Any) -> None:
        """Report that a switch has done what it was told."""
        if id(ev.msg.datapath) in self._here:
            super().done(ev)

    @handles("EventOFPFlowStatsReply", "MAIN")
    def table(self, ev: Any) -> None:
        """Collect a switch's table."""
        if id(ev.msg.datapath) in self._here:
            super().table(ev)

    @handles("EventOFPPortDescStatsReply", "MAIN")
    def ports(self, ev: Any) -> None:
        """Report all ports of a switch that has connected."""
        if id(ev.msg.datapath) in self._here:
            super().ports(ev)

    @handles("EventOFPPortStatus", "MAIN")
    def port_status(self, ev: Any) -> None:
        """Report a port that has changed."""
        if id(ev.msg.datapath) in self._here:
            super().port_status(ev)


def _hang_up(datapath: Any) -> None:
    with suppress(OSError):  # it has gone by itself
        datapath.socket.shutdown(socket.SHUT_RDWR)
