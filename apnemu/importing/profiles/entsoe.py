# SPDX-License-Identifier: BSD-3-Clause
"""Exports of ENTSO-E's Transparency Platform: load, generation by type, day-ahead prices, of the old and new site.

A line has an interval (MTU) by a clock that the head names, with an hour that lacks in spring and comes twice in
autumn. Generation stands in a column for each type, or in a line for each. Prices keep their currency.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from apnemu.importing.profiles.clock import LocalClock
from apnemu.importing.profiles.figures import figure_at
from apnemu.importing.profiles.gathered import Gathered, Origin, empty_at_the_end, not_below_zero
from apnemu.importing.profiles.places import checked, zone_name
from apnemu.importing.profiles.sheet import Line, Sheet, column, squeezed
from apnemu.importing.profiles.wishes import Wishes

INTERVAL = re.compile(r"(?:MTU|Time(?:interval)?|Zeit)\s*\(([A-Z/]+)\)", re.IGNORECASE)
INSTANT = re.compile(r"(\d\d)[./](\d\d)[./](\d{4}) (\d\d):(\d\d)(?::\d\d)?(?: \((\w+)\))?")
PRICE = re.compile(r"Day-ahead Price\s*[\[(](\w{3})/MWh[\])]", re.IGNORECASE)
POWER = re.compile(r"[\[(](\w+)[\])]")
MONEY = {"EUR": "eur", "USD": "usd", "JPY": "yen"}
TYPES = {"solar": "solar_mw", "wind onshore": "wind_mw", "wind offshore": "wind_mw"}
SLOTS_S = (900, 1800, 3600)
CHANGES_S = (0, 3600, -3600)
"""Difference between an interval's own length and that of the times at its ends, where clocks change within it."""
FIRST = ("", "without sequence", "sequence 1", "1")
"""Words of the auction that is taken; another one is a second auction for the same hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """Places of the interval, the area and the production type, and of each quantity: column -> quantity."""

    interval: int
    zone: str
    area: int | None
    kind: int | None
    sequence: int | None
    of: Mapping[int, str]


def read_entsoe(sheet: Sheet, wishes: Wishes, gathered: Gathered) -> None:
    """Put a file into what was gathered. Raises InputError for what cannot be read."""
    head = next((line for line in sheet.lines if any(INTERVAL.fullmatch(cell) for cell in line.cells)), None)
    if head is None:
        fact = "has no column of intervals, such as MTU (UTC) or MTU (CET/CEST)"
        sheet.fail(sheet.lines[0].number, f"{fact}; export CSV from the Transparency Platform")
    heads = _heads(sheet, head)
    clock = LocalClock(sheet, head.number, heads.zone)
    sums: dict[tuple[str, datetime, str], tuple[float, int, int]] = {}
    blank, last = [], 0
    for line in sheet.after(head):
        if heads.sequence is not None and line.cells[heads.sequence].lower() not in FIRST:
            gathered.note(f"{sheet.file}: prices of other auctions than the first are left out")
            continue
        _refuse_silence(sheet, head, line, heads)
        found = _quantities(sheet, head, heads, line)
        if not found:
            continue
        area = _area(sheet, head, heads, line, wishes)
        begin, slot_s = _interval(sheet, line, heads, clock, area)
        known = {at: value for at, (_, value) in found.items() if value is not None}
        if begin is None or not known:
            if known:
                told = f"{line.cells[heads.interval][:60]} is an hour that {heads.zone} skips, and has figures"
                sheet.fail(line.number, f"{told}; times must be those of the clock; export the file in UTC")
            blank.append(line.number)
            continue
        last = line.number
        for at, (name, value) in found.items():
            if value is None:
                sheet.fail(line.number, f"{head.cells[at]} is blank where others are not; export the file again")
            before = sums.get((area, begin, name), (0.0, 0, 0))
            sums[area, begin, name] = (before[0] + value, slot_s, before[2] or line.number)
    if not sums:
        sheet.fail(head.number, "has no load, sun, wind or price; export one of them from the Transparency Platform")
    empty_at_the_end(gathered, sheet.file, blank, last)
    for (area, begin, name), (value, slot_s, number) in sums.items():
        origin = Origin(file=sheet.file, line=number)
        if not name.startswith("price_"):
            not_below_zero(name, area, value, origin)
        gathered.add(area, begin, slot_s, {name: value}, origin)


def _heads(sheet: Sheet, head: Line) -> Heads:
    interval, zone = next(
        (at, found[1].upper()) for at, cell in enumerate(head.cells) if (found := INTERVAL.fullmatch(cell))
    )
    of: dict[int, str] = {}
    for at, cell in enumerate(head.cells):
        name = _quantity(sheet, head, cell)
        if name:
            of[at] = name
    kind = column(head.cells, "Production Type", "ProductionType")
    if kind is not None:
        of |= {at: "" for at, cell in enumerate(head.cells) if squeezed(cell).lower().startswith("generation(")}
    return Heads(
        interval=interval,
        zone=zone,
        area=column(head.cells, "Area", "BiddingZone"),
        kind=kind,
        sequence=column(head.cells, "Sequence"),
        of=of,
    )


def _quantity(sheet: Sheet, head: Line, cell: str) -> str:
    """The quantity of a column; empty for one that is not read."""
    price = PRICE.search(cell)
    if price:
        if price[1].upper() not in MONEY:
            sheet.fail(head.number, f"prices are in {price[1]}; they must be in {' or '.join(MONEY)}; export those")
        return f"price_{MONEY[price[1].upper()]}_per_mwh"
    lower = cell.lower()
    kind = next((of for name, of in TYPES.items() if lower.startswith(name) and "aggregated" in lower), "")
    name = "demand_mw" if lower.startswith("actual total load") else kind if "consumption" not in lower else ""
    unit = POWER.search(cell)
    if name and unit and unit[1] != "MW":
        sheet.fail(head.number, f"{cell} is in {unit[1]}; it must be in MW; export the file again")
    return name


def _quantities(sheet: Sheet, head: Line, heads: Heads, line: Line) -> dict[int, tuple[str, float | None]]:
    """Column -> quantity and figure of a line."""
    found = {}
    for at, name in heads.of.items():
        own = name if name or heads.kind is None else TYPES.get(line.cells[heads.kind].lower(), "")
        if own:
            found[at] = (own, figure_at(sheet, line.number, head.cells[at], line.cells[at]))
    return found


def _refuse_silence(sheet: Sheet, head: Line, line: Line, heads: Heads) -> None:
    """Refuse a line in which no plant of any type gives anything: a provider's zeros for figures that lack."""
    types = [at for at, cell in enumerate(head.cells) if "actual aggregated" in cell.lower()]
    figures = [figure_at(sheet, line.number, head.cells[at], line.cells[at]) for at in types]
    known = [value for value in figures if value is not None]
    if len(known) > 2 and not any(known):
        told = f"all {len(known)} types of plants give 0"
        sheet.fail(line.number, f"{told}: zeros in place of figures that lack; export the file again")


