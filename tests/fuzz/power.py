# SPDX-License-Identifier: BSD-3-Clause
"""Mutated power files, and profiles as CSV and Parquet, through the check of the topology that names them."""

from __future__ import annotations

import csv
import io
import random
from functools import cache
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types

from apnemu.question.discovery import shipped_topology
from apnemu.topology.power import SHIPPED_POWER
from apnemu.topology.power_format import POWER
from tests.fuzz.mutations import mutated_text
from tests.fuzz.trial import Case, warmed
from tests.fuzz.yaml_text import document, text_of, tree_of

SYSTEMS = ("two-areas", "three-areas-loop")
ODD = (
    "", " ", "nan", "inf", "-inf", "1e999", "-1", "9" * 5000, "0x10", "1_000", "١٢", "\x00", '"', '"a',
    "a,b", "é", "x" * 200_000, "0", "1e300", "1800.5", "86400", "area-a", "nowhere",
    "2030-02-30T00:00:00+09:00", "2030-04-01", "2030-04-01T00:00:00", "9999-12-31T23:30:00-14:00",
    "0001-01-01T00:00:00+14:00", "2030-04-01T00:00:00+99:99", "2030-04-01T24:00:00Z", "price",
)  # fmt: skip


def case(seed: int, number: int, folder: Path) -> Case:
    """A topology with a power system, of which the power file or a profile is mutated."""
    draw = random.Random(f"power {seed} {number}")
    name = draw.choice(SYSTEMS)
    (folder / "t.yaml").write_text(text_of({**tree_of(shipped_topology(name)), "power": "mine"}))
    (folder / "power").mkdir()
    tree = tree_of(SHIPPED_POWER / f"{name}.yaml")
    profile = f"power/{tree['profile']}"
    rows = rows_of(name)
    if draw.random() < 0.5:
        how, content = document(tree, POWER, draw)
        (folder / "power" / "mine.yaml").write_bytes(content)
        (folder / profile).write_bytes(_csv(rows))
    else:
        how = draw.choice(("csv", "csv", "csv", "parquet"))
        given = f"{tree['profile'].partition('.')[0]}.{how}"
        profile = f"power/{given}"
        (folder / "power" / "mine.yaml").write_text(text_of({**tree, "profile": given}))
        changed = _changed(rows, draw)
        (folder / profile).write_bytes(_parquet(changed, draw) if how == "parquet" else _as_text(changed, draw))
    names = ("t.yaml:", "power/mine.yaml:", f"{profile}:")
    return Case(kind=f"{name} {how}", steps=(("check", "t.yaml", "--json"),), names=names)


@cache
def rows_of(name: str) -> tuple[tuple[str, ...], ...]:
    """Header and rows of the profile that comes with a power system."""
    text = (SHIPPED_POWER / f"{name}-day.csv").read_text()
    return tuple(tuple(row) for row in csv.reader(line for line in text.splitlines() if not line.startswith("#")))


def _changed(rows: tuple[tuple[str, ...], ...], draw: random.Random) -> list[list[str]]:
    """The rows with one to three cells, rows or columns changed."""
    table = [list(row) for row in rows]
    for _ in range(draw.choice((1, 1, 2, 3))):
        at = 0 if draw.random() < 0.15 else draw.randrange(len(table))
        row = table[at]
        match draw.randrange(8):
            case 0:
                row.append(draw.choice(ODD))
            case 1 if row:
                row.pop()
            case 2:
                table.insert(at, list(draw.choice(table)))
            case 3 if len(table) > 1:
                table.pop(at)
            case 4:
                column = draw.randrange(len(rows[0]))
                value = draw.choice(ODD)
                table[1:] = [[*each[:column], value, *each[column + 1 :]] for each in table[1:]]
            case _ if row:
                row[draw.randrange(len(row))] = draw.choice(ODD)
    return table


def _csv(rows: tuple[tuple[str, ...], ...] | list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "surrogatepass")


def _as_text(table: list[list[str]], draw: random.Random) -> bytes:
    data = _csv(table)
    at = draw.randrange(len(data))
    match draw.randrange(6):
        case 0:
            return mutated_text(data.decode("utf-8", "surrogatepass"), draw).encode("utf-8", "surrogatepass")
        case 1:
            return draw.choice(
                (b"", data[:at], data[:at] + draw.randbytes(3) + data[at:], b"\xff\xfe" + data, b"#\n" * 9)
            )
        case _:
            return data


def _parquet(table: list[list[str]], draw: random.Random) -> bytes:
    """The table as Parquet: columns of texts or of what they read as, whole or with bytes changed."""
    header = table[0]
    columns: list[pa.Array] = []
    for index in range(len(header)):
        cells = [row[index] if index < len(row) else None for row in table[1:]]
        try:
            columns.append(
                pa.array([float(cell) for cell in cells if cell is not None]) if draw.random() < 0.5 else None
            )
        except ValueError:
            columns.append(None)
        if columns[-1] is None or len(columns[-1]) != len(cells):
            columns[-1] = pa.array(cells, pa.string())
    stream = io.BytesIO()
    pq.write_table(pa.table(columns, names=header), stream)
    data = stream.getvalue()
    at = draw.randrange(len(data))
    return draw.choice((data, data, data, data[:at], data[:at] + draw.randbytes(4) + data[at + 4 :]))


warmed(("check", "two-areas", "--json"))
