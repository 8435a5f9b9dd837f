# SPDX-License-Identifier: BSD-3-Clause
"""The application around a logic that decides once: it gives each switch its rules when it connects."""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import Any

from apnemu.blueprint.document import Blueprint
from apnemu.controllers.frameworks import BLUEPRINT, LOGIC, READY, base_class, handles, load
from apnemu.controllers.openflow import flow_mod, group_mod


class PlannedApplication(base_class()):  # type: ignore[misc]  # which framework it is turns out at run time
    """Installs a logic's `groups` (if it has splitters) and `rules` on each switch that connects.

    A barrier tells that a switch has them; once all have, the lab hears so.
    """

    OFP_VERSIONS = (load("ofproto.ofproto_v1_3").OFP_VERSION,)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._logic = importlib.import_module(f"apnemu.controllers.{os.environ[LOGIC]}")
        self._blueprint = Blueprint.read(Path(os.environ[BLUEPRINT]))
        self._waiting = {switch.dpid for switch in self._blueprint.switches}

    @handles("EventOFPSwitchFeatures", "CONFIG")
    def connected(self, ev: Any) -> None:
        """Send a switch all that it must have, and ask whether it has it."""
        datapath = ev.msg.datapath
        if hasattr(self._logic, "groups"):
            for group in self._logic.groups(self._blueprint, datapath.id):
                datapath.send_msg(group_mod(datapath, group))
        for rule in self._logic.rules(self._blueprint, datapath.id):
            datapath.send_msg(flow_mod(datapath, rule))
        datapath.send_msg(datapath.ofproto_parser.OFPBarrierRequest(datapath))

    @handles("EventOFPBarrierReply", "CONFIG", "MAIN")
    def installed(self, ev: Any) -> None:
        """Note that a switch has all; tell the lab when it was the last."""
        if ev.msg.datapath.id in self._waiting:
            self._waiting.discard(ev.msg.datapath.id)
            if not self._waiting:
                ready = {"ready": len(self._blueprint.switches)}
                os.write(int(os.environ[READY]), json.dumps(ready).encode() + b"\n")
