# SPDX-License-Identifier: BSD-3-Clause
"""A profile as a file: CSV or Parquet by its name, rows by thing and slot, read back by the reader of profiles."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import InputError
from apnemu.importing.profiles.gathered import Table

DECIMALS = 6
"""Decimals of a figure: watts of MW, and a millionth of a yen."""


def write_table(table: Table, out: Path) -> None:
    """Write a profile as a whole, or not at all. Raises InputError for a name that is taken or of no known form."""
    if out.suffix not in (".csv", ".parquet"):
        raise InputError(
            f"'{out.name}' ends in neither .csv nor .parquet; name it for example profile.csv", file="--out"
        )
    if out.exists():
        raise InputError("it exists already; give another name, or move it away", file=str(out))
    if not out.parent.is_dir():
        raise InputError(f"there is no folder {out.parent}; make it first", file=str(out))
    draft = out.with_name(f".{out.name}.{os.getpid()}.draft")
    try:
        if out.suffix == ".csv":
            draft.write_text(csv_text(table), encoding="utf-8", newline="\n")
        else:
            pq.write_table(_arrow(table), draft, compression="zstd", version="2.6")
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)


def csv_text(table: Table) -> str:
    """The profile as the text of a CSV file: the same profile gives the same bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = _columns(table)
    writer.writerow(columns)
    writer.writerows(zip(*(map(_cell, column) for column in columns.values()), strict=True))
    return text.getvalue()


def _columns(table: Table) -> dict[str, Sequence[object]]:
    starts = [(table.begin + timedelta(seconds=table.slot_s * slot)).isoformat() for slot in range(table.slots)]
    things = list(table.values)
    columns: dict[str, Sequence[object]] = {
        table.thing: [thing for thing in things for _ in starts],
        "from": starts * len(things),
        "slot_s": [table.slot_s] * len(starts) * len(things),
    }
    for name in table.quantities:
        columns[name] = [round(value, DECIMALS) for thing in things for value in table.values[thing][name]]
    return columns


def _cell(value: object) -> str:
    """
    >>> _cell(0.5), _cell(1800.0), _cell("a")
    ('0.5', '1800', 'a')
    """
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _arrow(table: Table) -> pa.Table:
    kinds = {table.thing: pa.string(), "from": pa.string(), "slot_s": pa.int64()}
    return pa.table({name: pa.array(of, kinds.get(name, pa.float64())) for name, of in _columns(table).items()})
