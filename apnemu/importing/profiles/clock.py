# SPDX-License-Identifier: BSD-3-Clause
"""Dates and times of files as instants at which slots begin: labels of starts or ends, 24:00, daylight saving."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apnemu.importing.profiles.sheet import Sheet
from apnemu.importing.profiles.wishes import Labels
from apnemu.units import S_PER_DAY

JST = timezone(timedelta(hours=9))
DATE = re.compile(r"(\d{4})[/.年-]?(\d{1,2})[/.月-]?(\d{1,2})日?")
TIME = re.compile(r"(\d{1,2})(?::|時)(\d{2})?(?:分|:00)?")
RANGE = re.compile(r"[-~〜～]")
ZONES = {
    "UTC": "UTC",
    "CET/CEST": "Europe/Brussels",
    "EET/EEST": "Europe/Helsinki",
    "WET/WEST": "Europe/Lisbon",
}
"""Clocks that a file's head may name, and a place that has it."""
SUMMER = frozenset(("CEST", "EEST", "WEST"))


def day(text: str) -> date | None:
    """The date of a text, the year first; None where it is none.

    >>> day("20240401"), day("2024/4/1"), day("2024年4月1日"), day("4/1/2024"), day("2024/2/30")
    (datetime.date(2024, 4, 1), datetime.date(2024, 4, 1), datetime.date(2024, 4, 1), None, None)
    """
    found = DATE.fullmatch(text.strip())
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def seconds(text: str) -> int | None:
    """Seconds of a time of day from 0:00 to 24:00; None where it is none.

    >>> seconds("0:30"), seconds("24:00"), seconds("13時"), seconds("13:30:00"), seconds("25:00"), seconds("13")
    (1800, 86400, 46800, 48600, None, None)
    """
    found = TIME.fullmatch(text.strip())
    if found is None:
        return None
    total = int(found[1]) * 3600 + int(found[2] or 0) * 60
    return total if total <= S_PER_DAY and int(found[2] or 0) < 60 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a line says of its slot: a day, and seconds from its midnight, of the slot's end too where it says both."""

    line: int
    day: date
    at_s: int
    end_s: int | None = None


def label(sheet: Sheet, line: int, day_text: str, time_text: str, end_text: str = "") -> Label:
    """The label of a line. Raises InputError for a day or a time that is none."""
    when = day(day_text)
    if when is None:
        sheet.fail(line, f"the date is '{day_text[:40]}'; it must be a day as 2024/4/1 or 20240401; get the file again")
    begin, *ends = RANGE.split(time_text, maxsplit=1)
    at_s, end_s = seconds(begin), None
    if ends or end_text:
        end_s = seconds(ends[0] if ends else end_text)
    if at_s is None or (end_s is None and (ends or end_text)):
        limit = "it must be a time of day as 0:30, or as 0:00-0:30"
        sheet.fail(line, f"the time is '{(time_text + ' ' + end_text).strip()[:40]}'; {limit}; get the file again")
    return Label(line=line, day=when, at_s=at_s, end_s=S_PER_DAY if end_s == 0 else end_s)


def slot_starts(
    sheet: Sheet, labels: Sequence[Label], wished: Labels | None, head: str = ""
) -> tuple[list[datetime], int]:
    """The instants, in Japan's time, at which the slots of labels begin, and the slots' length in s.

    A label is of a slot's end where it is 24:00, where the file's first one is a slot after midnight and its last one
    midnight, or where the `head` of the column says so. Raises InputError where nothing tells.
    """
    if not labels:
        sheet.fail(None, "has no figures; it must have a line for each slot; get the file again")
    if all(one.end_s is not None for one in labels):
        lengths = {one.end_s - one.at_s: one for one in labels if one.end_s is not None}
        if len(lengths) > 1 or min(lengths) <= 0:
            odd = lengths[min(lengths)] if min(lengths) <= 0 else list(lengths.values())[1]
            sheet.fail(odd.line, "the slot is of another length than those above it; all must be equal; mend the line")
        return [_instant(one, one.at_s) for one in labels], next(iter(lengths))
    ends = _midnights_last(labels)
    marks = [_instant(one, at_s) for one, at_s in zip(labels, ends, strict=True)]
    slot_s = _slot_s(sheet, marks)
    shift = timedelta(seconds=slot_s if _are_ends(sheet, labels, ends, slot_s, wished, head) else 0)
    return [mark - shift for mark in marks], slot_s


