# SPDX-License-Identifier: BSD-3-Clause
"""The data communication network (DCN, ITU-T G.7712): where the controller stands, and its way to every site.

The most central site is that from which the farthest site is the nearest, by the delay of the shortest way over the
fibres; of equal ones the first in the plant's order. A site that no fibre joins to the controller's (an experiment may
lay such plants) is as far as the farthest that one does.

A way of the DCN takes as long there as back: a fibre whose two ways differ counts as the mean of both.

*Not modelled:* routers and queues of the DCN: its messages are few and small. It shares no fate with the fibres: it is
out of band, and survives what a scenario does to fibres and sites.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from types import MappingProxyType

from apnemu.model.plant import Plant
from apnemu.planning.by_plant import by_plant

LEAST_NS = 10_000
"""Least delay of a way whose delay is not declared: local area networks and routers at both ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dcn:
    """The site of the controller (`at`), and the delay to every site, one way, in ns."""

    at: str
    delay_ns: Mapping[str, int]

    def round_trip_ns(self, site: str) -> int:
        """Delay there and back."""
        return 2 * self.delay_ns[site]


@by_plant
def dcn(plant: Plant) -> Dcn:
    """The DCN of a plant as it declares it. O(sites x fibres x log sites) where the most central site is sought.

    A controller at a site that the plant has not (an experiment has laid its own) stands at the most central one.
    """
    declared = plant.controller
    joined = _joined(plant)
    if declared.at in plant.site:
        at = declared.at
    elif declared.delay_ns is not None:
        at = plant.sites[0].name
    else:
        ways = {site.name: _ways_ns(joined, site.name) for site in plant.sites}
        at = min(ways, key=lambda name: (-len(ways[name]), max(ways[name].values())))
    if declared.delay_ns is not None:
        return Dcn(at=at, delay_ns=MappingProxyType(dict.fromkeys(plant.site, declared.delay_ns)))
    known = _ways_ns(joined, at)
    farthest_ns = max(known.values())
    delay_ns = {name: max(LEAST_NS, known.get(name, farthest_ns)) for name in plant.site}
    return Dcn(at=at, delay_ns=MappingProxyType(delay_ns))


def _joined(plant: Plant) -> dict[str, list[tuple[str, int]]]:
    joined: dict[str, list[tuple[str, int]]] = {site.name: [] for site in plant.sites}
    for fibre in plant.fibres:
        mean_ns = sum(way.delay_ns for way in fibre.ways) // 2
        joined[fibre.a].append((fibre.b, mean_ns))
        joined[fibre.b].append((fibre.a, mean_ns))
    return joined


def _ways_ns(joined: Mapping[str, list[tuple[str, int]]], source: str) -> dict[str, int]:
    """Delay of the shortest way to every site that one leads to (Dijkstra)."""
    nearest: dict[str, int] = {}
    waiting = [(0, source)]
    while waiting:
        delay_ns, here = heappop(waiting)
        if here in nearest:
            continue
        nearest[here] = delay_ns
        for there, more_ns in joined[here]:
            if there not in nearest:
                heappush(waiting, (delay_ns + more_ns, there))
    return nearest
