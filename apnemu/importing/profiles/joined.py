# SPDX-License-Identifier: BSD-3-Clause
"""Profiles of ours put together: figures of one beside those of another, such as demand beside prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import InputError
from apnemu.importing.profiles.figures import figure_at
from apnemu.importing.profiles.gathered import Gathered, Origin, Table
from apnemu.importing.profiles.sheet import Line, Sheet, read_sheet

THINGS: tuple[Literal["area", "tie"], ...] = ("area", "tie")


def join_profiles(files: Sequence[Path], only: Sequence[str] = ()) -> Table:
    """The figures of several profiles as one; of `only` some areas or ties, where some are named.

    Raises InputError for what is no profile, for other slots, for figures that some areas lack, and where two files
    have another figure of the same kind.
    """
    sheets = [_sheet(file) for file in files]
    thing = _thing(sheets[0])
    gathered = Gathered(thing=thing)
    for sheet in sheets:
        if _thing(sheet) != thing:
            sheet.fail(
                sheet.lines[0].number, f"is a profile of {_thing(sheet)}s, the first file of {thing}s; join like ones"
            )
        for line, row in _rows(sheet):
            if not only or row[thing] in only:
                _add(gathered, sheet, line, row, thing)
    lacking = [name for name in only if name not in gathered.figures]
    if lacking:
        raise InputError(f"no file has {lacking[0]}; name others, or give a file with it", file="--only")
    return gathered.table()


def _sheet(file: Path) -> Sheet:
    """The cells of a profile without lines that begin with #; of a Parquet file the head is line 1, then come rows."""
    if file.suffix != ".parquet":
        sheet = read_sheet(file)
        return Sheet(path=file, lines=tuple(line for line in sheet.lines if not line.cells[0].startswith("#")))
    try:
        table = pq.ParquetFile(file).read()  # read_table imports pandas
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(f"cannot be read: {str(error)[:200]}; give a profile", file=str(file)) from error
    rows = [tuple("" if value is None else str(value) for value in row.values()) for row in table.to_pylist()]
    cells = [tuple(table.column_names), *rows]
    return Sheet(path=file, lines=tuple(Line(number=number, cells=row) for number, row in enumerate(cells, 1)))


def _thing(sheet: Sheet) -> Literal["area", "tie"]:
    head = sheet.lines[0].cells if sheet.lines else ()
    for thing in THINGS:
        if {thing, "from", "slot_s"} <= {*head}:
            return thing
    sheet.fail(1, "is no profile; it must have the columns area (or tie), from and slot_s; import it first")


def _rows(sheet: Sheet) -> Iterator[tuple[Line, Mapping[str, str]]]:
    head = sheet.lines[0]
    for line in sheet.after(head):
        yield line, dict(zip(head.cells, line.cells, strict=True))


def _add(gathered: Gathered, sheet: Sheet, line: Line, row: Mapping[str, str], thing: str) -> None:
    try:
        begin = datetime.fromisoformat(row["from"])
    except ValueError:
        begin = datetime.min
    if begin.tzinfo is None:
        limit = "it must be an instant with its offset, as 2025-04-13T09:00:00+09:00"
        sheet.fail(line.number, f"from is '{row['from'][:40]}'; {limit}; import it again")
    if not row["slot_s"].isdecimal() or int(row["slot_s"]) == 0:
        sheet.fail(line.number, f"slot_s is '{row['slot_s'][:40]}'; it must be whole seconds; import it again")
    values = {}
    for name, text in row.items():
        if name not in (thing, "from", "slot_s"):
            value = figure_at(sheet, line.number, name, text)
            if value is None:
                sheet.fail(line.number, f"{name} is blank; every figure must be there; import it again")
            values[name] = value
    gathered.add(row[thing], begin, int(row["slot_s"]), values, Origin(file=sheet.file, line=line.number))
