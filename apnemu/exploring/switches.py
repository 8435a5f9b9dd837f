# SPDX-License-Identifier: BSD-3-Clause
"""Switches and transponders without a lab: tables of rules, orders that stand, fibres and sites that are dark.

`Ground` does what the lab's devices do, at the instants at which it is told. Receivers of 1+1 are those of the lab
(`emulation.protection`), which choose by themselves. Light is followed rule by rule, as OpenFlow 1.3 (clause 5.3) has
it for tables in which every rule names the port that a frame comes by.

*Not modelled:* how long a switch takes for its rules; frames, and the lines that they wait for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from apnemu.blueprint.addressing import LIGHT_PRIORITY
from apnemu.blueprint.document import Blueprint, End
from apnemu.controllers.devices import Key, key
from apnemu.controllers.orders import Order
from apnemu.controllers.rules import Rule
from apnemu.emulation.protection import Leg, Selectors
from apnemu.planning.online.survival import dark_fibres

Client = tuple[str, str]
"""Host and interface of a transceiver."""
MOST_HOPS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What becomes of a frame that a transceiver sends: the transceivers at which it comes out, and what else.

    `lost` are the fibres that were dark on its way, `ended` the switches that had no rule for it, `looped` says that it
    came by a port at which it had been.
    """

    came: tuple[Client, ...]
    lost: tuple[str, ...]
    ended: tuple[str, ...]
    looped: bool


