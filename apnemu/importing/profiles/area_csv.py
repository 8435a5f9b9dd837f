# SPDX-License-Identifier: BSD-3-Clause
"""Supply and demand of an area as the ten Japanese operators publish it (eria_jukyu_YYYYMM_NN.csv and older forms).

A line with the unit may stand above the head; of the 20 or 22 columns those are read whose names say what they are.
What ties bring in (連系線) is above 0 where the area imports; Kyushu writes it the other way round, which the file's
own sum shows: demand is what all plants give and ties bring. Sun and wind are what was fed in; what was curtailed
stands beside them and is no part of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apnemu.importing.profiles.clock import Label, label, slot_starts
from apnemu.importing.profiles.figures import figure_at, mw_per_unit, without_unit
from apnemu.importing.profiles.gathered import Gathered, Origin, empty_at_the_end, not_below_zero
from apnemu.importing.profiles.places import BY_NAME, area_of_file
from apnemu.importing.profiles.sheet import Line, Sheet, column, squeezed
from apnemu.importing.profiles.wishes import Wishes

DATES = ("date", "日付", "月日", "年月日", "対象日", "対象日付")
TIMES = ("time", "時刻", "時間", "時間帯", "時間帯_自", "対象時刻")
ENDS = ("時間帯_至",)
REVERSED = ("kyushu",)
"""Areas whose ties' column is above 0 where they export."""
FAR_BEYOND = 2.0
"""Times an area's greatest demand ever, beyond which a figure is in another unit."""
ROUNDED_MW = 0.5
SLACK = 0.005
"""Share of the demand by which a sum of corrected figures may be off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Places of what is read: quantity -> columns that are summed; `supply` are all plants, `tie` what ties bring."""

    date: int
    time: int
    end: int | None
    of: Mapping[str, tuple[int, ...]]
    supply: tuple[int, ...]
    tie: int | None


def read_area_csv(sheet: Sheet, wishes: Wishes, gathered: Gathered) -> None:
    """Put an area's file into what was gathered. Raises InputError for what cannot be read."""
    area = area_of_file(sheet, wishes.area)
    head = _head(sheet)
    columns = _columns(sheet, head)
    lines = sheet.after(head)
    wanted = sorted({at for places in columns.of.values() for at in places})
    cells = {
        line.number: {at: figure_at(sheet, line.number, head.cells[at], line.cells[at]) for at in wanted}
        for line in lines
    }
    full = [line for line in lines if any(value is not None for value in cells[line.number].values())]
    empty_at_the_end(
        gathered, sheet.file, [line.number for line in lines if line not in full], full[-1].number if full else 0
    )
    labels = [_label(sheet, line, columns) for line in full]
    starts, slot_s = slot_starts(sheet, labels, wishes.labels, head.cells[columns.time])
    scale = _scale(sheet, head, columns, wishes, slot_s, gathered)
    rows: list[tuple[Line, dict[str, float]]] = []
    for line in full:
        found = {}
        for name, places in columns.of.items():
            found[name] = sum(_there(sheet, line, head, at, cells[line.number][at]) * scale[at] for at in places)
            if name != "import_mw":
                not_below_zero(name, area, found[name], Origin(file=sheet.file, line=line.number))
        rows.append((line, found))
    _check_size(sheet, area, rows)
    sign = _sign(sheet, area, head, columns, scale, rows, gathered)
    for (line, found), begin in zip(rows, starts, strict=True):
        if "import_mw" in found:
            found["import_mw"] *= sign
        gathered.add(area, begin, slot_s, found, Origin(file=sheet.file, line=line.number))


def _head(sheet: Sheet) -> Line:
    """The line with the columns' names: that with a date, a time and a demand."""
    for line in sheet.lines:
        if column(line.cells, *DATES) is not None and any("需要" in cell for cell in line.cells):
            return line
    sheet.fail(
        sheet.lines[0].number,
        "has no line of columns with DATE and エリア需要; get an area's file of supply and demand",
    )


def _columns(sheet: Sheet, head: Line) -> Columns:
    names = [without_unit(squeezed(cell)) for cell in head.cells]
    date, time = column(head.cells, *DATES), column(head.cells, *TIMES)
    if time is None:
        sheet.fail(
            head.number, f"there is no column of times; it must be called {' or '.join(TIMES)}; get the file again"
        )
    assert date is not None
    of: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        quantity = _quantity(name)
        if quantity:
            of.setdefault(quantity, []).append(at)
    for quantity, places in of.items():
        most = 2 if quantity == "curtailed_mw" else 1
        if len(places) > most:
            fact = f"columns {', '.join(head.cells[at] for at in places)} are all {quantity}"
            sheet.fail(head.number, f"{fact}; there must be one; take the others out")
    if "demand_mw" not in of:
        sheet.fail(head.number, "there is no column エリア需要; get an area's file of supply and demand")
    plants = [at for at, name in enumerate(names) if _is_plant(name)]
    tie = of.get("import_mw", [None])[0]
    return Columns(
        date=date,
        time=time,
        end=column(head.cells, *ENDS),
        of={name: tuple(places) for name, places in of.items()},
        supply=tuple(plants),
        tie=tie,
    )


