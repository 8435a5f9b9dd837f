# SPDX-License-Identifier: BSD-3-Clause
"""Rows of all points as one table: the points in the grid's order, whoever ran them and when."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types

from apnemu.sweep.points import Point

SETTING = "set_"
"""Prefix of a setting's column: a row may have a column of the setting's name."""


def combined(points: Sequence[Point], found: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of all points, each with its point's settings and seed.

    A failed point has a single row, with its reason. Points that have not been run yet are left out.
    """
    rows: list[dict[str, Any]] = []
    for number, point in enumerate(points):
        if point.key not in found:
            continue
        settings = {
            SETTING + name: value[0] if isinstance(value, tuple) and len(value) == 1 else value
            for name, value in point.settings.items()
        }
        common = {"point": number, **settings, "seed": point.seed}
        result = found[point.key]
        for row in result["rows"] or [{}]:
            rows.append({**common, **row, "reason": result["reason"] or row.get("reason", "")})
    return rows


def write(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write the rows as Parquet, columns in the order of their first row; the same rows give the same bytes."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: _column(name, [row.get(name) for row in rows]) for name in names}
    with path.open("wb") as file:  # by its name pyarrow opens no file whose name is not UTF-8
        pq.write_table(pa.table(columns), file, compression="zstd", compression_level=3, version="2.6")


def _column(name: str, values: list[Any]) -> Any:
    """A column of whole numbers, numbers, truths or texts if all values are such and fit; else of their JSON texts."""
    if name == "seed":
        return pa.array(values, pa.uint64())
    kinds = {type(value) for value in values if value is not None}
    for allowed, kind in (
        ({bool}, pa.bool_()),
        ({int}, pa.int64()),
        ({int, float}, pa.float64()),
        ({str}, pa.string()),
    ):
        if kinds <= allowed and all(abs(value) < 2**63 for value in values if type(value) is int):
            return pa.array(
                [float(value) if kind == pa.float64() and value is not None else value for value in values], kind
            )
    return pa.array([None if value is None else json.dumps(value, sort_keys=True) for value in values], pa.string())
