# SPDX-License-Identifier: BSD-3-Clause
"""Records of one run, all networks, as one Arrow table and one Parquet file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types

from apnemu import shared_folder
from apnemu.errors import InputError, LabError
from apnemu.records.record import FIELDS, Record

SCHEMA = pa.schema(
    [pa.field(name, pa.string(), nullable=False) for name in ("network", "kind", "phase", "name", "source", "target")]
    + [pa.field(name, pa.int64(), nullable=False) for name in ("seq", "at_ns")]
    + [
        pa.field(name, pa.int64())
        for name in ("rtt_ns", "one_way_ns", "duration_ns", "bytes", "retransmits", "drops", "sent")
    ]
    + [pa.field("load", pa.float64()), pa.field("detail", pa.string())]
)
"""Columns of `records.parquet`: the fields of `Record`; rows stand in the order in which the guests wrote them."""

ROWS_PER_GROUP = 1 << 20
MOST_BYTES, MOST_LINE_BYTES = 4 * 1024**3, 1 << 20
"""Most bytes of one `records.jsonl`, and of a line in it: the guest wrote them, and may have written anything."""


def read_jsonl(paths: Iterable[Path]) -> pa.Table:
    """Read the records of one or more `records.jsonl`, file after file, line after line.

    Raises:
        LabError: a line is not a record, or the last line has no end; the message names file and line. The guest was
            stopped while it wrote, and what is missing is unknown. Or a file is none, or beyond `MOST_BYTES`.
    """
    return to_table(record for path in paths for record in _records(path))


def to_table(records: Iterable[Record]) -> pa.Table:
    """Make an Arrow table of records, in their order."""
    columns: dict[str, list[object]] = {name: [] for name in FIELDS}
    appends = [(name, columns[name].append) for name in FIELDS]
    for record in records:
        for name, append in appends:
            append(getattr(record, name))
    return pa.table([pa.array(columns[field.name], field.type) for field in SCHEMA], schema=SCHEMA)


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write `records.parquet`: the same table gives the same bytes, however it was chunked.

    Raises:
        ValueError: the table has other columns than records have.
    """
    if not table.schema.equals(SCHEMA):
        raise ValueError(f"not a table of records: {table.schema.names}")
    with path.open("wb") as file:  # by its name pyarrow opens no file whose name is not UTF-8
        pq.write_table(
            table.combine_chunks(),
            file,
            row_group_size=ROWS_PER_GROUP,
            compression="zstd",
            compression_level=3,
            version="2.6",
            data_page_version="1.0",
        )


def native(file: BinaryIO) -> pa.NativeFile:
    """Give an open file as one that pyarrow's threads read without Python: one of Python's could abort it at its end.

    By its name pyarrow opens no file whose name is not UTF-8.
    """
    return pa.OSFile(f"/proc/self/fd/{file.fileno()}", "rb")


def read_parquet(path: Path) -> pa.Table:
    """Read the records of a run.

    Raises:
        InputError: the file is not one that apnemu wrote; a person named it.
    """
    try:
        with path.open("rb") as file:
            table = pq.ParquetFile(native(file)).read()
    except (OSError, pa.ArrowInvalid) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"cannot be read as records ({reason}); name a run directory", file=str(path)) from error
    if not table.schema.equals(SCHEMA):
        raise InputError(
            f"has columns {', '.join(table.schema.names)}; records have {', '.join(SCHEMA.names)}; run again with this"
            " apnemu",
            file=str(path),
        )
    return table


def _records(path: Path) -> Iterator[Record]:
    try:
        file = shared_folder.opened(path.parent, path.name, most_bytes=MOST_BYTES)
    except FileNotFoundError:
        raise LabError(f"there is no {path}; the guest wrote no records: see console.log") from None
    with file:
        for number, raw in enumerate(_lines(file), start=1):
            place = f"{path}:{number}"
            if len(raw) > MOST_LINE_BYTES:
                raise LabError(f"{place}: longer than {MOST_LINE_BYTES} bytes, which no record is; see console.log")
            if not raw.endswith(b"\n"):
                raise LabError(
                    f"{place}: the last record is cut off after {len(raw)} bytes; the guest was stopped while writing;"
                    " see console.log and run again"
                )
            try:
                yield Record.from_line(raw.decode())
            except (ValueError, RecursionError) as error:
                raise LabError(f"{place}: not a record: {error}; see console.log and run again") from None


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines of a file; of one that is longer than a record the beginning, which is more than `MOST_LINE_BYTES`."""
    while line := file.readline(MOST_LINE_BYTES + 1):
        yield line
