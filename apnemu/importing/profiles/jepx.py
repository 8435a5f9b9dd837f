# SPDX-License-Identifier: BSD-3-Clause
"""Spot prices of the Japan Electric Power Exchange (JEPX): spot_summary_YYYY.csv, half hours by number, yen per kWh."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from apnemu.importing.profiles.clock import JST, day
from apnemu.importing.profiles.figures import figure_at
from apnemu.importing.profiles.gathered import Gathered, Origin, empty_at_the_end
from apnemu.importing.profiles.places import area_called
from apnemu.importing.profiles.sheet import Line, Sheet, column, squeezed
from apnemu.importing.profiles.wishes import Wishes

SLOT_S = 1800
SLOTS = 48
LEAST = 0.01
"""Lowest price at which JEPX trades, yen/kWh: a price of 0 is none."""
MOST = 999.0
"""Highest price at which JEPX trades, yen/kWh."""
DATES = ("受渡日", "年月日", "date")
CODES = ("時刻コード", "時間コード", "timecode")


def read_jepx(sheet: Sheet, wishes: Wishes, gathered: Gathered) -> None:
    """Put the areas' prices into what was gathered; `wishes.area` takes one of them. Raises InputError."""
    head = next((line for line in sheet.lines if column(line.cells, *DATES) is not None), None)
    if head is None:
        sheet.fail(sheet.lines[0].number, "has no line of columns with 受渡日; get JEPX's spot_summary")
    dates, codes = column(head.cells, *DATES), column(head.cells, *CODES)
    if dates is None or codes is None:
        sheet.fail(head.number, "there is no column 時刻コード; get JEPX's spot_summary")
    prices = _prices(sheet, head, wishes)
    blank, last = [], 0
    for line in sheet.after(head):
        found = {at: figure_at(sheet, line.number, head.cells[at], line.cells[at]) for at in prices}
        if all(value is None for value in found.values()):
            blank.append(line.number)
            continue
        last = line.number
        begin = _begin(sheet, line, line.cells[dates], line.cells[codes])
        for at, (area, yen_per_mwh) in prices.items():
            value = found[at]
            if value is None or not LEAST <= value * yen_per_mwh / 1000 <= MOST:
                told = "blank" if value is None else f"{value:g}"
                limit = f"JEPX trades from {LEAST} to {MOST:g} yen/kWh, and a zero is a figure that lacks"
                sheet.fail(line.number, f"{head.cells[at]} is {told}; {limit}; get the file again")
            price = {"price_yen_per_mwh": value * yen_per_mwh}
            gathered.add(area, begin, SLOT_S, price, Origin(file=sheet.file, line=line.number))
    empty_at_the_end(gathered, sheet.file, blank, last)


def _prices(sheet: Sheet, head: Line, wishes: Wishes) -> dict[int, tuple[str, float]]:
    """Column -> its area, and yen per MWh in one of its unit."""
    found: dict[int, tuple[str, float]] = {}
    for at, cell in enumerate(head.cells):
        name = squeezed(cell)
        area = area_called(name) if name.startswith("エリアプライス") else None
        if area is None or wishes.area not in ("", area):
            continue
        unit = re.search(r"円/(kWh|MWh)", name)
        if unit is None:
            sheet.fail(head.number, f"{name} has no unit; it must be 円/kWh or 円/MWh; get JEPX's spot_summary")
        found[at] = (area, 1000.0 if unit[1] == "kWh" else 1.0)
    if not found:
        sheet.fail(
            head.number, f"has no price of {wishes.area or 'any area'} (エリアプライス...); get JEPX's spot_summary"
        )
    return found


def _begin(sheet: Sheet, line: Line, date_text: str, code: str) -> datetime:
    when = day(date_text)
    if when is None:
        sheet.fail(line.number, f"the day is '{date_text[:40]}'; it must be as 2024/04/01; get the file again")
    if not code.isdecimal() or not 1 <= int(code) <= SLOTS:
        sheet.fail(
            line.number, f"the half hour is '{code[:40]}'; it must be a number from 1 to {SLOTS}; get the file again"
        )
    return datetime.combine(when, datetime.min.time(), JST) + timedelta(seconds=SLOT_S * (int(code) - 1))
