# SPDX-License-Identifier: BSD-3-Clause
"""Prices, flows, European exports and carbon: read by their own clocks and units, or refused in one line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.errors import InputError
from apnemu.importing.profiles import Table, Wishes, import_profile
from tests.experiments.command import apnemu

JEPX = (
    "受渡日",
    "時刻コード",
    "約定総量(kWh)",
    "システムプライス(円/kWh)",
    "エリアプライス北海道(円/kWh)",
    "エリアプライス東京(円/kWh)",
)
OCCTO = ("連系線", "対象日付", "対象時刻", "運用容量(順方向)", "潮流実績")


def save(folder: Path, rows: Sequence[Sequence[str]], encoding: str = "cp932", name: str = "f.csv") -> Path:
    path = folder / name
    path.write_bytes("\r\n".join(",".join(row) for row in rows).encode(encoding))
    return path


def read(kind: str, path: Path, **wishes: str) -> Table:
    return import_profile(kind, [path], Wishes(**wishes))  # type: ignore[arg-type]  # words of choices


def refused(kind: str, path: Path, **wishes: str) -> str:
    with pytest.raises(InputError) as caught:
        read(kind, path, **wishes)
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(str(path), "F")


def spot(days: int = 1) -> list[list[str]]:
    rows = [list(JEPX)]
    for slot in range(48 * days):
        price = ["14.5", f"{10 + slot / 100:.2f}", f"{12 + slot / 50:.2f}"]
        rows.append([f"2024/04/{1 + slot // 48:02d}", str(1 + slot % 48), "1000", *price])
    return rows


def test_prices_are_yen_per_mwh_at_the_start_of_half_hours(tmp_path: Path) -> None:
    table = read("jepx", save(tmp_path, spot(2)))
    assert (table.begin.isoformat(), table.slots, table.slot_s) == ("2024-04-01T00:00:00+09:00", 96, 1800)
    assert table.values["tokyo"]["price_yen_per_mwh"][:2] == pytest.approx([12_000, 12_020])
    assert list(table.values) == ["hokkaido", "tokyo"]
    assert list(read("jepx", save(tmp_path, spot(2), "utf-8-sig"), area="tokyo").values) == ["tokyo"]


@pytest.mark.parametrize(
    ("at", "column", "text", "said"),
    [
        (5, 1, "49", "F:6: the half hour is '49'; it must be a number from 1 to 48"),
        (5, 5, "0", "F:6: エリアプライス東京(円/kWh) is 0; JEPX trades from 0.01 to 999 yen/kWh, and a zero"),
        (5, 5, "", "F:6: エリアプライス東京(円/kWh) is blank"),
        (5, 5, "12080", "F:6: エリアプライス東京(円/kWh) is 12080; JEPX trades from 0.01 to 999"),
        (5, 0, "20240431", "F:6: the day is '20240431'; it must be as 2024/04/01"),
        (5, 1, "7", "F:8: price_yen_per_mwh of hokkaido at 2024-04-01T03:00+09:00 is 10060; F:6 has 10040"),
        (0, 5, "エリアプライス東京", "F:1: エリアプライス東京 has no unit; it must be 円/kWh or 円/MWh"),
        (0, 1, "時", "F:1: there is no column 時刻コード"),
    ],
)
def test_prices_that_cannot_be_read(tmp_path: Path, at: int, column: int, text: str, said: str) -> None:
    rows = spot()
    rows[at][column] = text
    assert said in refused("jepx", save(tmp_path, rows))


def test_a_half_hour_that_lacks(tmp_path: Path) -> None:
    rows = spot()
    del rows[10]
    assert (
        "F:11: after 2024-04-01T04:00+09:00 of hokkaido comes 2024-04-01T05:00+09:00: 1 slot of 1800 s missing;"
        " slots must follow one another; give a further file with them, or get it again"
    ) in refused("jepx", save(tmp_path, rows))
    parts = [save(tmp_path, rows, name="a.csv"), save(tmp_path, [*spot()[:1], spot()[10]], name="b.csv")]
    assert import_profile("jepx", parts, Wishes()).slots == 48


def flows(ties: Sequence[str], day: str = "2024/04/01") -> list[list[str]]:
    rows = [["出力日", "2024/04/02"], list(OCCTO)]
    for number, tie in enumerate(ties):
        for slot in range(48):
            end = f"{(slot + 1) // 2:02d}:{(slot + 1) % 2 * 3}0"
            rows.append([tie, day, end, "500", str(100 * number - slot)])
    return rows


def test_flows_of_ties_at_slots_that_are_called_by_their_ends(tmp_path: Path) -> None:
    rows = flows(["関門連系線", "周波数変換設備", "北陸フェンス"])
    table = read("occto", save(tmp_path, [[*row, *[""] * (5 - len(row))] for row in rows]))
    assert table.thing == "tie" and table.begin.isoformat() == "2024-04-01T00:00:00+09:00"
    assert table.values["kanmon"]["flow_mw"] == list(range(48)), "OCCTO's forward is to Kyushu, ours from it"
    assert table.values["tokyo-chubu"]["flow_mw"][:2] == [100, 99]
    assert "北陸フェンス is a sum of other ties and is left out" in table.notes[0]


def test_a_tie_that_is_not_known(tmp_path: Path) -> None:
    assert "F:3: tie '関門線' is not known; it must be one of OCCTO's ten; did you mean 関門連系線?" in refused(
        "occto", save(tmp_path, flows(["関門線"]))
    )
    rows = flows(["関門連系線"])
    rows[1][4] = "潮流"
    assert "F:2: there is no column 潮流実績" in refused("occto", save(tmp_path, rows))


def european(begin: datetime, hours: int, *, marks: bool, step_s: int = 3600) -> list[list[str]]:
    """Load by the clock of Brussels, which is asked of the library of time zones hour by hour."""
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Europe/Brussels")
    rows = [["Time (CET/CEST)", "Day-ahead Total Load Forecast [MW] - BZN|DE-LU", "Actual Total Load [MW] - BZN|DE-LU"]]
    for slot in range(hours * 3600 // step_s):
        ends = [(begin + timedelta(seconds=step_s * (slot + more))).astimezone(zone) for more in (0, 1)]
        texts = [one.strftime("%d/%m/%Y %H:%M:%S") + (f" ({one.tzname()})" if marks else "") for one in ends]
        rows.append([" - ".join(texts), "1", str(40_000 + slot)])
    return rows


@pytest.mark.parametrize("marks", [True, False])
@pytest.mark.parametrize("step_s", [900, 3600])
@pytest.mark.parametrize("begin", [datetime(2024, 3, 30, 12, tzinfo=UTC), datetime(2024, 10, 26, 12, tzinfo=UTC)])
def test_daylight_saving_leaves_neither_gap_nor_overlap(
    tmp_path: Path, marks: bool, step_s: int, begin: datetime
) -> None:
    table = read("entsoe", save(tmp_path, european(begin, 36, marks=marks, step_s=step_s), "utf-8"))
    assert table.begin == begin and table.slots == 36 * 3600 // step_s and table.slot_s == step_s
    assert table.values["de-lu"]["demand_mw"] == [40_000 + slot for slot in range(table.slots)]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 366 * 24), st.integers(2, 60), st.booleans())
def test_any_hours_of_a_year_by_a_local_clock(
    tmp_path_factory: pytest.TempPathFactory, hour: int, hours: int, marks: bool
) -> None:
    """A file that begins in the hour that comes twice is ambiguous without marks; it begins at a midnight here."""
    begin = datetime(2024, 1, 1, 23, tzinfo=UTC) + timedelta(hours=hour if marks else hour // 24 * 24)
    path = save(tmp_path_factory.mktemp("year"), european(begin, hours, marks=marks), "utf-8")
    assert read("entsoe", path).begin == begin


def test_the_hour_that_a_clock_skips_is_blank_in_old_exports(tmp_path: Path) -> None:
    rows = european(datetime(2024, 3, 30, 23, tzinfo=UTC), 23, marks=False)
    skipped = ["31.03.2024 02:00 - 31.03.2024 03:00", "", "-"]
    old = [[cell.replace("/", ".") for cell in row] if number else row for number, row in enumerate(rows)]
    path = save(tmp_path, [*old[:3], skipped, *old[3:]], "utf-8")
    assert read("entsoe", path).slots == 23
    skipped[2] = "45"
    assert "F:4: 31.03.2024 02:00 - 31.03.2024 03:00 is an hour that CET/CEST skips, and has figures" in refused(
        "entsoe", save(tmp_path, [*old[:3], skipped, *old[3:]], "utf-8")
    )


def test_generation_by_type_in_columns_and_in_lines(tmp_path: Path) -> None:
    times = [f"01/01/2025 {hour:02d}:00 - 01/01/2025 {hour + 1:02d}:00" for hour in range(3)]
    wide = [["Area", "MTU (UTC)", "Solar - Actual Aggregated [MW]", "Wind Offshore - Actual Aggregated [MW]"]]
    wide[0] += ["Wind Onshore - Actual Aggregated [MW]", "Wind Onshore - Actual Consumption [MW]"]
    wide += [["FR", time, str(hour), "10", str(100 + hour), "n/e"] for hour, time in enumerate(times)]
    long = [["MTU (UTC)", "Area", "Production Type", "Generation (MW)"]]
    for hour, time in enumerate(times):
        kinds = (("Solar", hour), ("Wind Offshore", 10), ("Wind Onshore", 100 + hour), ("Nuclear", 5))
        long += [[time, "FR", kind, str(value)] for kind, value in kinds]
    tables = [read("entsoe", save(tmp_path, rows, "utf-8")) for rows in (wide, long)]
    assert tables[0].values == tables[1].values == {"fr": {"solar_mw": [0, 1, 2], "wind_mw": [110, 111, 112]}}
    wide[2][2:5] = ["0", "0", "0"]
    assert "F:3: all 3 types of plants give 0: zeros in place" in refused("entsoe", save(tmp_path, wide, "utf-8"))


def test_prices_keep_their_currency(tmp_path: Path) -> None:
    rows = [["MTU (UTC)", "Area", "Sequence", "Day-ahead Price (EUR/MWh)"]]
    for hour in range(2):
        time = f"01/01/2025 {hour:02d}:00:00 - 01/01/2025 {hour + 1:02d}:00:00"
        rows += [[time, "BZN|DE-LU", word, price] for word, price in (("Sequence 1", "-5.5"), ("Sequence 2", "7"))]
    table = read("entsoe", save(tmp_path, rows, "utf-8"))
    assert table.values == {"de-lu": {"price_eur_per_mwh": [-5.5, -5.5]}}
    assert "other auctions" in table.notes[0]
    rows[0][3] = "Day-ahead Price (GBP/MWh)"
    assert "F:1: prices are in GBP; they must be in EUR or USD or JPY" in refused(
        "entsoe", save(tmp_path, rows, "utf-8")
    )


def carbon(values: Sequence[tuple[str, str]]) -> list[list[str]]:
    head = ["Datetime (UTC)", "Country", "Zone name", "Zone id", "Carbon intensity gCO₂eq/kWh (direct)"]
    head += ["Carbon intensity gCO₂eq/kWh (Life cycle)", "Carbon-free energy percentage (CFE%)", "Data estimated"]
    rows = [head]
    for hour, (value, clean) in enumerate(values):
        rows.append([f"2024-01-01 {hour:02d}:00:00", "Japan", "Kyushu", "JP-KY", "300", value, clean, "false"])
    return rows


def test_carbon_is_kg_per_mwh_in_utc(tmp_path: Path) -> None:
    path = save(tmp_path, carbon([("450.5", "40"), ("440", "41")]), "utf-8")
    table = read("electricitymaps", path)
    assert table.begin.isoformat() == "2024-01-01T09:00:00+09:00"
    assert table.values == {"kyushu": {"kgco2_per_mwh": [450.5, 440]}}
    assert read("electricitymaps", path, scope="direct").values == {"kyushu": {"kgco2_per_mwh": [300, 300]}}


def test_zeros_for_ten_hours_are_told_from_power_without_carbon(tmp_path: Path) -> None:
    green = [("450", "40"), *[("0", "100")] * 10]
    assert (
        read("electricitymaps", save(tmp_path, carbon(green), "utf-8")).values["kyushu"]["kgco2_per_mwh"][1:]
        == [0] * 10
    )
    for clean, told in (("0", "0 %"), ("", "unknown"), ("40", "40 %")):
        path = save(tmp_path, carbon([("450", "40"), *[("0", clean)] * 10]), "utf-8")
        said = f"F:3: the intensity of kyushu is 0 where its carbon-free power is {told}: a zero in place of a figure"
        assert said in refused("electricitymaps", path)


def test_the_command_line(tmp_path: Path) -> None:
    save(tmp_path, spot(), name="spot_summary_2024.csv")
    wanted = ("profile", "import", "jepx", "spot_summary_2024.csv", "--out")
    found = apnemu(*wanted, "p.parquet", "--json", folder=tmp_path).json()
    assert found == {
        "profile": "p.parquet",
        "areas": ["hokkaido", "tokyo"],
        "from": "2024-04-01T00:00:00+09:00",
        "slots": 48,
        "slot_s": 1800,
        "quantities": ["price_yen_per_mwh"],
        "notes": [],
    }
    assert (tmp_path / "p.parquet").read_bytes()[:4] == b"PAR1"
    for arguments, said in (
        ((*wanted, "p.parquet"), "p.parquet: it exists already; give another name, or move it away"),
        ((*wanted, "p.txt"), "--out: 'p.txt' ends in neither .csv nor .parquet"),
        (("profile", "import", "jpx", "a.csv", "--out", "q.csv"), "KIND: kind is 'jpx'; it must be area_csv or occto"),
        (("profile", "import", "jepx", "none.csv", "--out", "q.csv"), "none.csv: no such file"),
        ((*wanted, "q.csv", "--unit", "horse"), "--unit: it is 'horse'; it must be MW or kW"),
    ):
        done = apnemu(*arguments, folder=tmp_path)
        assert done.code == 2 and done.err.startswith(said) and done.err.count("\n") == 1, done.err
    again = apnemu(*wanted, "q.csv", folder=tmp_path)
    assert again.code == 0 and again.out.startswith("q.csv: hokkaido, tokyo; 48 slots of 1800 s from 2024-04-01")
    assert (
        json.dumps((tmp_path / "q.csv").read_text().splitlines()[1])
        == '"hokkaido,2024-04-01T00:00:00+09:00,1800,10000"'
    )


def test_what_is_imported_is_read_as_a_profile_of_ours(tmp_path: Path) -> None:
    """CSV and Parquet alike, of areas and of ties."""
    from apnemu.importing.profiles import write_table
    from apnemu.topology.profile_format import AREA_PROFILE, TIE_PROFILE
    from apnemu.topology.profiles import read_profile

    prices = read("jepx", save(tmp_path, spot()))
    rows = [[*row, *[""] * (5 - len(row))] for row in flows(["関門連系線", "周波数変換設備"])]
    carried = read("occto", save(tmp_path, rows, name="o.csv"))
    for table, record in ((prices, AREA_PROFILE), (carried, TIE_PROFILE)):
        found = []
        for suffix in (".csv", ".parquet"):
            path = tmp_path / f"{table.thing}{suffix}"
            write_table(table, path)
            found.append(read_profile(path, record, list(table.values)))
        assert found[0] == found[1]
        assert (found[0].begin, found[0].slots, found[0].slot_s) == (table.begin, table.slots, table.slot_s)
        for thing, of in table.values.items():
            for name, figures in of.items():
                assert list(found[0].of(thing, name)) == pytest.approx(list(figures))


def test_ties_are_those_of_the_power_system_that_comes_with_apnemu() -> None:
    """By name and direction, so that an import is a base for `base:` of a tie."""
    from apnemu.importing.profiles.places import AREAS, TIES
    from apnemu.topology import read_power

    power = read_power(Path(__file__).parents[2] / "topologies" / "power" / "japan-10.yaml")
    assert {(tie.name, tie.a, tie.b) for tie in power.ties} == {(tie.name, tie.a, tie.b) for tie in TIES}
    assert [area.name for area in power.areas] == [place.name for place in AREAS]


def test_profiles_are_joined_column_by_column(tmp_path: Path) -> None:
    save(tmp_path, spot(), name="spot.csv")
    rows = [["DATE", "TIME", "エリア需要(MW)"]]
    rows += [["2024/4/1", f"{slot // 2}:{slot % 2 * 3}0", str(30_000 + slot)] for slot in range(48)]
    save(tmp_path, rows, name="eria_jukyu_202404_03.csv")
    for kind, file, out in (("jepx", "spot.csv", "a.csv"), ("area_csv", "eria_jukyu_202404_03.csv", "b.parquet")):
        assert apnemu("profile", "import", kind, file, "--out", out, folder=tmp_path).code == 0
    done = apnemu("profile", "join", "a.csv", "b.parquet", "--out", "c.csv", folder=tmp_path)
    assert done.code == 2 and done.err == (
        "a.csv:2: hokkaido has no demand_mw, and tokyo has it; all must have the same figures; give a file with it, or"
        " leave hokkaido out\n"
    )
    asked = ("profile", "join", "a.csv", "b.parquet", "--only", "tokyo", "--out", "c.csv", "--json")
    assert apnemu(*asked, folder=tmp_path).json()["quantities"] == ["demand_mw", "price_yen_per_mwh"]
    assert (tmp_path / "c.csv").read_text().splitlines()[:2] == [
        "area,from,slot_s,demand_mw,price_yen_per_mwh",
        "tokyo,2024-04-01T00:00:00+09:00,1800,30000,12000",
    ]
    (tmp_path / "d.csv").write_text((tmp_path / "c.csv").read_text().replace(",30005,", ",30006,"))
    done = apnemu("profile", "join", "c.csv", "d.csv", "--out", "e.csv", folder=tmp_path)
    assert (
        done.code == 2
        and "d.csv:7: demand_mw of tokyo at 2024-04-01T02:30+09:00 is 30006; c.csv:7 has 30005" in done.err
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", ":1: is no profile; it must have the columns area (or tie), from and slot_s"),
        ("area,from,slot_s,demand_mw\nx,2024-04-01T00:00:00,1800,1\n", ":2: from is '2024-04-01T00:00:00'; it must be"),
        ("area,from,slot_s,demand_mw\nx,2024-04-01T00:00:00Z,half,1\n", ":2: slot_s is 'half'; it must be whole"),
        ("area,from,slot_s,demand_mw\nx,2024-04-01T00:00:00Z,1800,\n", ":2: demand_mw is blank"),
        (
            "# made up\narea,from,slot_s,demand_mw\nx,2024-04-01T00:00:00Z,1800,one\n",
            ":3: demand_mw: 'one' is no number",
        ),
    ],
)
def test_what_cannot_be_joined(tmp_path: Path, text: str, said: str) -> None:
    from apnemu.importing.profiles import join_profiles

    path = tmp_path / "p.csv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        join_profiles([path])
    assert f"{path}{said}" in str(caught.value)
