# SPDX-License-Identifier: BSD-3-Clause
"""The selectors of 1+1: each receiver takes the other of its two lightpaths by itself when the one that it has is lost.

A selector is a device at the end of the light (ITU-T G.808.1: unidirectional, non-revertive): it asks no controller. It
knows its lightpaths from the last order, and that they are dark from the player, as a receiver does from its light.
After the declared times of detection and switching it changes the rule by which its ROADM drops light to the client.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apnemu.blueprint.addressing import LIGHT_PRIORITY
from apnemu.errors import LabError

HOLD_NS = 4_800_000
"""Time before a switch at which a rule is written as it is.

One daemon plays all ROADMs, and goes through the datapath's flows when a rule is new, but not within 5 ms of the last
time (Open vSwitch 3.1, `udpif_revalidator`): of both ends, which switch at one instant, one was 5 ms late. This makes
both part of the round that begins 0.2 ms after the switch.
"""
Client = tuple[str, str]
"""Host and interface."""
Leg = dict[str, Any]
"""A lightpath as an order has it: tag, ROADM's port to the line, fibres, and by how much longer they may count."""
VERSION, HELLO, FLOW_MOD, BARRIER, BARRIER_REPLY = 4, 0, 14, 20, 21
ADD, DELETE_STRICT = 0, 4
ANY = 0xFFFFFFFF
VLAN_PRESENT = 0x1000


@dataclass(slots=True)
class _Selector:
    """`told` is the lightpath that the controller chose last, `chosen` the one that is received."""

    bridge: str
    port: int
    legs: list[Leg]
    told: Leg
    chosen: Leg
    held: bool = False
    lost_ns: dict[tuple[int, int], int] = field(default_factory=dict)
    """Lightpath without light -> since when."""


class Selectors:
    """Selectors of all clients. `after_ns`: detection and switching; `received` is told which lightpath one takes, and
    `switch` has a bridge drop another lightpath to a port (None: no more than that it does not drop the one before)."""

    def __init__(
        self,
        after_ns: int,
        received: Callable[[Client, Leg], None],
        switch: Callable[[str, Leg, Leg | None, int], None],
    ) -> None:
        self._after_ns = after_ns
        self._received, self._switch = received, switch
        self._selectors: dict[Client, _Selector] = {}
        self._dark: frozenset[str] = frozenset()
        self._longer_km: dict[str, float] = {}

    def obey(self, order: dict[str, Any], now_ns: int) -> None:
        """Take in an order, or what has happened to fibres. What a selector chose itself stands until it is told
        another choice."""
        if order["kind"] == "sag":
            self._longer_km = order["longer_km"]
        elif order["kind"] == "dark":
            self._dark = frozenset(order["fibres"])
        else:
            client = order["host"], order["interface"]
            before = self._selectors.pop(client, None)
            if before is not None:
                self._give_way(before, order)
            if order["kind"] == "carry" and order["legs"]:
                told = order["legs"][order["chosen"]]
                chosen = before.chosen if before and before.told == told and before.chosen in order["legs"] else told
                lost_ns = before.lost_ns if before else {}
                self._selectors[client] = _Selector(
                    order["bridge"], order["port"], order["legs"], told, chosen, lost_ns=lost_ns
                )
                self._received(client, chosen)
        for selector in self._selectors.values():
            lost = [_key(leg) for leg in selector.legs if not self._shines(leg)]
            selector.lost_ns = {key: selector.lost_ns.get(key, now_ns) for key in lost}
            selector.held = selector.held and _key(selector.chosen) in lost

    def due_ns(self) -> int | None:
        """Instant at which `act` has something to do next, or None."""
        due = [at_ns for selector in self._selectors.values() if (at_ns := self._due_ns(selector)) is not None]
        return min(due, default=None)

    def act(self, now_ns: int) -> None:
        """Switch over whose time has come."""
        for client, selector in self._selectors.items():
            due_ns = self._due_ns(selector)
            if due_ns is None or due_ns > now_ns:
                continue
            if not selector.held:
                self._switch(selector.bridge, selector.chosen, selector.chosen, selector.port)
                selector.held = True
            else:
                other = self._other(selector)
                assert other is not None
                self._switch(selector.bridge, selector.chosen, other, selector.port)
                selector.chosen, selector.held = other, False
                self._received(client, other)

    def _give_way(self, selector: _Selector, order: dict[str, Any]) -> None:
        """Undo at the ROADM what a selector has chosen by itself, where an order has another choice.

        The controller does not know of that rule, and takes the rule of its own last choice for installed.
        """
        if selector.chosen == selector.told:
            return
        if order["kind"] == "carry" and order["legs"]:
            told = order["legs"][order["chosen"]]
            stands = told == selector.told and selector.chosen in order["legs"]
        else:
            received = order["fibres"] if order["kind"] == "carry" else ()
            told = next((leg for leg in selector.legs if leg["fibres"] == received), None)
            stands = False
        if not stands and told != selector.chosen:
            self._switch(selector.bridge, selector.chosen, told, selector.port)

    def _due_ns(self, selector: _Selector) -> int | None:
        lost_ns = selector.lost_ns.get(_key(selector.chosen))
        if lost_ns is None or self._other(selector) is None:
            return None
        return lost_ns + self._after_ns - (0 if selector.held else min(HOLD_NS, self._after_ns))

    def _other(self, selector: _Selector) -> Leg | None:
        return next((leg for leg in selector.legs if _key(leg) not in selector.lost_ns), None)

    def _shines(self, leg: Leg) -> bool:
        longer_km = sum(self._longer_km.get(name, 0.0) for name in leg["fibres"])
        return self._dark.isdisjoint(leg["fibres"]) and longer_km <= max(leg["spare_km"], 0.0)


