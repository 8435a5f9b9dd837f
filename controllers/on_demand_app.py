# SPDX-License-Identifier: BSD-3-Clause
"""The application around `lab.Lab`, the on-demand controller: messages of switches go to it, its rules to switches."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from apnemu.controllers.frameworks import BLUEPRINT, CONSOLE, READY, base_class, handles, load
from apnemu.controllers.lab import InLab, Lab
from apnemu.controllers.openflow import flow_mod, rule_of
from apnemu.controllers.rules import Rule


class OnDemandApplication(base_class()):  # type: ignore[misc]  # which framework it is turns out at run time
    """Asks a switch that connects, at first or again, for its table and its ports before it tells it anything."""

    surroundings = InLab
    OFP_VERSIONS = (load("ofproto.ofproto_v1_3").OFP_VERSION,)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._tables: dict[int, list[Rule]] = {}
        """Datapath -> rules of its table that have been read so far."""
        ready, console = int(os.environ[READY]), int(os.environ[CONSOLE])
        around = self.surroundings(Path(os.environ[BLUEPRINT]).parent, ready, console)
        self._lab = Lab(around, self._send)
        self._datapaths: dict[int, Any] = {}
        self._undone: dict[tuple[int, int], int] = {}
        """(datapath, number of a barrier that is not answered yet) -> number of the change that it follows."""
        around.start()

    def _send(self, dpid: int, install: list[Rule], remove: list[Rule], number: int) -> None:
        datapath = self._datapaths[dpid]
        for rule in install:  # before what goes: a switch may take 5 ms between two rounds of its flows
            datapath.send_msg(flow_mod(datapath, rule))
        for rule in remove:
            datapath.send_msg(flow_mod(datapath, rule, remove=True))
        barrier = datapath.ofproto_parser.OFPBarrierRequest(datapath)
        datapath.set_xid(barrier)
        self._undone[dpid, barrier.xid] = number
        datapath.send_msg(barrier)

    @handles("EventOFPBarrierReply", "MAIN")
    def done(self, ev: Any) -> None:
        """Report that a switch has done what it was told."""
        number = self._undone.pop((ev.msg.datapath.id, ev.msg.xid), 0)
        if number:
            self._lab.roadm_answered(ev.msg.datapath.id, number)

    @handles("EventOFPStateChange", "MAIN")
    def connected(self, ev: Any) -> None:
        """Ask a switch that has connected for its ports and its table."""
        datapath = ev.datapath
        parser = datapath.ofproto_parser
        self._tables[datapath.id] = []
        datapath.send_msg(parser.OFPPortDescStatsRequest(datapath, 0))
        datapath.send_msg(parser.OFPFlowStatsRequest(datapath))

    @handles("EventOFPFlowStatsReply", "MAIN")
    def table(self, ev: Any) -> None:
        """Collect a switch's table, and hand it over when it is whole."""
        datapath, table = ev.msg.datapath, self._tables[ev.msg.datapath.id]
        table += [rule_of(datapath.ofproto, entry) for entry in ev.msg.body]
        if not ev.msg.flags & datapath.ofproto.OFPMPF_REPLY_MORE:
            self._datapaths[datapath.id] = datapath
            self._lab.read_back(datapath.id, table)

    @handles("EventOFPPortDescStatsReply", "MAIN")
    def ports(self, ev: Any) -> None:
        """Report all ports of a switch that has connected."""
        for port in ev.msg.body:
            self._port(ev.msg.datapath, port)

    @handles("EventOFPPortStatus", "MAIN")
    def port_status(self, ev: Any) -> None:
        """Report a port that has changed."""
        self._port(ev.msg.datapath, ev.msg.desc)

    def _port(self, datapath: Any, port: Any) -> None:
        down = port.state & datapath.ofproto.OFPPS_LINK_DOWN or port.config & datapath.ofproto.OFPPC_PORT_DOWN
        self._lab.port(datapath.id, port.port_no, not down)
