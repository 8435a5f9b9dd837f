# SPDX-License-Identifier: BSD-3-Clause
"""Settings of the network's devices: which ROADM passes what, which transceiver sends where.

A lightpath carries between two transceivers once every ROADM on the way passes it and both are tuned; until then a
frame goes nowhere. For 1+1 the service's light is bridged to both lightpaths where it is added, and where it is
dropped one of the two is selected. The bridge is one rule with two outputs, in OpenFlow's words what a group of type
ALL does with its buckets, but installed in one message.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from apnemu.controllers.rules import Action, Rule
from apnemu.controllers.wiring import Wiring
from apnemu.model.assignment import LightId
from apnemu.planning.online import Change, Port

PRIORITY = 100


@dataclass(slots=True)
class Devices:
    """Settings of all devices, changed by `act`: one finished change at a time."""

    wiring: Wiring
    crossed: dict[tuple[str, LightId], Change] = field(default_factory=dict)
    """(site, lightpath) -> the cross-connection in its ROADM."""
    tuned: dict[tuple[str, int], LightId] = field(default_factory=dict)
    """(site, transceiver) -> the lightpath that it sends and receives."""
    client: dict[tuple[str, str], int] = field(default_factory=dict)
    """(site, 1+1 service) -> the transceiver that its host is on."""
    selected: dict[tuple[str, str], LightId] = field(default_factory=dict)
    """(site, 1+1 service) -> the lightpath that is dropped to it."""

    def act(self, change: Change, *, bridged: bool) -> None:
        """Note that a device has done a change; `bridged`: the service has 1+1."""
        site, path = change.site, change.lightpath
        service = path.service
        if change.kind == "cross-connect":
            self.crossed[site, path] = change
        elif change.kind == "disconnect":
            self.crossed.pop((site, path), None)
        elif change.kind == "tune":
            self.tuned[site, change.port_in.number] = path
            if bridged:
                self.client.setdefault((site, service), change.port_in.number)
                if self.selected.get((site, service)) not in self.tuned.values():
                    self.selected[site, service] = path
        elif change.kind == "dark":
            if self.tuned.get((site, change.port_in.number)) == path:
                del self.tuned[site, change.port_in.number]
        elif bridged:
            self.selected[site, service] = path

    def forget(self, service: str) -> None:
        """Forget a service that is released."""
        for table in (self.client, self.selected):
            for key in [key for key in table if key[1] == service]:
                del table[key]

    def rules(self, site: str) -> list[Rule]:
        """Rules that the site's ROADM must have."""
        rules: list[Rule] = []
        added: dict[int, list[tuple[int, int]]] = {}
        for (where, path), change in self.crossed.items():
            if where != site or change.slot is None or change.port_out is None:
                continue
            tag = self.wiring.tag(change.slot)
            pair = (change.port_in, change.port_out)
            ends = [port for port in pair if port.kind == "transceiver"]
            if not ends:
                rules += self._passed(site, tag, pair)
                continue
            line = next(port for port in pair if port.kind == "fibre")
            rules += self._ended(site, path, tag, ends[0], self.wiring.number(site, line), added)
        for port, outputs in added.items():
            rules.append(Rule(priority=PRIORITY, port_in=port, actions=tuple(_bridge(outputs))))
        return rules

    def _passed(self, site: str, tag: int, pair: tuple[Port, Port]) -> Iterator[Rule]:
        """Both directions of light that passes from fibre to fibre."""
        for port_in, port_out in (pair, pair[::-1]):
            out: tuple[Action, ...] = (("output", self.wiring.number(site, port_out)),)
            yield Rule(priority=PRIORITY, port_in=self.wiring.number(site, port_in), tag=tag, actions=out)

    def _ended(
        self, site: str, path: LightId, tag: int, end: Port, line: int, added: dict[int, list[tuple[int, int]]]
    ) -> Iterator[Rule]:
        """Drop of light to a transceiver that is tuned to it; the light that this one adds is collected in `added`."""
        if self.tuned.get((site, end.number)) != path:
            return
        port = self.wiring.transceiver[site, self.client.get((site, path.service), end.number)].port
        added.setdefault(port, []).append((tag, line))
        if self.selected.get((site, path.service), path) == path:
            yield Rule(priority=PRIORITY, port_in=line, tag=tag, actions=(("pop",), ("output", port)))


def _bridge(outputs: list[tuple[int, int]]) -> Iterator[Action]:
    """Actions that send a client's frames into each (tag, line)."""
    for number, (tag, line) in enumerate(outputs):
        if number:
            yield ("pop",)
        yield ("push", tag)
        yield ("output", line)
