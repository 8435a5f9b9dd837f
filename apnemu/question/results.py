# SPDX-License-Identifier: BSD-3-Clause
"""Results as plain values: what a function of an experiment returned becomes rows that every JSON reader can read.

A number that is none (NaN) and an infinite one become None, "not measured", since JSON has neither.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from apnemu.errors import InputError
from apnemu.question.context import Row
from apnemu.question.reserved import refuse_rows

VALUES = "a value is a number, a text, a truth, None, or a list or mapping of such"


def plain_rows(experiment: str, made: Any) -> list[Row]:
    """Rows of plain values. Raises InputError, naming the column, for what is none, and for a reserved name."""
    if not isinstance(made, Iterable) or isinstance(made, str | Mapping):
        raise InputError(f"{experiment} made {_kind(made)} of its records; results are a list of dictionaries")
    rows = []
    for number, row in enumerate(made, 1):
        if not isinstance(row, Mapping):
            raise InputError(f"result {number} of {experiment} is {_kind(row)}; it must be a dictionary, column: value")
        rows.append(
            {_column(experiment, name): plain_value(experiment, str(name), value) for name, value in row.items()}
        )
    refuse_rows(experiment, rows)
    return rows


def _column(experiment: str, name: Any) -> str:
    if not isinstance(name, str):
        raise InputError(f"{experiment} has a column {name!r}; a column's name is a text, for example '{name}'")
    return _text(name)


def plain_value(experiment: str, column: str, value: Any) -> Any:
    """The value as JSON knows it. Raises InputError, naming the column, for one that JSON does not know."""
    if hasattr(value, "tolist"):  # arrays and scalars of numpy, columns of pandas
        value = value.tolist()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [plain_value(experiment, column, part) for part in value]
    if isinstance(value, Mapping):
        return {_column(experiment, name): plain_value(experiment, column, part) for name, part in value.items()}
    raise InputError(f"{experiment} has {_kind(value)} in column '{column}'; {VALUES}; for example str({column})")


def _text(text: str) -> str:
    """The text as UTF-8 can hold it.

    >>> _text("a" + chr(0xD800))
    'a\\\\ud800'
    """
    return text.encode("utf-8", "backslashreplace").decode()


def _kind(value: Any) -> str:
    """
    >>> _kind(3), _kind(None)
    ('a value of type int', 'nothing (None)')
    """
    return "nothing (None)" if value is None else f"a value of type {type(value).__name__}"
