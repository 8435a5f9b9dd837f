# SPDX-License-Identifier: BSD-3-Clause
"""A disaster: what is refused before the lab, what is judged, what is shown, and what the lab measures."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from apnemu.errors import InputError
from apnemu.experiments.disaster import EXPERIMENT
from apnemu.experiments.disaster.cases import cases, prepare, reaches
from apnemu.experiments.disaster.settings import Settings
from apnemu.experiments.disaster.stages import late_ns, timing
from apnemu.model.plant import Plant
from apnemu.question.discovery import shipped_topology
from apnemu.topology import read_plant
from tests.experiments.command import apnemu, settings

JAPAN = read_plant(shipped_topology("jpn12-disaster"))
HERE = """\
apnemu: 1
name: here
power: there
sites:
  tokyo: {kind: cluster, lat: 35.68, lon: 139.77, power_mw: 300}
  nagoya: {kind: local, lat: 35.149, lon: 136.91, power_mw: 20}
  osaka: {kind: cluster, lat: 34.67, lon: 135.50, power_mw: 100}
fibres:
  - {between: [tokyo, nagoya], length_km: 366.0, waypoints: [[34.97, 138.38]]}
  - {between: [nagoya, osaka], length_km: 186.6}
"""
THERE = """\
apnemu-power: 1
name: there
hazards:
  quake: {circles: [[35.7, 139.7, 40]], source: drawn by hand}
landings:
  shima: {lat: 34.30, lon: 136.85}
  boso: {lat: 34.95, lon: 139.90}
cables:
  - {name: c-1, to: us-west, landings: [shima, boso], gbps: 60000, owner: JP}
  - {name: c-2, to: us-west, landings: [boso], gbps: 60000, owner: US}
exchanges:
  tokyo-ix: {site: tokyo}
