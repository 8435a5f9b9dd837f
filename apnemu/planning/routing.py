# SPDX-License-Identifier: BSD-3-Clause
"""Routes of the packet network: shortest by km, the same there and back, the same end to end and hop by hop."""

from __future__ import annotations

from typing import NamedTuple

from apnemu.model.plant import Plant
from apnemu.planning.graph import Graph


class NextHop(NamedTuple):
    """Next hop of a packet: the next site, and the fibre to it (there may be several between two sites)."""

    site: str
    fibre: str


def next_hops(plant: Plant) -> dict[tuple[str, str], NextHop]:
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
    return table


def packet_routes(plant: Plant) -> dict[tuple[str, str], tuple[str, ...]]:
    """Sites passed, ends included, by ordered pair of data centres; pairs in the file's order.

    A route follows `next_hops` from end to end; the route back is the reverse. Pairs without a route are left out.
    """
    table = next_hops(plant)
    routes: dict[tuple[str, str], tuple[str, ...]] = {}
    for source in plant.data_centres:
        for target in plant.data_centres:
            if (source.name, target.name) in table:
                sites = [source.name]
                while sites[-1] != target.name:
                    sites.append(table[sites[-1], target.name].site)
                routes[source.name, target.name] = tuple(sites)
    return routes
