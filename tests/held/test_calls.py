# SPDX-License-Identifier: BSD-3-Clause
"""Drawn calls without a lab: the same twice, sound, and predicted as networkx's shortest ways have it."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pytest

from apnemu import load_topology
from apnemu.experiments.demand_response import EXPERIMENT
from apnemu.experiments.demand_response.plans import plans_of
from apnemu.question.settings import as_text
from apnemu.units import NS_PER_S
from tests.held.calls import drawn, written

POINTS = 12
ACTS_S = {"cap": 2.0, "battery": 0.2, "pause": 30.0, "plant": 10.0}
ELEMENTS_NS = 100_000
"""Most that ROADMs, amplifiers, FEC and a message's own length add on its two ways."""


def test_the_same_seed_draws_the_same_points() -> None:
    assert list(drawn(POINTS, 5)) == list(drawn(POINTS, 5)) != list(drawn(POINTS, 6))


@pytest.mark.parametrize("seed", range(3))
def test_what_is_predicted_is_two_shortest_ways_and_the_declared_time(seed: int, tmp_path: Path) -> None:
    judged = 0
    for point in drawn(POINTS, seed):
        plant = load_topology(str(written(point, tmp_path / str(point.number))))
        own = EXPERIMENT.resolve([f"{name}={as_text(value)}" for name, value in point.settings.items()]).own
        prepared = EXPERIMENT.prepare(plant, own)
        graph = nx.Graph()
        for fibre in plant.fibres:
            graph.add_edge(fibre.a, fibre.b, ns=sum(way.delay_ns for way in fibre.ways) / 2)
        away = dict(nx.all_pairs_dijkstra_path_length(graph, weight="ns"))
        for plan in plans_of(prepared, own)[1]:
            scene = plan.scene
            assert plan.called_kw >= 0 and 0 <= plan.predicted_mw <= plan.called_kw / 1e3 + 1e-6
            if plan.case.by == "move" or plan.predicted_ns is None or plan.at_least:
                continue
            if min(plan.parts_kw.values()) < 10:  # what counts as none decides nothing
                continue
            first = away[scene.operator_at][scene.hub]
            must_ns = max(first + away[scene.hub][site] for site in plan.parts_kw) + ACTS_S[plan.case.by] * NS_PER_S
            assert 0 <= plan.predicted_ns - must_ns <= ELEMENTS_NS
            judged += 1
    assert judged > POINTS