def _quantity(name: str) -> str:
    """
    >>> [_quantity(name) for name in ("エリア総需要量", "太陽光発電実績", "風力出力制御量", "連系線")]
    ['demand_mw', 'solar_mw', 'curtailed_mw', 'import_mw']
    >>> [_quantity(name) for name in ("火力出力制御量", "予測需要", "合計", "風力・太陽光発電量")]
    ['', '', '', '']
    """
    sun, wind = "太陽光" in name, "風力" in name
    if sun and wind:
        return ""
    if sun or wind:
        return "curtailed_mw" if "制御" in name else "solar_mw" if sun else "wind_mw"
    if "需要" in name and "予測" not in name and "予想" not in name:
        return "demand_mw"
    return "import_mw" if name.startswith("連系線") else ""


def _is_plant(name: str) -> bool:
    words = ("原子力", "火力", "水力", "地熱", "バイオマス", "太陽光", "風力", "揚水", "蓄電池", "その他")
    return name.startswith(words) and "制御" not in name and not ("太陽光" in name and "風力" in name)


def _label(sheet: Sheet, line: Line, columns: Columns) -> Label:
    end = "" if columns.end is None else line.cells[columns.end]
    return label(sheet, line.number, line.cells[columns.date], line.cells[columns.time], end)


def _there(sheet: Sheet, line: Line, head: Line, at: int, value: float | None) -> float:
    if value is None:
        told = f"{head.cells[at]} is blank where others of the line are not"
        sheet.fail(line.number, f"{told}; every figure must be there; get the file again")
    return value


def _scale(
    sheet: Sheet, head: Line, columns: Columns, wishes: Wishes, slot_s: int, gathered: Gathered
) -> dict[int, float]:
    """MW in one of each column's unit: the column's own, that of the lines above the head, or as wished; else MW."""
    above = next(
        (
            unit
            for line in sheet.lines
            if line.number < head.number
            for cell in line.cells
            if (unit := mw_per_unit(cell, slot_s)) is not None
        ),
        None,
    )
    wished = mw_per_unit(wishes.unit, slot_s) if wishes.unit else None
    if not wished and not above and not mw_per_unit(head.cells[columns.of["demand_mw"][0]], slot_s):
        gathered.note(f"{sheet.file}: nothing says the unit of its figures; MW are taken")
    found = {}
    for at in {*(at for places in columns.of.values() for at in places), *columns.supply}:
        said = mw_per_unit(head.cells[at], slot_s) or above
        if said and wished and said != wished:
            told = f"{head.cells[at]} says its unit, --unit is {wishes.unit}"
            sheet.fail(head.number, f"{told}; they must agree; leave --unit out")
        found[at] = said or wished or 1.0
    return found


def _check_size(sheet: Sheet, area: str, rows: Sequence[tuple[Line, Mapping[str, float]]]) -> None:
    """Refuse a demand that the area never had by far: kW, or kWh, for MW."""
    if area not in BY_NAME or not rows:
        return
    line, found = max(rows, key=lambda row: row[1]["demand_mw"])
    peak_mw = BY_NAME[area].peak_mw
    if found["demand_mw"] > FAR_BEYOND * peak_mw:
        told = f"the demand of {area} would be {found['demand_mw']:,.0f} MW; it never was above {peak_mw:,.0f} MW"
        sheet.fail(line.number, f"{told}; the unit must be another one; give --unit kW or --unit kWh, or mend the head")


def _sign(
    sheet: Sheet,
    area: str,
    head: Line,
    columns: Columns,
    scale: Mapping[int, float],
    rows: Sequence[tuple[Line, Mapping[str, float]]],
    gathered: Gathered,
) -> float:
    """1 where the ties' column is above 0 with import, -1 where with export: by the file's sums, else by habit."""
    if columns.tie is None:
        return 1.0
    votes: dict[float, Line] = {}
    for line, found in rows:
        plants = [figure_at(sheet, line.number, head.cells[at], line.cells[at]) for at in columns.supply]
        if any(value is None for value in plants):
            continue
        given = sum(value * scale[at] for value, at in zip(plants, columns.supply, strict=True) if value is not None)
        if len(plants) > 2 and not given and abs(found["import_mw"]) < found["demand_mw"]:
            told = f"every plant of {area} gives 0 and its demand is {found['demand_mw']:g} MW"
            sheet.fail(line.number, f"{told}: zeros in place of figures that lack; get the file again")
        within = ROUNDED_MW * (len(plants) + 2) + SLACK * found["demand_mw"]
        fits = [sign for sign in (1.0, -1.0) if abs(found["demand_mw"] - given - sign * found["import_mw"]) <= within]
        if len(fits) == 1:
            votes.setdefault(fits[0], line)
    if len(votes) == 2:
        first, later = sorted(votes.values(), key=lambda line: line.number)
        told = (
            f"{head.cells[columns.tie]} adds up with the sign turned, on line {first.number} as on other lines without"
        )
        sheet.fail(later.number, f"{told}; a file has one sign; get the file again")
    if votes:
        return next(iter(votes))
    sign = -1.0 if area in REVERSED else 1.0
    gathered.note(
        f"{sheet.file}: plants and ties do not add up to demand; import is taken as {area} is known to write it"
    )
    return sign
