# SPDX-License-Identifier: BSD-3-Clause
"""Export to GraphML, GeoJSON and GNPy: what is imported again has the same graph, lengths, rates and places."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from apnemu.cli import app
from apnemu.errors import InputError
from apnemu.exporting import FORMS, exported
from apnemu.importing import Wishes, read_foreign
from apnemu.model.fibre import amplifier_count
from apnemu.model.plant import Plant
from tests.compiled import joined_plants, shipped

NAMES = ["three-sites", "jpn12", "nsfnet", "cost239", "tokyo-metro"]


def again(plant: Plant, form: str) -> Plant:
    """The plant that a plant becomes on its way through a form."""
    with TemporaryDirectory() as place:
        file = Path(place) / f"there.{form}"
        file.write_text(exported(plant, form)[0], encoding="utf-8")
        return read_foreign(file, Wishes()).plant


def same(plant: Plant, back: Plant) -> None:
    """Hold two plants to be the same network, asking for the same."""
    assert [replace(site, owner="", zone="", ready_year=None) for site in plant.sites] == list(back.sites)
    for one, other in zip(plant.fibres, back.fibres, strict=True):
        assert (one.name, one.a, one.b, one.label) == (other.name, other.a, other.b, other.label)
        assert [way.length_km for way in one.ways] == [way.length_km for way in other.ways]
        assert (one.group_index, one.delay_ns, one.back_delay_ns) == (
            other.group_index,
            other.delay_ns,
            other.back_delay_ns,
        )
    if plant.demands:  # that of a mesh has a name that no demand of its own could have
        asked = [[(each.source, each.target, each.rate_gbps) for each in one.demands] for one in (plant, back)]
        assert asked[0] == asked[1]
    assert plant.name == back.name and set(plant.inferred) <= set(back.inferred)


@pytest.mark.parametrize("form", ["graphml", "geojson"])
@settings(max_examples=25, deadline=None)
@given(plant=joined_plants(), data=st.data())
def test_a_plant_drawn_at_random_comes_back(form: str, plant: Plant, data: st.DataObject) -> None:
    lengths = [data.draw(st.floats(0.001, 20_000)) for _ in plant.fibres]
    backs = [data.draw(st.none() | st.floats(0.001, 20_000)) for _ in plant.fibres]
    places = [data.draw(st.none() | st.just((10.0, 20.0))) for _ in plant.sites]
    seen: set[frozenset[str]] = set()
    demands = []
    for demand in plant.demands:
        if frozenset((demand.source, demand.target)) not in seen:
            seen.add(frozenset((demand.source, demand.target)))
            demands.append(replace(demand, rate_gbps=data.draw(st.floats(0.001, 100_000))))
    rate = data.draw(st.none() | st.sampled_from([10.0, 400.0]))
    drawn = replace(
        plant,
        sites=tuple(
            replace(
                site,
                lat=place[0] if place else None,
                lon=place[1] if place else None,
                label=data.draw(st.sampled_from(["", f"東京 {site.name}", f"<&\"'> {site.name}"])),
                hosts=0 if site.kind == "exchange" else site.hosts,
            )
            for site, place in zip(plant.sites, places, strict=True)
        ),
        fibres=tuple(
            replace(fibre, length_km=km, back_km=None if back == km else back, amplifiers=amplifier_count(km, 80.0))
            for fibre, km, back in zip(plant.fibres, lengths, backs, strict=True)
        ),
        demands=tuple(demands),
        packet=replace(plant.packet.at(rate or 100.0), as_light=rate is None),
    )
    back = again(drawn, form)
    labels = {site.name: site.label for site in drawn.sites}
    assert {site.label or site.name for site in back.sites} == {labels[name] or name for name in labels}
    assert rate is None or (back.packet.line_rate_gbps, back.packet.as_light) == (rate, False)
    same(drawn, back)


@pytest.mark.parametrize("name", NAMES)
def test_shipped_topologies_come_back(name: str) -> None:
    plant = shipped(name)
    for form in ("graphml", "geojson"):
        same(plant, again(plant, form))


def test_networkx_reads_the_graphml_as_the_same_graph() -> None:
    plant = shipped("jpn12")
    with TemporaryDirectory() as place:
        file = Path(place) / "there.graphml"
        file.write_text(exported(plant, "graphml")[0])
        graph = nx.read_graphml(file)
    assert {frozenset(ends): held["length_km"] for *ends, held in graph.edges(data=True)} == {
        frozenset((fibre.a, fibre.b)): fibre.length_km for fibre in plant.fibres
    }
    assert {name: (held["Latitude"], held["Longitude"]) for name, held in graph.nodes(data=True)} == {
        site.name: site.place for site in plant.sites
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", ["three-sites", "jpn12"])
def test_gnpy_reads_its_form_as_the_same_graph_with_the_same_lengths(name: str) -> None:
    plant = shipped(name)
    back = again(plant, "gnpy")
    assert {site.name for site in back.sites} == {site.name for site in plant.sites}
    ours, theirs = (
        sorted((*sorted((fibre.a, fibre.b)), round(fibre.mean_km, 6)) for fibre in each.fibres)
        for each in (plant, back)
    )
    assert ours == theirs


def test_what_has_no_place_is_said_and_a_file_is_never_written_over(tmp_path: Path) -> None:
    out = tmp_path / "x.geojson"
    ran = CliRunner().invoke(app, ["export", "jpn12-disaster", str(out), "--to", "geojson", "--json"])
    assert ran.exit_code == 0, ran.output
    said = json.loads(ran.stdout)
    assert (said["sites"], said["form"]) == (12, "geojson") and "power" in said["left_out"]
    held = json.loads(out.read_text())
    assert [each["geometry"]["type"] for each in held["features"]].count("Point") == 12
    with pytest.raises(InputError, match="it exists already"):
        CliRunner().invoke(app, ["export", "jpn12", str(out), "--to", "geojson"], catch_exceptions=False)
    with pytest.raises(InputError, match="there is no form 'dot'; it must be one of graphml, geojson, gnpy"):
        CliRunner().invoke(app, ["export", "jpn12", str(tmp_path / "y"), "--to", "dot"], catch_exceptions=False)
    assert sorted(FORMS) == ["geojson", "gnpy", "graphml"] and not (tmp_path / "y").exists()
