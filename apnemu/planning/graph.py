# SPDX-License-Identifier: BSD-3-Clause
"""Routes over a plant's fibres in a total order: km, then hops, then names; or hops before km (`HopsFirst`).

The weight of a fibre is a single whole number made of three: its mm there and back, a hop, a bit of its own. They add
up, so a route's cost does not depend on the direction in which it is read, no two routes cost the same, and a part of a
shortest route is itself a shortest route. That is what makes hop-by-hop forwarding follow the routes, there and back.

The bits are given in the alphabetical order of the fibres' names, the last name the highest. If two routes are equal in
km and hops, strike out the fibres that they share: the route with the alphabetically last of the rest loses.

Rejected: comparing lists of site names (from the other end the same two routes may compare the other way round), and
adding km as floating-point numbers (the sum depends on the direction).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from heapq import heappop, heappush

from apnemu.model.plant import Fibre, Plant

MM_PER_KM = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A simple path: the `sites` passed, ends included, and the `fibres` between them, one fewer.

    `length_km` is that of the longer of its two ways: light must arrive both ways.
    """

    sites: tuple[str, ...]
    fibres: tuple[str, ...]
    length_km: float


class Graph:
    """A plant's sites and fibres, numbered, with the fibres' weights and the distances that were asked for.

    It is built in O(F log F); distances to a site cost one Dijkstra run, kept for the graph's life.
    """

    def __init__(self, plant: Plant) -> None:
        self.names = [site.name for site in plant.sites]
        self.number = {name: index for index, name in enumerate(self.names)}
        self.fibres = plant.fibres
        self.fibre = plant.fibre
        self.weights = _weights(plant.fibres)
        self.weight = {fibre.name: weight for fibre, weight in zip(plant.fibres, self.weights, strict=True)}
        self.arcs: list[list[tuple[int, int, int]]] = [[] for _ in self.names]
        for index, fibre in enumerate(plant.fibres):
            a, b = self.number[fibre.a], self.number[fibre.b]
            self.arcs[a].append((b, self.weights[index], index))
            self.arcs[b].append((a, self.weights[index], index))
        self._costs: dict[int, list[int | None]] = {}
        self._next: dict[int, list[tuple[int, int] | None]] = {}

    def cost(self, route: Route) -> int:
        """Cost of a route, by which `routes` is ordered."""
        return sum(self.weight[name] for name in route.fibres)

    def without(self, fibres: Collection[str], sites: Collection[str] = ()) -> Graph:
        """Close some fibres and the way through some sites, in a copy of the graph; order and weights stay."""
        left = copy(self)
        shut = {self.number[name] for name in sites}
        left.arcs = [
            [arc for arc in arcs if self.fibres[arc[2]].name not in fibres and arc[0] not in shut and here not in shut]
            for here, arcs in enumerate(self.arcs)
        ]
        left._costs, left._next = {}, {}
        return left

    def costs_to(self, target: int) -> list[int | None]:
        """Cost of the cheapest route from every site to the target; None where no route leads."""
        if target not in self._costs:
            self._grow_tree(target)
        return self._costs[target]

    def next_to(self, target: int) -> list[tuple[int, int] | None]:
        """Next site and fibre from every site towards the target; None at the target and where no route leads."""
        if target not in self._next:
            self._grow_tree(target)
        return self._next[target]

    def _grow_tree(self, target: int) -> None:
        """Run Dijkstra from the target; all costs differ, so that there is a single shortest tree. O(F log F)."""
        costs: list[int | None] = [None] * len(self.names)
        nexts: list[tuple[int, int] | None] = [None] * len(self.names)
        heap: list[tuple[int, int, tuple[int, int] | None]] = [(0, target, None)]
        while heap:
            cost, here, towards = heappop(heap)
            if costs[here] is not None:
                continue
            costs[here], nexts[here] = cost, towards
            for far, weight, fibre in self.arcs[here]:
                if costs[far] is None:
                    heappush(heap, (cost + weight, far, (here, fibre)))
        self._costs[target], self._next[target] = costs, nexts

    def routes(self, source: str, target: str) -> Iterator[Route]:
        """List all simple routes between two different sites, cheapest first (Yen 1971, with Lawler's saving).

        Each route costs O(hops) searches, guided (A*) by the exact costs in the whole graph.
        """
        start, end = self.number[source], self.number[target]
        first = self._search(start, end, frozenset(), frozenset())
        # cost, fibres, index of the first fibre in which it may be varied
        candidates: list[tuple[int, tuple[int, ...], int]] = [] if first is None else [(*first, 0)]
        given: list[tuple[int, ...]] = []
        while candidates:
            _, path, deviation = heappop(candidates)
            given.append(path)
            yield self._route(start, path)
            for candidate in self._variations(start, end, path, deviation, given):
                heappush(candidates, candidate)

    def _variations(
        self, start: int, end: int, path: tuple[int, ...], deviation: int, given: list[tuple[int, ...]]
    ) -> Iterator[tuple[int, tuple[int, ...], int]]:
        """Find, at each site of `path` from `deviation` on, the cheapest new route that leaves it there."""
        here, prefix_cost = start, 0
        passed: list[int] = []
        for index, fibre in enumerate(path):
            if index >= deviation:
                taken = frozenset(
                    other[index] for other in given if len(other) > index and other[:index] == path[:index]
                )
                spur = self._search(here, end, frozenset(passed), taken)
                if spur is not None:
                    yield prefix_cost + spur[0], path[:index] + spur[1], index
            passed.append(here)
            prefix_cost += self.weights[fibre]
            here = self._far_end(fibre, here)

    def _search(
        self, start: int, end: int, closed: frozenset[int], first_not: frozenset[int]
    ) -> tuple[int, tuple[int, ...]] | None:
        """Find the cheapest route that avoids `closed` sites and does not begin with a fibre in `first_not` (A*)."""
        ahead = self.costs_to(end)
        lower = ahead[start]
        if lower is None:
            return None
        done = set(closed)
        heap: list[tuple[int, int, int, tuple[int, ...]]] = [(lower, 0, start, ())]
        while heap:
            _, cost, here, path = heappop(heap)
            if here == end:
                return cost, path
            if here in done:
                continue
            done.add(here)
            for far, weight, fibre in self.arcs[here]:
                rest = ahead[far]
                if far not in done and rest is not None and (here != start or fibre not in first_not):
                    heappush(heap, (cost + weight + rest, cost + weight, far, (*path, fibre)))
        return None

    def _far_end(self, fibre: int, here: int) -> int:
        return self.number[self.fibres[fibre].far_end(self.names[here])]

    def _route(self, start: int, path: tuple[int, ...]) -> Route:
        sites = [start]
        for fibre in path:
            sites.append(self._far_end(fibre, sites[-1]))
        return Route(
            sites=tuple(self.names[site] for site in sites),
            fibres=tuple(self.fibres[fibre].name for fibre in path),
            length_km=longer_km([self.fibres[fibre] for fibre in path], [self.names[site] for site in sites]),
        )


