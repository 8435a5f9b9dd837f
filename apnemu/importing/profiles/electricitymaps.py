# SPDX-License-Identifier: BSD-3-Clause
"""Carbon intensity as Electricity Maps publishes it: hours in UTC, g of CO2 per kWh, which is kg per MWh.

A provider that sends zeros is told apart from power without carbon: 0 is believed where the file's own share of
carbon-free power is 100 %.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

from apnemu.errors import InputError
from apnemu.importing.profiles.clock import JST
from apnemu.importing.profiles.figures import figure_at
from apnemu.importing.profiles.gathered import Gathered, Origin, empty_at_the_end, not_below_zero
from apnemu.importing.profiles.places import BY_NAME, checked, zone_name
from apnemu.importing.profiles.sheet import Line, Sheet, column, squeezed
from apnemu.importing.profiles.wishes import Wishes

SCOPES = {"life-cycle": ("(lca)", "(lifecycle)"), "direct": ("(direct)",)}
CLEAN = ("low carbon percentage", "carbon-free energy percentage (cfe%)", "carbon-free percentage")
CARBON_FREE = 99.95
"""Least share, in per cent, at which an intensity that is rounded to 0 can be true."""


def read_electricitymaps(sheet: Sheet, wishes: Wishes, gathered: Gathered) -> None:
    """Put a zone's file into what was gathered. Raises InputError for what cannot be read."""
    head = next((line for line in sheet.lines if any("datetime" in cell.lower() for cell in line.cells)), None)
    if head is None:
        sheet.fail(sheet.lines[0].number, "has no column Datetime (UTC); get a zone's CSV from Electricity Maps")
    at_time, at_zone = column(head.cells, "Datetime (UTC)"), column(head.cells, "Zone Id")
    if at_time is None:
        sheet.fail(head.number, "there is no column Datetime (UTC); get a zone's CSV from Electricity Maps")
    at_carbon = _carbon(sheet, head, wishes)
    at_clean, at_guess = column(head.cells, *CLEAN), column(head.cells, "Data Estimated")
    rows: list[tuple[Line, str, datetime, float]] = []
    blank, guessed = [], 0
    for line in sheet.after(head):
        value = figure_at(sheet, line.number, head.cells[at_carbon], line.cells[at_carbon])
        if value is None:
            blank.append(line.number)
            continue
        zone = _zone(sheet, line, "" if at_zone is None else line.cells[at_zone], wishes)
        begin = _begin(sheet, line, line.cells[at_time])
        origin = Origin(file=sheet.file, line=line.number)
        not_below_zero("kgco2_per_mwh", zone, value, origin)
        clean = None if at_clean is None else figure_at(sheet, line.number, head.cells[at_clean], line.cells[at_clean])
        if value == 0 and (clean is None or clean < CARBON_FREE):
            told = "unknown" if clean is None else f"{clean:g} %"
            fact = f"the intensity of {zone} is 0 where its carbon-free power is {told}"
            sheet.fail(line.number, f"{fact}: a zero in place of a figure that lacks; get the file again")
        guessed += at_guess is not None and line.cells[at_guess].lower() in ("true", "yes", "1")
        rows.append((line, zone, begin, value))
    empty_at_the_end(gathered, sheet.file, blank, rows[-1][0].number if rows else 0)
    if guessed:
        gathered.note(f"{sheet.file}: {guessed} of {len(rows)} figures are the provider's estimates")
    _take(sheet, rows, gathered)


def _take(sheet: Sheet, rows: list[tuple[Line, str, datetime, float]], gathered: Gathered) -> None:
    for zone in dict.fromkeys(zone for _, zone, _, _ in rows):
        begins = sorted({begin for _, own, begin, _ in rows if own == zone})
        steps = Counter(round((b - a).total_seconds()) for a, b in pairwise(begins))
        if not steps:
            sheet.fail(None, f"has one hour of {zone}; it must have two at least, to tell how long a slot is")
        slot_s = max(steps, key=lambda step: (steps[step], -step))
        for line, own, begin, value in rows:
            if own == zone:
                shown = begin.astimezone(JST if zone in BY_NAME else UTC)
                origin = Origin(file=sheet.file, line=line.number)
                gathered.add(zone, shown, slot_s, {"kgco2_per_mwh": value}, origin)


def _carbon(sheet: Sheet, head: Line, wishes: Wishes) -> int:
    """The column of the carbon intensity that is wished for."""
    for at, cell in enumerate(head.cells):
        name = squeezed(cell).lower()
        if name.startswith("carbonintensity") and name.endswith(SCOPES[wishes.scope]):
            if "gco2eq/kwh" not in name.replace("-", ""):
                sheet.fail(head.number, f"{cell} must be in gCO2eq/kWh; get a zone's CSV from Electricity Maps")
            return at
    sheet.fail(
        head.number, f"there is no column of carbon intensity ({wishes.scope}); get a zone's CSV from Electricity Maps"
    )


def _zone(sheet: Sheet, line: Line, text: str, wishes: Wishes) -> str:
    if wishes.area:
        return checked(wishes.area)
    try:
        return checked(zone_name(text))
    except InputError:
        sheet.fail(line.number, f"the zone is '{text[:40]}'; give --area, for example --area kyushu")


def _begin(sheet: Sheet, line: Line, text: str) -> datetime:
    try:
        begin = datetime.fromisoformat(text)
    except ValueError:
        sheet.fail(line.number, f"the time is '{text[:40]}'; it must be as 2024-01-01 00:00:00; get the file again")
    return begin.replace(tzinfo=UTC) if begin.tzinfo is None else begin
