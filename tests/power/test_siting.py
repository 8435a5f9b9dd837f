# SPDX-License-Identifier: BSD-3-Clause
"""Conditions of sites: any order leaves the same ones, and each is what a plain look at the file says."""

from __future__ import annotations

import math
from itertools import permutations
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.errors import InputError
from apnemu.model.plant import Plant
from apnemu.power.headroom import book
from apnemu.power.siting import CONDITIONS, Facts, Need, checks_of, facts_of, funnel, room_of, sets_left
from apnemu.topology import read_plant, read_power
from apnemu.topology.siting import distance_km

NEED = Need(
    mw=100,
    year=2030,
    connection="firm",
    substation_km=50,
    voltage_kv=66,
    rtt_ns=5_000_000,
    landing_km=300,
    ha_per_mw=0.1,
    road_km=10,
    away_km=50,
)
SITES = """\
sites:
  tokyo: {kind: cluster, lat: 35.68, lon: 139.77, power_mw: 300}
  nagoya: {kind: local, lat: 35.149, lon: 136.91, power_mw: 20}
  osaka: {kind: cluster, lat: 34.67, lon: 135.50, power_mw: 100}
fibres:
  - {between: [tokyo, nagoya], length_km: 366.0}
  - {between: [nagoya, osaka], length_km: 186.6}
"""
HERE = f"apnemu: 1\nname: here\npower: there\n{SITES}"


def write(folder: Path, candidates: list[str], substations: list[str], hazards: str = "{}") -> Plant:
    (folder / "power").mkdir(exist_ok=True)
    (folder / "here.yaml").write_text(HERE)
    (folder / "power" / "there.yaml").write_text(
        "\n".join(
            [
                "apnemu-power: 1",
                "name: there",
                "exchanges: {tokyo-ix: {site: tokyo}}",
                "landings: {shima: {lat: 34.3, lon: 136.85}}",
                f"hazards: {hazards}",
                "substations:",
                *(f"  {line}" for line in substations),
                "candidates:",
                *(f"  {line}" for line in candidates),
            ]
        )
        + "\n"
    )
    return read_plant(folder / "here.yaml")


def facts(plant: Plant, need: Need = NEED) -> tuple[Facts, ...]:
    assert plant.power is not None
    left = {one.name: one.room_mw(need.connection) for one in plant.power.substations}
    return facts_of(plant, plant.power, need, left)


PLACES = st.fixed_dictionaries(
    {
        "near": st.sampled_from(("tokyo", "nagoya", "osaka")),
        "lat": st.floats(33, 37).map(lambda value: round(value, 3)),
        "lon": st.floats(134, 141).map(lambda value: round(value, 3)),
        "land_ha": st.integers(0, 30),
        "ground": st.sampled_from(("firm", "firm", "soft")),
        "road_km": st.integers(0, 20),
        "agrees": st.sampled_from(("yes", "yes", "no")),
    }
)
STATIONS = st.fixed_dictionaries(
    {
        "lat": st.floats(33, 37).map(lambda value: round(value, 3)),
        "lon": st.floats(134, 141).map(lambda value: round(value, 3)),
        "voltage_kv": st.sampled_from((33, 66, 154)),
        "headroom_mw": st.integers(0, 300),
        "ready_year": st.integers(2026, 2034),
    }
)
FIBRES_KM = {("tokyo", "nagoya"): 366.0, ("nagoya", "osaka"): 186.6}


def arc_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The great circle by the angle between two vectors from the Earth's centre: another formula than the haversine."""
    vectors = []
    for lat, lon in (a, b):
        north, east = math.radians(lat), math.radians(lon)
        vectors.append((math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)))
    (ax, ay, az), (bx, by, bz) = vectors
    cross = math.hypot(ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx)
    return 6371.0088 * math.atan2(cross, ax * bx + ay * by + az * bz)


