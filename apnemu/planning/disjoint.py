"""Two routes that do not share a risk: a fibre, or a fibre and a site, so that one cut leaves one of them alive."""

from __future__ import annotations

from typing import Literal

from apnemu.model.plant import Plant
from apnemu.planning.graph import MM_PER_KM, Graph, Route

Risk = Literal["fibre", "site"]
Arc = tuple[int, int, int | None]
"""From, to, and the fibre's index; None is the way through a site."""


def disjoint_pair(plant: Plant, source: str, target: str, *, by: Risk = "fibre") -> tuple[Route, Route] | None:
    """The two routes without a common fibre (or, by site, without a common fibre or site between the ends) that are
    shortest together, the shorter first; None if there are no two.

    Bhandari's algorithm ("Survivable Networks", Kluwer 1999, ch. 3; Suurballe, Networks 4, 1974, for sites): a
    shortest route; its fibres turned round at negative cost; a shortest route again (Bellman and Ford); what both pass
    in opposite directions cancels. Costs are those of `graph` (km, then hops, then names), so the fibres are the only
    answer; where fibre-disjoint routes meet at a site and can be told apart in two ways, the first is the shortest
    possible. O(sites x fibres).

    *Not modelled:* fibres that share a duct: the plant has no such field.

    Raises:
        ValueError: source and target are the same site.
        KeyError: one of them is no site.
    """
    if source == target:
        raise ValueError(f"source and target are both {source}; two routes need two ends")
    graph = Graph(plant)
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
    """Both directions of every fibre at its cost. With `leave` above 0, a site is entered at its number and left at its
    number plus `leave`, and one arc without cost leads through it."""
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
    """Bellman and Ford: costs may be negative, circles of negative cost there are none."""
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
    found = list[Arc]()
    last = reached[end][1]
    while last is not None:
        found.append(last)
        last = reached[last[0]][1]
    return tuple(reversed(found))


def _route(graph: Graph, arcs: tuple[Arc, ...]) -> Route:
    passed = [
        (arc[0] % len(graph.names), arc[1] % len(graph.names), graph.fibres[arc[2]])
        for arc in arcs
        if arc[2] is not None
    ]
    return Route(
        sites=(graph.names[passed[0][0]], *(graph.names[far] for _, far, _ in passed)),
        fibres=tuple(fibre.name for _, _, fibre in passed),
        length_km=sum(round(fibre.length_km * MM_PER_KM) for _, _, fibre in passed) / MM_PER_KM,
    )
