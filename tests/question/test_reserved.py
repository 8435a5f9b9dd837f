# SPDX-License-Identifier: BSD-3-Clause
"""Columns that are apnemu's own are refused by name before anything is played."""

from __future__ import annotations

from pathlib import Path

import pytest

from apnemu.errors import InputError
from apnemu.question.discovery import load_experiment
from apnemu.question.reserved import refuse_rows
from apnemu.report.columns import plain
from apnemu.report.curves import Curve
from apnemu.report.shown import Shown

OWN = """
from __future__ import annotations

from dataclasses import dataclass

from apnemu import Curve, Experiment, Shown


@dataclass(frozen=True)
class Thing:
    length: int = 1


def row(index):
    made = dict(COLUMN=index)
    return made


def rows(table, contexts):
    return [row(index) for index in range(3)]


EXPERIMENT = Experiment(name="own", question="?", topology="three-sites", rows=rows)
"""


@pytest.mark.parametrize("column", ["leaves", "setup_ns", "reachable", "rtt_ns_p50", "time_ns", "seeds"])
def test_any_other_name_is_free(tmp_path: Path, column: str) -> None:
    file = tmp_path / "own.py"
    file.write_text(OWN.replace("COLUMN", column))
    assert load_experiment(str(file)).name == "own"


@pytest.mark.parametrize("column", ["time", "seed", "point", "set_load"])
@pytest.mark.parametrize(
    "form", ["dict(COLUMN=index)", '{"COLUMN": index}', '{}; made["COLUMN"] = index', "{}; made.update(COLUMN=index)"]
)
def test_a_reserved_name_that_is_written_is_refused_when_the_file_is_loaded(
    tmp_path: Path, column: str, form: str
) -> None:
    file = tmp_path / "own.py"
    file.write_text(OWN.replace("dict(COLUMN=index)", form).replace("COLUMN", column))
    with pytest.raises(InputError, match=f"own has a column '{column}'"):
        load_experiment(str(file))


def test_a_function_with_arguments_filled_in_is_looked_into(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    text = OWN.replace("COLUMN", "time").replace(
        "import annotations", "import annotations\nfrom functools import partial"
    )
    file.write_text(text.replace("rows=rows", "rows=partial(rows)"))
    with pytest.raises(InputError, match="own has a column 'time'"):
        load_experiment(str(file))


def test_a_reserved_name_that_is_declared_is_refused() -> None:
    curve = Curve(title="t", caption="c", x="time", y="ns", axes=("x", "y"))
    for shown in (Shown(figures=(curve,)), Shown(columns=(plain("seed"),)), Shown(phases="point")):
        assert {"time", "seed", "point"} & {*shown.names()}


def test_a_reserved_name_that_only_the_rows_show_is_refused() -> None:
    refuse_rows("own", [{"a": 1}])
    with pytest.raises(InputError, match="own has a column 'time'"):
        refuse_rows("own", [{"a": 1}, {"time": 2}])
