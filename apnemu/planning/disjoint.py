# SPDX-License-Identifier: BSD-3-Clause
"""Pairs of routes that do not share a risk: a fibre, or a fibre and a site, so that one of them survives any cut.

Risks that fibres share (a duct, a bridge: `Fibre.risks`) are kept apart, too. Two routes without a common risk are
NP-hard to find (Hu, "Diverse routing in optical mesh networks", IEEE Trans. Commun. 51(3), 2003), so where fibres name
risks the search goes through first routes, cheapest first, and gives up after `ROUTES_TRIED` of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Literal

from apnemu.model.plant import Plant
from apnemu.planning.graph import Graph, Route, longer_km

Risk = Literal["fibre", "site"]
ROUTES_TRIED = 1000
"""Most first routes that are tried where fibres share risks; the answer is the shortest pair if fewer were enough."""
Arc = tuple[int, int, int | None]
"""An arc: where it begins, where it ends, and the fibre's index; None is the way through a site."""


def disjoint_pair(plant: Plant, source: str, target: str, *, by: Risk = "fibre") -> tuple[Route, Route] | None:
    """Find the two routes without a common fibre (or, by site, without a common fibre or site between the ends) that
    are shortest together, the shorter first; None if there are no two.

    Bhandari's algorithm ("Survivable Networks", Kluwer 1999, ch. 3; Suurballe, Networks 4, 1974, for sites): a
    shortest route; its fibres turned round at negative cost; a shortest route again (Bellman and Ford); what both pass
    in opposite directions cancels. Costs are those of `graph` (km, then hops, then names), so the fibres are the only
    answer; where fibre-disjoint routes meet at a site and can be told apart in two ways, the first is the shortest
    possible. O(sites x fibres).

    If that pair shares a risk that its fibres name, routes are tried from the shortest, each with the shortest route
    that shares no risk with it, until a first route alone costs half of the best pair: then that is the shortest pair
    without a common risk. After `ROUTES_TRIED` routes the best pair so far is the answer, and None may be wrong.

    Raises:
        ValueError: source and target are the same site.
        KeyError: source or target is no site.
    """
    if source == target:
        raise ValueError(f"source and target are both {source}; two routes need two ends")
    return pair_in(Graph(plant), source, target, by=by)


def pair_in(graph: Graph, source: str, target: str, *, by: Risk = "fibre") -> tuple[Route, Route] | None:
    """Find the disjoint pair, as `disjoint_pair` does, in a graph of which a part may be closed."""
    pair = _free_of_fibres(graph, source, target, by)
    if pair is None or not shared_risks(graph, *pair):
        return pair
    best: tuple[int, tuple[Route, Route]] | None = None
    for first in islice(graph.routes(source, target), ROUTES_TRIED):
        cost = graph.cost(first)
        if best is not None and 2 * cost >= best[0]:
            break
        second = next(away_from(graph, first, by).routes(source, target), None)
        if second is not None and (best is None or cost + graph.cost(second) < best[0]):
            ordered = (first, second) if cost < graph.cost(second) else (second, first)
            best = cost + graph.cost(second), ordered
    return None if best is None else best[1]


def away_from(graph: Graph, route: Route, by: Risk) -> Graph:
    """Close everything that could take the route down: its fibres, the fibres that share a risk with them and, by site,
    the sites that it passes."""
    risks = risks_of(graph, route.fibres)
    closed = {fibre.name for fibre in graph.fibres if fibre.name in route.fibres or risks.intersection(fibre.risks)}
    return graph.without(closed, route.sites[1:-1] if by == "site" else ())


def risks_of(graph: Graph, fibres: Iterable[str]) -> frozenset[str]:
    """Shared risks that some fibres name."""
    return frozenset(risk for name in fibres for risk in graph.fibre[name].risks)


def shared_risks(graph: Graph, one: Route, other: Route) -> frozenset[str]:
    """Shared risks that would take both routes down."""
    return risks_of(graph, one.fibres) & risks_of(graph, other.fibres)


def _free_of_fibres(graph: Graph, source: str, target: str, by: Risk) -> tuple[Route, Route] | None:
    sites = len(graph.names)
    start, end = graph.number[source] + (sites if by == "site" else 0), graph.number[target]
    costs = _arcs(graph, sites if by == "site" else 0)
    first = _shortest(costs, start, end)
    if first is None:
        return None
    turned = {arc: cost for arc, cost in costs.items() if arc not in first and _back(arc) not in first}
    second = _shortest(turned | {_back(arc): -costs[arc] for arc in first}, start, end)
    if second is None:
        return None
    kept = {arc for arc in first if _back(arc) not in second} | {arc for arc in second if _back(arc) not in first}
    one = _shortest({arc: cost for arc, cost in costs.items() if arc in kept}, start, end)
    other = _shortest({arc: cost for arc, cost in costs.items() if arc in kept.difference(one or ())}, start, end)
    assert one is not None and other is not None, "what is left after cancelling is two routes"
    return _route(graph, one), _route(graph, other)


def _arcs(graph: Graph, leave: int) -> dict[Arc, int]:
    """Arcs with their costs: both directions of every fibre. With `leave` above 0, a site is entered at its number and
    left at its number plus `leave`, and an arc without cost leads through it."""
    costs: dict[Arc, int] = {}
    for here, arcs in enumerate(graph.arcs):
        if leave:
            costs[here, here + leave, None] = 0
        for far, weight, fibre in arcs:
            costs[here + leave, far, fibre] = weight
    return costs


def _back(arc: Arc) -> Arc:
    return arc[1], arc[0], arc[2]


def _shortest(costs: dict[Arc, int], start: int, end: int) -> tuple[Arc, ...] | None:
    """Find the shortest path by Bellman and Ford: costs may be negative, but no circle of arcs costs less than 0."""
    reached: dict[int, tuple[int, Arc | None]] = {start: (0, None)}
    changed = True
    while changed:
        changed = False
        for arc, cost in costs.items():
            if arc[0] in reached:
                new = reached[arc[0]][0] + cost
                if arc[1] not in reached or new < reached[arc[1]][0]:
                    reached[arc[1]] = new, arc
                    changed = True
    if end not in reached:
        return None
    path = list[Arc]()
    last = reached[end][1]
    while last is not None:
        path.append(last)
        last = reached[last[0]][1]
    return tuple(reversed(path))


def _route(graph: Graph, arcs: tuple[Arc, ...]) -> Route:
    passed = [
        (arc[0] % len(graph.names), arc[1] % len(graph.names), graph.fibres[arc[2]])
        for arc in arcs
        if arc[2] is not None
    ]
    sites = (graph.names[passed[0][0]], *(graph.names[far] for _, far, _ in passed))
    fibres = [fibre for _, _, fibre in passed]
    return Route(sites=sites, fibres=tuple(fibre.name for fibre in fibres), length_km=longer_km(fibres, sites))
