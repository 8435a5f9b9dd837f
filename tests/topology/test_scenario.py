# SPDX-License-Identifier: BSD-3-Clause
"""Events of a topology file: what each takes, in which order, and what a circle on the map hits."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from apnemu.model.plant import Plant
from apnemu.topology import read_plant
from apnemu.topology.scenario import hit
from apnemu.topology.writer import topology_text

TOPOLOGIES = Path(__file__).parents[2] / "topologies"


def _read(folder: Path, *events: str) -> Plant:
    text = (TOPOLOGIES / "three-sites.yaml").read_text() + "scenario:\n" + "".join(f"  - {event}\n" for event in events)
    (folder / "a.yaml").write_text(text)
    return read_plant(folder / "a.yaml")


def test_no_scenario_is_no_events() -> None:
    assert read_plant(TOPOLOGIES / "three-sites.yaml").scenario == ()


def test_events_come_in_the_order_of_their_instants(tmp_path: Path) -> None:
    plant = _read(
        tmp_path,
        "{at_s: 2, event: repair, what: all}",
        "{at_s: 0.5, event: cut, what: [nagoya-osaka, tokyo-nagoya]}",
        "{at_s: 0.000000001, event: lose, what: osaka}",
        "{at_s: 0.5, event: repair, what: [osaka, nagoya-osaka]}",
    )
    assert [(event.at_ns, event.kind, event.fibres, event.sites) for event in plant.scenario] == [
        (1, "lose", (), ("osaka",)),
        (500_000_000, "cut", ("tokyo-nagoya", "nagoya-osaka"), ()),
        (500_000_000, "repair", ("nagoya-osaka",), ("osaka",)),
        (2_000_000_000, "repair", ("tokyo-nagoya", "nagoya-osaka"), ("tokyo", "nagoya", "osaka")),
    ]


def test_the_controller_is_lost_and_given_back(tmp_path: Path) -> None:
    events = (
        "{at_s: 1, event: lose, what: controller}",
        "{at_s: 2, event: repair, what: controller}",
        "{at_s: 3, event: lose, what: [osaka, controller]}",
        "{at_s: 4, event: cut, what: tokyo-nagoya}",
        "{at_s: 5, event: repair, what: all}",
    )
    found = _read(tmp_path, *events).scenario
    assert [event.controller for event in found] == [True, True, True, False, True]
    assert [event.sites for event in found[:3]] == [(), (), ("osaka",)]


def test_an_amplifier_sags_and_a_repair_of_its_fibre_brings_it_back(tmp_path: Path) -> None:
    events = ("{at_s: 1, event: sag, what: tokyo-nagoya, db: 3}", "{at_s: 2, event: repair, what: tokyo-nagoya}")
    sag, repair = _read(tmp_path, *events).scenario
    assert (sag.kind, sag.fibres, sag.sites, sag.db, sag.controller) == ("sag", ("tokyo-nagoya",), (), 3, False)
    assert (repair.kind, repair.fibres, repair.db) == ("repair", ("tokyo-nagoya",), 0)


def test_a_site_may_be_called_controller(tmp_path: Path) -> None:
    named = (TOPOLOGIES / "three-sites.yaml").read_text().replace("nagoya", "controller")
    (tmp_path / "a.yaml").write_text(named + "scenario: [{at_s: 1, event: lose, what: controller}]\n")
    (lost,) = read_plant(tmp_path / "a.yaml").scenario
    assert (lost.sites, lost.controller) == (("controller",), False)


def test_a_region_takes_what_lies_in_it_and_what_passes_through(tmp_path: Path) -> None:
    around_nagoya, between, far_off = _read(
        tmp_path,
        "{at_s: 1, event: region, site: nagoya, radius_km: 20}",
        "{at_s: 2, event: region, centre: [35.45, 138.33], radius_km: 10}",
        "{at_s: 3, event: region, centre: [43.0, 141.0], radius_km: 100}",
    ).scenario
    assert (around_nagoya.fibres, around_nagoya.sites) == (("tokyo-nagoya", "nagoya-osaka"), ("nagoya",))
    assert (between.fibres, between.sites) == (("tokyo-nagoya",), ())
    assert (far_off.fibres, far_off.sites, far_off.what) == ((), (), "100 km around 43, 141")


def test_a_region_takes_a_fibre_where_its_waypoints_are(tmp_path: Path) -> None:
    straight, around = "{at_s: 1, event: region, centre: [35.45, 138.33], radius_km: 10}", "[[36.1, 138.4]]"
    over = straight.replace("[35.45, 138.33]", "[36.1, 138.4]")
    plant = _read(tmp_path, straight, over)
    assert [event.fibres for event in plant.scenario] == [("tokyo-nagoya",), ()]
    text = (tmp_path / "a.yaml").read_text().replace("366.0}", f"366.0, waypoints: {around}}}")
    (tmp_path / "a.yaml").write_text(text)
    plant = read_plant(tmp_path / "a.yaml")
    assert [event.fibres for event in plant.scenario] == [(), ("tokyo-nagoya",)]
    (tmp_path / "again.yaml").write_text(topology_text(plant, beside=tmp_path))
    assert read_plant(tmp_path / "again.yaml").fibres == plant.fibres


@pytest.mark.parametrize("radius_km", [1.0, 30.0, 100.0, 300.0, 1000.0])
@pytest.mark.parametrize("centre", [(35.68, 139.77), (34.0, 134.0), (39.0, 142.5), (43.0, 141.3)])
def test_fibres_hit_are_those_with_a_point_of_the_great_circle_inside(
    centre: tuple[float, float], radius_km: float
) -> None:
    """An oracle that walks along each fibre in a thousand steps: spherical interpolation, haversine at each step."""
    plant = read_plant(TOPOLOGIES / "jpn12.yaml")
    fibres, sites = hit(plant.sites, plant.fibres, *centre, radius_km)
    nearest = {
        fibre.name: min(
            _haversine_km(_on_the_way(plant, fibre.a, fibre.b, step / 1000), centre) for step in range(1001)
        )
        for fibre in plant.fibres
    }
    step_km = max(fibre.length_km for fibre in plant.fibres) / 1000
    for name, km in nearest.items():
        if abs(km - radius_km) > step_km:
            assert (name in fibres) == (km <= radius_km), name
    assert sites == tuple(site.name for site in plant.sites if _haversine_km((site.lat, site.lon), centre) <= radius_km)


def _on_the_way(plant: Plant, a: str, b: str, share: float) -> tuple[float, float]:
    places = [(math.radians(plant.site[name].lat), math.radians(plant.site[name].lon)) for name in (a, b)]
    vectors = [(math.cos(n) * math.cos(e), math.cos(n) * math.sin(e), math.sin(n)) for n, e in places]
    angle = math.acos(sum(x * y for x, y in zip(*vectors, strict=True)))
    weights = (math.sin((1 - share) * angle) / math.sin(angle), math.sin(share * angle) / math.sin(angle))
    x, y, z = (sum(w * v[i] for w, v in zip(weights, vectors, strict=True)) for i in range(3))
    return math.degrees(math.asin(z)), math.degrees(math.atan2(y, x))


def _haversine_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    north, east = math.radians(b[0] - a[0]) / 2, math.radians(b[1] - a[1]) / 2
    half = math.sin(north) ** 2 + math.cos(math.radians(a[0])) * math.cos(math.radians(b[0])) * math.sin(east) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(half))