def _area(sheet: Sheet, head: Line, heads: Heads, line: Line, wishes: Wishes) -> str:
    """The area of a line: as wished, its own cell's, or that behind the columns' names."""
    said = line.cells[heads.area] if heads.area is not None else ""
    behind = {cell.rpartition(" - ")[2] for cell in head.cells if "|" in cell.rpartition(" - ")[2]}
    if not said and len(behind) == 1:
        said = behind.pop().replace("BZN|", "")
    if wishes.area:
        return checked(wishes.area)
    if not zone_name(said):
        sheet.fail(line.number, "nothing says which area it is; give --area, for example --area de-lu")
    return zone_name(said)


def _interval(sheet: Sheet, line: Line, heads: Heads, clock: LocalClock, area: str) -> tuple[datetime | None, int]:
    """The instant at which a line's interval begins, None for one that the clock skips, and its length in s."""
    text = line.cells[heads.interval]
    parts = [INSTANT.fullmatch(part.strip()) for part in text.split(" - ")]
    if len(parts) != 2 or None in parts:
        limit = "it must be as 31/12/2024 23:00 - 01/01/2025 00:00"
        sheet.fail(line.number, f"the interval is '{text[:60]}'; {limit}; export the file again")
    (begin, mark), (end, _) = (_instant(sheet, line, part) for part in parts if part)
    kind = "" if heads.kind is None else line.cells[heads.kind]
    instant = clock.instant(begin, mark, f"{area} {kind}")
    shown_s = round((end - begin).total_seconds())
    slot_s = next((shown_s + shift_s for shift_s in CHANGES_S if shown_s + shift_s in SLOTS_S), 0)
    if not slot_s:
        sheet.fail(line.number, f"the interval '{text[:60]}' is {shown_s} s long; it must be 900, 1800 or 3600")
    return instant, slot_s


def _instant(sheet: Sheet, line: Line, part: re.Match[str]) -> tuple[datetime, str]:
    day, month, year, hour, minute = (int(part[group]) for group in range(1, 6))
    try:
        return datetime(year, month, day, hour, minute), part[6] or ""
    except ValueError as error:
        sheet.fail(line.number, f"the interval begins or ends at no time that there is: {error}; export the file again")