def _key(leg: Leg) -> tuple[int, int]:
    return leg["tag"], leg["line"]


def switch_over(bridge: str, before: Leg, after: Leg | None, port: int) -> None:
    """Have a ROADM drop another lightpath to a port, by the socket that every bridge has for programs beside it.

    Without another one it drops `before` no more.

    Raises LabError where the bridge does not answer.
    """
    gone = drop(DELETE_STRICT, before, port) if before != after else b""
    comes = drop(ADD, after, port) if after is not None else b""
    said = message(HELLO) + comes + gone + message(BARRIER)
    with socket.socket(socket.AF_UNIX) as connected:
        connected.connect(f"/run/openvswitch/{bridge}.mgmt")
        connected.sendall(said)
        with connected.makefile("rb") as answers:
            while header := answers.read(8):
                _, kind, length, _ = struct.unpack("!BBHI", header)
                answers.read(length - 8)
                if kind == BARRIER_REPLY:
                    return
    raise LabError(f"the ROADM {bridge} does not take a protection switch's change")


def message(kind: int, body: bytes = b"") -> bytes:
    """Message of OpenFlow 1.3."""
    return struct.pack("!BBHI", VERSION, kind, 8 + len(body), 1) + body


def drop(command: int, leg: Leg, port: int) -> bytes:
    """Flow mod (OpenFlow 1.3.5, 7.3.4.1) of the rule: a tag that comes in by a line is popped and output by a port.

    What is removed is that rule alone: the controller may have given the lightpath to another port meanwhile.
    """
    match = struct.pack("!IIIH", 0x80000004, leg["line"], 0x80000C02, VLAN_PRESENT | leg["tag"])
    actions = struct.pack("!HHxxxx", 18, 8) + struct.pack("!HHIHxxxxxx", 0, 16, port, 0xFFFF)
    out_port = ANY if command == ADD else port
    fixed = struct.pack("!QQBBHHHIIIHxx", 0, 0, 0, command, 0, 0, LIGHT_PRIORITY, ANY, out_port, ANY, 0)
    apply = struct.pack("!HHxxxx", 4, 8 + len(actions)) + actions
    length = 4 + len(match)
    padding = bytes(-length % 8)
    return message(FLOW_MOD, fixed + struct.pack("!HH", 1, length) + match + padding + apply)
