# SPDX-License-Identifier: BSD-3-Clause
"""Routes: a total order, complete, the same there and back, the same end to end and hop by hop."""

from __future__ import annotations

import random
from itertools import combinations, islice, pairwise

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plants import make_plant, plants

from apnemu.model.plant import Fibre, Plant
from apnemu.planning import next_hops, packet_routes
from apnemu.planning.graph import Graph


def brute_force(plant: Plant, source: str, target: str) -> list[tuple[str, ...]]:
    """Every simple route as fibre names, in the order that graph.py promises, found another way."""
    net = nx.MultiGraph()
    for fibre in plant.fibres:
        net.add_edge(fibre.a, fibre.b, key=fibre.name)
    length_mm = {fibre.name: round(fibre.length_km * 1e6) for fibre in plant.fibres}
    if source not in net or target not in net:
        return []
    routes = [tuple(key for _, _, key in path) for path in nx.all_simple_edge_paths(net, source, target)]
    return sorted(
        routes, key=lambda route: (sum(map(length_mm.__getitem__, route)), len(route), sorted(route, reverse=True))
    )


@settings(max_examples=150, deadline=None)
@given(plants(), st.data())
def test_routes_are_those_of_brute_force_in_order(plant: Plant, data: st.DataObject) -> None:
    source, target = data.draw(st.permutations([site.name for site in plant.sites]))[:2]
    expected = brute_force(plant, source, target)
    found = [route.fibres for route in islice(Graph(plant).routes(source, target), 40)]
    assert found == expected[:40]


@settings(max_examples=150, deadline=None)
@given(plants())
def test_packet_routes_go_back_as_they_came_and_follow_the_next_hops(plant: Plant) -> None:
    routes, hops = packet_routes(plant), next_hops(plant)
    for (source, target), route in routes.items():
        assert routes[target, source] == route[::-1]
        fibres = []
        for here, following in pairwise(route):
            assert hops[here, target].site == following
            fibres.append(hops[here, target].fibre)
        assert tuple(fibres) == brute_force(plant, source, target)[0]
        assert tuple(fibres) == next(Graph(plant).routes(source, target)).fibres


@settings(max_examples=100, deadline=None)
@given(plants(), st.randoms(use_true_random=False))
def test_the_order_of_the_file_does_not_matter_to_a_route(plant: Plant, rng: random.Random) -> None:
    sites, fibres = list(plant.sites), list(plant.fibres)
    rng.shuffle(sites)
    rng.shuffle(fibres)
    shuffled = make_plant([(f.name, f.a, f.b, f.length_km) for f in fibres], sites=[site.name for site in sites])
    for a, b in combinations([site.name for site in plant.sites], 2):
        one, other = (list(islice(Graph(p).routes(a, b), 6)) for p in (plant, shuffled))
        assert one == other


SQUARE = [("ab", "a", "b", 1.0), ("bd", "b", "d", 1.0), ("ac", "a", "c", 1.0), ("cd", "c", "d", 1.0)]


def test_equal_km_and_hops_go_by_names() -> None:
    plant = make_plant(SQUARE)
    assert [route.fibres for route in Graph(plant).routes("a", "d")] == [("ab", "bd"), ("ac", "cd")]
    assert packet_routes(plant)["a", "d"] == ("a", "b", "d")  # cd is the alphabetically last of the four, so it loses
    assert packet_routes(plant)["d", "a"] == ("d", "b", "a")


def test_equal_km_goes_by_hops() -> None:
    plant = make_plant([*SQUARE, ("z", "a", "d", 2.0)])
    assert packet_routes(plant)["a", "d"] == ("a", "d")


def test_km_go_first() -> None:
    plant = make_plant([*SQUARE, ("z", "a", "d", 2.000001)])
    assert packet_routes(plant)["a", "d"] == ("a", "b", "d")


def test_parallel_fibres_are_different_routes() -> None:
    plant = make_plant([("long", "a", "b", 2.0), ("short", "a", "b", 1.0), ("a-long", "a", "b", 2.0)])
    assert [route.fibres for route in Graph(plant).routes("a", "b")] == [("short",), ("a-long",), ("long",)]
    assert next_hops(plant)["a", "b"] == ("b", "short")


def test_floating_point_sums_do_not_break_ties() -> None:
    """0.1 + 0.2 + 0.3 is 0.6000000000000001 from one end and 0.6 from the other."""
    plant = make_plant([("p", "a", "b", 0.1), ("q", "b", "c", 0.2), ("r", "c", "d", 0.3), ("s", "a", "d", 0.6)])
    assert packet_routes(plant)["a", "d"] == ("a", "d")
    assert packet_routes(plant)["d", "a"] == ("d", "a")


def test_exchanges_forward_but_are_no_destination() -> None:
    plant = make_plant([("ax", "a", "x", 1.0), ("xb", "x", "b", 1.0)], exchanges=("x",))
    assert packet_routes(plant) == {("a", "b"): ("a", "x", "b"), ("b", "a"): ("b", "x", "a")}
    assert set(next_hops(plant)) == {("a", "b"), ("x", "b"), ("x", "a"), ("b", "a")}


@pytest.mark.parametrize("cut", [("a", "b"), ("b", "a")])
def test_no_route(cut: tuple[str, str]) -> None:
    plant = make_plant([("ac", "a", "c", 1.0)], sites=["a", "b", "c"])
    assert list(Graph(plant).routes(*cut)) == []
    assert cut not in packet_routes(plant)


def test_a_fibre_of_next_to_no_length_is_still_a_hop() -> None:
    assert Fibre(name="f", a="a", b="b", length_km=1e-9).way("a").delay_ns == 0
    plant = make_plant([("f", "a", "b", 1e-9), ("g", "b", "c", 1e-9), ("h", "a", "c", 1e-9)])
    assert packet_routes(plant)["a", "c"] == ("a", "c")