@settings(max_examples=60, deadline=None)
@given(st.lists(PLACES, min_size=1, max_size=6), st.lists(STATIONS, min_size=1, max_size=4), st.randoms())
def test_who_is_left_is_who_meets_every_condition_by_a_plain_look(
    tmp_path_factory: pytest.TempPathFactory, places: list[dict], stations: list[dict], draw: object
) -> None:
    written = [
        f"c-{at}: {{{', '.join(f'{key}: {value}' for key, value in one.items())}}}" for at, one in enumerate(places)
    ]
    fed = [
        f"s-{at}: {{{', '.join(f'{key}: {value}' for key, value in one.items())}}}" for at, one in enumerate(stations)
    ]
    plant = write(tmp_path_factory.mktemp("sites"), written, fed)
    graph = nx.Graph()
    for (a, b), km in FIBRES_KM.items():
        graph.add_edge(a, b, km=km)
    left = []
    for at, one in enumerate(places):
        here = (one["lat"], one["lon"])
        power = any(
            arc_km(here, (s["lat"], s["lon"])) <= NEED.substation_km
            and s["headroom_mw"] >= NEED.mw
            and s["voltage_kv"] >= NEED.voltage_kv
            and s["ready_year"] <= NEED.year
            for s in stations
        )
        rtt_ms = 2 * nx.shortest_path_length(graph, one["near"], "tokyo", weight="km") * 1.468 / 299.792458
        clusters = [arc_km(here, place) for place in ((35.68, 139.77), (34.67, 135.50))]
        if (
            power
            and rtt_ms <= 5
            and arc_km(here, (34.3, 136.85)) <= NEED.landing_km
            and one["ground"] == "firm"
            and one["land_ha"] >= 10
            and one["road_km"] <= 10
            and min(clusters) >= 50
            and one["agrees"] == "yes"
        ):
            left.append(f"c-{at}")
    known = facts(plant)
    order = list(CONDITIONS)
    draw.shuffle(order)  # type: ignore[attr-defined]  # a Random
    steps = funnel(known, NEED, order)
    assert list(steps[-1].survivors) == left
    dropped = [name for step in steps for name in step.removed]
    assert sorted([*dropped, *left]) == sorted(f"c-{at}" for at in range(len(places)))
    assert sets_left(known, NEED, CONDITIONS) == (5040, {tuple(left)})
    for one in known:
        checks = checks_of(one, NEED, CONDITIONS)
        assert all((check.margin >= 0) == check.met for check in checks.values())
        assert all(check.why for check in checks.values() if not check.met)


def test_every_order_step_by_step_leaves_one_set_of_the_shipped_sites() -> None:
    plant = read_plant(Path(__file__).parents[2] / "topologies" / "japan-siting.yaml")
    need = Need(
        **{name: getattr(NEED, name) for name in ("year", "connection", "substation_km", "voltage_kv", "ha_per_mw")},
        **{"mw": 130, "rtt_ns": 10_000_000, "landing_km": 20_000, "road_km": 10, "away_km": 50},
    )
    known = facts(plant, need)
    sets = {funnel(known, need, order)[-1].survivors for order in permutations(CONDITIONS)}
    assert len(sets) == 1 and 0 < len(next(iter(sets))) < len(known)
    assert sets == sets_left(known, need, CONDITIONS)[1]
    for condition in CONDITIONS:
        assert any(not checks_of(one, need, CONDITIONS)[condition].met for one in known), condition


PLACE = "{near: nagoya, lat: 35.3, lon: 137.6, land_ha: 20, ground: firm, road_km: 5, agrees: yes%s}"
STATION = "{lat: 35.3, lon: 137.6, voltage_kv: 154, headroom_mw: 200, ready_year: 2026}"


def lacks(
    folder: Path, place: str = "", station: str = STATION, hazards: str = "{}", need: Need = NEED
) -> dict[str, str]:
    plant = write(folder, [f"c: {place or PLACE % ''}"], [f"s: {station}"], hazards)
    (one,) = facts(plant, need)
    return {name: check.why for name, check in checks_of(one, need, CONDITIONS).items() if not check.met}


