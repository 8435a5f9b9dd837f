# SPDX-License-Identifier: BSD-3-Clause
"""Orders to transceivers and their hosts that follow from what devices have done: who speaks to whom by which light."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

from apnemu.blueprint.apn import transceiver_line
from apnemu.controllers.orders import Leg, Order
from apnemu.controllers.state import Devices
from apnemu.controllers.wiring import Wiring
from apnemu.model.assignment import LightId
from apnemu.model.plant import Plant
from apnemu.planning.online import Lit
from apnemu.planning.reach import spare_km


class Carrying:
    """Standing orders of all transceivers by which hosts send; what is ordered anew is in `orders`."""

    def __init__(self, plant: Plant, wiring: Wiring, devices: Devices) -> None:
        self.plant, self.wiring, self.devices = plant, wiring, devices
        self.orders: list[Order] = []
        """Orders that transceivers have not been given yet; who gives them empties the list."""
        self.lit: dict[LightId, Lit] = {}
        """Lightpaths that were lit for services that are there still."""
        self._count = itertools.count()
        self._standing: dict[tuple[str, int], tuple[str, Order]] = {}
        """(site, transceiver) -> service and standing order."""

    def carries(self, site: str, number: int) -> bool:
        """Whether a host sends by this transceiver."""
        return (site, number) in self._standing

    def standing(self) -> list[Order]:
        """Orders by which transceivers carry now."""
        return [order for _, order in self._standing.values()]

    def ends(self) -> Counter[str]:
        """Service -> transceivers that carry for it."""
        return Counter(service for service, _ in self._standing.values())

    def carry(self, site: str, number: int, lit: Lit, clients: tuple[int, int]) -> None:
        """Order the transceiver to carry frames over this light between the transceivers `clients` that the hosts at
        its ends are on; under 1+1 it may receive the other lightpath."""
        path, ends = lit.lightpath, (lit.lightpath.source, lit.lightpath.target)
        received = self.lit[self.devices.received(site, number) or path.id].lightpath
        here = ends.index(site)
        own = self.wiring.transceiver[site, number]
        far = self.wiring.transceiver[ends[1 - here], clients[1 - here]]
        before = self._standing.get((site, number))
        order = Order(
            kind="carry",
            site=site,
            host=own.host,
            interface=own.interface,
            address=own.address,
            peer_address=far.address,
            peer_mac=far.mac,
            preference=before[1].preference if before and before[0] == lit.service else next(self._count) + 1,
            line=transceiver_line(self.plant, path),
            fibres=received.fibres,
            spare_km=spare_km(self.plant, received),
        )
        order = self._protected(site, number, order)
        self._standing[site, number] = (lit.service, order)
        self.orders.append(order)

    def _protected(self, site: str, client: int, order: Order) -> Order:
        """The order with both lightpaths of 1+1, from which the receiver chooses by itself."""
        paths = [(self.lit[path].lightpath, tag, line) for path, tag, line in self.devices.legs(site, client)]
        ids = [path.id for path, _, _ in paths]
        received = self.devices.received(site, client)
        if len(paths) < 2 or received not in ids:
            return replace(order, bridge="", port=0, legs=(), chosen=0)
        legs = tuple(
            Leg(tag=tag, line=line, fibres=path.fibres, spare_km=spare_km(self.plant, path))
            for path, tag, line in paths
        )
        return replace(
            order,
            bridge=self.wiring.bridge[site],
            port=self.wiring.transceiver[site, client].port,
            legs=legs,
            chosen=ids.index(received),
        )

    def receive(self, site: str, name: str, client: int) -> None:
        """Order a host of 1+1 anew where another lightpath is dropped to it than before, or may be."""
        end = site, client
        dropped = self.devices.received(site, client)
        if end not in self._standing or dropped not in self.lit:
            return
        service, before = self._standing[end]
        received = self.lit[dropped].lightpath
        order = replace(before, fibres=received.fibres, spare_km=spare_km(self.plant, received))
        order = self._protected(site, client, order)
        if service == name and order != before:
            self._standing[end] = name, order
            self.orders.append(order)

    def quiet(self, site: str, number: int, service: str) -> None:
        """Order the transceiver's host to give up its peer, if it carries for this service."""
        carried, order = self._standing.get((site, number), ("", None))
        if order is not None and carried == service:
            del self._standing[site, number]
            self.orders.append(replace(order, kind="quiet"))

    def forget(self, service: str) -> None:
        """Order all hosts of a service that is gone to give up their peers."""
        for site, number in [end for end, (name, _) in self._standing.items() if name == service]:
            self.quiet(site, number, service)
        self.lit = {id: lit for id, lit in self.lit.items() if id.service != service}
