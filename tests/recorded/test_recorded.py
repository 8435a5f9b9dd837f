# SPDX-License-Identifier: BSD-3-Clause
"""Every experiment from recorded rows to its page, without a lab: results, verdict, sentence, figures, page.

What was recorded and when to record again: `tests.recorded` and `tests.recorded.record`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import markupsafe
import pytest
from rich.console import Console

from apnemu.question.discovery import known_experiments
from apnemu.question.verdict import named
from apnemu.report.columns import all_columns
from apnemu.report.curves import Curve
from apnemu.report.page import render
from apnemu.report.tables import results_table
from apnemu.running.asked import Asked, answer, contexts, resolve
from apnemu.running.guests import blueprint_of
from tests.recorded.case import Case, Row, case_of, finished, names

NAMES = names()
PLAYED = [name for name in NAMES if case_of(name).request.experiment.computed is None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What an experiment makes of its records today."""

    case: Case
    asked: Asked
    rows: list[Row]
    said: Mapping[str, Any]


Make = Callable[[str], Made]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Each experiment's results, made once; GNPy's figures are computed here and not taken from the user's cache."""

    @cache
    def make(name: str) -> Made:
        case = case_of(name)
        asked = resolve(case.request)
        rows = case.rows(asked)
        return Made(case=case, asked=asked, rows=rows, said=answer(asked, rows))

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield make


def page_of(of: Made, rows: Sequence[Row]) -> str:
    """The page of these results, judged anew."""
    return render(finished(of.asked, rows, answer(of.asked, rows)).parts(), of.asked.picture)


def escaped(text: str) -> str:
    """A text as the page has it."""
    return str(markupsafe.escape(text))


def plain(document: Any) -> Any:
    """A document as it stands in a file."""
    return json.loads(json.dumps(document))


def test_a_run_of_every_experiment_is_recorded() -> None:
    assert known_experiments() == sorted({case_of(name).request.experiment.name for name in NAMES})


@pytest.mark.parametrize("name", NAMES)
def test_results(name: str, made: Make) -> None:
    of = made(name)
    golden, rows = of.case.read("rows"), plain(of.rows)
    if not of.case.near:
        assert rows == golden
    assert [list(row) for row in rows] == [list(row) for row in golden]
    for row, known in zip(rows, golden, strict=True):
        for column, value in known.items():
            within = of.case.near * abs(value) if isinstance(value, float) else 0
            assert row[column] == value or abs(row[column] - value) <= within, (row, column)


@pytest.mark.parametrize("name", NAMES)
def test_verdict_and_answer(name: str, made: Make) -> None:
    of, golden = made(name), made(name).case.read("answer")
    del golden["spoiled"]
    assert plain(of.said) == golden
    assert golden["expectation"]["met"] is True


@pytest.mark.parametrize("name", NAMES)
def test_a_spoiled_figure_is_named(name: str, made: Make) -> None:
    of = made(name)
    verdict = answer(of.asked, of.case.spoiled.among(of.rows))["expectation"]
    assert plain(verdict) == of.case.read("answer")["spoiled"]
    key = of.asked.experiment.key
    row = next(row for row, other in zip(of.rows, of.case.spoiled.among(of.rows), strict=True) if row != other)
    assert verdict["met"] is False
    assert {column: row[column] for column in key} in verdict["failed"]
    assert f"the worst ({named(row, key)}): " in verdict["why"]
    measured, expected = verdict["why"].split("): ", 1)[1].split(", expected ")
    assert expected and not measured.endswith(f" {expected.partition(' within ')[0]}"), "both read alike"


@pytest.mark.parametrize("name", NAMES)
def test_page(name: str, made: Make) -> None:
    """Sentence, verdict, every declared figure, every result; twice the same bytes."""
    of = made(name)
    page = page_of(of, of.rows)
    assert page == page_of(of, of.rows)
    assert escaped(of.said["answer"]) in page
    assert "Expected before the run, and met: " in page
    drawn = [figure for _, group in of.asked.experiment.shown.groups(of.rows, of.asked.picture) for figure in group]
    assert all(str(figure) in page for figure in drawn)
    for figure in of.asked.experiment.shown.figures:
        assert figure.draw(of.rows) if isinstance(figure, Curve) else figure(of.rows, of.asked.picture), figure
    assert page.count("<tr") >= len(of.rows)


@pytest.mark.parametrize("name", NAMES)
def test_a_terminal_of_eighty_columns_shows_whole_cells(name: str, made: Make) -> None:
    of = made(name)
    terminal = Console(file=StringIO(), width=80, color_system=None)
    terminal.print(results_table(of.rows, of.asked.experiment.shown))
    assert isinstance(terminal.file, StringIO)
    text = terminal.file.getvalue()
    assert "…" not in text.replace(" … ", ""), "a range has the sign between two spaces"
    assert "the same in every row: \n" not in text
    assert "no room for" not in text, "its columns are not designed for eighty"
    shown = " ".join(text.split())
    for column in of.asked.experiment.shown.brief:  # a heading may go on in the next line, but no word of it is cut
        assert all(word in shown for word in column.heading.split()), column.heading


@pytest.mark.parametrize("name", NAMES)
def test_nothing_measured(name: str, made: Make) -> None:
    of = made(name)
    said = answer(of.asked, [])
    assert said["answer"] == "Nothing was measured."
    assert (said["expectation"]["met"], said["expectation"]["judged"]) == (None, 0)
    assert "Expected before the run, not judged" in page_of(of, [])


@pytest.mark.parametrize("name", NAMES)
def test_a_result_alone(name: str, made: Make) -> None:
    """Each is judged, put into words, drawn and listed; the first has a page."""
    of = made(name)
    for row in of.rows:
        show(of, [row])
    assert escaped(answer(of.asked, of.rows[:1])["answer"]) in page_of(of, of.rows[:1])


@pytest.mark.parametrize("name", NAMES)
def test_what_was_not_measured(name: str, made: Make) -> None:
    """A figure without a value in one row, or in all, and all figures at once: a gap, and no crash."""
    of = made(name)
    everything = tuple(column for columns in of.case.measured for column in columns)
    assert everything
    for columns in (*of.case.measured, everything):
        assert {*columns} <= {*of.rows[0]}
        nothing = dict.fromkeys(columns)
        show(of, [of.rows[0] | nothing, *of.rows[1:]])
        show(of, [row | nothing for row in of.rows])
    page = page_of(of, [row | dict.fromkeys(everything) for row in of.rows])
    assert page.count("<tr") >= len(of.rows)


def show(of: Made, rows: Sequence[Row]) -> None:
    """All that a page and a terminal show of results."""
    shown = of.asked.experiment.shown
    answer(of.asked, rows)
    shown.groups(rows, of.asked.picture)
    for column in (*all_columns(rows, shown.columns), *shown.brief):
        for row in rows:
            column.text(row)
    if shown.table:
        shown.table(rows)
    if shown.pairs:
        shown.pairs(rows, of.asked.picture)


@pytest.mark.parametrize("name", PLAYED)
def test_what_is_played(name: str, made: Make, tmp_path: Path) -> None:
    """The same twice: the blueprint of each network, and every file that its guest is handed."""
    of = made(name)
    for turn in ("first", "second"):
        for context in contexts(of.asked, tmp_path / turn, "virtual"):
            blueprint_of(of.case.request, context)
    first, second = (files(tmp_path / turn) for turn in ("first", "second"))
    assert first == second
    assert len([path for path in first if path.endswith("network.json")]) == len(of.case.request.networks)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
