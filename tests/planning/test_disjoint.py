# SPDX-License-Identifier: BSD-3-Clause
"""Disjoint pairs against every pair of routes that there is."""

from __future__ import annotations

import dataclasses
from itertools import combinations

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plants import make_plant, plants

from apnemu.model.plant import Plant
from apnemu.planning.disjoint import Risk, disjoint_pair
from apnemu.planning.graph import Graph, Route


def brute_force(plant: Plant, source: str, target: str, by: Risk) -> tuple[Route, Route] | None:
    """Of all disjoint pairs the cheapest, of those that use the same fibres the one with the cheapest route."""
    graph = Graph(plant)
    weight = {fibre.name: cost for fibre, cost in zip(graph.fibres, graph.weights, strict=True)}

    def cost(route: Route) -> int:
        return sum(weight[fibre] for fibre in route.fibres)

    def shared(one: Route, other: Route) -> set[str]:
        if by == "fibre":
            return set(one.fibres) & set(other.fibres)
        return set(one.sites[1:-1]) & set(other.sites[1:-1]) | set(one.fibres) & set(other.fibres)

    pairs = [pair for pair in combinations(graph.routes(source, target), 2) if not shared(*pair)]
    return min(pairs, key=lambda pair: (cost(pair[0]) + cost(pair[1]), cost(pair[0])), default=None)


@settings(max_examples=250, deadline=None)
@given(plants(), st.sampled_from(["fibre", "site"]), st.data())
def test_pairs_are_those_of_brute_force(plant: Plant, by: Risk, data: st.DataObject) -> None:
    source, target = data.draw(st.permutations([site.name for site in plant.sites]))[:2]
    assert disjoint_pair(plant, source, target, by=by) == brute_force(plant, source, target, by)


@settings(max_examples=100, deadline=None)
@given(plants(), st.data())
def test_there_is_a_pair_where_two_cuts_are_needed(plant: Plant, data: st.DataObject) -> None:
    """Menger's theorem, by networkx's maximum flow."""
    source, target = data.draw(st.permutations([site.name for site in plant.sites]))[:2]
    net = nx.Graph()
    net.add_nodes_from(site.name for site in plant.sites)
    for fibre in plant.fibres:
        wide = net.get_edge_data(fibre.a, fibre.b, {"capacity": 0})["capacity"] + 1
        net.add_edge(fibre.a, fibre.b, capacity=wide)
    assert (disjoint_pair(plant, source, target) is not None) == (nx.maximum_flow_value(net, source, target) >= 2)


TRAP = [
    ("sa", "s", "a", 1.0),
    ("ab", "a", "b", 1.0),
    ("bt", "b", "t", 1.0),
    ("sb", "s", "b", 3.0),
    ("at", "a", "t", 3.0),
]


def test_the_shortest_route_may_be_in_the_way() -> None:
    """Suurballe's trap: taking the shortest route first leaves no second."""
    found = disjoint_pair(make_plant(TRAP), "s", "t")
    assert found is not None
    assert [route.fibres for route in found] == [("sa", "at"), ("sb", "bt")]
    assert [route.length_km for route in found] == [4.0, 4.0]


def test_a_site_may_be_the_risk() -> None:
    bow = [("p", "s", "m", 1.0), ("q", "s", "m", 2.0), ("r", "m", "t", 1.0), ("u", "m", "t", 2.0)]
    found = disjoint_pair(make_plant(bow), "s", "t")
    assert found is not None
    assert [route.fibres for route in found] == [("p", "r"), ("q", "u")]
    assert disjoint_pair(make_plant(bow), "s", "t", by="site") is None


@st.composite
def risky_plants(draw: st.DrawFn) -> Plant:
    """Plants of which some fibres lie in one of three ducts, or in two."""
    plant = draw(plants())
    ducts = st.lists(st.sampled_from(["p", "q", "r"]), unique=True, max_size=2).map(tuple)
    return dataclasses.replace(
        plant, fibres=tuple(dataclasses.replace(fibre, risks=draw(ducts)) for fibre in plant.fibres)
    )


@settings(max_examples=250, deadline=None)
@given(risky_plants(), st.sampled_from(["fibre", "site"]), st.data())
def test_pairs_without_a_shared_risk_are_those_of_brute_force(plant: Plant, by: Risk, data: st.DataObject) -> None:
    source, target = data.draw(st.permutations([site.name for site in plant.sites]))[:2]
    graph = Graph(plant)
    pairs = [
        pair
        for pair in combinations(graph.routes(source, target), 2)
        if not set(pair[0].fibres) & set(pair[1].fibres)
        and not (by == "site" and set(pair[0].sites[1:-1]) & set(pair[1].sites[1:-1]))
        and not {risk for name in pair[0].fibres for risk in plant.fibre[name].risks}
        & {risk for name in pair[1].fibres for risk in plant.fibre[name].risks}
    ]
    least = min((graph.cost(one) + graph.cost(other) for one, other in pairs), default=None)
    found = disjoint_pair(plant, source, target, by=by)
    assert (found is None) == (least is None)
    if found is not None:
        assert found in pairs
        assert graph.cost(found[0]) + graph.cost(found[1]) == least


def test_a_duct_may_be_the_risk() -> None:
    plant = make_plant([("p", "s", "t", 1.0), ("q", "s", "t", 2.0), ("r", "s", "t", 3.0)])
    shared = dataclasses.replace(
        plant, fibres=tuple(dataclasses.replace(f, risks=("duct",) if f.name in "pq" else ()) for f in plant.fibres)
    )
    found = disjoint_pair(shared, "s", "t")
    assert found is not None
    assert [route.fibres for route in found] == [("p",), ("r",)]
    assert shared.at_risk == {"duct": ("p", "q")}


def test_two_ends() -> None:
    with pytest.raises(ValueError, match="two routes need two ends"):
        disjoint_pair(make_plant(TRAP), "s", "s")
