# SPDX-License-Identifier: BSD-3-Clause
"""No light leaves its zone, whatever the zones, the plant and what happens; networkx says where it may be at all."""

from __future__ import annotations

import dataclasses

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plants import make_plant, plants
from test_trees import NONE, judge_of

from apnemu.model.assignment import Assignment
from apnemu.model.demand import TreeDemand
from apnemu.model.plant import Plant
from apnemu.model.zone import Zone
from apnemu.planning import plan
from apnemu.planning.online import Light, Service
from apnemu.planning.online.service import PROTECTIONS
from apnemu.planning.trees import plan_trees


@st.composite
def zoned(draw: st.DrawFn, max_demands: int = 0) -> Plant:
    """A drawn plant with up to three zones, each of some sites, and some sites bound by one that has them."""
    plant = draw(plants(max_demands=max_demands))
    names = [site.name for site in plant.sites]
    zones = []
    for number in range(draw(st.integers(1, 3))):
        members = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
        within = [fibre.name for fibre in plant.fibres if {fibre.a, fibre.b} <= set(members)]
        without = draw(st.lists(st.sampled_from(within), unique=True)) if within else []
        sites = "all" if draw(st.integers(0, 9)) == 0 else tuple(members)
        zones.append(Zone(name=f"z{number}", sites=sites, without_fibres=tuple(without)))
    bound = tuple(
        dataclasses.replace(site, zone=draw(st.sampled_from(["", *own])))
        for site in plant.sites
        for own in [[zone.name for zone in zones if zone.allows(site.name)]]
    )
    return dataclasses.replace(plant, sites=bound, zones=tuple(zones))


def within(plant: Plant, ends: tuple[str, ...], gone: dict[str, set[str]] | None = None) -> nx.MultiGraph:
    """All that light between some ends may touch, straight from the words of the zones; `gone`: end -> sites that its
    owner has withdrawn."""
    net = nx.MultiGraph()
    net.add_nodes_from(site.name for site in plant.sites)
    net.add_edges_from((fibre.a, fibre.b, fibre.name) for fibre in plant.fibres)
    for end in ends:
        zone = next((zone for zone in plant.zones if zone.name == plant.site[end].zone), None)
        if zone is None:
            continue
        members = set(net) if zone.sites == "all" else set(zone.sites)
        left = members - ((gone or {}).get(end, set()) - {end})
        net.remove_nodes_from([name for name in list(net) if name not in left])
        net.remove_edges_from([(a, b, key) for a, b, key in list(net.edges(keys=True)) if key in zone.without_fibres])
    return net


def lies_in(net: nx.MultiGraph, route: tuple[str, ...], fibres: tuple[str, ...]) -> bool:
    return set(route) <= set(net) and all(
        net.has_edge(a, b, key=key) for a, b, key in zip(route, route[1:], fibres, strict=False)
    )


def joined(net: nx.MultiGraph, ends: tuple[str, ...]) -> bool:
    return set(ends) <= set(net) and all(nx.has_path(net, ends[0], end) for end in ends[1:])


@settings(max_examples=300, deadline=None)
@given(zoned(max_demands=6))
def test_planned_light_lies_in_the_zones_of_its_ends(plant: Plant) -> None:
    planned = plan(plant, k=50)
    by_name = {demand.name: demand for demand in plant.demands}
    for path in planned.lightpaths:
        assert lies_in(within(plant, (path.source, path.target)), path.route, path.fibres)
    for refusal in planned.refusals:
        demand = by_name[refusal.demand]
        ends = demand.source, demand.target
        free = dataclasses.replace(plant, sites=tuple(dataclasses.replace(site, zone="") for site in plant.sites))
        net = within(plant, ends)
        apart = not set(ends) <= set(net) or (not joined(net, ends) and joined(within(free, ends), ends))
        assert (refusal.why.code == "zone") == apart


@settings(max_examples=150, deadline=None)
@given(zoned(), st.data())
def test_a_tree_lies_in_the_zones_of_its_hub_and_its_leaves(plant: Plant, data: st.DataObject) -> None:
    free = dataclasses.replace(plant, sites=tuple(dataclasses.replace(site, zone="") for site in plant.sites))
    parts = [sorted(part) for part in nx.connected_components(within(free, ())) if len(part) > 2]
    if not parts:
        return
    hub, *leaves = data.draw(st.permutations(parts[0]))[: data.draw(st.integers(3, len(parts[0])))]
    demand = TreeDemand(name="t", source=hub, leaves=tuple(leaves), kind="tree", rate_gbps=100.0)
    plant = dataclasses.replace(plant, trees=(demand,))
    judge = judge_of(plant, gsnr_db=40.0)
    planned = plan_trees(plant, Assignment(lightpaths=(), refusals=()), judge, NONE)  # type: ignore[arg-type]
    net = within(plant, (hub, *leaves))
    for tree in planned.trees:
        assert all(lies_in(net, branch.route, branch.fibres) for branch in tree.branches)
    for refusal in planned.refusals:
        assert (refusal.why.code == "zone") == (not joined(net, (hub, *leaves)))


