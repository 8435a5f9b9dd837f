# SPDX-License-Identifier: BSD-3-Clause
"""What happens, whom it hits, and what must follow from it: nothing here is measured.

All of it follows from the plant and the settings alone, so `stages` and `rows` each compute it, and nothing is kept
between them.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from apnemu.errors import InputError
from apnemu.experiments.failover.settings import LIGHT, LightScheme, Scheme, Settings
from apnemu.model.activities import Event, Pair, Routing
from apnemu.model.plant import Plant
from apnemu.planning.graph import Graph
from apnemu.planning.online import Service, Survival, dark_fibres, survival
from apnemu.planning.reach import closes
from apnemu.question.context import Context
from apnemu.question.pairs import route
from apnemu.units import NS_PER_S, VirtualNs, ms_to_ns

FAST = Routing(hello_s=1, dead_s=4)
CONVERGED_NS = 2_000_000_000
"""Time beyond noticing: flooding, OSPF's waits between two computations (FRR: 0, 50, at most 5000 ms), new routes."""
CONTROLLER_STARTS_NS = 2_000_000_000
"""Time in which a controller that is given back starts its program, and the switches find it."""


def chosen_events(context: Context[Settings]) -> tuple[Event, ...]:
    """The cut of the fibre that `event` names, else the topology's own scenario, else the cut of the busiest fibre.

    The first happens at once. Raises InputError for a fibre that is none.
    """
    plant, named, busiest = context.plant, context.settings.event, busiest_fibre(context)
    if named and named not in plant.fibre:
        raise InputError(
            f"event is '{named}'; {plant.name} has no such fibre; for example --set event={busiest}", file="--set"
        )
    if named or not plant.scenario:
        fibre = named or busiest
        return (Event(at_ns=VirtualNs(0), kind="cut", what=fibre, fibres=(fibre,)),)
    first_ns = plant.scenario[0].at_ns
    return tuple(dataclasses.replace(event, at_ns=VirtualNs(event.at_ns - first_ns)) for event in plant.scenario)


def busiest_fibre(context: Context[Settings]) -> str:
    """The fibre on the routes of most demands; of equal ones the first in the file."""
    passed: Counter[str] = Counter()
    for demand in context.plant.demands:
        if (demand.source, demand.target) in context.hops:
            passed.update(fibre.name for _, fibre in route(context, (demand.source, demand.target)))
    return max(context.plant.fibre, key=lambda name: passed[name])


class Shows(IntEnum):
    """How well a demand shows what a scheme does when its light is hit: the greatest is chosen."""

    NO_LIGHT = 0
    SPARED = 1
    LOST = 2
    RESTORED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Light that an event may hit: what was asked for, and what becomes of it."""

    service: Service
    fate: Survival
    shows: Shows


def light(context: Context[Settings], events: Sequence[Event]) -> dict[LightScheme, Hit]:
    """The demand that shows each scheme of the settings best: its light is hit and comes back.

    Where none does, the first that is hit, else the first that has light, else the first of all. Raises InputError for
    a plant without demands.
    """
    plant = context.plant
    if not plant.demands:
        raise InputError(f"{plant.name} has no demand; add one, from one data centre to another", file="topology")
    return {name: _best_shown(plant, name, events) for name in LIGHT if name in context.settings.scheme}


def _best_shown(plant: Plant, scheme: LightScheme, events: Sequence[Event]) -> Hit:
    """The first of the demands that show most; none is looked at after one that shows all."""
    first = events[0]
    sagging = dict.fromkeys(first.fibres, first.db) if first.kind == "sag" else {}
    dead = () if sagging else dark_fibres(plant, frozenset(first.fibres), frozenset(first.sites))
    tried: list[Hit] = []
    for demand in plant.demands:
        service = Service(
            name=scheme,
            source=demand.source,
            target=demand.target,
            rate_gbps=demand.rate_gbps,
            protection=scheme,
        )
        fate = survival(plant, service, events)
        tried.append(Hit(service=service, fate=fate, shows=_shows(plant, fate, dead, sagging)))
        if tried[-1].shows is Shows.RESTORED:
            break
    return max(tried, key=lambda hit: hit.shows)


def _shows(plant: Plant, fate: Survival, dead: Collection[str], sagging: Mapping[str, float]) -> Shows:
    working = fate.decision.working
    if working is None:
        return Shows.NO_LIGHT
    if not set(working.fibres) & set(dead) and closes(plant, working, sagging):
        return Shows.SPARED
    return Shows.RESTORED if fate.restored else Shows.LOST


def hit_pair(context: Context[Settings], events: Sequence[Event]) -> Pair:
    """The first demand whose route the first event hits and whose own sites it leaves; routers notice no sag.

    Raises InputError where there is none.
    """
    first = next((event for event in events if event.kind != "sag"), events[0])
    dead = set(first.fibres) | {fibre.name for fibre in context.plant.fibres if {fibre.a, fibre.b} & set(first.sites)}
    for pair in context.reachable():
        if not set(pair) & set(first.sites) and dead & {fibre.name for _, fibre in route(context, pair)}:
            return pair
    raise InputError(
        f"the first event ({first.kind} {first.what}) hits the route of no demand of {context.plant.name};"
        " name a fibre that one passes: --set event=FIBRE, or add a demand"
    )


def hit_fibres(plant: Plant, events: Sequence[Event]) -> list[str]:
    """Fibres that any event takes, or in which a gain sags, in the plant's order."""
    taken = [event for event in events if event.kind != "repair"]
    fibres = frozenset(name for event in taken for name in event.fibres)
    return list(dark_fibres(plant, fibres, frozenset(name for event in taken for name in event.sites)))


