# SPDX-License-Identifier: BSD-3-Clause
"""Records from lines to Parquet and back: exact, in order, and the same bytes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apnemu.errors import InputError, LabError
from apnemu.records import documentation
from apnemu.records.record import FIELDS, KINDS, Record
from apnemu.records.table import SCHEMA, read_jsonl, read_parquet, to_table, write_parquet


def probes(network: str, number: int = 500) -> list[Record]:
    rng = np.random.default_rng([7, *network.encode()])
    return [
        Record(
            network=network,
            kind="probe",
            phase="idle",
            source="東京",
            target="osaka",
            seq=seq,
            at_ns=seq * 1_000_000,
            rtt_ns=None if rng.random() < 0.02 else int(rng.integers(5_000_000, 5_400_000)),
            load=0.7,
        )
        for seq in range(number)
    ]


def write_lines(path: Path, records: list[Record]) -> Path:
    path.write_text("".join(record.to_line() + "\n" for record in records), encoding="utf-8")
    return path


def test_what_the_guest_wrote_is_read_back_in_order(tmp_path: Path) -> None:
    apn, packet = probes("apn"), probes("packet")
    files = [write_lines(tmp_path / "a.jsonl", apn), write_lines(tmp_path / "b.jsonl", packet)]
    table = read_jsonl(files)
    write_parquet(table, tmp_path / "records.parquet")
    again = read_parquet(tmp_path / "records.parquet")
    assert again.equals(table)
    assert again.schema.equals(SCHEMA)
    assert [Record(**row) for row in again.to_pylist()] == apn + packet


def test_the_same_records_give_the_same_bytes_however_chunked(tmp_path: Path) -> None:
    table = to_table(probes("apn"))
    pieces = pa.concat_tables([table.slice(0, 13), table.slice(13)])
    for name, one in (("a", table), ("b", pieces)):
        write_parquet(one, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_no_records_are_a_table_too(tmp_path: Path) -> None:
    empty = write_lines(tmp_path / "records.jsonl", [])
    write_parquet(read_jsonl([empty]), tmp_path / "records.parquet")
    assert read_parquet(tmp_path / "records.parquet").num_rows == 0


def test_the_schema_has_the_fields_of_a_record() -> None:
    assert sorted(SCHEMA.names) == sorted(FIELDS)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"network":"apn","kind":"probe","at_', "cut off after 36 bytes"),
        ('{"network":"apn","kind":"probe"\n', "not a whole JSON object"),
        ('{"network":"apn","kind":"probe"}\n', "field at_ns is missing"),
        ('{"network":"apn","kind":"ping","at_ns":1}\n', "kind is 'ping'; it must be one of probe, flow"),
        ('{"network":"apn","kind":"probe","at_ns":1.5}\n', "at_ns is 1.5; it must be a whole number"),
        ('{"network":"apn","kind":"probe","at_ns":true}\n', "at_ns is True"),
        ('{"network":"apn","kind":"probe","at_ns":null}\n', "at_ns is None"),
        ('{"network":"apn","kind":"probe","at_ns":9223372036854775808}\n', "64 bits"),
        ('{"network":"apn","kind":"probe","at_ns":1,"load":NaN}\n', "load is nan"),
        ('{"network":"apn","kind":"probe","at_ns":1,"rtt_ms":5}\n', "unknown field rtt_ms"),
        ('{"network":7,"kind":"probe","at_ns":1}\n', "network is 7; it must be text"),
        ("[]\n", "not a JSON object"),
        ("\n", "not a whole JSON object"),
        ("\x00\x00\n", "not a whole JSON object"),
    ],
)
def test_a_malformed_line_names_file_and_line(tmp_path: Path, line: str, says: str) -> None:
    path = write_lines(tmp_path / "records.jsonl", probes("apn", 2))
    with path.open("a", encoding="utf-8") as lines:
        lines.write(line)
    with pytest.raises(LabError) as caught:
        read_jsonl([path])
    assert str(caught.value).startswith(f"{path}:3: ")
    assert says in str(caught.value)


def test_bytes_that_are_not_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_bytes(b"\xff\xfe\n")
    with pytest.raises(LabError, match=r"records\.jsonl:1: not a record"):
        read_jsonl([path])


def test_somebody_elses_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.parquet"
    pq.write_table(pa.table({"x": [1]}), path)
    with pytest.raises(InputError, match="has columns x; records have network"):
        read_parquet(path)
    path.write_text("not parquet")
    with pytest.raises(InputError, match="cannot be read as records"):
        read_parquet(path)
    with pytest.raises(InputError, match="name a run directory"):
        read_parquet(tmp_path / "nothing.parquet")


def test_a_detail_that_is_an_object_is_kept_as_json() -> None:
    record = Record.from_line('{"network":"apn","kind":"interval","at_ns":1,"load":null,"detail":{"flows":8}}')
    assert record.detail == '{"flows":8}'
    assert Record.from_line(record.to_line()) == record


def test_every_column_and_kind_is_documented() -> None:
    """`docs/records.md` is what the code makes; to renew it, write out `apnemu.records.documentation.text()`."""
    assert (Path(__file__).parents[2] / "docs" / "records.md").read_text("utf-8") == documentation.text()
    assert list(documentation.COLUMNS) == SCHEMA.names
    assert list(documentation.ROWS) == list(KINDS)
    for _, columns in documentation.ROWS.values():
        told = re.findall(r"`([\w ]+)`", columns)[0].split()
        assert set(told) <= set(SCHEMA.names)