class HopsFirst(Graph):
    """A graph in which every fibre costs more than all fibres together besides, so that hops go before km."""

    def __init__(self, plant: Plant) -> None:
        super().__init__(plant)
        hop = sum(self.weights) + 1
        self.weights = [weight + hop for weight in self.weights]
        self.weight = {name: weight + hop for name, weight in self.weight.items()}
        self.arcs = [[(far, weight + hop, fibre) for far, weight, fibre in arcs] for arcs in self.arcs]


def _weights(fibres: tuple[Fibre, ...]) -> list[int]:
    """Weights: length, hop and own bit of each fibre in one whole number; sums over a route never carry from part to
    part."""
    hop_bits = (len(fibres) + 1).bit_length()
    by_name = sorted(range(len(fibres)), key=lambda index: fibres[index].name)
    rank = {index: position for position, index in enumerate(by_name)}
    return [(((_mm(fibre) << hop_bits) + 1) << len(fibres)) + (1 << rank[index]) for index, fibre in enumerate(fibres)]


def _mm(fibre: Fibre) -> int:
    return sum(round(way.length_km * MM_PER_KM) for way in fibre.ways)


def longer_km(fibres: Sequence[Fibre], sites: Sequence[str]) -> float:
    """Length of a route, summed in whole mm, of the longer of its two ways; `sites` are those passed, ends included."""
    ways = (zip(fibres, sites, strict=False), zip(fibres, sites[1:], strict=True))
    return max(sum(round(fibre.way(site).length_km * MM_PER_KM) for fibre, site in way) for way in ways) / MM_PER_KM


def delays_ns(fibre: Mapping[str, Fibre], fibres: Sequence[str], sites: Sequence[str]) -> tuple[int, int]:
    """Delay of light in the fibres of a route, there and back; `sites` are those passed, ends included."""
    there = sum(fibre[name].way(site).delay_ns for name, site in zip(fibres, sites, strict=False))
    return there, sum(fibre[name].way(site).delay_ns for name, site in zip(fibres, sites[1:], strict=True))
