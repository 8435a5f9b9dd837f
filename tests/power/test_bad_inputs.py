# SPDX-License-Identifier: BSD-3-Clause
"""Every mistake in a power file, its profile or a site's keys gets one line: file, line, value, limit, way out."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.errors import InputError
from apnemu.topology import input_files, is_power_file, read_plant, read_power
from tests.power.sound import POWER, TOPOLOGY, profile, write

T, P, D = "here.yaml", "power/there.yaml", "power/day.csv"
ROW = "east,2030-04-01T02:00:00+09:00,3600,300,12000,450"
BATTERY = "battery: {mwh: 20, mw: 10, round_trip: 0.85}"

CASES: list[tuple[str, str, str, str, str, list[str]]] = [
    # what, file, what stands there, what a person wrote, file and line of the message, words in it
    ("unknown power system", T, "power: there", "power: their", "here.yaml:3", ["'their'", "no power/their", "there"]),
    ("no area", T, "area: west, owner: dc-2, ", "owner: dc-2, ", "here.yaml:7", ["nagoya has no area", "east, west"]),
    ("area unknown", T, "area: west, owner: dc-2", "area: wset", "here.yaml:7", ["'wset'", "did you mean west?"]),
    ("power keys without power", T, "power: there\n", "", "here.yaml:4", ["area of site tokyo", "add power: NAME"]),
    (
        "exchange with feed",
        T,
        "lon: 135.50}\nfib",
        "lon: 135.50, feed_mw: 1}\nfib",
        "here.yaml:10",
        ["exchange has no"],
    ),
    ("concave PUE", T, "[[0.25, 1.6], [1.0, 1.3]]", "[[0.2, 2], [0.5, 1.6], [1, 1.1]]", "here.yaml:6", ["convex"]),
    ("falling power", T, "[[0.25, 1.6], [1.0, 1.3]]", "[[0.5, 3], [1.0, 1.3]]", "here.yaml:6", ["0 or more"]),
    ("loads not in order", T, "[[0.25, 1.6], [1.0, 1.3]]", "[[1, 1.3], [0.5, 1.6]]", "here.yaml:6", ["sort the"]),
    ("PUE below 1", T, "pue: 1.2", "pue: 0.9", "here.yaml:7", ["pue of site nagoya is 0.9", "from 1 to 5"]),
    ("PUE in words", T, "pue: 1.2", "pue: low", "here.yaml:7", ["'low'", "a number from 1 to 5, or a list"]),
    ("PUE by percent", T, "[1.0, 1.3]]", "[100, 1.3]]", "here.yaml:6", ["load_share", "is 100", "as a share"]),
    ("PUE point of 3", T, "[1.0, 1.3]]", "[1.0, 1.3, 2]]", "here.yaml:6", ["has 3 numbers", "load_share, pue"]),
    ("battery above feed", T, "mw: 10, round", "mw: 600, round", "here.yaml:6", ["is 600", "has 500 MW", "mend"]),
    ("round trip", T, "round_trip: 0.85", "round_trip: 1.1", "here.yaml:6", ["is 1.1", "above 0 and at most 1"]),
    ("battery of no kind", T, "round_trip: 0.85", "kind: lead", "here.yaml:6", ["'lead'", "lithium or hydrogen"]),
    ("battery without MW", T, "mwh: 20, mw: 10, round_trip: 0.85", "mwh: 20", "here.yaml:6", ["has no mw"]),
    ("feed unknown", T, "feed_mw: 500", "feed: fast", "here.yaml:5", ["'fast'", "firm, tripped or following"]),
    ("tripped, no time", T, "feed_mw: 500", "feed: tripped", "here.yaml:5", ["within_s is not given", "add within_s"]),
    ("time, not tripped", T, "feed_mw: 500", "within_s: 1", "here.yaml:5", ["belongs to feed: tripped"]),
    ("following nothing", T, "feed_mw: 500", "feed: following", "here.yaml:5", ["follows is not given"]),
    ("pooled in YAML 1.1", T, "pooled: no", "pooled: false", "here.yaml:7", ["is false", "yes or no"]),
    ("site's zone", T, "zone: japan", "zone: nippon", "here.yaml:5", ["'nippon'", "no such zone"]),
    ("later version", P, "apnemu-power: 1", "apnemu-power: 2", "there.yaml:1", ["is 2", "version 1"]),
    ("unknown key", P, "currency: JPY", "curency: JPY", "there.yaml:3", ["'curency'", "did you mean currency?"]),
    ("currency", P, "currency: JPY", "currency: GBP", "there.yaml:3", ["'GBP'", "JPY, USD or EUR"]),
    ("clearing", P, "currency: JPY", "clearing: auction", "there.yaml:3", ["'auction'", "price or dispatch"]),
    ("no profile", P, "profile: day.csv", "profile: night.csv", "night.csv", ["no such file", "put the profile"]),
    ("area without profile", P, "ties:", "  north: {}\nties:", "day.csv", ["area north has no rows", "add them"]),
    ("supply falls", P, "[300, 9000, 450]", "[300, 900, 450]", "there.yaml:6", ["costs 900", "8000", "sort the steps"]),
    ("step of two", P, "[900, 7000, 100]", "[900, 7000]", "there.yaml:7", ["has 2 numbers", "mw, yen_per_mwh, kg"]),
    ("frequency", P, "hz: 60", "hz: 400", "there.yaml:7", ["hz of area west is 400", "from 50 to 60"]),
    ("kW for MW", D, ROW, ROW.replace("300", "300000"), "day.csv", ["is 300000", "1600 MW", "not kW"]),
    ("operator", P, "tso: tso-2", "tso: tso-3", "there.yaml:7", ["'tso-3'", "no such party of role power", "did you"]),
    ("tie to itself", P, "[east, west]", "[east, east]", "there.yaml:9", ["to itself", "must differ"]),
    ("tie to nowhere", P, "[east, west]", "[east, wets]", "there.yaml:9", ["'wets'", "did you mean west?"]),
    ("AC, no reactance", P, "kind: dc", "kind: ac", "there.yaml:9", ["no reactance", "reactance: 0.02"]),
    ("DC with reactance", P, "kind: dc", "kind: dc, reactance: 1", "there.yaml:9", ["a DC tie carries", "take it out"]),
    ("AC, two frequencies", P, "kind: dc", "kind: ac, reactance: 1", "there.yaml:9", ["50 Hz", "60 Hz", "kind: dc"]),
    ("tie three ways", P, "[100, 200]", "[100, 200, 300]", "there.yaml:9", ["has 3 numbers", "1 to 2 numbers"]),
    ("tie of nothing", P, "[100, 200]", "0", "there.yaml:9", ["is 0", "above 0"]),
    ("feeder's area", P, "area: west, sites", "area: vest, sites", "there.yaml:11", ["'vest'", "did you mean west?"]),
    ("feeder across", P, "sites: [osaka], mw", "sites: [tokyo], mw", "there.yaml:11", ["tokyo, which lies in east"]),
    (
        "feeder's site",
        P,
        "sites: [osaka], mw",
        "sites: [osaca], mw",
        "there.yaml:11",
        ["'osaca'", "did you mean osaka"],
    ),
    ("base's file", P, "base: 40", "base: f.csv", "f.csv", ["no such file"]),
    ("hides what is none", P, "hides: [jobs]", "hides: [job]", "there.yaml:16", ["'job'", "did you mean jobs?"]),
    (
        "party nowhere",
        P,
        "role: dc, at: tokyo",
        "role: dc, at: kyoto",
        "there.yaml:16",
        ["'kyoto'", "no such data cent"],
    ),
    (
        "two aggregators",
        P,
        "role: dc",
        "role: aggregator",
        "there.yaml:16",
        ["second aggregator, beside agg", "change"],
    ),
    ("window too short", P, "hours: 12", "hours: 16", "there.yaml:18", ["is 16", "its window has 15", "later by"]),
    ("window backwards", P, 'by: "24:00"', 'by: "08:00"', "there.yaml:18", ["08:00", "09:00", "end after"]),
    ("beyond the profile", P, 'by: "24:00"', 'by: "33:00"', "there.yaml:18", ["33:00", "ends at 24:00", "longer"]),
    ("clock without quotes' sense", P, '"09:00"', '"9 am"', "there.yaml:18", ["'9 am'", "hours and minutes"]),
    ("hours in words", P, "hours: 12", "hours: many", "there.yaml:18", ["'many'", "all"]),
    ("work at an exchange", P, "home: tokyo", "home: ix", "there.yaml:18", ["'ix'", "no such data centre"]),
    ("work in kW", P, "mw: 20, hours", "mw: 20000, hours", "there.yaml:18", ["is 20000", "is 300", "not kW"]),
    ("work of nobody", P, "owner: dc-1, home", "owner: dc-9, home", "there.yaml:18", ["'dc-9'", "nobody of that name"]),
    ("work twice", P, "name: web", "name: train-1", "there.yaml:20", ["train-1 comes twice", "rename one"]),
    ("whole in YAML 1.1", P, "whole: yes", "whole: true", "there.yaml:19", ["is true", "yes or no"]),
    ("zone shuts out home", P, "whole: yes", "zone: west-only", "there.yaml:19", ["has no tokyo, its home", "add the"]),
    ("zone unknown", P, "whole: yes", "zone: est-only", "there.yaml:19", ["'est-only'", "did you mean west-only?"]),
    ("zone of no site", P, "[osaka, nagoya]", "[osaka, kobe]", "there.yaml:23", ["'kobe'", "no such data centre"]),
    ("state too large", P, "2.0e+12", "2.0e+16", "there.yaml:19", ["2e+16", "100 Gbit/s", "faster light"]),
    ("most below mw", P, "mw: 10, class: fixed", "mw: 10, most_mw: 5", "there.yaml:20", ["is 5", "at 10 MW", "raise"]),
    (
        "most of a whole job",
        P,
        "whole: yes",
        "whole: yes, most_mw: 30",
        "there.yaml:19",
        ["a whole job runs at its mw"],
    ),
    ("class", P, "class: fixed", "class: firm", "there.yaml:20", ["'firm'", "flexible or fixed"]),
    ("GPU", P, "yen_per_it_mwh: 147000", "yen_per_it_mwh: -1", "there.yaml:24", ["is -1", "for example 147000"]),
    ("gap", D, ROW + "\n", "", "day.csv:4", ["area east has a gap", "ends 2030-04-01T02:00:00+09:00", "mend"]),
    ("overlap", D, ROW, ROW.replace("T02", "T01"), "day.csv:4", ["an overlap", "2030-04-01T02:00:00"]),
    ("no offset", D, ROW, ROW.replace("+09:00", ""), "day.csv:4", ["offset from UTC", "2025-04-13T09:00:00+09:00"]),
    ("no such day", D, ROW, ROW.replace("-04-01", "-04-31"), "day.csv:4", ["2030-04-31", "that there is"]),
    ("NaN", D, ROW, ROW.replace("300", "NaN"), "day.csv:4", ["demand_mw is NaN", "from 0 to 1000000", "give MW"]),
    ("empty cell", D, ROW, ROW.replace(",300,", ",,"), "day.csv:4", ["demand_mw is empty", "give MW"]),
    ("negative demand", D, ROW, ROW.replace("300", "-300"), "day.csv:4", ["demand_mw is -300", "from 0"]),
    ("cells missing", D, ROW, "east,3600", "day.csv:4", ["has 2 cells", "header has 6", "mend the row"]),
    (
        "area unknown in profile",
        D,
        ROW,
        ROW.replace("east", "eest"),
        "day.csv:4",
        ["'eest'", "no such area", "did you mean"],
    ),
    ("slot of another length", D, ROW, ROW.replace("3600", "1800"), "day.csv:4", ["is 1800; above it is 3600"]),
    ("column unknown", D, "demand_mw", "demand_kw", "day.csv:1", ["'demand_kw'", "did you mean demand_mw?"]),
    ("column twice", D, "demand_mw", "kgco2_per_mwh", "day.csv:1", ["comes twice", "keep one"]),
    ("no price", D, ",price_yen_per_mwh", ",price_usd_per_mwh", "day.csv:1", ["price_usd", "price_yen_per_mwh"]),
    ("nothing", D, profile(), "# a head\n", "day.csv:1", ["the file is empty", "begin it with area,from"]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].replace(" ", "_"))
def test_message(case: tuple[str, str, str, str, str, list[str]], tmp_path: Path) -> None:
    _, changed, there, wrote, place, words = case
    texts = {T: TOPOLOGY, P: POWER, D: profile()}
    assert texts[changed].count(there) >= 1, "the sound file has what the case changes"
    texts[changed] = texts[changed].replace(there, wrote, 1)
    topology = write(tmp_path, topology=texts[T], power=texts[P], day=texts[D])
    with pytest.raises(InputError) as caught:
        read_plant(topology)
    text = str(caught.value)
    assert f"/{place}: " in text
    assert [word for word in words if word not in text] == []
    assert text.isprintable()
    assert len(text) - len(str(tmp_path)) < 420
    assert caught.value.exit_code == 2


def test_there_are_as_many_as_the_specification_asks() -> None:
    assert len({case[0] for case in CASES}) == len(CASES) >= 40


def test_sound_files_are_read(tmp_path: Path) -> None:
    topology = write(tmp_path)
    power = read_plant(topology).power
    assert power is not None
    assert [site.name for site in power.sites] == ["tokyo", "nagoya", "osaka"]
    assert power.site["tokyo"].facility_mw(75) == pytest.approx(75 * 1.6)
    assert power.site["tokyo"].facility_mw(300) == pytest.approx(300 * 1.3)
    assert (power.ties[0].mw, power.ties[0].back_mw) == (100, 200)
    assert power.work[0].from_s == 9 * 3600
    assert power.work[0].whole and not power.work[1].whole
    assert power.work[1].endless and power.work[1].kind == "fixed"
    assert power.site["tokyo"].lit_gbps == 100 and power.site["nagoya"].lit_gbps is None
    assert power.allowed(power.work[0], "osaka")
    assert power.profile.slots == 48 and power.profile.first_day() == 24
    assert read_plant(topology).power == power
    assert hash(read_plant(topology).power) == hash(power)
    assert {path.name for path in input_files(topology)} >= {"here.yaml", "there.yaml", "day.csv"}
    alone = tmp_path / "power" / "there.yaml"
    assert is_power_file(alone) and not is_power_file(topology)
    assert read_power(alone).sites == ()


def test_an_island_without_supply_is_refused(tmp_path: Path) -> None:
    power = POWER.replace("currency: JPY", "clearing: dispatch").replace(", supply: [[900, 7000, 100]]", "")
    cut = power.replace("  - {name: converter, between: [east, west], mw: [100, 200], kind: dc}", "  []")
    with pytest.raises(InputError, match=r"there\.yaml:7: area west asks for 300 MW .* an island must have supply"):
        read_plant(write(tmp_path, power=cut))
    assert read_plant(write(tmp_path, power=power)).power is not None


def test_profiles_of_a_feeder_a_tie_and_a_feed(tmp_path: Path) -> None:
    power = POWER.replace("base: 40", "base: feeder.csv").replace("kind: dc", "kind: dc, base: tie.csv")
    topology = TOPOLOGY.replace("feed_mw: 500", "feed: following, follows: feed.csv")
    file = write(tmp_path, power=power, topology=topology)
    slots = [row.split(",")[1] for row in profile().splitlines()[1:49]]
    for path, column, name, quantity in (
        (tmp_path / "power" / "feeder.csv", "feeder", "itoshima-66", "load_mw"),
        (tmp_path / "power" / "tie.csv", "tie", "converter", "flow_mw"),
        (tmp_path / "feed.csv", "site", "tokyo", "feed_mw"),
    ):
        rows = [f"{name},{at},3600,{hour}" for hour, at in enumerate(slots)]
        path.write_text("\n".join([f"{column},from,slot_s,{quantity}", *rows]) + "\n")
    read = read_plant(file).power
    assert read is not None
    assert list(read.profile.of("feeder itoshima-66", "load_mw")) == list(range(48))
    assert list(read.profile.of("tie converter", "flow_mw")) == list(range(48))
    assert read.site["tokyo"].follows == tuple(range(48))
    assert {path.name for path in input_files(file)} >= {"feeder.csv", "tie.csv", "feed.csv"}
    (tmp_path / "feed.csv").write_text("site,from,slot_s,feed_mw\n" + rows[0] + "\n")
    with pytest.raises(InputError, match=r"feed\.csv: the profile has 1 slots .* they must be the same"):
        read_plant(file)


def test_a_parquet_file_is_read_as_the_same_profile(tmp_path: Path) -> None:
    topology = write(tmp_path)
    header, *rows = profile().splitlines()
    cells = [row.split(",") for row in rows]
    columns = {name: [row[index] for row in cells] for index, name in enumerate(header.split(","))}
    numbers = {name: [float(value) for value in columns[name]] for name in header.split(",")[3:]}
    lengths = {"slot_s": [int(value) for value in columns["slot_s"]]}
    table = pa.table({"area": columns["area"], "from": columns["from"], **lengths, **numbers})
    pq.write_table(table, tmp_path / "power" / "day.parquet")
    before = read_plant(topology).power
    write(tmp_path, power=POWER.replace("day.csv", "day.parquet"))
    after = read_plant(topology).power
    assert before is not None and after is not None
    assert after.profile == before.profile
    (tmp_path / "power" / "day.parquet").write_text("no parquet")
    with pytest.raises(InputError, match=r"day\.parquet: cannot be read"):
        read_plant(topology)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, len(POWER)),
    st.integers(0, 30),
    st.one_of(
        st.sampled_from(["{", "}", "[", "]", ":", ",", "-", " ", "\n", "null", "1e9", "yes"]), st.text(max_size=3)
    ),
)
def test_any_slip_of_the_hand_gives_a_power_system_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, at: int, gone: int, piece: str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "slip"
    folder.mkdir(exist_ok=True)
    topology = write(folder)
    (folder / "power" / "there.yaml").write_bytes(
        (POWER[:at] + piece + POWER[at + gone :]).encode("utf-8", "surrogatepass")
    )
    try:
        read_plant(topology)
    except InputError as error:
        assert "\n" not in str(error)
        assert str(folder) in str(error)