def way_in_the_end(plant: Plant, pair: Pair, events: Sequence[Event]) -> tuple[str, ...] | None:
    """The sites of the shortest way that is left between two sites after all events; None where there is none."""
    cut: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    for event in [event for event in events if event.kind != "sag"]:
        fibres, sites = frozenset(event.fibres), frozenset(event.sites)
        cut, lost = (cut - fibres, lost - sites) if event.kind == "repair" else (cut | fibres, lost | sites)
    left = Graph(plant).without(dark_fibres(plant, cut, lost), lost)
    found = next(left.routes(*pair), None)
    return None if found is None else found.sites


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemons:
    """How routers find their way under a scheme, and when they know that a neighbour is gone.

    `silent`: no port says that light is lost. `least_ns` and `most_ns`: the least and the longest time until a
    neighbour is known to be gone, from the declared timers.
    """

    routing: Routing
    silent: bool
    least_ns: int
    most_ns: int


def daemons(settings: Settings) -> dict[Scheme, Daemons]:
    """The packet network's schemes of the settings, in their order."""
    slow = Routing(hello_s=settings.hello_s, dead_s=settings.dead_s)
    bfd = dataclasses.replace(FAST, bfd_ms=settings.bfd_ms, bfd_multiplier=settings.bfd_multiplier)
    bfd_ns = ms_to_ns(bfd.bfd_ms)
    known: dict[Scheme, Daemons] = {
        "ospf": Daemons(
            routing=slow,
            silent=True,
            least_ns=(slow.dead_s - slow.hello_s) * NS_PER_S,
            most_ns=slow.dead_s * NS_PER_S,
        ),
        "ospf-bfd": Daemons(
            routing=bfd,
            silent=True,
            least_ns=(bfd.bfd_multiplier - 1) * bfd_ns,
            most_ns=bfd.bfd_multiplier * bfd_ns,
        ),
        "ospf-link": Daemons(routing=FAST, silent=False, least_ns=0, most_ns=0),
    }
    return {name: known[name] for name in dict.fromkeys(settings.scheme) if name in known}


def late_ns(plant: Plant, events: Sequence[Event]) -> int:
    """Time by which light may come back late for what has no closed form.

    Where an event takes several fibres, their ports speak in any order, and a computed route may have to be computed
    again for each. A controller that is given back has to start.
    """
    fibres = max(len(dark_fibres(plant, frozenset(event.fibres), frozenset(event.sites))) for event in events)
    again_ns = max(0, fibres - 1) * plant.devices.controller_computing_ns
    return again_ns + (CONTROLLER_STARTS_NS if any(event.controller for event in events) else 0)
