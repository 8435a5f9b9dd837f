# SPDX-License-Identifier: BSD-3-Clause
"""Size classes: every boundary, and a broken table."""

from __future__ import annotations

from pathlib import Path

import pytest

from apnemu.errors import InputError
from apnemu.topology.size_classes import read_size_classes

SHIPPED = read_size_classes()


@pytest.mark.parametrize(
    ("power_mw", "name"),
    [
        *[(0, "micro"), (3, "micro"), (9.999, "micro"), (10, "small"), (99.999, "small"), (100, "medium")],
        *[(299.999, "medium"), (300, "large"), (500, "large"), (999.999, "large"), (1000, "hyperscale")],
        (5000, "hyperscale"),
    ],
)
def test_boundaries(power_mw: float, name: str) -> None:
    assert SHIPPED.of(power_mw) == name


def test_below_zero() -> None:
    with pytest.raises(ValueError, match="power_mw is -1"):
        SHIPPED.of(-1)


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        ("[{name: a, from_mw: 1}]", "from_mw of the first class is 1; it must be 0; write 0"),
        ("[{name: a, from_mw: 0}, {name: b, from_mw: 0}]", "from_mw of b is 0; it must be above the 0 of a"),
        ("[{name: a, from_mw: 0}, {name: a, from_mw: 1}]", "class a comes twice"),
        ("[]", "classes has 0 sizes; it must be a list of 1 to 100 sizes"),
    ],
)
def test_a_broken_table(tmp_path: Path, classes: str, said: str) -> None:
    file = tmp_path / "classes.yaml"
    file.write_text(f"apnemu-size-classes: 1\nclasses: {classes}\n")
    with pytest.raises(InputError) as refused:
        read_size_classes(file)
    assert str(refused.value).startswith(f"{file}:2: ") and said in str(refused.value)
