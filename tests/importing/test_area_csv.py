# SPDX-License-Identifier: BSD-3-Clause
"""Files of areas in every local habit: the same figures come out, or one line says what is wrong and where."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.errors import InputError
from apnemu.importing.profiles import Table, Wishes, import_profile, write_table
from apnemu.importing.profiles.written import csv_text

PLANTS = ("原子力", "火力(LNG)", "火力(石炭)", "火力(石油)", "火力(その他)", "水力", "地熱", "バイオマス")
STORES = ("揚水", "蓄電池", "連系線", "その他")
BEGIN = date(2024, 4, 1)


@dataclass(frozen=True, kw_only=True)
class Day:
    """Truth of an area: whole MW of each slot, and the local habits in which its file is written."""

    sun: tuple[int, ...]
    wind: tuple[int, ...]
    thrown: tuple[int, ...]
    plants: tuple[int, ...]
    imported: tuple[int, ...]
    slot_s: int = 1800
    encoding: str = "cp932"
    columns: int = 20
    dates: str = "%Y/%-m/%-d"
    quoted: bool = False
    labels: str = "start"
    unit: str = "MW"
    sign: int = 1
    blank_lines: int = 0
    thousands: bool = False

    @property
    def demand(self) -> list[int]:
        return [sum(each) for each in zip(self.sun, self.wind, self.plants, self.imported, strict=True)]

    def rows(self) -> list[list[str]]:
        head = ["DATE", "TIME", "エリア需要", *PLANTS[:5], *(["火力出力制御量"] if self.columns == 22 else [])]
        head += [*PLANTS[5:], *(["バイオマス出力制御量"] if self.columns == 22 else [])]
        head += ["太陽光発電実績", "太陽光出力制御量", "風力発電実績", "風力出力制御量", *STORES, "合計"]
        assert len(head) == self.columns
        rows = [[f"単位[{self.unit}平均]" if "h" not in self.unit else f"単位[{self.unit}]", "", "", "供給力"], head]
        for slot, demand in enumerate(self.demand):
            of = dict.fromkeys(head[2:], 0) | {
                "エリア需要": demand,
                "原子力": self.plants[slot],
                "太陽光発電実績": self.sun[slot],
                "太陽光出力制御量": self.thrown[slot],
                "風力発電実績": self.wind[slot],
                "連系線": self.sign * self.imported[slot],
                "合計": demand,
            }
            rows.append([*self.label(slot), *(self.written(of[name]) for name in head[2:])])
        return [*rows, *([""] * self.columns for _ in range(self.blank_lines))]

    def label(self, slot: int) -> tuple[str, str]:
        mark = datetime.combine(BEGIN, datetime.min.time()) + timedelta(seconds=self.slot_s * slot)
        end = mark + timedelta(seconds=self.slot_s)
        if self.labels == "range":
            times = f"{_clock(mark)}～{_clock(end) if end.date() == mark.date() else '24:00'}"
            return mark.strftime(self.dates), times
        if self.labels == "start":
            return mark.strftime(self.dates), _clock(mark)
        if self.labels == "end, next day" or end.date() == mark.date():
            return end.strftime(self.dates), _clock(end)
        return mark.strftime(self.dates), "24:00" if self.labels == "end, 24:00" else "0:00"

    def written(self, mw: int) -> str:
        factor = {"MW": 1, "kW": 1000, "万kW": 0.1, "MWh": self.slot_s / 3600, "kWh": 1000 * self.slot_s / 3600}
        value = round(mw * factor[self.unit], 6)
        return f"{value:,.15g}" if self.thousands else f"{value:.15g}"

    def save(self, folder: Path, name: str = "eria_jukyu_202404_03.csv") -> Path:
        text = io.StringIO()
        csv.writer(text, quoting=csv.QUOTE_ALL if self.quoted or self.thousands else csv.QUOTE_MINIMAL).writerows(
            self.rows()
        )
        path = folder / name
        path.write_bytes(text.getvalue().encode(self.encoding))
        return path


def _clock(mark: datetime) -> str:
    return f"{mark.hour}:{mark.minute:02d}"


def a_day(slots: int = 48, days: int = 1) -> Day:
    hours = [24 * slot / slots % 24 for slot in range(slots * days)]
    return Day(
        sun=tuple(round(max(0, 9000 - 300 * (hour - 12) ** 2)) for hour in hours),
        wind=tuple(300 + 7 * slot for slot in range(slots * days)),
        thrown=tuple(500 if 10 <= hour < 14 else 0 for hour in hours),
        plants=tuple(20_000 + 50 * slot for slot in range(slots * days)),
        imported=tuple(2500 - 31 * slot for slot in range(slots * days)),
        slot_s=86_400 // slots,
    )


def read(path: Path, **wishes: str) -> Table:
    return import_profile("area_csv", [path], Wishes(**wishes))  # type: ignore[arg-type]  # words of choices


def true(table: Table, day: Day, area: str = "tokyo") -> None:
    assert (table.begin.isoformat(), table.slot_s, table.slots) == (
        "2024-04-01T00:00:00+09:00",
        day.slot_s,
        len(day.sun),
    )
    of = {name: [round(value, 6) for value in found] for name, found in table.values[area].items()}
    assert of == {
        "demand_mw": day.demand,
        "solar_mw": list(day.sun),
        "curtailed_mw": list(day.thrown),
        "wind_mw": list(day.wind),
        "import_mw": list(day.imported),
    }


HABITS = st.fixed_dictionaries(
    {
        "encoding": st.sampled_from(("cp932", "utf-8", "utf-8-sig", "utf-16")),
        "columns": st.sampled_from((20, 22)),
        "dates": st.sampled_from(("%Y/%-m/%-d", "%Y/%m/%d", "%Y%m%d", "%Y-%m-%d", "%Y年%-m月%-d日")),
        "quoted": st.booleans(),
        "labels": st.sampled_from(("start", "end, 24:00", "end, next day", "end, same day", "range")),
        "unit": st.sampled_from(("MW", "kW", "万kW", "MWh", "kWh")),
        "sign": st.sampled_from((1, -1)),
        "blank_lines": st.integers(0, 3),
        "thousands": st.booleans(),
    }
)


@settings(max_examples=150, deadline=None)
@given(HABITS, st.sampled_from((24, 48)), st.integers(1, 3), st.randoms(use_true_random=False))
def test_every_habit_gives_the_same_figures(
    tmp_path_factory: pytest.TempPathFactory, habits: dict[str, object], slots: int, days: int, draw: object
) -> None:
    plain = a_day(slots, days)
    shuffled = replace(plain, plants=tuple(draw.randrange(1000, 40_000) for _ in plain.plants))  # type: ignore[attr-defined]  # a Random
    day = replace(shuffled, **habits)  # type: ignore[arg-type]  # fields of Day
    true(read(day.save(tmp_path_factory.mktemp("habit"))), day)


def test_kyushu_and_tokyo_import_alike(tmp_path: Path) -> None:
    tokyo, kyushu = a_day(), replace(a_day(), plants=(9_000,) * 48, sun=(0,) * 48, sign=-1)
    files = [tokyo.save(tmp_path), kyushu.save(tmp_path, "area_jyukyu_202404_kyushu.csv")]
    table = import_profile("area_csv", files, Wishes())
    assert table.values["kyushu"]["import_mw"] == table.values["tokyo"]["import_mw"] == list(tokyo.imported)
    assert table.notes == ()


@pytest.mark.parametrize(("name", "sign"), [("a_09.csv", -1), ("a_03.csv", 1)])
def test_a_sum_that_does_not_add_up_leaves_the_habit_and_a_note(tmp_path: Path, name: str, sign: int) -> None:
    day = replace(a_day(), plants=(8_000,) * 48, sun=(0,) * 48)
    path = day.save(tmp_path, name)
    path.write_text(path.read_text("cp932").replace(",8000,", ",3000,"), "cp932")
    table = read(path)
    assert next(iter(table.values.values()))["import_mw"] == [sign * value for value in day.imported]
    assert "do not add up to demand" in table.notes[0]


def test_what_is_written_is_a_profile_of_ours(tmp_path: Path) -> None:
    table = read(a_day().save(tmp_path))
    assert csv_text(table).splitlines()[:2] == [
        "area,from,slot_s,demand_mw,solar_mw,wind_mw,curtailed_mw,import_mw",
        "tokyo,2024-04-01T00:00:00+09:00,1800,22800,0,300,0,2500",
    ]
    write_table(table, tmp_path / "p.csv")
    assert (tmp_path / "p.csv").read_text() == csv_text(table)
    assert [path.name for path in tmp_path.iterdir() if "draft" in path.name] == []
    with pytest.raises(InputError, match="it exists already"):
        write_table(table, tmp_path / "p.csv")


def spoilt(folder: Path, at: int, change: dict[int, str], day: Day | None = None) -> Path:
    """A file one line of which is changed: column -> another text; without columns the line is gone."""
    rows = (day or a_day()).rows()
    if change:
        for column, text in change.items():
            rows[at - 1][column] = text
    else:
        del rows[at - 1]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path = folder / "eria_jukyu_202404_03.csv"
    path.write_text(text.getvalue(), "utf-8")
    return path


@pytest.mark.parametrize(
    ("at", "change", "said"),
    [
        (20, {}, ":20: after 2024-04-01T08:00+09:00 of tokyo comes 2024-04-01T09:00+09:00: 1 slot of 1800 s missing"),
        (20, {2: ""}, ":20: エリア需要 is blank where others of the line are not"),
        (20, {2: "x1"}, ":20: エリア需要: 'x1' is no number"),
        (20, {2: "0"}, ":20: demand_mw of tokyo is 0, which no area's is: zeros in place"),
        (20, {11: "-5"}, ":20: solar_mw of tokyo is -5; it must be 0 or more"),
        (20, {0: "2024/4/31"}, ":20: the date is '2024/4/31'; it must be a day"),
        (20, {0: "4/1/2024"}, ":20: the date is '4/1/2024'; it must be a day"),
        (20, {1: "25:00"}, ":20: the time is '25:00'; it must be a time of day"),
        (20, {1: "8:00"}, ":20: demand_mw of tokyo at 2024-04-01T08:00+09:00 is "),
        (
            20,
            {1: "24:00"},
            "24:00 stands on line 20, 0:00 here; times must be all of slots' starts or all of their ends",
        ),
        (20, {2: "22800000"}, ":20: the demand of tokyo would be 22,800,000 MW; it never was above 65,000 MW"),
        (20, {17: "-99999"}, ""),
        (2, {2: "計画"}, ":1: has no line of columns with DATE and エリア需要"),
        (2, {1: "X"}, ":2: there is no column of times; it must be called time or 時刻"),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path: Path, at: int, change: dict[int, str], said: str) -> None:
    path = spoilt(tmp_path, at, change)
    if not said:
        assert read(path).slots == 48
        return
    with pytest.raises(InputError) as refused:
        read(path)
    text = str(refused.value)
    assert said in text and text.startswith(f"{path}:") and "\n" not in text and refused.value.exit_code == 2


def test_a_sign_that_turns_in_the_middle(tmp_path: Path) -> None:
    day = a_day()
    flow = -day.imported[17]
    with pytest.raises(
        InputError, match=r":20: 連系線 adds up with the sign turned, on line 3 as on other lines without"
    ):
        read(spoilt(tmp_path, 20, {17: str(flow)}))


def test_zeros_at_noon_are_no_clouds(tmp_path: Path) -> None:
    day = a_day(days=2)
    dark = replace(day, sun=day.sun[:48] + (0,) * 48)
    with pytest.raises(InputError, match=r"solar_mw of tokyo is 0 from 10 to 14 o'clock of 2024-04-02"):
        read(dark.save(tmp_path))
    night = replace(day, sun=(0,) * 96)
    assert read(night.save(tmp_path)).values["tokyo"]["solar_mw"] == [0] * 96


def test_plants_that_all_give_nothing(tmp_path: Path) -> None:
    silent = spoilt(tmp_path, 20, dict.fromkeys(range(3, 20), "0"))
    with pytest.raises(InputError, match=r":20: every plant of tokyo gives 0 and its demand is \d+ MW: zeros in place"):
        read(silent)


def test_slots_to_come_are_left_out_and_said(tmp_path: Path) -> None:
    rows = a_day().rows()
    for row in rows[-5:]:
        row[2:] = [""] * 18
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path = tmp_path / "eria_jukyu_202404_03.csv"
    path.write_text(text.getvalue(), "utf-8")
    table = read(path)
    assert table.slots == 43
    assert table.notes == (f"{path}: 5 lines from 46 on have no figures yet; the profile ends before them",)


def test_a_label_that_nothing_explains_is_asked_for(tmp_path: Path) -> None:
    rows = [["DATE", "TIME", "エリア需要(MW)"], ["2024/4/1", "0:30", "100"], ["2024/4/1", "1:00", "110"]]
    path = tmp_path / "okinawa.csv"
    path.write_text("\n".join(map(",".join, rows)), "utf-8")
    with pytest.raises(InputError, match=r":2: the first slot is called 0:30; .* --labels start or --labels end"):
        read(path)
    begins = {labels: read(path, labels=labels).begin for labels in ("start", "end")}
    assert begins["start"] - begins["end"] == timedelta(minutes=30)


def test_the_unit_of_a_file_without_one(tmp_path: Path) -> None:
    rows = [["日付", "時間コマ", "時間帯_自", "時間帯_至", "エリア総需要量", "エリア風力・太陽光発電量(kWh)"]]
    rows += [
        [
            "20260802",
            str(slot + 1),
            f"{slot // 2}:{slot % 2 * 3}0",
            f"{(slot + 1) // 2}:{(slot + 1) % 2 * 3}0",
            "1193000",
            "165000",
        ]
        for slot in range(47)
    ]
    path = tmp_path / "20260802_hokkaido_jisseki.csv"
    path.write_text("\n".join(map(",".join, rows)), "cp932")
    with pytest.raises(
        InputError, match=r"the demand of hokkaido would be 1,193,000 MW; .*give --unit kW or --unit kWh"
    ):
        read(path)
    table = read(path, unit="kWh")
    assert table.values == {"hokkaido": {"demand_mw": [2386.0] * 47}}


def test_files_of_several_months_and_what_they_say_twice(tmp_path: Path) -> None:
    day = a_day(days=2)
    rows = day.rows()
    parts = [rows[:60], [*rows[:2], *rows[50:]]]
    files = []
    for number, part in enumerate(parts):
        text = io.StringIO()
        csv.writer(text).writerows(part)
        files.append(tmp_path / f"{number}_tokyo.csv")
        files[-1].write_text(text.getvalue(), "utf-8")
    true(import_profile("area_csv", files, Wishes()), day)
    lines = files[1].read_text("utf-8").splitlines()
    cells = lines[2].split(",")
    lines[2] = ",".join([*cells[:2], str(int(cells[2]) + 1), *cells[3:]])
    files[1].write_text("\n".join(lines), "utf-8")
    with pytest.raises(InputError, match=r"1_tokyo\.csv:\d+: .* a slot has one figure; take one of the two out"):
        import_profile("area_csv", files, Wishes())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", ":1: has no lines"),
        (b"\x00\x01", ":1: character U+0000 is no text"),
        (b"a\n\x81\xff\xff\xfd", ":2: byte 0x"),
        (b"<html>404</html>", ":1: has no line of columns with DATE"),
    ],
)
def test_what_is_no_file_of_an_area(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "a_03.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as refused:
        read(path)
    assert f"{path}{said}" in str(refused.value)


def test_an_area_that_nobody_names(tmp_path: Path) -> None:
    path = a_day().save(tmp_path, "data.csv")
    with pytest.raises(InputError, match=r"its name does not say its area; .* give --area"):
        read(path)
    true(read(path, area="tokyo"), a_day())
    with pytest.raises(InputError, match="--area is kyushu, the file's name says tokyo; they must agree"):
        read(a_day().save(tmp_path), area="kyushu")


SOUND = a_day(slots=24)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2500), st.integers(0, 30), st.text(max_size=4))
def test_any_slip_gives_a_profile_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, at: int, gone: int, piece: str
) -> None:
    path = SOUND.save(tmp_path_factory.mktemp("slip"))
    data = path.read_bytes().decode("cp932")
    path.write_bytes((data[:at] + piece + data[at + gone :]).encode("utf-8", "surrogatepass"))
    try:
        read(path)
    except InputError as error:
        assert str(error).startswith(f"{path}") and "\n" not in str(error)
