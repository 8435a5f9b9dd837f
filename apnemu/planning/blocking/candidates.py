# SPDX-License-Identifier: BSD-3-Clause
"""Candidate routes of a request, in the order in which they are tried.

`km-hops` and `hops-km` are this project's own total orders: km, then hops, then names (`planning.graph`), or hops
before km. A route and its way back are the same fibres.

`km` and `hops` are the orders behind published figures, XLRON's: networkx's `shortest_simple_paths` over sites numbered
1, 2, ... in the file's order, with fibres added in the file's order, by km or by hops; the first k routes are sorted by
km or hops, then hops, then the SHA-256 of the route as Python prints it, `[1, 3, 6]`. `spectral` is XLRON's default,
which it calls spectral_resources: the routes of `hops`, sorted by hops over bit/symbol of the fastest modulation that
reaches so far (on the fixed grid every route carries the same). Where lightpaths go both ways, a
route is read from the site that comes first in the file; where they are one way, from its source.

The tie-break is without meaning, but it decides. On NSFNET with 40 wavelengths, 240 erlangs by hops give a blocking of
0.76 % (`hops`) or 1.13 % (`hops-km`); 220 erlangs by km give 2.42 % (`km`), 2.31 % (`km-hops`), or 2.74 % if hops are
ignored: in the lists of six routes 69 neighbours have the same km. The published orders depend on the order of the file
and on networkx (a test holds their routes fast), and are not defined where two fibres join the same two sites.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from itertools import combinations, islice, pairwise, permutations
from typing import Literal

import networkx as nx  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import InputError
from apnemu.model.plant import Fibre, Plant
from apnemu.planning.graph import MM_PER_KM, Graph, HopsFirst, Route, longer_km

Order = Literal["km", "hops", "spectral", "km-hops", "hops-km"]
Pair = tuple[str, str]


def candidates(
    plant: Plant, k: int, order: Order, *, one_way: bool = False, bits: Callable[[float], int] = lambda km: 1
) -> dict[Pair, tuple[Route, ...]]:
    """List at most k routes for every two data centres, in the file's order; pairs that no fibres join are left out.

    With `one_way` the pairs are ordered: there and back count as two. `bits` gives the bit/symbol over a length in km,
    for the order `spectral`.

    Raises:
        InputError: the order is a published one, and the plant has two fibres between the same two sites.
    """
    names = [site.name for site in plant.data_centres]
    pairs = list(permutations(names, 2) if one_way else combinations(names, 2))
    if order in ("km", "hops", "spectral"):
        routes_of = _published(plant, k, pairs, order)
        if order == "spectral":
            routes_of = {
                pair: tuple(sorted(routes, key=lambda route: len(route.fibres) / max(1, bits(route.length_km))))
                for pair, routes in routes_of.items()
            }
    else:
        graph = Graph(plant) if order == "km-hops" else HopsFirst(plant)
        routes_of = {pair: tuple(islice(graph.routes(*pair), k)) for pair in pairs}
    return {pair: routes for pair, routes in routes_of.items() if routes}


def _published(plant: Plant, k: int, pairs: list[Pair], order: Order) -> dict[Pair, tuple[Route, ...]]:
    by_km = order == "km"
    number = {site.name: index for index, site in enumerate(plant.sites, 1)}
    joined: dict[frozenset[int], Fibre] = {}
    net = nx.Graph()
    net.add_nodes_from(number.values())
    for fibre in plant.fibres:
        a, b = number[fibre.a], number[fibre.b]
        if frozenset((a, b)) in joined:
            raise InputError(
                f"order is {order}; {plant.name} has two fibres between {fibre.a} and {fibre.b}, "
                f"which its tie-break cannot tell apart; for example --set order={'km-hops' if by_km else 'hops-km'}",
                file="--set",
            )
        joined[frozenset((a, b))] = fibre
        net.add_edge(a, b, mm=round(fibre.mean_km * MM_PER_KM))

    def mm(path: list[int]) -> int:
        return sum(int(net[a][b]["mm"]) for a, b in pairwise(path))

    def rank(path: list[int]) -> tuple[int, int, bytes]:
        return mm(path) if by_km else 0, len(path), hashlib.sha256(str(path).encode()).digest()

    def first(a: int, b: int) -> Iterator[list[int]]:
        if nx.has_path(net, a, b):
            yield from islice(nx.shortest_simple_paths(net, a, b, weight="mm" if by_km else None), k)

    def route(path: list[int]) -> Route:
        sites = tuple(plant.sites[site - 1].name for site in path)
        fibres = [joined[frozenset(ends)] for ends in pairwise(path)]
        return Route(sites=sites, fibres=tuple(each.name for each in fibres), length_km=longer_km(fibres, sites))

    return {(a, b): tuple(map(route, sorted(first(number[a], number[b]), key=rank))) for a, b in pairs}
