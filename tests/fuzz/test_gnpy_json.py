# SPDX-License-Identifier: BSD-3-Clause
"""A few mutated documents of every kind of GNPy's; `python -m tests.fuzz.gnpy_json` tries thousands."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fuzz.gnpy_json import inputs, tried
from tests.fuzz.mutations import documents, mutated, places


@pytest.mark.slow
def test_mutated_files_are_imported_or_refused_in_a_line(tmp_path: Path) -> None:
    broken = [each for each in tried(1, len(inputs()), tmp_path) if each[1] == "broken"]
    assert broken == []


def test_the_same_seed_gives_the_same_documents() -> None:
    tree = {"a": [1, 2.5, {"b": "c"}], "d": None}
    one, other = (list(documents(tree, 7, 20)) for _ in range(2))
    assert one == other
    assert len(set(one)) > 10
    assert list(documents(tree, 8, 20)) != one
    assert mutated(tree, random.Random(1)) != tree or len(list(places(tree))) == 6
