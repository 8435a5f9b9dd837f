# SPDX-License-Identifier: BSD-3-Clause
"""Tables at any width: every name is there whole, figures are whole or left out by name."""

from __future__ import annotations

import random
import string
from io import StringIO

import pytest
from rich.console import Console

from apnemu.report.tables import left, right, titled


def drawn(table: object, width: int) -> list[str]:
    console = Console(file=StringIO(), width=width, color_system=None)
    console.print(table)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("seed", range(40))
def test_names_are_whole_and_figures_are_whole_or_named_as_left_out(seed: int) -> None:
    draw = random.Random(seed)
    width = draw.choice((50, 60, 80, 100, 132))
    texts, figures = draw.randint(1, 3), draw.randint(2, 9)
    prefix = "x" * draw.randint(0, 25)
    names = [
        [prefix + "".join(draw.choices(string.ascii_lowercase, k=draw.randint(1, 12))) for _ in range(texts)]
        for _ in range(draw.randint(1, 6))
    ]
    values = [[f"{draw.uniform(0, 10 ** draw.randint(0, 6)):,.2f}" for _ in range(figures)] for _ in names]
    headings = [f"figure{index}" for index in range(figures)]
    table = titled("T", *left(*(f"name{index}" for index in range(texts))), *right(*headings))
    for name, value in zip(names, values, strict=True):
        table.add_row(*name, *value)

    lines = drawn(table, width)
    assert all(len(line) <= width for line in lines)
    rule = next(index for index, line in enumerate(lines) if set(line.strip()) == {"─"})
    rows, caption = lines[rule + 1 :], ""
    if "no room for" in "\n".join(rows):
        start = next(index for index, line in enumerate(rows) if "no room for" in line)
        rows, caption = rows[:start], " ".join(line.strip() for line in rows[start:])
    left_out = [index for index, heading in enumerate(headings) if heading in caption]
    assert left_out == list(range(figures - len(left_out), figures)), "the last are left out first"
    assert len(left_out) < figures
    shown_text = "".join(rows).replace(" ", "")
    for value in values:
        for index, figure in enumerate(value):
            assert (figure in "\n".join(rows)) or index in left_out
    letters = sorted(character for character in shown_text if character in string.ascii_lowercase)
    assert letters == sorted("".join("".join(name) for name in names)), "every character of every name, once"
    assert "…" not in shown_text