class Ground:
    """All devices of a blueprint."""

    def __init__(self, blueprint: Blueprint) -> None:
        assert blueprint.plant is not None
        self.blueprint, self.plant = blueprint, blueprint.plant
        self.tables: dict[int, dict[Key, Rule]] = {switch.dpid: {} for switch in blueprint.switches}
        self.orders: dict[Client, Order] = {}
        """Orders by which transceivers carry."""
        self.cut: frozenset[str] = frozenset()
        self.lost: frozenset[str] = frozenset()
        self.sagging: dict[str, float] = {}
        self._dpid = {switch.name: switch.dpid for switch in blueprint.switches}
        self._site = {host.name: host.site for host in blueprint.hosts}
        self._by_mac = {own.mac: (own.host, own.interface) for own in blueprint.transceivers}
        self._ends: dict[tuple[str, int], tuple[str, End]] = {}
        """(node, port) -> wire and its other end."""
        self._enters: dict[Client, tuple[int, int]] = {}
        for wire in blueprint.wires:
            for here, there in ((wire.a, wire.b), (wire.b, wire.a)):
                self._ends[here.node, here.port] = wire.name, there
                if there.node in self._dpid and here.node not in self._dpid:
                    self._enters[here.node, here.interface] = self._dpid[there.node], there.port
        self._name = {dpid: name for name, dpid in self._dpid.items()}
        devices = self.plant.devices
        after_ns = devices.loss_of_light_detection_ns + devices.protection_switching_ns
        self._light: dict[Client, tuple[tuple[str, ...], float]] = {}
        """Transceiver -> the fibres of the light that it receives, and by how much longer they may count."""
        self.selectors = Selectors(after_ns, self._receive, self._select)

    @property
    def dark(self) -> tuple[str, ...]:
        """Fibres without light."""
        return dark_fibres(self.plant, self.cut, self.lost)

    def happens(self, now_ns: int, *, cut: Iterable[str], lost: Iterable[str]) -> list[tuple[int, int, bool]]:
        """Set which fibres are cut and which sites lost; ports that say so: (datapath, port, whether it is up)."""
        before = set(self.dark)
        self.cut, self.lost = frozenset(cut), frozenset(lost)
        after = set(self.dark)
        self.selectors.obey({"kind": "dark", "fibres": sorted(after)}, now_ns)
        said = []
        for wire in self.blueprint.wires:
            if wire.kind == "fibre" and (wire.name in before) != (wire.name in after):
                said += [(self._dpid[end.node], end.port, wire.name not in after) for end in (wire.a, wire.b)]
        return said

    def sags(self, fibre: str, db: float, now_ns: int) -> None:
        """Set what an amplifier lacks."""
        self.sagging.pop(fibre, None)
        if db:
            self.sagging[fibre] = db
        longer_km = {name: self.plant.fibre[name].sag_km(lacks) for name, lacks in self.sagging.items()}
        self.selectors.obey({"kind": "sag", "longer_km": longer_km}, now_ns)

    def install(self, dpid: int, install: Iterable[Rule], remove: Iterable[Rule]) -> None:
        """Do a flow mod each: first what is new, then what goes."""
        table = self.tables[dpid]
        for rule in install:
            table[key(rule)] = rule
        for rule in remove:
            table.pop(key(rule), None)

    def obey(self, orders: Sequence[Order], now_ns: int) -> None:
        """Carry out a controller's orders to transceivers."""
        for order in orders:
            client = order.host, order.interface
            self.orders.pop(client, None)
            self._light.pop(client, None)
            if order.kind == "carry":
                self.orders[client] = order
                self._light[client] = order.fibres, order.spare_km
            self.selectors.obey(_told(order), now_ns)

    def ports(self, dpid: int) -> list[tuple[int, bool]]:
        """Fibres' ports of a switch, and whether each is up."""
        dark = self.dark
        return [
            (end.port, wire.name not in dark)
            for wire in self.blueprint.wires
            if wire.kind == "fibre"
            for end in (wire.a, wire.b)
            if self._dpid[end.node] == dpid
        ]

    def peer(self, order: Order) -> Client:
        """Transceiver to which an order has another one send."""
        return self._by_mac[order.peer_mac]

    def receives(self, client: Client) -> bool:
        """Whether the light that comes to a transceiver closes, and its site is whole."""
        if self._site[client[0]] in self.lost:
            return False
        fibres, spare_km = self._light.get(client, ((), 0.0))
        longer_km = sum(self.plant.fibre[name].sag_km(db) for name, db in self.sagging.items() if name in fibres)
        return not longer_km or longer_km <= spare_km

    def follow(self, client: Client) -> Way:
        """Follow a frame that a transceiver sends into its ROADM."""
        dark = set(self.dark)
        came: list[Client] = []
        lost: list[str] = []
        ended: list[str] = []
        todo: list[tuple[int, int, int | None]] = [(*self._enters[client], None)]
        been: set[tuple[int, int, int | None]] = set()
        looped = False
        while todo:
            here = todo.pop()
            if here in been:
                looped = True
                continue
            been.add(here)
            dpid, port, tag = here
            rule = self._rule(dpid, port, tag)
            if rule is None or len(been) > MOST_HOPS:
                ended.append(self._name[dpid])
                continue
            for out, now in _outputs(rule, tag):
                wire, end = self._ends[self._name[dpid], out]
                if wire in dark:
                    lost.append(wire)
                elif end.node in self._dpid:
                    todo.append((self._dpid[end.node], end.port, now))
                else:
                    came.append((end.node, end.interface))
        return Way(came=tuple(came), lost=tuple(lost), ended=tuple(ended), looped=looped)

    def doubled(self, dpid: int) -> tuple[Rule, Rule, int, int] | None:
        """Two rules of a switch that send light into one slot of one fibre, with the port and the tag."""
        sent: dict[tuple[int, int], Rule] = {}
        for rule in self.tables[dpid].values():
            for out, tag in _outputs(rule, rule.tag):
                other = sent.setdefault((out, -1 if tag is None else tag), rule)
                if tag is not None and other is not rule:
                    return other, rule, out, tag
        return None

    def _rule(self, dpid: int, port: int, tag: int | None) -> Rule | None:
        fitting = [
            rule
            for rule in self.tables[dpid].values()
            if rule.port_in in (None, port) and rule.tag in ((None, tag) if tag is None else (tag,))
        ]
        return max(fitting, key=lambda rule: rule.priority, default=None)

    def _select(self, bridge: str, before: Leg, after: Leg | None, port: int) -> None:
        """Drop another lightpath to a port, or none, as a selector does by the bridge's own socket."""
        dpid, gone = self._dpid[bridge], _drop(before, port)
        stands = before != after and self.tables[dpid].get(key(gone)) == gone
        self.install(dpid, [] if after is None else [_drop(after, port)], [gone] if stands else [])

    def _receive(self, client: Client, leg: Leg) -> None:
        self._light[client] = tuple(leg["fibres"]), leg["spare_km"]


def _told(order: Order) -> dict[str, Any]:
    """An order as the agent in the lab reads it, as far as receivers look at it."""
    legs = [{"tag": leg.tag, "line": leg.line, "fibres": leg.fibres, "spare_km": leg.spare_km} for leg in order.legs]
    names = ("kind", "host", "interface", "fibres", "spare_km", "bridge", "port", "chosen")
    return {name: getattr(order, name) for name in names} | {"legs": legs}


def _drop(leg: dict[str, Any], port: int) -> Rule:
    actions = (("pop",), ("output", port))
    return Rule(priority=LIGHT_PRIORITY, port_in=leg["line"], tag=leg["tag"], actions=actions)  # type: ignore[arg-type]


def _outputs(rule: Rule, tag: int | None) -> list[tuple[int, int | None]]:
    """Ports by which a frame with this tag leaves, each with the tag that it has then."""
    tags = [] if tag is None else [tag]
    left: list[tuple[int, int | None]] = []
    for step in rule.actions:
        if step[0] == "push":
            tags.append(step[1])
        elif step[0] == "pop":
            tags = tags[:-1]
        elif step[0] == "output":
            left.append((step[1], tags[-1] if tags else None))
    return left
