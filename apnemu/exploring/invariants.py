# SPDX-License-Identifier: BSD-3-Clause
"""What must hold, whatever happens: each invariant has a name, a meaning, and a place at which it is looked at.

None of them asks the controller's own planning: routes are sought by a search of its own, light is followed through the
switches' tables, and what the controller says is what its clients read.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import ClassVar

from apnemu.exploring.view import (
    CONNECTIONS,
    EVERYWHERE,
    Place,
    View,
    carries,
    carrying,
    dead_hops,
    ends,
    fibres,
    is_booked,
    is_short_of_slots,
    said,
    way_is_left,
)


class Invariant:
    """Base class of all invariants."""

    name: ClassVar[str]
    meaning: ClassVar[str]
    places: ClassVar[tuple[Place, ...]] = EVERYWHERE

    def broken(self, view: View) -> Iterator[str]:
        """What breaks it, in words."""
        raise NotImplementedError


class AcceptedIsKept(Invariant):
    """The list of services is that of what was accepted and not given back."""

    name = "accepted-is-kept"
    meaning = "a service that was accepted is there until it is released or its time is over, and no other is"

    def broken(self, view: View) -> Iterator[str]:
        for name, step in view.accepted.items():
            if name not in view.services:
                yield f"{step.what} was accepted and is not there"
        for name in view.services:
            if name not in view.accepted:
                yield f"{name} is there, and was refused, released or is over"


class NoLightOverDeadFibre(Invariant):
    """Light that carries lies on living fibres."""

    name = "no-light-over-dead-fibre"
    meaning = "what is said to carry has a route of living fibres alone"

    def broken(self, view: View) -> Iterator[str]:
        dark = set(view.world.ground.dark)
        for service, connection in carrying(view):
            for dead in dead_hops(view.world.plant, connection, dark):
                yield f"{said(view, service)} is said to carry over {dead}, which is dark"


class FramesArrive(Invariant):
    """No loop and no black hole: what is said to carry does, both ways, once."""

    name = "frames-arrive"
    meaning = "over a service that is said to carry, a frame comes out at its other end, once, each way"

    def broken(self, view: View) -> Iterator[str]:
        ground = view.world.ground
        for service, connection in carrying(view):
            for client in ends(view, service, connection):
                order = ground.orders.get(client)
                if order is None:
                    yield f"{said(view, service)} is said to carry, and {client[0]}/{client[1]} does not send"
                    continue
                way = ground.follow(client)
                wanted = ground.peer(order)
                came = [one for one in way.came if one == wanted and ground.receives(one)]
                if way.looped:
                    yield f"a frame of {said(view, service)} from {client[0]} goes round"
                elif len(came) != 1:
                    where = ", ".join(
                        [f"fibre {name} is dark" for name in way.lost] + [f"{s} ends it" for s in way.ended]
                    )
                    yield f"a frame of {said(view, service)} from {client[0]} comes out {len(came)} times; {where}"


class FramesForTheirReceiver(Invariant):
    """What is sent comes to its receiver alone."""

    name = "no-frame-to-others"
    meaning = "what a transceiver sends comes out at no transceiver but its peer"

    def broken(self, view: View) -> Iterator[str]:
        ground = view.world.ground
        for client, order in ground.orders.items():
            for one in ground.follow(client).came:
                if one != ground.peer(order):
                    yield f"a frame of {client[0]}/{client[1]} comes out at {one[0]}/{one[1]}"


class SlotsOfOne(Invariant):
    """Slots of a fibre and transceivers are had by one lightpath each."""

    name = "slots-are-never-shared"
    meaning = "no two lightpaths that are lit have a slot of one fibre, or a transceiver, in common"

    def broken(self, view: View) -> Iterator[str]:
        on: dict[tuple[str, str], list[tuple[int, int, str]]] = {}
        held: dict[tuple[str, int], str] = {}
        for name, service in view.services.items():
            for connection in service[CONNECTIONS]:
                route, slot = connection["apnemu:route"], connection["apnemu:slot"]
                low, high = slot["n"] - slot["m"], slot["n"] + slot["m"]
                for pair in pairwise(route):
                    if len(fibres(view.world.plant, *pair)) > 1:
                        continue  # the list names sites: which of several fibres it is, it does not say
                    for other_low, other_high, other in on.setdefault((min(pair), max(pair)), []):
                        if low < other_high and other_low < high:
                            both = f"{said(view, name)} and {said(view, other)}"
                            yield f"{both} share a slot from {pair[0]} to {pair[1]}"
                    on[min(pair), max(pair)].append((low, high, name))
                for end in zip((route[0], route[-1]), connection["apnemu:transceivers"], strict=True):
                    if end in held:
                        yield f"{said(view, name)} and {said(view, held[end])} share transceiver {end[1]} of {end[0]}"
                    held[end] = name


class Restored(Invariant):
    """What is protected has light where there is a way for it."""

    name = "restored-where-a-way-is-left"
    meaning = "a service whose scheme restores it carries while a living route is left that a mode reaches over"
    places = ("played", "mended", "restarted")

    def broken(self, view: View) -> Iterator[str]:
        world = view.world
        if is_short_of_slots(view) or any(site.zone for site in world.plant.sites):
            return
        dark = set(world.ground.dark)
        for name, step in view.accepted.items():
            service = view.services.get(name)
            if service is None or carries(service) or step.protection == "none":
                continue
            if is_booked(service):
                continue
            if step.protection == "1+1":
                alive = [c for c in service[CONNECTIONS] if not dead_hops(world.plant, c, dark)]
                if not alive and not way_is_left(world, step):
                    continue
            elif not way_is_left(world, step):
                continue
            yield f"{step.what} ({step.protection}) is dark, and a way is left: {service['apnemu:reason'][:160]}"


class AllIsLit(Invariant):
    """Full repair lights everything."""

    name = "all-is-lit-after-repair"
    meaning = "when all is whole, every service that was accepted carries"
    places = ("mended", "restarted")

    def broken(self, view: View) -> Iterator[str]:
        for name, step in view.accepted.items():
            service = view.services.get(name)
            if service is not None and not carries(service) and not is_booked(service):
                yield f"all is whole, and {step.what} ({step.protection}) is dark: {service['apnemu:reason'][:160]}"


class InstalledAtRest(Invariant):
    """What is done is said to be done."""

    name = "done-is-said"
    meaning = "when all is at rest, no service is said to be still set up"

    def broken(self, view: View) -> Iterator[str]:
        for name, service in view.services.items():
            if not is_booked(service) and service["lifecycle-state"] != "INSTALLED":
                yield f"{said(view, name)} is at rest and {service['lifecycle-state']}"


class TablesAsDecided(Invariant):
    """Switches and transponders have what the controller has decided."""

    name = "devices-as-decided"
    meaning = "switches' tables and transceivers' orders are those of the controller's own state"

    def broken(self, view: View) -> Iterator[str]:
        yield from self.rules(view)
        yield from self.orders(view)

    def rules(self, view: View) -> Iterator[str]:
        """Switches whose tables are otherwise."""
        world = view.world
        for switch in world.ground.blueprint.switches:
            had = set(world.ground.tables[switch.dpid].values())
            wanted = set(world.apn.rules(switch.dpid))
            if had != wanted:
                yield f"{switch.name} has {len(had - wanted)} rules too many and {len(wanted - had)} too few"

    def orders(self, view: View) -> Iterator[str]:
        """Transceivers whose orders are otherwise."""
        world = view.world
        standing = {(order.host, order.interface): order.peer_mac for order in world.apn.standing_orders()}
        orders = {client: order.peer_mac for client, order in world.ground.orders.items()}
        for client in sorted(set(standing) | set(orders)):
            if standing.get(client) != orders.get(client):
                yield f"{client[0]}/{client[1]} is ordered {'otherwise' if client in orders else 'nothing'}"


class JournalAsTables(Invariant):
    """A controller that comes back finds its switches as its journal has them."""

    name = "journal-as-tables"
    meaning = "a controller that is lost at rest and comes back changes nothing at any switch"
    places = ("restarted",)

    def broken(self, view: View) -> Iterator[str]:
        for dpid, table in view.tables.items():
            now = view.world.ground.tables[dpid]
            if now != table:
                yield f"datapath {dpid} had {len(table)} rules, and has {len(now)} others after the restart"


class NothingLeft(Invariant):
    """Light that is given back leaves nothing."""

    name = "nothing-is-left"
    meaning = "when all light is given back, no switch has a rule for it and no transceiver an order"
    places = ("released",)

    def broken(self, view: View) -> Iterator[str]:
        ground = view.world.ground
        for dpid, table in ground.tables.items():
            if table:
                yield f"datapath {dpid} has {len(table)} rules, and no service is there"
        for client in ground.orders:
            yield f"{client[0]}/{client[1]} still sends, and no service is there"


OURS: tuple[Invariant, ...] = (
    AcceptedIsKept(),
    NoLightOverDeadFibre(),
    FramesArrive(),
    FramesForTheirReceiver(),
    SlotsOfOne(),
    Restored(),
    AllIsLit(),
    InstalledAtRest(),
    TablesAsDecided(),
    JournalAsTables(),
    NothingLeft(),
)
"""Invariants of apnemu, in the order in which they are looked at."""
