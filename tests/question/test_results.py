# SPDX-License-Identifier: BSD-3-Clause
"""Results of somebody's own experiment become what JSON knows, or are refused by the name of their column."""

from __future__ import annotations

import datetime
import json
from typing import Any

import numpy as np
import pytest

from apnemu.errors import InputError
from apnemu.question.results import plain_rows


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.int64(3), 3),
        (np.float64(2.5), 2.5),
        (np.bool_(True), True),
        (np.arange(3), [0, 1, 2]),
        ((1, (2, None)), [1, [2, None]]),
        ({"a": np.int64(1)}, {"a": 1}),
        (float("nan"), None),
        (float("-inf"), None),
        ([1.0, float("inf")], [1.0, None]),
        (10**400, 10**400),
        ("a\ud800", "a\\ud800"),
    ],
)
def test_a_value_becomes_what_json_knows(value: Any, plain: Any) -> None:
    (row,) = plain_rows("own", [{"x": value}])
    assert row == {"x": plain}
    assert type(row["x"]) is type(plain)
    json.dumps(row, allow_nan=False).encode()


def test_any_series_of_rows_will_do() -> None:
    assert plain_rows("own", ({"x": number} for number in range(2))) == [{"x": 0}, {"x": 1}]
    assert plain_rows("own", ()) == []


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (None, r"own made nothing \(None\) of its records"),
        ({"x": 1}, "own made a value of type dict of its records; results are a list of dictionaries"),
        ([1], "result 1 of own is a value of type int; it must be a dictionary"),
        ([{1: 2}], "own has a column 1; a column's name is a text"),
        ([{"x": {1, 2}}], "own has a value of type set in column 'x'"),
        ([{"x": [b"a"]}], "own has a value of type bytes in column 'x'"),
        ([{"x": datetime.date(2030, 1, 1)}], "own has a value of type date in column 'x'"),
        ([{"a": 1}, {"time": 1}], "own has a column 'time'"),
    ],
)
def test_what_is_no_result_is_refused(made: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        plain_rows("own", made)
