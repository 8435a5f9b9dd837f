# SPDX-License-Identifier: BSD-3-Clause
"""A switch that we own: looks a frame up in rules as OpenFlow 1.3 does (clause 5.3), and wires that carry it on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from apnemu.blueprint.document import Blueprint, End
from apnemu.controllers.rules import Rule
from tests.compiled import far_ends

MOST_SWITCHES = 100
Rules = Callable[[Blueprint, int], list[Rule]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What rules can look at. `tags` are the VLAN ids, the outermost first."""

    mac_to: str = "02:0a:ff:ff:ff:ff"
    address_to: str | None = None
    address_from: str | None = None
    tags: tuple[int, ...] = ()
    ttl: int = 64
    ipv6: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A frame at the end of its way, and the datapaths that it passed."""

    end: End
    frame: Frame
    passed: tuple[int, ...]


def matches(rule: Rule, frame: Frame, port: int) -> bool:
    return (
        rule.port_in in (None, port)
        and (rule.tag is None or frame.tags[:1] == (rule.tag,))
        and (rule.mac_to is None or _masked(frame.mac_to, rule.mac_mask) == _masked(rule.mac_to, rule.mac_mask))
        and rule.address_to in (None, frame.address_to)
        and rule.address_from in (None, frame.address_from)
        and (frame.ipv6 or not rule.ipv6)
    )


def treat(rules: Sequence[Rule], frame: Frame, port: int) -> list[tuple[int, Frame]]:
    """What leaves a switch, by which ports. Two rules of one priority that both match have no meaning."""
    fitting = [rule for rule in rules if matches(rule, frame, port)]
    highest = max((rule.priority for rule in fitting), default=0)
    best = [rule for rule in fitting if rule.priority == highest]
    if not best:
        return []  # a table without a table-miss entry drops
    assert len(best) == 1, f"{frame} at port {port} matches {best}"
    left = []
    for step in best[0].actions:
        if step[0] == "push":
            frame = dataclasses.replace(frame, tags=(step[1], *frame.tags))
        elif step[0] == "pop":
            assert frame.tags, "there is no tag to pop"
            frame = dataclasses.replace(frame, tags=frame.tags[1:])
        elif step[0] == "decrement_ttl":
            frame = dataclasses.replace(frame, ttl=frame.ttl - 1)
        else:
            left.append((step[1], frame))
    return left


@dataclass
class Fabric:
    """All switches of a blueprint, with the rules of one logic, and the wires between them."""

    blueprint: Blueprint
    logic: Rules
    table: dict[int, list[Rule]] = field(init=False)

    def __post_init__(self) -> None:
        self._switch = {switch.name: switch.dpid for switch in self.blueprint.switches}
        self._name = {switch.dpid: switch.name for switch in self.blueprint.switches}
        self._far = far_ends(self.blueprint)
        self.table = {dpid: self.logic(self.blueprint, dpid) for dpid in self._name}

    def send(self, node: str, port: int, frame: Frame) -> list[Arrived]:
        """Put a frame on a host's wire; everything that comes out at other nodes."""
        end = self._far[node, port][1]
        return self.enter(self._switch[end.node], end.port, frame)

    def enter(self, dpid: int, port: int, frame: Frame, passed: tuple[int, ...] = ()) -> list[Arrived]:
        passed = (*passed, dpid)
        assert len(passed) < MOST_SWITCHES, f"{frame} goes round: {passed}"
        arrived = []
        for out, sent in treat(self.table[dpid], frame, port):
            assert out != port, "OpenFlow does not send a frame back by the port that it came by"
            end = self._far[self._name[dpid], out][1]
            if end.node in self._switch:
                arrived += self.enter(self._switch[end.node], end.port, sent, passed)
            else:
                arrived.append(Arrived(end=end, frame=sent, passed=passed))
        return arrived


def _masked(mac: str, mask: str | None) -> int:
    return _number(mac) & (_number(mask) if mask else (1 << 48) - 1)


def _number(mac: str) -> int:
    return int(mac.replace(":", ""), 16)
