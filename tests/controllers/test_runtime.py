# SPDX-License-Identifier: BSD-3-Clause
"""Rules in the frameworks' words: they go over OpenFlow's wire and come back as they were."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import pytest

from apnemu.controllers.frameworks import RYU, installed, package
from apnemu.controllers.openflow import flow_mod
from apnemu.controllers.rules import Rule

RUNTIMES = [
    pytest.param(
        runtime, marks=pytest.mark.skipif(not importlib.util.find_spec(package(runtime)), reason="not installed")
    )
    for runtime in ("os-ken", RYU)
]
OPENFLOW_13 = 4
VLAN = 0x1000
"""OFPVID_PRESENT: a tag is there."""
RULES = [
    (
        Rule(priority=100, port_in=5, actions=(("push", 7), ("output", 2))),
        {"in_port": 5},
        [("PushVlan", 0x8100), ("SetField", VLAN | 7), ("Output", 2)],
    ),
    (
        Rule(priority=100, port_in=2, tag=7, actions=(("output", 3),)),
        {"in_port": 2, "vlan_vid": VLAN | 7},
        [("Output", 3)],
    ),
    (
        Rule(priority=100, port_in=2, tag=4094, actions=(("pop",), ("output", 5))),
        {"in_port": 2, "vlan_vid": VLAN | 4094},
        [("PopVlan", None), ("Output", 5)],
    ),
    (
        Rule(priority=99, address_to="10.0.44.2", actions=(("decrement_ttl",), ("output", 1))),
        {"eth_type": 0x0800, "ipv4_dst": "10.0.44.2"},
        [("DecNwTtl", None), ("Output", 1)],
    ),
    (
        Rule(priority=300, port_in=9, mac_to="02:bb:00:00:00:07", actions=(("output", 7),)),
        {"in_port": 9, "eth_dst": "02:bb:00:00:00:07"},
        [("Output", 7)],
    ),
    (
        Rule(priority=50, port_in=3, ipv6=True, mac_to="33:33:00:00:00:00", mac_mask="ff:ff:00:00:00:00", actions=()),
        {"eth_type": 0x86DD, "in_port": 3, "eth_dst": ("33:33:00:00:00:00", "ff:ff:00:00:00:00")},
        [],
    ),
    (
        Rule(priority=200, mac_to="02:bb:00:00:00:00", mac_mask="ff:ff:00:00:00:00", actions=()),
        {"eth_dst": ("02:bb:00:00:00:00", "ff:ff:00:00:00:00")},
        [],
    ),
]


def over_the_wire(runtime: str, rule: Rule) -> Any:
    """Serialised by the framework and parsed again from the bytes."""
    protocol = importlib.import_module(f"{package(runtime)}.ofproto.ofproto_protocol")
    parser = importlib.import_module(f"{package(runtime)}.ofproto.ofproto_parser")
    datapath = protocol.ProtocolDesc(version=OPENFLOW_13)
    message = flow_mod(datapath, rule)
    message.set_xid(1)
    message.serialize()
    version, kind, length, number = parser.header(message.buf)
    assert (version, length) == (OPENFLOW_13, len(message.buf))
    return parser.msg(datapath, version, kind, length, number, bytes(message.buf))


def seen(action: Any) -> tuple[str, int | None]:
    name = type(action).__name__.removeprefix("OFPAction")
    value = {"PushVlan": "ethertype", "SetField": "value", "Output": "port"}.get(name)
    return name, getattr(action, value) if value else None


@pytest.mark.filterwarnings("ignore:distutils Version:DeprecationWarning")  # Ryu 4.34 was written for Python 3.8
@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(("rule", "match", "actions"), RULES)
def test_a_rule_comes_back(runtime: str, rule: Rule, match: dict[str, object], actions: list[object]) -> None:
    message = over_the_wire(runtime, rule)
    assert message.command == 0, "OFPFC_ADD"
    assert message.priority == rule.priority
    assert message.idle_timeout == message.hard_timeout == message.table_id == 0
    assert dict(message.match.items()) == match
    (instruction,) = message.instructions
    assert instruction.type == 4, "OFPIT_APPLY_ACTIONS: at once, in order"
    assert [seen(action) for action in instruction.actions] == actions


def test_the_default_runtime_is_the_maintained_one() -> None:
    assert installed()[0] == "os-ken"
