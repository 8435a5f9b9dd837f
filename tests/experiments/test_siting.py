# SPDX-License-Identifier: BSD-3-Clause
"""Where a data centre can stand: printed sums, the funnel, bookings by a file of one's own, and what is said of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from apnemu.errors import InputError
from apnemu.experiments.siting import EXPERIMENT
from apnemu.question.discovery import shipped_topology
from apnemu.topology import read_plant
from tests.experiments.command import apnemu, settings

PRINTED = {"area_m2": 1_679_910, "buildings": 510}
HERE = """\
apnemu: 1
name: here
power: there
sites:
  tokyo: {kind: cluster, lat: 35.68, lon: 139.77, power_mw: 300}
  nagoya: {kind: local, lat: 35.149, lon: 136.91, power_mw: 20}
fibres:
  - {between: [tokyo, nagoya], length_km: 366.0}
"""


def rows(*given: str, topology: Path | None = None) -> list[dict[str, Any]]:
    computed = EXPERIMENT.computed
    assert computed is not None
    plant = read_plant(topology or shipped_topology(EXPERIMENT.topology))
    return computed(plant, EXPERIMENT.resolve(given).own, 1)


def of_part(found: list[dict[str, Any]], part: str, **wanted: object) -> list[dict[str, Any]]:
    return [row for row in found if row["part"] == part and all(row.get(key) == value for key, value in wanted.items())]


def test_defaults_have_the_printed_sums_and_one_set_of_sites(tmp_path: Path) -> None:
    found = apnemu("run", "siting", "--json", "--out", "run", folder=tmp_path).json()
    assert found["expectation"]["met"] is True
    (whole,) = of_part(found["results"], "region", name="all")
    assert {key: whole[key] for key in PRINTED} == PRINTED
    assert round(whole["hhi"], 4) == 0.4694
    (pair,) = of_part(found["results"], "region", name="kanto+kansai")
    assert round(100 * pair["share"], 1) == 88.2
    assert [(row["orders"], row["sets"]) for row in of_part(found["results"], "orders")] == [(5040, 1)] * 2
    page = (tmp_path / "run" / "report.html").read_text()
    for title in ("The funnel: Firm, idle bookings never released", "Where it can stand: ", "Data centres of today by"):
        assert title in page
    assert "Connected year by year" in page and "left at kokura-1 20 MW, 130 needed" in page


@pytest.mark.parametrize(
    "order",
    ["agrees,away,transport,land,ground,network,power", "land,power,agrees,network,away,ground,transport"],
)
def test_another_order_drops_elsewhere_and_leaves_the_same(order: str) -> None:
    usual, other = rows(), rows(f"order={order}")
    for rule in ("never", "2"):
        steps = [of_part(found, "step", release_after_years=rule) for found in (usual, other)]
        assert steps[0][-1]["sites"] == steps[1][-1]["sites"] != []
        assert [row["step"] for row in steps[1]] == order.split(",")
        assert [row["removed_sites"] for row in steps[0]] != [row["removed_sites"] for row in steps[1]]
        for of in steps:
            assert [row["before"] for row in of[1:]] == [row["survivors"] for row in of[:-1]]


def booked(folder: Path, *given: str) -> list[dict[str, Any]]:
    lines = [
        f"  - {{at: s, owner: o-{n}, mw: 100, year: {2025 + n}, builds: {'no' if n in (1, 3, 5) else 'yes'}}}"
        for n in range(1, 11)
    ]
    station = "{lat: 35.1, lon: 136.9, voltage_kv: 154, headroom_mw: 500, ready_year: 2020}"
    (folder / "power").mkdir()
    (folder / "here.yaml").write_text(HERE)
    (folder / "power" / "there.yaml").write_text(
        "\n".join(["apnemu-power: 1", "name: there", "substations:", f"  s: {station}", "bookings:", *lines]) + "\n"
    )
    return rows(*given, topology=folder / "here.yaml")


def test_a_rule_that_releases_idle_bookings(tmp_path: Path) -> None:
    found = booked(tmp_path)
    assert EXPERIMENT.judge(found, EXPERIMENT.resolve([]).own).met
    ends = {row["release_after_years"]: row for row in of_part(found, "year", year=2035)}
    assert [(ends[rule]["connected_mw"], ends[rule]["refused"]) for rule in ("never", "2")] == [(200, 5), (500, 2)]
    assert EXPERIMENT.shown.answer(found, {}) == (
        "Firm, idle bookings never released: 0 of 0 candidates are left, 200 MW connected, 5 requests refused."
        " Firm, idle bookings released after 2 years: 0 of 0 candidates are left, 500 MW connected, 2 requests refused."
    )


def test_a_connection_that_is_tripped_has_room_that_firm_load_has_not(tmp_path: Path) -> None:
    (tmp_path / "power").mkdir()
    topology = tmp_path / "here.yaml"
    topology.write_text(HERE)
    lines = "{lat: 35.1, lon: 136.9, voltage_kv: 154, lines_mw: [100, 100], ready_year: 2020}"
    place = "{near: nagoya, land_ha: 20, ground: firm, road_km: 5, agrees: yes}"
    (tmp_path / "power" / "there.yaml").write_text(
        f"apnemu-power: 1\nname: there\nsubstations: {{s: {lines}}}\ncandidates: {{c: {place}}}\n"
    )
    found = rows("connection=firm,tripped,following", "need_mw=150", "release_after_years=never", topology=topology)
    assert [row["room_mw"] for row in of_part(found, "substation")] == [100, 200, 100]
    assert [row["survives"] for row in of_part(found, "site")] == [False, True, False]


def test_classes_of_size_are_those_of_the_table() -> None:
    found = {row["class"]: row for row in of_part(rows(), "class")}
    assert list(found) == ["micro", "small", "medium", "large", "hyperscale"]
    assert (found["large"]["data_centres"], found["medium"]["data_centres"]) == (1, 1)
    assert sum(row["requests"] for row in found.values()) == 10
    assert found["large"]["idle_mw"] == 300


def test_what_lacks_for_the_country_is_told() -> None:
    found = rows("target_mw=5000", "release_after_years=2")
    (row,) = of_part(found, "target")
    (last,) = of_part(found, "step", step="agrees")
    assert row["found_mw"] == last["mw_left"] and row["shortfall_mw"] == 5000 - row["found_mw"]
    second = {one["substation"]: one["left_mw"] for one in of_part(found, "site") if one["reason"].count("; ") == 0}
    assert row["second_best_mw"] == sum(second.values()) - row["found_mw"] > 0


@pytest.mark.parametrize(
    ("part", "changed", "why"),
    [
        ("step", {"survivors": 99}, "candidates left 99, expected"),
        ("orders", {"sets": 2}, "sets of sites that orders leave 2, expected 1"),
        ("site", {"reason": ""}, "a reason given no, expected yes"),
        ("year", {"booked_mw": 99_999.0}, "booked 99,999 MW, expected at most "),
        ("year", {"connected_mw": 99_999.0}, "connected 99,999 MW, expected at most "),
        ("substation", {"left_mw": -1.0}, "left -1 MW, expected at least 0 MW"),
        ("region", {"area_m2": 5.0}, "area 1,679,910 m2, expected 1,662,625 m2"),
    ],
)
def test_what_fails_is_named(part: str, changed: dict[str, Any], why: str) -> None:
    own = EXPERIMENT.resolve([]).own
    found = rows()
    assert EXPERIMENT.judge(found, own).met
    row = next(row for row in found if row["part"] == part and row.get("survives") is not True)
    row |= changed
    verdict = EXPERIMENT.judge(found, own)
    assert verdict.met is False and why in verdict.why, verdict.why
    assert EXPERIMENT.judge([], own).met is None


def test_every_dropped_candidate_stands_in_the_funnel_and_on_the_map() -> None:
    found = rows("release_after_years=never")
    plant = read_plant(shipped_topology("japan-siting"))
    sites = [{"name": site.name, "lat": site.lat, "lon": site.lon} for site in plant.sites]
    picture: dict[str, Any] = {"sites": sites, "fibres": [{"a": one.a, "b": one.b} for one in plant.fibres]}
    funnel, drawn, *_ = EXPERIMENT.shown.groups(found, picture)[0][1]
    for row in of_part(found, "site"):
        titles = re.findall("<title>(.*?)</title>", drawn)
        assert sum(title.startswith(f"{row['name'].capitalize()}: ") for title in titles) == 1
        if not row["survives"]:
            assert f"{row['name'].capitalize()}: {row['reason']}" in "".join(re.findall("<title>(.*?)</title>", funnel))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("order=power,power", "each condition may come once"),
        ("order=might", "order is 'might'; it must be power or network"),
        ("release_after_years=soon", "release_after_years is 'soon'; it must be never, or whole years"),
        ("release_after_years=-1", "it must be never, or whole years from 0 to 100"),
        ("connection=loose", "it must be firm or tripped or following"),
    ],
)
def test_settings_that_cannot_be(given: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        EXPERIMENT.resolve([given])
    assert said in str(refused.value)


def test_a_topology_without_power_is_one_line(tmp_path: Path) -> None:
    done = apnemu("run", "siting", "--topology", "jpn12", *settings(years=3), folder=tmp_path)
    assert done.code == 2 and done.err.count("\n") == 1
    assert done.err.startswith("--topology: jpn12 names no power system; siting needs its substations and candidates")


def test_a_power_system_without_areas_is_checked_and_not_planned(tmp_path: Path) -> None:
    done = apnemu("power", "japan-siting", folder=tmp_path)
    assert done.code == 2 and done.err.count("\n") == 1
    assert "japan-dc-2023 has no areas; it says where data centres may stand; add areas with a profile" in done.err
    file = str(shipped_topology("japan-siting").parent / "power" / "japan-dc-2023.yaml")
    checked = apnemu("check", file, folder=tmp_path)
    assert checked.code == 0 and "sound; 13 substations, 10 bookings, 14 candidates, no areas" in checked.out
    assert apnemu("power", file, folder=tmp_path).code == 2
