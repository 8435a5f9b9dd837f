"""The only file that knows Ryu and OS-Ken: runs a controller under either, and tells when its switches are ready.

    python -m controllers.runtime --logic lightpath --blueprint FILE --ready FD
    python -m controllers.runtime --file ANY_RYU_APPLICATION.py

OS-Ken is the maintained fork of Ryu; the two differ in the name of the package, of the base class, and in what has to
be mended before the first import. An application written for Ryu runs on OS-Ken through an alias of the package.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from apnemu.blueprint.document import Blueprint
from apnemu.controllers.rules import Group, Rule

OS_KEN, RYU = "os-ken", "ryu"
ON_DEMAND = "apn"
ANSWER_WITHIN_S = 1.0
RUNTIME, LOGIC, BLUEPRINT, READY = "APNEMU_RUNTIME", "APNEMU_LOGIC", "APNEMU_BLUEPRINT", "APNEMU_READY"
"""Environment through which the program below speaks to the application: a framework makes it, with no arguments."""


def package(runtime: str) -> str:
    return "os_ken" if runtime == OS_KEN else "ryu"


def installed() -> list[str]:
    """Which runtimes this machine has, the default first."""
    return [runtime for runtime in (OS_KEN, RYU) if importlib.util.find_spec(package(runtime))]


def _load(name: str) -> Any:
    return importlib.import_module(f"{package(os.environ[RUNTIME])}.{name}")


def _mend_ryu() -> None:
    """Ryu 4.34 imports a name that eventlet has dropped, and wants its sockets patched before anything else."""
    wsgi: Any = importlib.import_module("eventlet.wsgi")
    if not hasattr(wsgi, "ALREADY_HANDLED"):
        wsgi.ALREADY_HANDLED = object()
    _load("lib.hub").patch()


class _Alias(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """`import ryu.x` gives `os_ken.x`."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(name, self) if name.split(".")[0] == "ryu" else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return importlib.import_module("os_ken" + spec.name[len("ryu") :])

    def exec_module(self, module: ModuleType) -> None:
        """It has been executed under its own name."""


def _application() -> type:
    """The Ryu application around one of our logics, made for the runtime that the environment names."""
    manager, event, handler = _load("base.app_manager"), _load("controller.ofp_event"), _load("controller.handler")
    base = getattr(manager, "OSKenApp" if os.environ[RUNTIME] == OS_KEN else "RyuApp")
    if os.environ[LOGIC] == ON_DEMAND:
        return _on_demand(base, event, handler)
    logic = importlib.import_module(f"apnemu.controllers.{os.environ[LOGIC]}")
    blueprint = Blueprint.read(Path(os.environ[BLUEPRINT]))
    waiting = {switch.dpid for switch in blueprint.switches}

    class Application(base):  # type: ignore[misc, valid-type]
        """Installs what the logic says on each switch that connects; a barrier tells that it is there."""

        OFP_VERSIONS = (_load("ofproto.ofproto_v1_3").OFP_VERSION,)

        @handler.set_ev_cls(event.EventOFPSwitchFeatures, handler.CONFIG_DISPATCHER)  # type: ignore[untyped-decorator]
        def connected(self, ev: Any) -> None:
            datapath = ev.msg.datapath
            for group in getattr(logic, "groups", _none)(blueprint, datapath.id):
                datapath.send_msg(group_mod(datapath, group))
            for rule in logic.rules(blueprint, datapath.id):
                datapath.send_msg(flow_mod(datapath, rule))
            datapath.send_msg(datapath.ofproto_parser.OFPBarrierRequest(datapath))

        @handler.set_ev_cls(  # type: ignore[untyped-decorator]
            event.EventOFPBarrierReply, [handler.CONFIG_DISPATCHER, handler.MAIN_DISPATCHER]
        )
        def installed(self, ev: Any) -> None:
            if ev.msg.datapath.id in waiting:
                waiting.discard(ev.msg.datapath.id)
                if not waiting:
                    os.write(int(os.environ[READY]), json.dumps({"ready": len(blueprint.switches)}).encode() + b"\n")

    Application.__module__ = __name__
    return Application


def _none(blueprint: Blueprint, dpid: int) -> list[Group]:
    """A logic without splitters."""
    return []


