# SPDX-License-Identifier: BSD-3-Clause
"""Classes of service against ways: every row of the results has its cell, in its class's line and its way's column."""

from __future__ import annotations

import re

from apnemu.experiments.service_classes import EXPERIMENT
from apnemu.experiments.service_classes.shown import service_matrix
from apnemu.question.context import Row
from tests.compiled import shipped


def test_each_class_has_a_line_with_what_each_way_takes_or_lacks() -> None:
    assert EXPERIMENT.computed is not None
    rows: list[Row] = EXPERIMENT.computed(shipped("jpn12"), EXPERIMENT.resolve(()).own, 1)
    head, *lines = re.findall("<tr>(.*?)</tr>", service_matrix(rows, {})[0])
    ways = re.findall('<th scope="col">(.*?)</th>', head)[2:]
    assert len(lines) == 8 and len(ways) == 4
    marks = {}
    for line in lines:
        name = re.findall('<th scope="row">(.*?)</th>', line)[0]
        cells = re.findall("<td[^>]*>(.*?)</td>", line)[1:]
        marks |= {(name, way): cell[0] for way, cell in zip(ways, cells, strict=True)}
    assert marks == {(row["class"], row["way"]): "★" if row["best"] else "✓" if row["meets"] else "✗" for row in rows}
    served = sum(mark == "★" for mark in marks.values())
    assert served == 8 and "no way serves" not in EXPERIMENT.shown.answer(rows, {})
