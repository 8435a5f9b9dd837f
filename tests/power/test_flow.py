# SPDX-License-Identifier: BSD-3-Clause
"""Power flow and dispatch: MATPOWER's case5, resistors by hand, networkx's flow of least cost, prices."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.model.power import Area, Power, Step, Tie
from apnemu.power.closed import loop, loop_share
from apnemu.power.flow import UNSERVED_PER_MWH, dispatch, granted_share, over_mw, ptdf, true_flows
from apnemu.topology import read_power
from tests.power.made import system

TOPOLOGIES = Path(__file__).parents[2] / "topologies"
REACTANCE = st.floats(0.01, 1.0)


def test_case5_of_matpower() -> None:
    """MATPOWER's `rundcopf('case5')`: 17,479.90 USD/h; the prices of its five buses."""
    found = dispatch(read_power(TOPOLOGIES / "power" / "case5.yaml"), np.zeros((5, 1)), 0)
    assert found.cost == pytest.approx(17_479.90, abs=0.01)
    assert list(found.price_per_mwh[:, 0]) == pytest.approx([16.977, 26.384, 30, 39.943, 10], abs=0.001)
    assert found.flow_mw[5, 0] == pytest.approx(-240)


def grid(seed: int, areas: int, chords: int, dc: int) -> Power:
    """A random grid: a tree of AC ties and some chords, DC ties across, two plants in most areas."""
    draw = np.random.default_rng(seed)
    ties = []
    for index in range(1, areas):
        ties.append(_tie(draw, int(draw.integers(0, index)), index, len(ties), "ac"))
    for number in range(chords + dc):
        a, b = draw.choice(areas, 2, replace=False)
        ties.append(_tie(draw, int(a), int(b), len(ties), "ac" if number < chords else "dc"))
    plants = tuple(
        tuple(
            Step(mw=float(mw), yen_per_mwh=float(price))
            for mw, price in zip(draw.integers(50, 300, 2), prices, strict=True)
        )
        for prices in (np.sort(draw.choice(np.arange(1, 500), 2, replace=False)) for _ in range(areas))
    )
    values = {f"n{index}": draw.integers(0, 250, 2).astype(float) for index in range(areas)}
    return system(
        dict.fromkeys(values, (0, 0)),
        areas=tuple(Area(name=f"n{index}", supply=steps) for index, steps in enumerate(plants)),
        ties=tuple(ties),
        clearing="dispatch",
        more={name: {"demand_mw": asked} for name, asked in values.items()},
    )


def _tie(draw: np.random.Generator, a: int, b: int, number: int, kind: str) -> Tie:
    mw, back = (float(each) for each in draw.integers(20, 200, 2))
    x = float(draw.uniform(0.01, 1)) if kind == "ac" else 0.0
    return Tie(name=f"t{number}", a=f"n{a}", b=f"n{b}", mw=mw, back_mw=back, kind=kind, reactance=x)  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None)
@given(REACTANCE, REACTANCE, REACTANCE)
def test_ties_divide_power_as_resistors_do_current(ab: float, bc: float, ac: float) -> None:
    factors = ptdf(loop(ab, bc, ac))
    share = loop_share(ab, bc, ac)
    assert list(factors @ [1, -1, 0]) == pytest.approx([share, share - 1, 1 - share])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 8), st.integers(0, 5))
def test_power_flow_is_that_of_resistors_by_networkx(seed: int, areas: int, chords: int) -> None:
    power = grid(seed, areas, chords, 0)
    put_in = np.random.default_rng(seed).uniform(-100, 100, areas)
    put_in -= put_in.mean()
    graph = nx.Graph()
    graph.add_nodes_from(area.name for area in power.areas)
    for tie in power.ties:
        before = graph.get_edge_data(tie.a, tie.b, {"weight": 0.0})["weight"]
        graph.add_edge(tie.a, tie.b, weight=before + 1 / tie.reactance)
    laplacian = nx.laplacian_matrix(graph, nodelist=[area.name for area in power.areas]).toarray()
    angle = dict(zip((area.name for area in power.areas), np.linalg.pinv(laplacian) @ put_in, strict=True))
    flows = true_flows(power, put_in[:, np.newaxis], np.zeros((len(power.ties), 1)))[:, 0]
    assert list(flows) == pytest.approx([(angle[tie.a] - angle[tie.b]) / tie.reactance for tie in power.ties], abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 7), st.integers(0, 4), st.integers(0, 2))