@pytest.mark.parametrize(
    ("change", "lacking"),
    [
        ({}, {}),
        ({"station": STATION.replace("200", "99")}, {"power": "left at s 99 MW, 100 needed"}),
        ({"station": STATION.replace("154", "33")}, {"power": "voltage of s 33 kV, 66 needed"}),
        ({"station": STATION.replace("2026", "2031")}, {"power": "s is ready in 2031, needed in 2030"}),
        ({"station": STATION.replace("137.6", "138.6")}, {"power": "way to s 90.7501 km, 50 allowed"}),
        ({"place": (PLACE % "").replace("firm", "soft")}, {"ground": "soft ground"}),
        ({"hazards": "{flood: {circles: [[35.3, 137.5, 10]]}}"}, {"ground": "lies in flood"}),
        ({"place": (PLACE % "").replace("20,", "9.9,")}, {"land": "land of 9.9 ha, 10 needed"}),
        (
            {"place": (PLACE % "").replace("road_km: 5", "road_km: 11")},
            {"transport": "way to a trunk road 11 km, 10 allowed"},
        ),
        ({"place": (PLACE % "").replace("agrees: yes", "agrees: no")}, {"agrees": "the municipality does not agree"}),
        (
            {"place": (PLACE % "").replace("nagoya", "osaka")},
            {"network": "round trip to tokyo-ix 5.41336 ms, 5 allowed"},
        ),
    ],
)
def test_a_reason_has_the_value_and_the_limit(tmp_path: Path, change: dict[str, str], lacking: dict[str, str]) -> None:
    assert lacks(tmp_path, **change) == lacking  # type: ignore[arg-type]  # texts


def test_a_candidate_by_its_site_and_with_a_substation_of_its_own(tmp_path: Path) -> None:
    near = "{near: nagoya, land_ha: 20, ground: firm, road_km: 5, agrees: yes, substation: far}"
    plant = write(tmp_path, [f"c: {near}"], [f"s: {STATION}", f"far: {STATION.replace('137.6', '138.6')}"])
    (one,) = facts(plant)
    assert (one.lat, one.lon) == (35.149, 136.91) and one.substation is not None and one.substation.name == "far"
    assert one.substation_km == pytest.approx(distance_km((35.149, 136.91), (35.3, 138.6)))
    assert room_of([one, one]) == 200


def test_a_power_file_may_say_where_to_stand_and_no_more(tmp_path: Path) -> None:
    plant = write(tmp_path, [f"c: {PLACE % ''}"], [f"s: {STATION}"])
    assert plant.power is not None and plant.power.areas == () and plant.power.profile.slots == 1
    assert read_power(tmp_path / "power" / "there.yaml").candidates == plant.power.candidates
    booked = book(plant.power.substations, (), connection="firm", release_after=None, first=2026, years=1)
    assert booked.left_mw == {"s": 200}


