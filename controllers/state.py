# SPDX-License-Identifier: BSD-3-Clause
"""Settings of the network's devices: which ROADM passes what, which transceiver sends where.

A lightpath carries between two transceivers once every ROADM on the way passes it and both are tuned; until then a
frame goes nowhere. For 1+1 a client's frames are bridged to both lightpaths where they are added, and where they are
dropped one of the two is selected. Which client a lightpath serves is forgotten when its transceiver goes dark: nothing
here outlives what the ledger of `Light` gives. The bridge is one rule with two outputs, in OpenFlow's words what a
group of type ALL does with its buckets, but installed in one message.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from apnemu.blueprint.addressing import LIGHT_PRIORITY
from apnemu.controllers.rules import Action, Rule
from apnemu.controllers.wiring import Wiring
from apnemu.model.assignment import LightId
from apnemu.planning.online import Change, Port


@dataclass(slots=True)
class Devices:
    """Settings of all devices, changed by `act`: one finished change at a time."""

    wiring: Wiring
    crossed: dict[tuple[str, LightId], Change] = field(default_factory=dict)
    """(site, lightpath) -> the cross-connection in its ROADM."""
    tuned: dict[tuple[str, int], LightId] = field(default_factory=dict)
    """(site, transceiver) -> the lightpath that it sends and receives."""
    client: dict[tuple[str, LightId], int] = field(default_factory=dict)
    """(site, lightpath) -> the transceiver that the host is on whose frames it carries."""
    selected: dict[tuple[str, int], LightId] = field(default_factory=dict)
    """(site, transceiver that a host is on) -> the lightpath that was selected for it last; see `received`."""

    def act(self, change: Change, client: int | None = None) -> None:
        """Note that a device has done a change; `client` is the transceiver that the service's host is on (`tune`)."""
        site, path, number = change.site, change.lightpath, change.port_in.number
        if change.kind == "cross-connect":
            self.crossed[site, path] = change
        elif change.kind == "disconnect":
            self.crossed.pop((site, path), None)
        elif change.kind == "tune":
            client = number if client is None else client
            self._untune(site, number)
            self.tuned[site, number] = path
            self.client[site, path] = client
            if self.received(site, client) == path:
                self.selected[site, client] = path
        elif change.kind == "dark":
            if self.tuned.get((site, number)) == path:
                self._untune(site, number)
        elif change.kind == "switch" and change.port_out is not None:
            self._move(site, path.service, number, change.port_out.number)
        elif change.kind == "select":
            self.selected[site, number] = path

    def received(self, site: str, client: int) -> LightId | None:
        """Lightpath that is dropped to the host on a transceiver: the selected one, else the oldest of its own.

        What is selected may have no light yet, or may be out before anything else is selected.
        """
        selected = self.selected.get((site, client))
        if selected is not None and self.client.get((site, selected)) == client:
            return selected
        return next(iter(self._own(site, client)), None)

    def legs(self, site: str, client: int) -> list[tuple[LightId, int, int]]:
        """Lightpaths that are dropped to a host, or could be: each with its tag and the ROADM's port to its line."""
        found = []
        for path in self._own(site, client):
            change = self.crossed.get((site, path))
            if change is not None and change.slot and change.port_out:
                line = next(port for port in (change.port_in, change.port_out) if port.kind == "fibre")
                found.append((path, self.wiring.tag(change.slot), self.wiring.number(site, line)))
        return found

    def adopt(self, site: str, table: Sequence[Rule]) -> list[tuple[int, LightId]]:
        """Take over what 1+1 has selected at a site by itself, as the table of its ROADM says.

        Returns the transceivers of the hosts that receive another lightpath than was known, each with that.
        """
        dropped = {(rule.port_in, rule.tag, rule.actions) for rule in table}
        found = []
        for client in sorted({number for (where, _), number in self.client.items() if where == site}):
            port = self.wiring.transceiver[site, client].port
            legs = {path: (line, tag, _dropped(port)) for path, tag, line in self.legs(site, client)}
            received = self.received(site, client)
            if received in legs and legs[received] not in dropped:
                other = next((path for path in legs if legs[path] in dropped), None)
                if other is not None:
                    self.selected[site, client] = other
                    found.append((client, other))
        return found

    def _own(self, site: str, client: int) -> list[LightId]:
        """Lightpaths that carry the frames of the host on a transceiver, the oldest first, whatever lit them when."""
        own = [path for (where, path), number in self.client.items() if (where, number) == (site, client)]
        return sorted(own, key=lambda path: path.number)

    def _untune(self, site: str, number: int) -> None:
        """Note that a transceiver is dark; a host that received its light takes another of its own, and stays there."""
        path = self.tuned.pop((site, number), None)
        client = None if path is None else self.client.pop((site, path), None)
        other = None if client is None else self.received(site, client)
        if client is not None and other is not None:
            self.selected[site, client] = other

    def _move(self, site: str, service: str, before: int, after: int) -> None:
        """Give a client's other lightpath to the transceiver to which it moves; that which it leaves goes dark soon."""
        for (where, number), path in self.tuned.items():
            if where == site and number != before and path.service == service and self.client[site, path] == before:
                self.client[site, path] = after

    def rules(self, site: str) -> list[Rule]:
        """Rules that the site's ROADM must have."""
        rules: list[Rule] = []
        added: dict[int, list[tuple[int, int, int]]] = {}
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
            bridged = [(tag, line) for _, tag, line in sorted(outputs)]
            rules.append(Rule(priority=LIGHT_PRIORITY, port_in=port, actions=tuple(_bridge(bridged))))
        return rules

    def _passed(self, site: str, tag: int, pair: tuple[Port, Port]) -> Iterator[Rule]:
        """Both directions of light that passes from fibre to fibre."""
        for port_in, port_out in (pair, pair[::-1]):
            out: tuple[Action, ...] = (("output", self.wiring.number(site, port_out)),)
            yield Rule(priority=LIGHT_PRIORITY, port_in=self.wiring.number(site, port_in), tag=tag, actions=out)

    def _ended(
        self, site: str, path: LightId, tag: int, end: Port, line: int, added: dict[int, list[tuple[int, int, int]]]
    ) -> Iterator[Rule]:
        """Drop of light to a transceiver that is tuned to it; the light that this one adds is collected in `added`, by
        the number of its lightpath: the rule is the same in whatever order they were lit."""
        if self.tuned.get((site, end.number)) != path:
            return
        client = self.client[site, path]
        port = self.wiring.transceiver[site, client].port
        added.setdefault(port, []).append((path.number, tag, line))
        if self.received(site, client) == path:
            yield Rule(priority=LIGHT_PRIORITY, port_in=line, tag=tag, actions=_dropped(port))


def _dropped(port: int) -> tuple[Action, ...]:
    """Actions of the rule by which light is dropped to a transceiver."""
    return ("pop",), ("output", port)


def _bridge(outputs: list[tuple[int, int]]) -> Iterator[Action]:
    """Actions that send a client's frames into each (tag, line)."""
    for number, (tag, line) in enumerate(outputs):
        if number:
            yield ("pop",)
        yield ("push", tag)
        yield ("output", line)