def test_a_blind_dispatch_is_the_flow_of_least_cost_by_networkx(seed: int, areas: int, chords: int, dc: int) -> None:
    power = grid(seed, areas, chords, dc)
    found = dispatch(power, np.zeros((areas, 2)), 0, known=False)
    assert found.cost == pytest.approx(sum(_by_networkx(power, slot) for slot in (0, 1)), rel=1e-6)


def _by_networkx(power: Power, slot: int) -> float:
    """Least cost of a flow from plants to areas, by the network simplex, whose figures are whole."""
    graph = nx.MultiDiGraph()
    asked = {area.name: int(power.profile.of(area.name, "demand_mw")[slot]) for area in power.areas}
    graph.add_node("plants", demand=-sum(asked.values()))
    for area in power.areas:
        graph.add_node(area.name, demand=asked[area.name])
        graph.add_edge("plants", area.name, weight=int(UNSERVED_PER_MWH))
        for step in area.supply:
            graph.add_edge("plants", area.name, capacity=int(step.mw), weight=int(step.yen_per_mwh))
    for tie in power.ties:
        graph.add_edge(tie.a, tie.b, capacity=int(tie.mw), weight=0)
        graph.add_edge(tie.b, tie.a, capacity=int(tie.back_mw), weight=0)
    return float(nx.network_simplex(graph)[0])


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 7), st.integers(0, 4), st.integers(0, 2))
def test_a_dispatch_obeys_the_flow_and_its_prices_are_what_one_more_costs(
    seed: int, areas: int, chords: int, dc: int
) -> None:
    power = grid(seed, areas, chords, dc)
    found = dispatch(power, np.zeros((areas, 2)), 0)
    names = [area.name for area in power.areas]
    put_in = found.used_mw + found.unserved_mw - np.array([power.profile.of(name, "demand_mw") for name in names])
    for (name, _), made in zip(found.steps, found.generation_mw, strict=True):
        put_in[names.index(name)] += made
    flows = true_flows(power, put_in, found.flow_mw)
    assert flows == pytest.approx(found.flow_mw, abs=1e-5)
    assert over_mw(power, flows, np.zeros_like(flows)).max(initial=0) < 1e-4
    blind = dispatch(power, np.zeros((areas, 2)), 0, known=False)
    assert blind.cost <= found.cost * (1 + 1e-9) + 1e-6
    area, step = seed % areas, 1e-3
    more, less = np.zeros((areas, 2)), np.zeros((areas, 2))
    more[area, 0], less[area, 0] = step, -step
    up = (dispatch(power, more, 0).cost - found.cost) / step
    down = (found.cost - dispatch(power, less, 0).cost) / step
    assert down - 1 <= found.price_per_mwh[area, 0] <= up + 1
    # what is paid at the areas' prices and not to plants there is what congested ties earn
    assert ((found.price_per_mwh * put_in).sum() <= 1e-3) or not power.ties


def test_sun_and_wind_go_before_plants_and_what_nobody_takes_is_thrown_away() -> None:
    power = system(
        {"n": (0, 0)},
        areas=(Area(name="n", supply=(Step(mw=100, yen_per_mwh=5, kgco2_per_mwh=400),)),),
        clearing="dispatch",
        more={"n": {"demand_mw": (80, 30), "solar_mw": (20, 40), "wind_mw": (0, 10)}},
    )
    found = dispatch(power, np.zeros((1, 2)), 0)
    assert found.cost == pytest.approx(60 * 5)
    assert list(found.curtailed_mw[0]) == pytest.approx([0, 20])
    assert list(found.price_per_mwh[0]) == pytest.approx([5, 0])
    assert found.kgco2 == pytest.approx(60 * 400)
    short = dispatch(power, np.full((1, 2), 200.0), 0)
    assert list(short.unserved_mw[0]) == pytest.approx([160, 80])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(0, 50), st.floats(0, 50)), min_size=1, max_size=6))
def test_the_granted_share_is_the_largest_that_fits(lines: list[tuple[float, float, float]]) -> None:
    change, most, least = (np.array(column)[:, np.newaxis] for column in zip(*lines, strict=True))
    share = float(granted_share(-least, most, change)[0])
    assert 0 <= share <= 1
    assert (share * change <= most + 1e-6).all() and (share * change >= -least - 1e-6).all()
    if share < 1:
        more = (share + 1e-6) * change
        assert (more > most - 1e-9).any() or (more < -least + 1e-9).any()
