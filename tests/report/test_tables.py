# SPDX-License-Identifier: BSD-3-Clause
"""Tables for a terminal: narrow enough, telling, and safe with any name."""

from __future__ import annotations

from io import StringIO
from typing import Any

from rich.console import Console
from rich.table import Table
from sample_run import document, documents, picture, shown_of

from apnemu.report.columns import all_columns
from apnemu.report.round_trip_table import round_trip_table
from apnemu.report.shown import Shown
from apnemu.report.tables import results_table


def shown(table: Table, width: int = 100) -> str:
    console = Console(file=StringIO(), width=width, color_system=None)
    console.print(table)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_few_rows_are_all_shown() -> None:
    rows = documents(picture())[0]["results"]
    text = shown(results_table(rows, shown_of("latency")))
    assert text.count("\n") > len(rows)
    assert "Kita–Minami" in text
    assert "report.html" not in text


def test_of_many_rows_the_telling_ones_are_shown() -> None:
    plant = picture(tuple(f"site-{index}" for index in range(12)))
    rows = documents(plant)[0]["results"]
    text = shown(round_trip_table(rows, [("site-3", "site-7")]))
    assert len(rows) == 132
    assert len(text.splitlines()) < 24
    assert "site-3–site-7" in text
    assert "of 132 rows; report.html has all" in text
    assert text.count("worst of 66 pairs") == 2


def test_a_line_is_never_folded_at_a_hundred_columns() -> None:
    for one in documents(picture()):
        assert "…" not in shown(results_table(one["results"], shown_of(one["experiment"]))).replace(" … ", "")


def test_markup_in_a_name_is_text() -> None:
    plant = picture(("[red]x[/red]", "[/]", "c", "d"))
    for one in documents(plant):
        assert (
            "[/]" in shown(results_table(one["results"], shown_of(one["experiment"])), 160)
            or one["experiment"] == "loss"
        )
    odd: list[dict[str, Any]] = [{"[bold]key[/bold]": "[/nonsense]"}]
    assert "[/nonsense]" in shown(results_table(document("x", odd)["results"], Shown()))


def test_nothing_to_show() -> None:
    shown(results_table([], Shown()))
    rows = documents(picture())[0]["results"][:2]
    for row in rows:
        row |= dict.fromkeys([key for key in row if key.startswith(("rtt_", "jitter", "one_way"))])
    assert "–" in shown(round_trip_table(rows))


def test_why_something_was_refused_stands_behind_its_figures() -> None:
    rows = [{"request": "1", "reason": "", "setup_ns": None}, {"request": "2", "reason": "no slot", "setup_ns": 5}]
    assert [(column.heading, column.number) for column in all_columns(rows)] == [
        ("request", False),
        ("setup, ns", True),
        ("reason", False),
    ]


def test_no_caption_where_every_column_changes() -> None:
    rows = [{f"column{index}": value * index for index in range(1, 10)} for value in (1, 2)]
    assert results_table(rows, Shown()).caption is None
    assert "the same in every row: column9 0" in shown(results_table([row | {"column9": 0} for row in rows], Shown()))