def _midnights_last(labels: Sequence[Label]) -> list[int]:
    """Seconds of each label, where a 0:00 that follows later times of its own day is that day's end."""
    return [
        S_PER_DAY
        if not one.at_s and index and labels[index - 1].day == one.day and labels[index - 1].at_s
        else one.at_s
        for index, one in enumerate(labels)
    ]


def _are_ends(
    sheet: Sheet, labels: Sequence[Label], ends: Sequence[int], slot_s: int, wished: Labels | None, head: str
) -> bool:
    said = (
        "end"
        if re.search("終了|至|まで|end", head.lower())
        else "start"
        if re.search("開始|自|から|from", head)
        else None
    )
    late = next((index for index, at_s in enumerate(ends) if at_s == S_PER_DAY), None)
    early = next((index for index, at_s in enumerate(ends) if at_s == 0), None)
    if late is not None and early is not None:
        fact = f"24:00 stands on line {labels[late].line}, 0:00 here"
        sheet.fail(
            labels[early].line, f"{fact}; times must be all of slots' starts or all of their ends; mend the file"
        )
    if late is not None or (said is None and ends[0] == slot_s and ends[-1] == 0):
        said = "end"
    elif said is None and ends[0] == 0:
        said = "start"
    if said and wished and said != wished:
        sheet.fail(labels[0].line, f"times are those of slots' {said}s, --labels is {wished}; leave --labels out")
    if not said and not wished:
        fact = f"the first slot is called {_clock(ends[0])}; nothing says whether it begins or ends then"
        sheet.fail(labels[0].line, f"{fact}; give --labels start or --labels end")
    return (said or wished) == "end"


def _slot_s(sheet: Sheet, marks: Sequence[datetime]) -> int:
    """The length of slots: the commonest step from one time to the next."""
    steps = Counter(round((b - a).total_seconds()) for a, b in pairwise(sorted(set(marks))))
    if not steps:
        sheet.fail(None, "has one slot; it must have two at least, to tell how long a slot is; get the whole file")
    return max(steps, key=lambda step: (steps[step], -step))


def _instant(one: Label, at_s: int) -> datetime:
    return datetime.combine(one.day, datetime.min.time(), JST) + timedelta(seconds=at_s)


def _clock(at_s: int) -> str:
    return f"{at_s // 3600}:{at_s % 3600 // 60:02d}"


class LocalClock:
    """A clock with daylight saving: local times, in a file's order, to instants.

    The hour that comes twice in autumn is told apart by its mark (CET, CEST), or by its order where it has none.
    """

    def __init__(self, sheet: Sheet, line: int, zone: str) -> None:
        if zone not in ZONES:
            sheet.fail(line, f"times are of '{zone[:40]}'; it must be {' or '.join(ZONES)}; export the file in UTC")
        try:
            self.zone = ZoneInfo(ZONES[zone])
        except ZoneInfoNotFoundError:
            sheet.fail(
                line, f"this machine has no time zone {ZONES[zone]}; apt install tzdata, or export the file in UTC"
            )
        self.sheet = sheet
        self.seen: Counter[tuple[str, datetime]] = Counter()

    def instant(self, local: datetime, mark: str, series: str) -> datetime | None:
        """The instant of a local time; None for a time that the clock skips in spring.

        `mark` is the file's own word for summer or winter time, `series` what the line is about.
        """
        early, late = (local.replace(tzinfo=self.zone, fold=fold) for fold in (0, 1))
        twice = early.utcoffset() != late.utcoffset()
        if early.astimezone(UTC).astimezone(self.zone).replace(tzinfo=None) != local:
            return None
        if mark:
            return (early if mark in SUMMER else late).astimezone(UTC)
        self.seen[series, local] += 1
        return (late if twice and self.seen[series, local] > 1 else early).astimezone(UTC)
