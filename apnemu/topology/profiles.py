# SPDX-License-Identifier: BSD-3-Clause
"""Profiles: a CSV or Parquet file -> a `Profile` whose slots are whole, gapless, and the same for all things in it."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import InputError
from apnemu.model.profile import Profile, series
from apnemu.topology.parse import nearest
from apnemu.topology.shapes import Number, Record, Text
from apnemu.units import S_PER_DAY

MOST_BYTES = 200_000_000
"""Largest file that is read: ten areas in half hours for ten years."""
Row = tuple[int, Mapping[str, str]]
"""A line of a CSV, or the number of a row of a Parquet file, and its cells."""


def read_profile(
    path: Path,
    record: Record,
    known: Collection[str],
    needed: Sequence[str] = (),
    renamed: Mapping[str, str] = {},
    *,
    others: bool = False,
) -> Profile:
    """The profile in a file: of each thing that is `known`, with at least the columns that are `needed`.

    The record's first key is the column that names things. `renamed` columns of the file stand for others. Things that
    are not known are refused, or left out where there may be `others`.

    Raises:
        InputError: one line with file and line (of a Parquet file the number of the row).
    """
    return _Reader(path, record, known, others).profile(needed, renamed)


class _Reader:
    def __init__(self, path: Path, record: Record, known: Collection[str], others: bool) -> None:
        self.others = others
        self.path, self.file, self.record, self.known = path, str(path), record, known
        self.thing = next(iter(record.keys))
        self.quantities = [name for name in record.keys if name not in (self.thing, "from", "slot_s")]

    def fail(self, line: int | None, message: str) -> NoReturn:
        raise InputError(message, file=self.file, line=line)

    def profile(self, needed: Sequence[str], renamed: Mapping[str, str]) -> Profile:
        header, rows = self._cells()
        self._check_header(header, needed, renamed)
        columns = [name for name in self.quantities if renamed.get(name, name) in header]
        starts: dict[str, list[tuple[int, datetime]]] = {}
        figures: dict[str, dict[str, list[float]]] = {}
        slot_s, begin, begins_at = 0, datetime.max.replace(tzinfo=UTC), 0
        for line, row in rows:
            name = self._text(line, row, self.thing)
            if name not in self.known and self.others:
                continue
            if name not in self.known:
                hint = nearest(
                    name, self.known, f"name one that is there, for example {next(iter(self.known), 'none')}"
                )
                self.fail(line, f"{self.thing} is {name!r}; there is no such {self.thing}; {hint}")
            instant = self._instant(line, row)
            length_s = int(self._number(line, row, "slot_s", "slot_s"))
            if slot_s not in (0, length_s):
                self.fail(line, f"slot_s is {length_s}; above it is {slot_s}; all slots must be equal; mend the row")
            slot_s = length_s
            self._check_next(line, name, starts.setdefault(name, []), instant, slot_s)
            starts[name].append((line, instant))
            if not begins_at:
                begin, begins_at = instant, line
            of = figures.setdefault(name, {column: [] for column in columns})
            for column in columns:
                of[column].append(self._number(line, row, renamed.get(column, column), column))
        self._check_whole(starts, slot_s)
        values = {
            name: {column: series(figures[name][column]) for column in columns}
            for name in self.known
            if name in figures
        }
        return Profile(begin=begin, slot_s=slot_s, values=values)

    def _cells(self) -> tuple[Sequence[str], Iterator[Row]]:
        try:
            if self.path.stat().st_size > MOST_BYTES:
                self.fail(None, f"the file is longer than the limit of {MOST_BYTES} bytes; give the days that are run")
            if self.path.suffix == ".parquet":
                return self._parquet()
            text = self.path.read_bytes().decode("utf-8-sig")
        except FileNotFoundError:
            self.fail(None, "no such file; put the profile there, or mend its name")
        except UnicodeDecodeError as error:
            self.fail(None, f"byte 0x{error.object[error.start]:02x} is not UTF-8; save the profile as UTF-8")
        except InputError:
            raise
        except (OSError, pa.ArrowException, ValueError, OverflowError, MemoryError) as error:
            self.fail(None, f"cannot be read: {str(error)[:200]}; give a CSV with a header, or a Parquet file")
        lines = text.splitlines()
        above = next((index for index, line in enumerate(lines) if line.strip() and not line.startswith("#")), None)
        if above is None:
            self.fail(1, f"the file is empty; it must have a header; begin it with {','.join(self.record.keys)}")
        header = [cell.strip() for cell in self._row(above + 1, lines[above])]
        return header, self._csv(header, lines, above + 1)

    def _csv(self, header: Sequence[str], lines: Sequence[str], begin: int) -> Iterator[Row]:
        for number, line in enumerate(lines[begin:], begin + 1):
            if not line.strip():
                continue
            cells = self._row(number, line)
            if len(cells) != len(header):
                self.fail(number, f"the row has {len(cells)} cells; the header has {len(header)}; mend the row")
            yield number, dict(zip(header, (cell.strip() for cell in cells), strict=True))

    def _row(self, number: int, line: str) -> list[str]:
        try:
            return next(csv.reader([line]), [])
        except csv.Error as error:  # a cell of more than 128 KiB
            self.fail(number, f"the row cannot be read: {error}; mend the row")

    def _parquet(self) -> tuple[Sequence[str], Iterator[Row]]:
        table = pq.ParquetFile(self.path).read()  # read_table imports pandas
        cells = [{name: _as_text(value) for name, value in row.items()} for row in table.to_pylist()]
        return table.column_names, enumerate(cells, 1)

    def _check_header(self, header: Sequence[str], needed: Sequence[str], renamed: Mapping[str, str]) -> None:
        known = [renamed.get(name, name) for name in self.record.keys]
        for name in header:
            if name not in known:
                near = nearest(name, known, "take it out;")
                self.fail(1, f"unknown column {name[:60]!r}; {near} known here: {', '.join(known)}")
            if header.count(name) > 1:
                self.fail(1, f"column {name} comes twice; keep one of them")
        must = [*self.record.required, *needed]
        for name in must:
            if renamed.get(name, name) not in header:
                wanted = ", ".join(renamed.get(each, each) for each in must)
                self.fail(1, f"there is no column {renamed.get(name, name)}; it must have {wanted}; add it")

    def _text(self, line: int, row: Mapping[str, str], column: str) -> str:
        shape, text = self.record.keys[column].shape, row[column]
        assert isinstance(shape, Text)
        if re.fullmatch(shape.pattern, text) is None:
            self.fail(line, f"{column} is {text[:60]!r}; {shape.limit}; {shape.hint}")
        return text

    def _instant(self, line: int, row: Mapping[str, str]) -> datetime:
        text = self._text(line, row, "from")
        try:
            return datetime.fromisoformat(text)
        except ValueError as error:
            self.fail(line, f"from is {text!r}: {error}; it must be a day and time that there is; mend it")

    def _number(self, line: int, row: Mapping[str, str], column: str, declared: str) -> float:
        shape, text = self.record.keys[declared].shape, row[column]
        assert isinstance(shape, Number)
        try:
            value = math.nan if "_" in text else float(text)
        except ValueError:
            value = math.nan
        if not shape.low <= value <= shape.high or (shape.decimals == 0 and value != int(value)):
            self.fail(line, f"{column} is {text[:40] or 'empty'}; {shape.limit}; {shape.hint}")
        return value

    def _check_next(
        self, line: int, name: str, before: Sequence[tuple[int, datetime]], instant: datetime, slot_s: int
    ) -> None:
        """Refuse a slot that does not begin where the one before it of the same thing ends."""
        if not before:
            return
        at, last = before[-1]
        gone_s = (instant - last).total_seconds()
        if gone_s != slot_s:
            kind = "a gap" if gone_s > slot_s else "an overlap"
            due = (last + timedelta(seconds=slot_s)).isoformat()
            fact = f"{self.thing} {name} has {kind}: from is {instant.isoformat()}, the slot of line {at} ends {due}"
            self.fail(line, f"{fact}; slots must follow one another; mend the rows, in order of time")

    def _check_whole(self, starts: Mapping[str, Sequence[tuple[int, datetime]]], slot_s: int) -> None:
        """Refuse a file without rows, things that are missing, and things with slots of their own."""
        for name in self.known:
            if name not in starts:
                self.fail(None, f"{self.thing} {name} has no rows; every {self.thing} must be in the profile; add them")
        if S_PER_DAY % slot_s:
            self.fail(None, f"slot_s is {slot_s}; a day must be a whole number of slots; take for example 1800")
        first, *others = starts
        for name in others:
            for ours, theirs, word in ((0, 0, "begins"), (-1, -1, "ends")):
                line, instant = starts[name][ours]
                if instant != starts[first][theirs][1]:
                    then = starts[first][theirs][1].isoformat()
                    fact = f"{self.thing} {name} {word} with the slot from {instant.isoformat()}"
                    self.fail(
                        line, f"{fact}, {first} with that from {then}; all must have the same slots; mend the rows"
                    )


def _as_text(value: object) -> str:
    """A cell of a Parquet file as a CSV would have it."""
    if isinstance(value, datetime):
        return value.isoformat() if value.microsecond == 0 else str(value)
    return "" if value is None else str(value)


def with_others(profile: Profile, other: Profile, prefix: str, file: str) -> Profile:
    """A profile with the things of another one, whose names get a prefix.

    Raises:
        InputError: the other one has other slots.
    """
    if (other.begin, other.slot_s, other.slots) != (profile.begin, profile.slot_s, profile.slots):
        raise InputError(
            f"the profile has {other.slots} slots of {other.slot_s} s from {other.begin.isoformat()}; the areas' has"
            f" {profile.slots} of {profile.slot_s} s from {profile.begin.isoformat()}; they must be the same; mend it",
            file=file,
        )
    values = {f"{prefix}{name}": quantities for name, quantities in other.values.items()}
    return Profile(begin=profile.begin, slot_s=profile.slot_s, values={**profile.values, **values})
