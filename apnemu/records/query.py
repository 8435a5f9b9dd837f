# SPDX-License-Identifier: BSD-3-Clause
"""Questions to a table of records: groups by columns, known values, percentiles that are values seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # it ships no types


def nearest_rank(values: Sequence[int], percent: int) -> int | None:
    """The smallest value that at least `percent` of the values do not exceed; None of none. Sorts: O(n log n).

    >>> nearest_rank([15, 20, 35, 40, 50], 30), nearest_rank([15, 20, 35, 40, 50], 50), nearest_rank([], 99)
    (20, 35, None)
    """
    if not values:
        return None
    return sorted(values)[max(-(-percent * len(values) // 100), 1) - 1]


def groups(table: pa.Table, kind: str, *keys: str) -> Iterator[tuple[tuple[Any, ...], list[dict[str, Any]]]]:
    """Records of one kind, by the values of `keys`; groups by first appearance, records in their order."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for record in table.filter(pc.equal(table["kind"], kind)).to_pylist():
        groups.setdefault(tuple(record[key] for key in keys), []).append(record)
    yield from groups.items()


def known(records: Sequence[Mapping[str, Any]], key: str) -> list[int]:
    """The values of a column where records have one."""
    return [record[key] for record in records if record[key] is not None]
