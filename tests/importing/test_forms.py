# SPDX-License-Identifier: BSD-3-Clause
"""Networks of every form that is read but GNPy's: what comes of them, beside counts and figures of readers not ours."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import gnpy
import networkx as nx
import pytest
import topohub
from typer.testing import CliRunner

from apnemu.cli import app
from apnemu.errors import InputError
from apnemu.importing import FORMATS, Imported, Wishes, read_foreign
from apnemu.importing.opened import Opened
from apnemu.model.demand import Demand
from apnemu.topology import read_plant
from tests.importing.networks import FILES, RING, TOWNS, written
from tests.importing.real import counted

EXAMPLES = Path(gnpy.__file__).parent / "example-data"
GREAT_CIRCLE_KM = {("London", "Paris"): 343.6, ("Paris", "Brussels"): 263.8, ("Brussels", "Köln"): 183.4}
"""Ways over ground by a geodesic calculator (WGS 84), within 0.5 % of the sphere."""
FORMS = {
    "channel.graphml": ("graphml", 4, 5),
    "channel.gml": ("gml", 4, 5),
    "channel.native.txt": ("sndlib", 4, 4),
    "channel.sndlib.xml": ("sndlib-xml", 4, 4),
    "channel.sndlib.json": ("sndlib-json", 4, 4),
    "channel.node-link.json": ("node-link", 4, 4),
    "plane.topohub.json": ("node-link", 3, 2),
    "channel.n2p": ("net2plan", 4, 4),
    "channel.csv": ("csv", 4, 4),
    "links.csv": ("csv", 4, 4),
    "channel.tapi.json": ("tapi", 4, 4),
    "roadms.json": ("openroadm", 3, 2),
    "channel.geojson": ("geojson", 4, 4),
    "ring.py": ("mininet", 4, 4),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return written(tmp_path_factory.mktemp("foreign"))


def imported(files: dict[str, Path], name: str, **wishes: Any) -> Imported:
    links = files["links.csv"] if name == "channel.csv" else None
    return read_foreign(files[name], Wishes(links=links, **({"length_km": 80.0} | wishes)))


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_recognised_by_its_content_and_has_all_its_nodes_and_links(
    files: dict[str, Path], tmp_path: Path, name: str
) -> None:
    word, sites, fibres = FORMS[name]
    assert next(form.word for form in FORMATS if form.takes(Opened(files[name]))) == word
    plant = imported(files, name).plant
    assert (len(plant.sites), len(plant.fibres)) == (sites, fibres)
    unnamed = tmp_path / "network"
    unnamed.write_text(FILES[name])
    links = files["links.csv"] if name == "channel.csv" else None
    assert len(read_foreign(unnamed, Wishes(length_km=80.0, links=links), word=word).plant.sites) == sites


def test_every_small_file_is_expected_and_every_form_but_gnpys_has_one() -> None:
    assert FORMS.keys() == FILES.keys()
    assert {word for word, *_ in FORMS.values()} | {"gnpy"} == {form.word for form in FORMATS}


@pytest.mark.parametrize("name", [name for name in FORMS if name.startswith("channel")])
def test_what_is_imported_is_a_topology_that_reads_back(files: dict[str, Path], tmp_path: Path, name: str) -> None:
    out = tmp_path / "t.yaml"
    more = ["--links", str(files["links.csv"])] if name == "channel.csv" else []
    ran = CliRunner().invoke(app, ["import", str(files[name]), "--out", str(out), "--length-km", "80", "--json", *more])
    assert ran.exit_code == 0, ran.output
    said, plant = json.loads(ran.stdout), read_plant(out)
    assert (said["sites"], said["fibres"]) == (len(plant.sites), len(plant.fibres))
    assert said["fibre_km"] == round(sum(fibre.mean_km for fibre in plant.fibres), 1)
    assert list(plant.inferred) == said["inferred"] and said["inferred"]
    head = [line for line in out.read_text().splitlines() if line.startswith("#")]
    assert len(head) == 1 + len(said.get("dropped", ()))
    assert all(any(each in line for line in head) for each in said.get("dropped", ()))
    by_label = {site.label or site.name.capitalize(): site for site in plant.sites}
    if "tapi" not in name and "sndlib.json" not in name and name != "links.csv":
        assert {label: (site.lat, site.lon) for label, site in by_label.items()} == TOWNS
    assert {site.name for site in plant.sites} == {"london", "paris", "brussels", "koln"}


@pytest.mark.parametrize("name", ["channel.graphml", "channel.geojson", "channel.native.txt"])
def test_lengths_come_from_places_by_the_route_factor(files: dict[str, Path], name: str) -> None:
    plant = imported(files, name).plant
    label = {site.label or site.name.capitalize(): site.name for site in plant.sites}
    for (a, b), apart_km in GREAT_CIRCLE_KM.items():
        (fibre, *_) = (each for each in plant.fibres if {each.a, each.b} == {label[a], label[b]})
        assert fibre.length_km == pytest.approx(1.5 * apart_km, rel=0.005)


def test_nodes_and_links_are_those_of_networkx(files: dict[str, Path]) -> None:
    for name, graph in (
        ("channel.graphml", nx.read_graphml(files["channel.graphml"])),
        ("channel.gml", nx.read_gml(files["channel.gml"], label="id")),
        ("channel.node-link.json", nx.node_link_graph(json.loads(FILES["channel.node-link.json"]), edges="links")),
    ):
        plant = imported(files, name).plant
        label = {site.name: site.label or site.name.capitalize() for site in plant.sites}
        ours = sorted(sorted((label[fibre.a], label[fibre.b])) for fibre in plant.fibres)
        called = {node: held.get("label", node) for node, held in graph.nodes(data=True)}
        assert ours == sorted(sorted((called[a], called[b])) for a, b in graph.edges())


def test_demands_of_both_ways_are_one_at_the_greater_sum(files: dict[str, Path]) -> None:
    told = imported(files, "channel.native.txt", unit_gbps=0.5)
    assert told.plant.demands == (
        Demand(name="london_koln", source="london", target="koln", rate_gbps=30.0),
        Demand(name="D3", source="paris", target="koln", rate_gbps=10.0),
    )
    assert any("0.5 Gbit/s (--unit-gbps)" in each for each in told.inferred)
    assert any("longest path" in each for each in told.dropped)
    (demand,) = imported(files, "channel.n2p").plant.demands
    assert (demand.source, demand.target, demand.rate_gbps) == ("london", "koln", 2.5)


def test_links_there_and_back_become_pairs_with_both_lengths(files: dict[str, Path]) -> None:
    plant = imported(files, "channel.n2p").plant
    assert [(fibre.length_km, fibre.back_km) for fibre in plant.fibres] == [
        (400, None),
        (401, None),
        (402, 403),
        (400, None),
    ]
    assert plant.packet.line_rate_gbps == 500 and not plant.packet.as_light
    assert [site.population for site in plant.sites] == [1, 1001, 2001, 3001]


def test_a_roadm_of_several_nodes_is_a_site_and_its_span_has_the_sum_of_its_pieces(files: dict[str, Path]) -> None:
    plant = imported(files, "roadms.json").plant
    assert [(site.name, site.kind) for site in plant.sites] == [
        ("roadm-a", "edge"),
        ("roadm-b", "exchange"),
        ("roadm-c", "edge"),
    ]
    assert [(fibre.a, fibre.b, fibre.length_km) for fibre in plant.fibres] == [
        ("roadm-a", "roadm-b", 85.5),
        ("roadm-b", "roadm-c", 80.0),
    ]


def test_tapi_has_lengths_and_capacity_and_says_what_is_not_read(files: dict[str, Path]) -> None:
    told = imported(files, "channel.tapi.json")
    assert {fibre.length_km for fibre in told.plant.fibres} == {400.5} and told.plant.packet.line_rate_gbps == 9600
    assert told.plant.name == "channel" and "of links: layer-protocol-name (4)" in told.dropped


def test_places_that_are_no_degrees_are_dropped_and_said(files: dict[str, Path]) -> None:
    for name in ("channel.sndlib.json", "plane.topohub.json"):
        told = imported(files, name)
        assert not any(site.is_placed for site in told.plant.sites)
        assert any("pixels" in each or "in a plane" in each for each in told.dropped)
    with pytest.raises(
        InputError, match=r"channel.sndlib.json:\d+: .* no place to infer one from; .* give --length-km"
    ):
        imported(files, "channel.sndlib.json", length_km=None)


def test_parts_that_no_link_joins_become_files_of_their_own_and_who_stands_alone_is_dropped(tmp_path: Path) -> None:
    file = tmp_path / "islands.json"
    links = [{"source": a, "target": b, "length_km": 10} for a, b in ("ab", "bc", "de", "gg")]
    file.write_text(json.dumps({"nodes": [{"id": each} for each in "abcdefg"], "links": links}))
    told = read_foreign(file, Wishes())
    assert [[site.name for site in plant.sites] for plant in (told.plant, *told.others)] == [
        ["a", "b", "c"],
        ["d", "e"],
    ]
    assert "nodes that no link reaches: f, g" in told.dropped and "of links: from a node to itself" in told.dropped


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_multigraphs_drawn_at_random_keep_every_link_under_its_own_name(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    graph = nx.MultiGraph()
    graph.add_nodes_from(f"Site {number}" for number in range(draw.randrange(3, 12)))
    nodes = list(graph)
    for a, b in pairwise(nodes):
        graph.add_edge(a, b, length_km=draw.uniform(1, 900))
    for _ in range(12):
        a, b = draw.sample(nodes, 2)
        graph.add_edge(a, b, length_km=draw.uniform(1, 900))
    nx.write_graphml(graph, tmp_path / "g.graphml")
    (tmp_path / "g.json").write_text(json.dumps(nx.node_link_data(graph, edges="edges")))
    wanted = sorted((*sorted((a, b)), held["length_km"]) for a, b, held in graph.edges(data=True))
    for name in ("g.graphml", "g.json"):
        plant = read_foreign(tmp_path / name, Wishes()).plant
        label = {site.name: site.label for site in plant.sites}
        assert sorted((*sorted((label[f.a], label[f.b])), f.length_km) for f in plant.fibres) == wanted
        assert len({fibre.name for fibre in plant.fibres}) == len(wanted)


@pytest.mark.parametrize(
    "name",
    ["sndlib/polska", "sndlib/germany50", "topozoo/Abilene", "topozoo/Geant2012", "gabriel/25/0", "caida/2024-08/1103"],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_public_networks_by_name_are_what_topohub_has(name: str) -> None:
    held = topohub.get(name)  # it leaves the file open: that is what the marks are for
    told = read_foreign(Path(f"topohub:{name}"), Wishes())
    plants = (told.plant, *told.others)
    assert sum(len(plant.sites) for plant in plants) == len(held["nodes"])
    assert sum(len(plant.fibres) for plant in plants) == len(held["edges"])
    km = sum(fibre.mean_km for plant in plants for fibre in plant.fibres)
    assert km == pytest.approx(sum(edge["dist"] for edge in held["edges"]))
    wanted = {frozenset((a, b)) for a, by in held["graph"]["demands"].items() for b, rate in by.items() if rate}
    assert not wanted or len(told.plant.demands) == len(wanted)
    assert "TopoHub" in told.plant.source and told.plant.licence.startswith("MIT")


@pytest.mark.parametrize("name", ["nowhere", "../../secret", "sndlib/none", "/etc/passwd", "sndlib"])
def test_a_public_name_that_is_none_is_refused_with_known_ones(name: str) -> None:
    with pytest.raises(InputError, match="topohub has no such network; known there: "):
        read_foreign(Path(f"topohub:{name}"), Wishes())


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["meshTopologyExampleV2.xls", "juniperTopologyExampleV2J.xls", "CORONET_Global_Topology.json"]
)
def test_gnpys_spreadsheets_and_json_are_still_gnpys(name: str) -> None:
    plant = read_foreign(EXAMPLES / name, Wishes()).plant
    assert plant.gnpy is not None and plant.fibres


def test_the_independent_counter_counts_the_small_files_the_same(files: dict[str, Path]) -> None:
    for name in ("channel.graphml", "channel.gml", "channel.native.txt", "channel.sndlib.xml", "channel.n2p"):
        plant = imported(files, name).plant
        assert counted(files[name]) == (len(plant.sites), len(plant.fibres))
    assert len(RING) == 4