SOUND = f"""\
apnemu-power: 1
name: there
substations:
  s: {STATION}
bookings:
  - {{at: s, owner: x, mw: 130, year: 2026, builds: no}}
candidates:
  c: {PLACE % ""}
hazards:
  nankai: {{circles: [[35.0, 137.0, 100]], source: drawn by hand}}
landings:
  shima: {{lat: 34.30, lon: 136.85}}
cables:
  - {{name: c-07, to: us-west, landings: [shima], gbps: 60000, owner: JP}}
exchanges:
  tokyo-ix: {{site: tokyo}}
regions:
  kanto: {{area_m2: 10, buildings: 1}}
"""
MISTAKES = [
    # what stands there, what a person wrote, line of the message, words in it
    ("at: s,", "at: t,", 6, ["at of booking 1 names 't'", "no such substation", "add it under substations"]),
    ("mw: 130", "mw: 0", 6, ["mw of booking 1 is 0", "above 0"]),
    ("year: 2026, b", "year: 26, b", 6, ["year of booking 1 is 26", "from 1950 to 2150", "calendar year"]),
    ("builds: no", "builds: never", 6, ["builds of booking 1 is 'never'", "yes or no"]),
    ("headroom_mw: 200", "headroom_mw: -1", 4, ["headroom_mw of substation s is -1", "from 0 to"]),
    ("headroom_mw: 200, ", "", 4, ["neither headroom_mw nor lines_mw", "one of them"]),
    ("headroom_mw: 200", "headroom_mw: 9, lines_mw: [1]", 4, ["both headroom_mw and lines_mw"]),
    (
        "headroom_mw: 200",
        "headroom_mw: 9, peak_load_mw: 1",
        4,
        ["peak_load_mw of substation s is given", "take it out"],
    ),
    ("headroom_mw: 200", "lines_mw: [9], low_load_mw: 1", 4, ["low_load_mw of substation s is 1", "peak_load_mw, 0"]),
    ("voltage_kv: 154, ", "", 4, ["substation s has no voltage_kv"]),
    ("near: nagoya", "near: nagoia", 8, ["near of candidate c names 'nagoia'", "did you mean nagoya?"]),
    (", lon: 137.6, land", ", land", 8, ["candidate c has lat alone", "both or neither"]),
    ("ground: firm", "ground: rock", 8, ["ground of candidate c is 'rock'", "firm or soft"]),
    ("agrees: yes", "agrees: maybe", 8, ["agrees of candidate c is 'maybe'", "yes or no"]),
    ("agrees: yes", "agrees: yes, substation: u", 8, ["substation of candidate c names 'u'"]),
    ("land_ha: 20", "land_m2: 20", 8, ["unknown key 'land_m2' in candidate c", "did you mean land_ha?"]),
    ("[[35.0, 137.0, 100]]", "[[135.0, 37.0, 100]]", 10, ["lat", "is 135.0", "from -90 to 90"]),
    ("[[35.0, 137.0, 100]]", "[[35.0, 137.0]]", 10, ["has 2 numbers", "lat, lon, km"]),
    ("[[35.0, 137.0, 100]]", "[[15.0, 137.0, 100]]", 10, ["hazard nankai hits nothing", "mend latitude"]),
    ("landings: [shima]", "landings: [shina]", 14, ["names 'shina'", "no such landing", "did you mean shima?"]),
    ("landings: [shima]", "landings: []", 14, ["landings of cable 1 has 0 landings"]),
    ("gbps: 60000", "gbps: 0", 14, ["gbps of cable 1 is 0", "above 0"]),
    ("site: tokyo", "site: kyoto", 16, ["site of exchange tokyo-ix names 'kyoto'", "did you mean tokyo?"]),
    ("buildings: 1", "buildings: 1.5", 18, ["buildings of region kanto is 1.5", "whole number"]),
    ("name: there\n", "name: there\nties: []\n", 3, ["ties is given", "the file has no areas", "take it out"]),
    (
        "name: there\n",
        "name: there\nareas: {east: {}}\n",
        3,
        ["the file has areas and no profile", "add profile: FILE"],
    ),
]


@pytest.mark.parametrize(("there", "wrote", "line", "said"), MISTAKES, ids=lambda value: str(value)[:24])
def test_a_mistake_is_one_line(tmp_path: Path, there: str, wrote: str, line: int, said: list[str]) -> None:
    assert SOUND.count(there) >= 1
    (tmp_path / "power").mkdir()
    (tmp_path / "here.yaml").write_text(HERE)
    path = tmp_path / "power" / "there.yaml"
    path.write_text(SOUND)
    read_plant(tmp_path / "here.yaml")
    path.write_text(SOUND.replace(there, wrote, 1))
    with pytest.raises(InputError) as refused:
        read_plant(tmp_path / "here.yaml")
    text = str(refused.value)
    assert text.startswith(f"{path}:{line}: "), text
    assert [word for word in said if word not in text] == [], text
    assert "\n" not in text and refused.value.exit_code == 2


def test_a_file_with_nothing_and_sites_that_speak_of_areas(tmp_path: Path) -> None:
    (tmp_path / "power").mkdir()
    path, topology = tmp_path / "power" / "there.yaml", tmp_path / "here.yaml"
    topology.write_text(HERE.replace("power_mw: 20", "power_mw: 20, area: east"))
    path.write_text("apnemu-power: 1\nname: there\n")
    with pytest.raises(InputError, match="has neither areas nor anything of substations, bookings, "):
        read_plant(topology)
    path.write_text(SOUND)
    with pytest.raises(
        InputError, match=r"here\.yaml:6: area of site nagoya is given; there has no areas; add areas there"
    ):
        read_plant(topology)