def group_mod(datapath: Any, group: Group) -> Any:
    """A splitter in the framework's own words."""
    proto, parser = datapath.ofproto, datapath.ofproto_parser
    buckets = [
        parser.OFPBucket(actions=[action for step in bucket for action in _actions(proto, parser, step)])
        for bucket in group.buckets
    ]
    return parser.OFPGroupMod(datapath, proto.OFPGC_ADD, proto.OFPGT_ALL, group.number, buckets)


def _on_demand(base: Any, event: Any, handler: Any) -> type:
    """The application around `controllers.lab`: it hears what switches say, and sends them what differs."""
    folder = Path(os.environ[BLUEPRINT]).parent
    main = handler.MAIN_DISPATCHER

    class Application(base):  # type: ignore[misc]
        """A switch that connects, at first or again, is asked for its table and its ports before it is told any."""

        OFP_VERSIONS = (_load("ofproto.ofproto_v1_3").OFP_VERSION,)

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._read: dict[int, list[Rule]] = {}
            self._lab = importlib.import_module("apnemu.controllers.lab").Lab(
                folder, self._send, self._settle, int(os.environ[READY])
            )
            self._datapaths: dict[int, Any] = {}
            self._done = threading.Condition()
            self._undone: set[tuple[int, int]] = set()
            self._lab.start()

        def _send(self, dpid: int, install: list[Rule], remove: list[Rule]) -> None:
            datapath = self._datapaths[dpid]
            for rule in remove:
                datapath.send_msg(flow_mod(datapath, rule, remove=True))
            for rule in install:
                datapath.send_msg(flow_mod(datapath, rule))
            barrier = datapath.ofproto_parser.OFPBarrierRequest(datapath)
            datapath.set_xid(barrier)
            with self._done:
                self._undone.add((dpid, barrier.xid))
            datapath.send_msg(barrier)

        def _settle(self) -> None:
            """Wait until the switches have done what they were told; one that does not answer is not waited for."""
            with self._done:
                self._done.wait_for(lambda: not self._undone, ANSWER_WITHIN_S)
                self._undone.clear()

        @handler.set_ev_cls(event.EventOFPBarrierReply, main)  # type: ignore[untyped-decorator]
        def done(self, ev: Any) -> None:
            with self._done:
                self._undone.discard((ev.msg.datapath.id, ev.msg.xid))
                self._done.notify_all()

        @handler.set_ev_cls(event.EventOFPStateChange, main)  # type: ignore[untyped-decorator]
        def connected(self, ev: Any) -> None:
            datapath = ev.datapath
            parser = datapath.ofproto_parser
            self._read[datapath.id] = []
            datapath.send_msg(parser.OFPPortDescStatsRequest(datapath, 0))
            datapath.send_msg(parser.OFPFlowStatsRequest(datapath))

        @handler.set_ev_cls(event.EventOFPFlowStatsReply, main)  # type: ignore[untyped-decorator]
        def table(self, ev: Any) -> None:
            datapath, read = ev.msg.datapath, self._read[ev.msg.datapath.id]
            read += [rule_of(datapath.ofproto, entry) for entry in ev.msg.body]
            if not ev.msg.flags & datapath.ofproto.OFPMPF_REPLY_MORE:
                self._datapaths[datapath.id] = datapath
                self._lab.read_back(datapath.id, read)

        @handler.set_ev_cls(event.EventOFPPortDescStatsReply, main)  # type: ignore[untyped-decorator]
        def ports(self, ev: Any) -> None:
            for port in ev.msg.body:
                self._port(ev.msg.datapath, port)

        @handler.set_ev_cls(event.EventOFPPortStatus, main)  # type: ignore[untyped-decorator]
        def port_status(self, ev: Any) -> None:
            self._port(ev.msg.datapath, ev.msg.desc)

        def _port(self, datapath: Any, port: Any) -> None:
            down = port.state & datapath.ofproto.OFPPS_LINK_DOWN or port.config & datapath.ofproto.OFPPC_PORT_DOWN
            self._lab.port(datapath.id, port.port_no, not down)

    Application.__module__ = __name__
    return Application