@settings(max_examples=200, deadline=None)
@given(zoned(), st.data())
def test_light_on_demand_never_leaves_its_zones(plant: Plant, data: st.DataObject) -> None:
    """Asked for, moved, restored, protected; while fibres and sites die and owners withdraw what they allowed."""
    light = Light(plant, transceivers={site.name: 3 for site in plant.sites}, k=4)
    names = [site.name for site in plant.sites]
    gone: dict[str, set[str]] = {}
    for number in range(data.draw(st.integers(5, 15))):
        do = data.draw(st.sampled_from(["request", "request", "move", "fail", "repair", "revoke", "release"]))
        kept = [status.service.name for status in light.services()]
        if do == "request":
            a, b = data.draw(st.permutations(names))[:2]
            scheme = data.draw(st.sampled_from(PROTECTIONS))
            decision = light.request(Service(name=f"x{number}", source=a, target=b, rate_gbps=100.0, protection=scheme))
            if not decision.accepted and decision.why[0].code == "zone":
                assert not joined(within(plant, (a, b), gone), (a, b))
        elif do == "move" and kept:
            light.move(data.draw(st.sampled_from(kept)))
        elif do == "release" and kept:
            light.release(data.draw(st.sampled_from(kept)))
        elif do in ("fail", "repair"):
            fibre = data.draw(st.sampled_from([fibre.name for fibre in plant.fibres]))
            (light.fail if do == "fail" else light.repair)([fibre])
        elif do == "revoke":
            site = data.draw(st.sampled_from(plant.sites))
            if site.zone:
                taken = data.draw(st.none() | st.lists(st.sampled_from(names), min_size=1, unique=True))
                light.revoke(site.zone, site.name, taken)
                gone.setdefault(site.name, set()).update(names if taken is None else taken)
        light.check()
        for lit in light.lit():
            path = lit.lightpath
            assert lies_in(within(plant, (path.source, path.target), gone), path.route, path.fibres)
        for status in light.services():
            ends = status.service.source, status.service.target
            assert set(ends) <= set(within(plant, ends, gone)), "a service ends where its data may not be"
            if status.protecting is not None and status.state != "lost":
                net = within(plant, ends, gone)
                assert lies_in(net, status.protecting.route, status.protecting.fibres)


RING = [("ab", "a", "b", 10.0), ("bc", "b", "c", 10.0), ("ca", "c", "a", 10.0)]


def ring(*zones: Zone, **bound: str) -> Plant:
    plant = make_plant(RING, [("a", "b", 100.0)])
    sites = tuple(dataclasses.replace(site, zone=bound.get(site.name, "")) for site in plant.sites)
    return dataclasses.replace(plant, sites=sites, zones=zones)


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (ring(Zone(name="z", sites=("a", "c")), a="z"), "b lies outside zone z, which the data of a may not leave"),
        (ring(Zone(name="z", sites=("a", "b"), without_fibres=("ab",)), a="z"), "every route between a and b leaves"),
    ],
)
def test_a_refusal_names_the_zone_and_the_way_out(plant: Plant, told: str) -> None:
    refusal = plan(plant).refusals[0]
    assert refusal.why.code == "zone" and refusal.why.text.startswith(told)
    assert "widen the zone" in refusal.why.text
    decision = Light(plant, transceivers={"a": 2, "b": 2}).request(
        Service(name="s", source="a", target="b", rate_gbps=100.0)
    )
    assert decision.why == (refusal.why,)


def test_both_zones_bind_light_between_them() -> None:
    plant = ring(Zone(name="x", sites=("a", "b", "c")), Zone(name="y", sites=("a", "b")), a="x", b="y")
    light = Light(plant, transceivers={"a": 4, "b": 4})
    one = Service(name="one", source="a", target="b", rate_gbps=100.0, protection="1+1")
    assert light.request(one).why[0].code == "protection"
    light = Light(ring(Zone(name="x", sites="all"), a="x"), transceivers={"a": 4, "b": 4})
    assert light.request(one).accepted


def test_a_withdrawal_takes_down_what_ends_there_and_moves_what_passes() -> None:
    plant = ring(Zone(name="z", sites="all"), a="z", b="z")
    light = Light(plant, transceivers={"a": 4, "b": 4, "c": 4})
    for name, target in (("direct", "b"), ("to-c", "c")):
        assert light.request(Service(name=name, source="a", target=target, rate_gbps=100.0)).accepted
    light.fail(["ab"])
    around = Service(name="around", source="a", target="b", rate_gbps=100.0, protection="restoration-computed")
    assert light.request(around).working.route == ("a", "c", "b")
    light.repair(["ab"])
    outcomes = light.revoke("z", "a", ["c"])
    assert [(outcome.service, outcome.kind) for outcome in outcomes] == [("to-c", "ended"), ("around", "restored")]
    assert {lit.service: lit.lightpath.route for lit in light.lit()} == {"direct": ("a", "b"), "around": ("a", "b")}
    light.check()
    assert {outcome.service for outcome in light.revoke("z", "a")} == {"direct", "around"}
    assert not light.lit() and not light.services()
