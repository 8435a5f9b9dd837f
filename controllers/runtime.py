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
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from apnemu.blueprint.document import Blueprint
from controllers.rules import Group, Rule

OS_KEN, RYU = "os-ken", "ryu"
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
    logic = importlib.import_module(f"controllers.{os.environ[LOGIC]}")
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


def flow_mod(datapath: Any, rule: Rule) -> Any:
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
    options.add_argument("--logic", choices=["lightpath", "packet"])
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
        application = "controllers.runtime"
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
