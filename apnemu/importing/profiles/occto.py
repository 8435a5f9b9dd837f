# SPDX-License-Identifier: BSD-3-Clause
"""What ties between areas carry, as OCCTO publishes it: a line for each tie and half hour, 潮流実績 in MW.

OCCTO's flow is above 0 in the tie's forward direction (順方向); here it is from the first to the second area of
`places.TIES`, which is the other way round for two of them, Kyushu's among them.
"""

from __future__ import annotations

from apnemu.importing.profiles.clock import label, slot_starts
from apnemu.importing.profiles.figures import figure_at, mw_per_unit
from apnemu.importing.profiles.gathered import Gathered, Origin, empty_at_the_end
from apnemu.importing.profiles.places import FENCE, KnownTie, tie_called
from apnemu.importing.profiles.sheet import Line, Sheet, column
from apnemu.importing.profiles.wishes import Wishes

TIES, DATES, TIMES, FLOWS = (
    ("連系線", "対象連系線"),
    ("対象日付", "対象日"),
    ("対象時刻",),
    ("潮流実績", "潮流実績(MW)"),
)


def read_occto(sheet: Sheet, wishes: Wishes, gathered: Gathered) -> None:
    """Put the ties' flows into what was gathered. Raises InputError for what cannot be read."""
    head = next((line for line in sheet.lines if column(line.cells, *TIES) is not None), None)
    if head is None:
        sheet.fail(sheet.lines[0].number, "has no line of columns with 連系線; get OCCTO's file of what ties carry")
    places = [column(head.cells, *names) for names in (TIES, DATES, TIMES, FLOWS)]
    ties, dates, times, flows = places
    if ties is None or dates is None or times is None or flows is None:
        wanted = ", ".join(
            names[0] for names, at in zip((TIES, DATES, TIMES, FLOWS), places, strict=True) if at is None
        )
        sheet.fail(head.number, f"there is no column {wanted}; get OCCTO's file of what ties carry")
    blank, last = [], 0
    of: dict[KnownTie, list[tuple[Line, float]]] = {}
    for line in sheet.after(head):
        if line.cells[ties] == FENCE:
            gathered.note(f"{sheet.file}: {FENCE} is a sum of other ties and is left out")
            continue
        value = figure_at(sheet, line.number, head.cells[flows], line.cells[flows])
        if value is None:
            blank.append(line.number)
            continue
        last = line.number
        of.setdefault(tie_called(sheet, line.number, line.cells[ties]), []).append((line, value))
    if not of:
        sheet.fail(head.number, "has no flows; get OCCTO's file of what ties carry")
    empty_at_the_end(gathered, sheet.file, blank, last)
    for tie, found in of.items():
        labels = [label(sheet, line.number, line.cells[dates], line.cells[times]) for line, _ in found]
        starts, slot_s = slot_starts(sheet, labels, wishes.labels, head.cells[times])
        mw = mw_per_unit(head.cells[flows], slot_s) or mw_per_unit(wishes.unit, slot_s) or 1.0
        for (line, value), begin in zip(found, starts, strict=True):
            gathered.add(
                tie.name,
                begin,
                slot_s,
                {"flow_mw": value * mw * tie.forward},
                Origin(file=sheet.file, line=line.number),
            )
