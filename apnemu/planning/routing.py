# SPDX-License-Identifier: BSD-3-Clause
"""Routes of the packet network: shortest by km, the same there and back, the same end to end and hop by hop.

Datagrams from or to a site that a zone binds go by their source and their destination: the shortest way between the two
that lies in the zone, with every site and every fibre. All others go by their destination.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from apnemu.model.plant import Plant
from apnemu.planning.graph import Graph
from apnemu.planning.zones import Outside, Zones


class NextHop(NamedTuple):
    """Next hop of a packet: the next site, and the fibre to it (there may be several between two sites)."""

    site: str
    fibre: str


class NextHops(Mapping[tuple[str, str], NextHop]):
    """First hops from one site to another, for the pairs that the packet network joins, and the whole way (`way`).

    `towards` has the next hop by (site, destination) of what goes by its destination; `own` the ways of pairs with an
    end that a zone binds, empty where none lies in the zone.
    """

    def __init__(
        self, towards: Mapping[tuple[str, str], NextHop], own: Mapping[tuple[str, str], tuple[NextHop, ...]]
    ) -> None:
        self.towards, self.own = towards, own

    def __getitem__(self, pair: tuple[str, str]) -> NextHop:
        if pair not in self.own:
            return self.towards[pair]
        if not self.own[pair]:
            raise KeyError(pair)
        return self.own[pair][0]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        yield from (pair for pair in self.towards if pair not in self.own)
        yield from (pair for pair, way in self.own.items() if way)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def way(self, source: str, target: str) -> Iterator[NextHop]:
        """Every hop from a site to another that it is joined with."""
        if (source, target) in self.own:
            yield from self.own[source, target]
            return
        while source != target:
            hop = self.towards[source, target]
            yield hop
            source = hop.site


def next_hops(plant: Plant) -> NextHops:
    """Next hop by (site, destination): from every site, exchanges too, to every other data centre that it can reach.

    Ties are broken as `graph` says: km, then hops, then fibre names, in a total order that both directions share.
    """
    graph = Graph(plant)
    table: dict[tuple[str, str], NextHop] = {}
    for destination in plant.data_centres:
        towards = graph.next_to(graph.number[destination.name])
        for site, hop in zip(graph.names, towards, strict=True):
            if hop is not None:
                table[site, destination.name] = NextHop(graph.names[hop[0]], graph.fibres[hop[1]].name)
    return NextHops(table, _own_ways(plant, graph))


def _own_ways(plant: Plant, graph: Graph) -> dict[tuple[str, str], tuple[NextHop, ...]]:
    """Ways of all pairs with an end that a zone binds; empty where they must not, or cannot, speak within it."""
    zones = Zones(plant)
    left: dict[Outside, Graph] = {}
    ways: dict[tuple[str, str], tuple[NextHop, ...]] = {}
    for target in plant.data_centres:
        for source in plant.sites:
            ends = source.name, target.name
            if source.name == target.name or not (source.name in zones.bound or target.name in zones.bound):
                continue
            ways[ends] = ()
            if zones.why_not(ends) is None:
                out = zones.outside(ends)
                if out not in left:
                    left[out] = graph.without(out.fibres, out.sites)
                ways[ends] = _followed(left[out], *ends)
    return ways


def _followed(graph: Graph, source: str, target: str) -> tuple[NextHop, ...]:
    """The shortest way in a graph; empty where there is none."""
    towards, here = graph.next_to(graph.number[target]), graph.number[source]
    hops: list[NextHop] = []
    while (hop := towards[here]) is not None:
        here = hop[0]
        hops.append(NextHop(graph.names[here], graph.fibres[hop[1]].name))
    return tuple(hops)


def packet_routes(plant: Plant) -> dict[tuple[str, str], tuple[str, ...]]:
    """Sites passed, ends included, by ordered pair of data centres; pairs in the file's order.

    A route follows `next_hops` from end to end; the route back is the reverse. Pairs without a route are left out.
    """
    table = next_hops(plant)
    return {
        (source.name, target.name): (source.name, *(hop.site for hop in table.way(source.name, target.name)))
        for source in plant.data_centres
        for target in plant.data_centres
        if (source.name, target.name) in table
    }
