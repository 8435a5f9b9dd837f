# SPDX-License-Identifier: BSD-3-Clause
"""Receivers of 1+1 take their other light by themselves: when, which, and by what message to the ROADM."""

from __future__ import annotations

from typing import Any

import pytest

from apnemu.emulation.protection import ADD, DELETE_STRICT, HOLD_NS, Leg, Selectors, drop

MS = 1_000_000
AFTER_NS = 60 * MS
LEGS: list[Leg] = [
    {"tag": 5, "line": 1, "fibres": ["ab", "bc"], "spare_km": 40.0},
    {"tag": 9, "line": 2, "fibres": ["ad", "dc"], "spare_km": 40.0},
]


def order(legs: list[Leg], chosen: int = 0, kind: str = "carry") -> dict[str, Any]:
    return {
        "kind": kind,
        "host": "c-h1",
        "interface": "eth0",
        "bridge": "s3",
        "port": 7,
        "legs": legs,
        "chosen": chosen,
    }


def dark(*fibres: str) -> dict[str, Any]:
    return {"kind": "dark", "fibres": list(fibres)}


class Roadm:
    """What the ROADM was told, and what the client receives."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []
        self.received: Leg = {}
        self.selectors = Selectors(AFTER_NS, self.receive, self.switch)

    def receive(self, client: tuple[str, str], leg: Leg) -> None:
        assert client == ("c-h1", "eth0")
        self.received = leg

    def switch(self, bridge: str, before: Leg, after: Leg | None, port: int) -> None:
        assert (bridge, port) == ("s3", 7)
        self.told.append((before["tag"], after["tag"] if after else 0))


@pytest.mark.parametrize("lost", [dark("bc"), {"kind": "sag", "longer_km": {"ab": 41.0}}])
def test_it_switches_after_detection_and_switching_and_stays(lost: dict[str, Any]) -> None:
    roadm = Roadm()
    one = roadm.selectors
    one.obey(order(LEGS), 0)
    one.obey(lost, 100 * MS)
    held_ns = 160 * MS - HOLD_NS
    assert one.due_ns() == held_ns
    one.act(held_ns)
    assert (roadm.told, one.due_ns()) == ([(5, 5)], 160 * MS), "written as it is"
    one.act(160 * MS - 1)
    assert roadm.told == [(5, 5)]
    one.act(160 * MS)
    assert roadm.told == [(5, 5), (5, 9)] and roadm.received == LEGS[1]
    one.obey(dark(), 200 * MS)
    one.obey({"kind": "sag", "longer_km": {}}, 200 * MS)
    assert one.due_ns() is None, "it does not revert"
    one.obey(order(LEGS), 300 * MS)
    assert roadm.received == LEGS[1], "the controller has chosen nothing new"
    one.obey(order(LEGS, chosen=1), 300 * MS)
    one.obey(order(LEGS, chosen=0), 400 * MS)
    assert roadm.received == LEGS[0], "it has"


def test_light_that_is_back_at_once_or_lost_on_both_ways_changes_nothing() -> None:
    roadm = Roadm()
    one = roadm.selectors
    one.obey(order(LEGS), 0)
    one.obey(dark("ab"), 10 * MS)
    one.obey(dark(), 60 * MS)
    assert one.due_ns() is None
    one.obey(dark("ab", "dc"), 100 * MS)
    assert one.due_ns() is None
    one.obey(dark("ab"), 500 * MS)
    assert one.due_ns() == 160 * MS - HOLD_NS, "its other light is back"
    one.act(500 * MS)
    one.act(500 * MS)
    assert roadm.told == [(5, 5), (5, 9)]


def test_what_it_chose_itself_is_undone_where_an_order_has_other_light() -> None:
    """The controller does not know of that rule: it takes the one of its own choice for installed."""
    third = {**LEGS[1], "tag": 11, "fibres": ["ae", "ec"]}
    cases = [
        (order(LEGS), None),
        (order(LEGS, chosen=1), None),
        ({**order([]), "fibres": LEGS[1]["fibres"]}, None),
        ({**order([]), "fibres": LEGS[0]["fibres"]}, 5),
        (order([LEGS[0], third]), 5),
        (order([LEGS[1], third], chosen=1), 11),
        ({**order([]), "fibres": third["fibres"]}, 0),
        (order(LEGS, kind="quiet"), 0),
    ]
    for given, undone in cases:
        roadm = Roadm()
        one = roadm.selectors
        one.obey(order(LEGS), 0)
        one.obey(dark("ab"), 100 * MS)
        one.act(160 * MS)
        one.act(160 * MS)
        one.obey(given, 300 * MS)
        assert roadm.told[2:] == ([] if undone is None else [(9, undone)]), given


def test_a_client_without_two_lightpaths_has_nothing_to_select() -> None:
    roadm = Roadm()
    for given in (order([]), order(LEGS, kind="quiet")):
        roadm.selectors.obey(order(LEGS), 0)
        roadm.selectors.obey(given, 1)
        roadm.selectors.obey(dark("ab"), 2)
        assert roadm.selectors.due_ns() is None


@pytest.mark.parametrize("command", [ADD, DELETE_STRICT])
def test_the_message_is_what_a_framework_reads_it_as(command: int) -> None:
    """OS-Ken's own parser finds the rule in it that the controller would install or remove."""
    os_ken = pytest.importorskip("os_ken.ofproto.ofproto_v1_3_parser")
    proto = pytest.importorskip("os_ken.ofproto.ofproto_v1_3")

    class Datapath:
        ofproto, ofproto_parser = proto, os_ken

    said = drop(command, LEGS[0], 7)
    mod = os_ken.OFPFlowMod.parser(Datapath(), 4, proto.OFPT_FLOW_MOD, len(said), 1, said)
    out_port = proto.OFPP_ANY if command == ADD else 7
    assert (mod.command, mod.priority, mod.out_port, mod.out_group) == (command, 100, out_port, proto.OFPG_ANY)
    assert dict(mod.match.items()) == {"in_port": 1, "vlan_vid": proto.OFPVID_PRESENT | 5}
    popped, output = mod.instructions[0].actions
    assert (popped.type, output.type, output.port) == (proto.OFPAT_POP_VLAN, proto.OFPAT_OUTPUT, 7)
