# SPDX-License-Identifier: BSD-3-Clause
"""Sites without a place: a topology may leave lat and lon out, and its map places them, the same way each time."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from typer.testing import CliRunner

from apnemu.cli import app
from apnemu.report import layout
from apnemu.report.maps import Ground
from apnemu.report.plant_map import draw
from apnemu.topology import read_plant
from apnemu.topology.writer import topology_text

NOWHERE = """apnemu: 1
name: nowhere
sites:
  a: {kind: edge}
  b: {kind: edge}
  c: {kind: exchange}
fibres:
  - {between: [a, c], length_km: 400}
  - {between: [c, b], length_km: 30}
demands:
  - {name: a-b, from: a, to: b, rate_gbps: 100}
"""


def picture(graph: nx.Graph, own: dict[Any, tuple[float, float]]) -> dict[str, Any]:
    return {
        "topology": "drawn",
        "sites": [
            {
                "name": f"s{node}",
                "kind": "edge",
                "lat": own.get(node, (None, None))[0],
                "lon": own.get(node, (None, None))[1],
            }
            for node in graph
        ],
        "fibres": [
            {"name": f"f{number}", "a": f"s{a}", "b": f"s{b}", "length_km": 50.0, "back_km": None}
            for number, (a, b) in enumerate(graph.edges)
        ],
        "lightpaths": [],
    }


def test_a_topology_without_places_is_planned_and_written_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "nowhere.yaml"
    file.write_text(NOWHERE)
    plant = read_plant(file)
    assert [(site.lat, site.lon, site.is_placed) for site in plant.sites] == [(None, None, False)] * 3
    with pytest.raises(ValueError, match="site a has no lat and lon"):
        _ = plant.sites[0].place
    again = tmp_path / "again.yaml"
    again.write_text(topology_text(plant, beside=tmp_path))
    assert "lat" not in again.read_text() and read_plant(again) == plant
    planned = json.loads(CliRunner().invoke(app, ["plan", str(file), "--json"]).stdout)
    assert planned["lightpaths"][0]["route"] == ["a", "c", "b"] and not planned["refusals"]


@pytest.mark.parametrize("seed", [3, 14, 15])
def test_who_has_a_place_keeps_it_and_others_lie_apart_on_the_paper(seed: int) -> None:
    draw_of = random.Random(seed)
    graph = nx.connected_watts_strogatz_graph(draw_of.randrange(6, 30), 3, 0.4, seed=seed)
    placed = draw_of.sample(sorted(graph), len(graph) // 2)
    own = {node: (draw_of.uniform(30, 45), draw_of.uniform(130, 145)) for node in placed}
    for known in ({}, own):
        drawn = picture(graph, known)
        places = layout.places(drawn)
        assert {node: places[f"s{node}"] for node in known} == known
        assert len(set(places.values())) == len(graph) and all(map(math.isfinite, sum(places.values(), ())))
        ground = Ground(drawn)
        assert ground.laid_out == tuple(f"s{node}" for node in graph if node not in known)
        assert all(0 <= x <= 520 and 0 <= y <= ground.projection.height for x, y in ground.at.values())


def test_a_map_of_no_known_place_has_no_land_and_no_scale_and_says_so() -> None:
    graph = nx.path_graph(4)
    plan, ground = draw(picture(graph, {}), []), draw(picture(graph, {0: (35.7, 139.7), 3: (34.7, 135.5)}), [])
    assert "km</text>" not in plan and 'class="land"' not in plan and "° E" not in plan
    assert "Where 4 sites stand is not known" in plan
    assert "km</text>" in ground and "° E" in ground and "Where 2 sites stand is not known" in ground
    assert ground.count("where it stands is not known") == 2


def test_the_layout_is_the_same_whatever_python_hashes_by() -> None:
    code = (
        "import networkx as nx; from tests.report.test_layout import picture; from apnemu.report import layout;"
        "print(layout.places(picture(nx.petersen_graph(), {0: (1.0, 2.0), 5: (3.0, 9.0)})))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


@pytest.mark.parametrize(("lat", "lon"), [(35.0, 140_850_000.0), (-91.0, 0.0), (0.0, float("nan"))])
def test_a_place_that_is_not_on_the_globe_is_refused(lat: float, lon: float) -> None:
    """A map that wide has millions of meridians."""
    site = {"name": "far", "lat": lat, "lon": lon}
    with pytest.raises(ValueError, match="latitudes end at 90"):
        layout.places({"sites": [site, {"name": "near", "lat": 35.0, "lon": 139.0}], "fibres": []})