"""
KEYS = [
    # what stands there, what a person wrote, file and line of the message, words in it
    ("[[35.7, 139.7, 40]]", "[[35.7, 139.7]]", "there.yaml:4", ["has 2 numbers", "lat, lon, km"]),
    ("[[35.7, 139.7, 40]]", "[[139.7, 35.7, 40]]", "there.yaml:4", ["lat", "is 139.7", "from -90 to 90"]),
    ("[[35.7, 139.7, 40]]", "[[35.7, 239.7, 40]]", "there.yaml:4", ["lon", "is 239.7", "from -180 to 180"]),
    ("[[35.7, 139.7, 40]]", "[[35.7, 139.7, 0]]", "there.yaml:4", ["km", "is 0", "above 0"]),
    ("[[35.7, 139.7, 40]]", "[[35.7, 139.7, -4]]", "there.yaml:4", ["km", "is -4", "above 0"]),
    ("[[35.7, 139.7, 40]]", "[[35.7, 139.7, 40000]]", "there.yaml:4", ["km", "is 40000", "at most 20000"]),
    ("[[35.7, 139.7, 40]]", "[[5.7, 139.7, 40]]", "there.yaml:4", ["quake hits nothing", "no site, fibre", "mend lat"]),
    ("[[35.7, 139.7, 40]]", "[]", "there.yaml:4", ["circles of hazard quake has 0 circles"]),
    ("[[35.7, 139.7, 40]]", "[35.7, 139.7, 40]", "there.yaml:4", ["is 35.7", "a list of 3 numbers"]),
    ("[[35.7, 139.7, 40]]", "[[.nan, 139.7, 40]]", "there.yaml:4", ["lat", "nan"]),
    ("circles: ", "circle: ", "there.yaml:4", ["unknown key 'circle' in hazard quake", "did you mean circles?"]),
    (", source: drawn by hand", ", source: 7", "there.yaml:4", ["source of hazard quake is 7", "text"]),
    ("quake:", "Quake:", "there.yaml:4", ["'Quake'", "a letter a-z"]),
    ("{circles: [[35.7, 139.7, 40]], source: drawn by hand}", "{}", "there.yaml:4", ["hazard quake has no circles"]),
    ("lat: 34.30", "lat: 134.30", "there.yaml:6", ["lat of landing shima is 134.3", "from -90 to 90"]),
    ("lat: 34.30, ", "", "there.yaml:6", ["landing shima has no lat"]),
    ("lat: 34.30", "lat: north", "there.yaml:6", ["lat of landing shima is 'north'", "a number"]),
    ("  boso:", "  shima:", "there.yaml:7", ["shima", "twice"]),
    ("[shima, boso]", "[shima, bozo]", "there.yaml:9", ["names 'bozo'", "did you mean boso?"]),
    ("[shima, boso]", "[shima, shima]", "there.yaml:9", ["landings of cable 1 names shima twice", "take one out"]),
    ("[shima, boso]", "shima", "there.yaml:9", ["landings of cable 1", "a list"]),
    ("name: c-2", "name: c-1", "there.yaml:10", ["cable c-1 comes twice"]),
    ("gbps: 60000, owner: JP", "owner: JP", "there.yaml:9", ["cable 1 has no gbps"]),
    ("gbps: 60000, owner: JP", "gbps: -1, owner: JP", "there.yaml:9", ["gbps of cable 1 is -1", "above 0"]),
    ("gbps: 60000, owner: JP", "tbps: 60, owner: JP", "there.yaml:9", ["unknown key 'tbps'"]),
    ("to: us-west, landings: [boso]", "landings: [boso]", "there.yaml:10", ["cable 2 has no to"]),
    ("{site: tokyo}", "{site: kyoto}", "there.yaml:12", ["names 'kyoto'", "did you mean tokyo?"]),
    ("{site: tokyo}", "{at: tokyo}", "there.yaml:12", ["unknown key 'at'"]),
    ("[[34.97, 138.38]]", "[[134.97, 38.38]]", "here.yaml:9", ["lat", "is 134.97", "from -90 to 90"]),
    ("[[34.97, 138.38]]", "[[34.97]]", "here.yaml:9", ["has 1 number", "lat, lon"]),
    ("[[34.97, 138.38]]", "[]", "here.yaml:9", ["waypoints of", "0 places"]),
    ("[[34.97, 138.38]]", "[[38.27, 140.85]]", "here.yaml:9", ["its way over waypoints is", "mend waypoints"]),
]
WISHES = [
    (["hazard=flood"], ["hazard is 'flood'", "nankai, tokyo-inland", "--set hazard="]),
    (["hazard=nankay"], ["hazard is 'nankay'", "--set hazard=nankai"]),
    (["hazard="], ["hazard is ''", "must not be empty"]),
    (["hazard=ix,ix"], ["hazard has ix twice", "take one out"]),
    (["poles=0"], ["poles is '0'", "from 1 to 64"]),
    (["poles=two"], ["poles is 'two'", "whole number"]),
    (["poles=12"], ["poles is 12", "12 data centres", "one more must stand", "give at most 10"]),
    (["poles=2,2"], ["poles has 2 twice"]),
    (["placing=far"], ["placing is 'far'", "apart or near"]),
    (["spare=-1"], ["spare is '-1'", "from 0 to 100"]),
    (["spare=nan"], ["spare is 'nan'"]),
    (["replication=raft"], ["replication is 'raft'", "sync or async"]),
    (["keeper=kyoto"], ["keeper is 'kyoto'", "no such data centre", "--set keeper="]),
    (["keeper=tokyo"], ["keeper is 'tokyo', which tokyo-inland takes", "copies must outlive it"]),
    (["write_gbps=0"], ["write_gbps is '0'"]),
    (["write_gbps=5", "rate_gbps=5"], ["write_gbps is 5 and rate_gbps 5", "make write_gbps smaller"]),
    (["write_gbps=0.01", "write_bytes=1000000"], ["800 ms apart", "at most 10", "smaller write_bytes"]),
    (["write_bytes=1"], ["write_bytes is '1'", "from 1000"]),
    (["lit_pairs=1000"], ["lit_pairs is '1000'", "from 0 to 200"]),
    (["owner=FR"], ["owner is 'FR'", "CN, HK, JP", "--set owner="]),
    (["controller=kyoto"], ["controller is 'kyoto'", "no such site"]),
    (["pole=2"], ["no setting 'pole'", "did you mean poles"]),
]


def prepared(*given: str, plant: Plant = JAPAN) -> tuple[Plant, Settings]:
    own = EXPERIMENT.resolve(given).own
    return prepare(plant, own), own


@pytest.mark.parametrize(("there", "wrote", "line", "said"), KEYS, ids=lambda value: str(value)[:24])
def test_a_mistake_in_a_file_is_one_line(tmp_path: Path, there: str, wrote: str, line: str, said: list[str]) -> None:
    (tmp_path / "power").mkdir()
    files = {"here.yaml": tmp_path / "here.yaml", "there.yaml": tmp_path / "power" / "there.yaml"}
    texts = {"here.yaml": HERE, "there.yaml": THERE}
    for name, text in texts.items():
        files[name].write_text(text)
    read_plant(files["here.yaml"])
    name, number = line.split(":")
    assert texts[name].count(there) >= 1
    files[name].write_text(texts[name].replace(there, wrote, 1))
    with pytest.raises(InputError) as refused:
        read_plant(files["here.yaml"])
    text = str(refused.value)
    assert text.startswith(f"{files[name]}:{number}: "), text
    assert [word for word in said if word not in text] == [], text
    assert "\n" not in text and refused.value.exit_code == 2


@pytest.mark.parametrize(("given", "said"), WISHES, ids=lambda value: " ".join(value)[:30])
def test_a_wish_that_cannot_be_is_one_line(given: list[str], said: list[str]) -> None:
    with pytest.raises(InputError) as refused:
        prepared(*given)
    text = str(refused.value)
    assert [word for word in said if word not in text] == [], text
    assert "\n" not in text and refused.value.exit_code == 2


@pytest.mark.parametrize("name", ["jpn12", "two-areas"])
def test_a_topology_without_hazards_says_what_to_add(name: str) -> None:
    plant = read_plant(shipped_topology(name))
    with pytest.raises(InputError, match="add hazards to power/NAME"):
        prepared(plant=plant)


def test_no_run_is_begun_for_a_hazard_that_there_is_not(tmp_path: Path) -> None:
    done = apnemu("run", "disaster", *settings(hazard="tsunami"), folder=tmp_path)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "hazard is 'tsunami'" in done.err


def test_expectations_of_the_shipped_country() -> None:
    plant, own = prepared("poles=1,2,4")
    found = cases(plant, own)
    assert [(len(case.poles), len(case.lost)) for case in found if case.struck.sites] == [(1, 1), (2, 1), (4, 1)] * 3
    assert [case.lost for case in found if not case.struck.sites] == [()] * 3
    assert [len(reach.left) for reach in reaches(plant, own)] == [45, 29, 66, 55]
    for case in found:
        at = timing(plant, case)
        assert at.frames_ns < at.strikes_ns < at.ends_ns and case.ready_ns < at.writes_ns
        ends = [fate.until_ns + late_ns(plant, case) for fate in case.fates if fate.until_ns is not None]
        assert all(at.strikes_ns + end < at.ends_ns for end in ends)


def test_pairs_that_get_light_are_as_many_as_wished() -> None:
    plant, own = prepared("hazard=ix", "lit_pairs=7", "poles=2")
    (reach,) = reaches(plant, own)
    asked = [(each.service.source, each.service.target) for each in reach.asked]
    assert len(asked) == len(set(asked)) == 7 and set(asked) <= set(reach.left)
    (none,) = reaches(*prepared("hazard=ix", "lit_pairs=0", "poles=2"))
    assert none.asked == () and none.left == reach.left


ROW: dict[str, Any] = {
    "network": "apn", "hazard": "quake", "poles": 2, "placing": "apart", "replication": "async",
    "sites_lost": 1, "fibres_lost": 1, "kept_at_once": 0.5, "kept_after": 0.75, "restore_s": 70.6,
    "data_lost_bytes": 50_000, "ride_through_s": 300.0, "cables_lost": 1, "gbps_left": 60000.0, "pairs_left": 1,
    "rtt_ms_worst": 5.0, "cables": 2, "lost_sites": ["tokyo"], "lost_fibres": ["a"], "predicted_sites": ["tokyo"],
    "predicted_fibres": ["a"], "predicted_at_once": 0.5, "predicted_after": 0.75, "poles_reached": 1,
    "predicted_poles_reached": 1, "predicted_restore_s": 70.6, "slack_s": 0.1, "refused": "",
    "least_lost_bytes": 25_000, "most_lost_bytes": 75_000, "commit_ms": 0.0, "predicted_commit_ms": 0.0, "pairs_lit": 1,
    "predicted_pairs_lit": 1, "predicted_rtt_ms_worst": 5.0,
}  # fmt: skip
SPOILED = [
    ("lost_sites", []),
    ("lost_fibres", None),
    ("kept_at_once", 0.75),
    ("kept_after", None),
    ("poles_reached", 0),
    ("restore_s", 71.0),
    ("restore_s", None),
    ("data_lost_bytes", 100_000),
    ("data_lost_bytes", 0),
    ("data_lost_bytes", None),
    ("pairs_lit", 2),
    ("rtt_ms_worst", 5.1),
]


def test_a_row_as_expected_holds() -> None:
    assert EXPERIMENT.judge([ROW], Settings()).met is True


@pytest.mark.parametrize(("column", "value"), SPOILED)
def test_each_figure_is_judged(column: str, value: object) -> None:
    assert EXPERIMENT.judge([{**ROW, column: value}], Settings()).met is False


@pytest.mark.parametrize("commit_ms", [4.9, 5.2])
def test_a_commit_takes_light_there_and_back(commit_ms: float) -> None:
    row = {**ROW, "replication": "sync", "data_lost_bytes": 0, "least_lost_bytes": 0, "most_lost_bytes": 0}
    assert EXPERIMENT.judge([{**row, "predicted_commit_ms": 5.0, "commit_ms": 5.0}], Settings()).met is True
    assert EXPERIMENT.judge([{**row, "predicted_commit_ms": 5.0, "commit_ms": commit_ms}], Settings()).met is False


@pytest.mark.guest
@pytest.mark.slow
def test_a_service_at_two_poles_one_of_which_is_taken(tmp_path: Path) -> None:
    """Other figures than the defaults: owner, keeper, faster writes of another length, poles that stand near."""
    asked = settings(hazard="nankai", poles=2, placing="apart,near", keeper="sendai", write_gbps=2, write_bytes=40_000)
    more = settings(spare=0.1, lit_pairs=4, owner="US")
    found = apnemu("run", "disaster", *asked, *more, "--json", "--seed", "5", folder=tmp_path).json()
    assert found["expectation"]["met"] is True, found["expectation"]
    rows = found["results"]
    assert [(row["placing"], row["replication"]) for row in rows] == [
        ("apart", "sync"), ("apart", "async"), ("near", "sync"), ("near", "async")
    ]  # fmt: skip
    assert all(row["pole_sites"][0] == "nagoya" and row["keeper"] == "sendai" for row in rows)
    assert all(row["kept_at_once"] == 0.5 and row["kept_after"] == pytest.approx(0.55) for row in rows)
    assert all((row["cables"], row["pairs_left"], row["pairs_lit"]) == (8, 45, 4) for row in rows)
    lost = [row["data_lost_bytes"] for row in rows]
    assert lost[0] == lost[2] == 0 < min(lost[1], lost[3])
    assert all(row["data_lost_bytes"] % 40_000 == 0 for row in rows)


def test_hosts_and_demands_of_a_topology_do_not_matter() -> None:
    more = dataclasses.replace(JAPAN, sites=tuple(dataclasses.replace(site, hosts=3) for site in JAPAN.sites))
    plant, _ = prepared(plant=more)
    assert {site.hosts for site in plant.sites} == {1} and plant.demands == () and plant.transceivers >= 8