def rule_of(proto: Any, entry: Any) -> Rule:
    """An entry of a switch's table in our own words; what we never say is a drop at a priority of its own."""
    steps: list[Any] = []
    for action in [action for instruction in entry.instructions for action in instruction.actions]:
        if action.type == proto.OFPAT_SET_FIELD:
            steps.append(("push", action.value & ~proto.OFPVID_PRESENT))
        elif action.type == proto.OFPAT_POP_VLAN:
            steps.append(("pop",))
        elif action.type == proto.OFPAT_OUTPUT:
            steps.append(("output", action.port))
    tag = entry.match.get("vlan_vid")
    return Rule(
        priority=entry.priority,
        port_in=entry.match.get("in_port"),
        tag=None if tag is None else tag & ~proto.OFPVID_PRESENT,
        actions=tuple(steps),
    )


def flow_mod(datapath: Any, rule: Rule, *, remove: bool = False) -> Any:
    """A rule in the framework's own words."""
    proto, parser = datapath.ofproto, datapath.ofproto_parser
    fields: dict[str, Any] = {}
    if rule.port_in is not None:
        fields["in_port"] = rule.port_in
    if rule.tag is not None:
        fields["vlan_vid"] = proto.OFPVID_PRESENT | rule.tag
    if rule.mac_to is not None:
        fields["eth_dst"] = (rule.mac_to, rule.mac_mask) if rule.mac_mask else rule.mac_to
    if rule.address_to is not None:
        fields["eth_type"], fields["ipv4_dst"] = 0x0800, rule.address_to
    if remove:
        return parser.OFPFlowMod(
            datapath=datapath,
            command=proto.OFPFC_DELETE_STRICT,
            priority=rule.priority,
            match=parser.OFPMatch(**fields),
            out_port=proto.OFPP_ANY,
            out_group=proto.OFPG_ANY,
        )
    actions = [action for step in rule.actions for action in _actions(proto, parser, step)]
    return parser.OFPFlowMod(
        datapath=datapath,
        priority=rule.priority,
        match=parser.OFPMatch(**fields),
        instructions=[parser.OFPInstructionActions(proto.OFPIT_APPLY_ACTIONS, actions)],
    )


def _actions(proto: Any, parser: Any, step: tuple[Any, ...]) -> list[Any]:
    if step[0] == "push":
        return [parser.OFPActionPushVlan(0x8100), parser.OFPActionSetField(vlan_vid=proto.OFPVID_PRESENT | step[1])]
    if step[0] == "pop":
        return [parser.OFPActionPopVlan()]
    if step[0] == "decrement_ttl":
        return [parser.OFPActionDecNwTtl()]
    if step[0] == "group":
        return [parser.OFPActionGroup(step[1])]
    return [parser.OFPActionOutput(step[1])]


if os.environ.get(LOGIC) and __name__ != "__main__":
    Application = _application()


def main() -> None:
    options = argparse.ArgumentParser(description="Run a controller.")
    options.add_argument("--runtime", choices=[OS_KEN, RYU], default=OS_KEN)
    options.add_argument("--logic", choices=["lightpath", "packet", ON_DEMAND])
    options.add_argument("--blueprint")
    options.add_argument("--ready", type=int, default=2)
    options.add_argument("--file", type=Path)
    given = options.parse_args()
    os.environ[RUNTIME] = given.runtime
    if given.runtime == RYU:
        _mend_ryu()
    if given.file:
        application = _own_application(given.file, given.runtime)
    else:
        os.environ.update({LOGIC: given.logic, BLUEPRINT: given.blueprint, READY: str(given.ready)})
        application = "apnemu.controllers.runtime"
    manager = _load("base.app_manager")  # registers the options that the next line settles
    _load("cfg").CONF(args=[], project="apnemu")
    manager.AppManager.run_apps([application])


def _own_application(file: Path, runtime: str) -> str:
    """Load somebody's application unchanged; returns the name under which the framework finds it."""
    if runtime == OS_KEN:
        sys.meta_path.insert(0, _Alias())
        manager = _load("base.app_manager")
        manager.RyuApp = manager.OSKenApp
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{file} is not a Python file")
    sys.modules[file.stem] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return file.stem


if __name__ == "__main__":
    main()
