# SPDX-License-Identifier: BSD-3-Clause
"""Runs beside one another: what was set, what came out, on a terminal of 80 columns, as a page, as JSON; refusals."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from apnemu.comparing import compare
from apnemu.comparing.joined import join
from apnemu.errors import InputError
from apnemu.report.compared_page import compared_page
from apnemu.report.compared_text import compared
from apnemu.report.language import spoken
from tests.comparing.made import asked_of, rows_of, run_directory
from tests.fuzz.run_directory import change as spoil
from tests.fuzz.trial import command
from tests.pages.browser import CHROMIUM, looked_at
from tests.pages.test_japanese import KEPT, Words, _is_name
from tests.recorded.case import names

SLOWER_NS = 640_123


def slower(row: Mapping[str, Any]) -> dict[str, Any]:
    """The packet network's round trips, longer by a little."""
    by = SLOWER_NS if row["network"] == "packet" else 0
    return {name: value + by for name, value in row.items() if name.startswith("rtt_ns")}


@pytest.fixture
def two(tmp_path: Path) -> list[Path]:
    first = run_directory(tmp_path / "before", "latency")
    settings, versions = {"load": ["idle"], "probes": 7}, {"apnemu": "0.1.0"}
    return [
        first,
        run_directory(tmp_path / "after", "latency", change=slower, settings=settings, seed=2, versions=versions),
    ]


def terminal(document: Mapping[str, Any], width: int = 80) -> str:
    console = Console(file=StringIO(), width=width, color_system=None)
    for part in compared(document, width):
        console.print(part)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_what_was_set_and_what_came_out(two: list[Path]) -> None:
    document = compare(two)
    assert [(one["what"], one["name"], one["values"]) for one in document["set"]] == [
        ("setting", "load", [["idle", "full"], ["idle"]]),
        ("setting", "probes", [5, 7]),
        ("run", "seed", [1, 2]),
        ("version", "apnemu", ["0.2.0", "0.1.0"]),
    ]
    assert document["joined_by"] == ["from", "to", "network", "phase"]
    clocked = [[{**row, "time": kind} for row in rows_of("latency")] for kind in ("virtual", "real")]
    assert join([clocked[0], clocked[0]], document["joined_by"]).by == tuple(document["joined_by"])
    assert join(clocked, document["joined_by"]).told == ("time",)
    assert join([[*clocked[0], *clocked[1]], clocked[0]], document["joined_by"]).by[-1] == "time"
    assert document["rows"] == {"in_all": 8, "in_some": 0, "of_each": [8, 8]}
    figures = {figure["column"]: figure for figure in document["figures"]}
    assert list(figures) == ["rtt_ns_p50", "rtt_ns_min", "rtt_ns_p99", "rtt_ns_max"]
    rows = figures["rtt_ns_p50"]["rows"]
    assert {row["row"]["network"] for row in rows} == {"packet"} and len(rows) == 4
    for row in rows:
        before, after = row["values"]
        assert row["difference"] == [0, SLOWER_NS] == [0, after - before]
        assert row["relative"] == [0, pytest.approx(SLOWER_NS / before)]
    assert "jitter_ns" in document["same"]
    assert [run["expectation"]["met"] for run in document["runs"]] == [True, False]


def test_the_same_run_twice_differs_nowhere(two: list[Path]) -> None:
    document = compare([two[0], two[0]])
    assert (document["set"], document["figures"], document["texts"]) == ([], [], [])
    assert "A, B: all figures are the same in all runs." in terminal(document)
    assert "Nothing was set differently." in terminal(document)
    assert "No figure differs." in compared_page(document)


def test_the_terminal_has_numbers_with_units_and_differences(two: list[Path]) -> None:
    text = terminal(compare(two))
    assert "Round trip median: 4 of 8 results differ, by up to 10.5 %" in text
    assert re.search(r"probes +5 +7", text) and re.search(r"A +before", text)
    block = text.partition("\nround trip median\n")[2]
    assert re.search(r"Tokyo–Osaka, packet network, phase idle\n +A +6\.07 ms +█+.?\n", block)
    assert re.search(r"B +6\.71 ms +\+640 µs +\+10\.5 % █+", block)
    assert "(as expected)" in " ".join(text.split()) and "(not as expected)" in " ".join(text.split())


@pytest.mark.parametrize("name", names())
def test_every_experiment_fits_eighty_columns_and_a_page(name: str, tmp_path: Path) -> None:
    """Each experiment beside itself with every number a tenth greater; every difference is on the page."""

    def greater(row: Mapping[str, Any]) -> dict[str, Any]:
        key = (*asked_of(name).experiment.key, "phase", "network")
        found = {column: value for column, value in row.items() if column not in key}
        return {
            column: value + max(1, value // 10) if isinstance(value, int) else value * 1.1
            for column, value in found.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }

    first, second = (run_directory(tmp_path / place, name) for place in "ab")
    written = json.loads((second / "results.json").read_text())
    written["results"] = [row | greater(row) for row in written["results"]]
    (second / "results.json").write_text(json.dumps(written))
    document = compare([first, second])
    assert document["rows"]["in_all"] == len(rows_of(name))
    assert document["figures"]
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    text = terminal(document)
    assert max(map(len, text.splitlines())) <= 80
    page = compared_page(document)
    assert page == compared_page(document)
    assert page.count("<tr>") > sum(len(figure["rows"]) for figure in document["figures"][:1])
    assert "http" not in page.replace("http-equiv", "")


def test_a_value_that_one_run_lacks_is_a_difference(tmp_path: Path) -> None:
    first = run_directory(tmp_path / "a", "failover")
    second = run_directory(tmp_path / "b", "failover", change=lambda row: {"outage_ns": None, "restored": False})
    document = compare([first, second])
    outage = document["figures"][0]
    assert outage["column"] == "outage_ns"
    assert [row["values"][1] for row in outage["rows"]] == [None] * 3
    restored = next(found for found in document["texts"] if found["column"] == "restored")
    assert [row["values"] for row in restored["rows"]] == [[True, False]] * 3
    assert "never again" in terminal(document)


def test_a_key_with_one_value_in_each_run_tells_the_runs_apart(tmp_path: Path) -> None:
    rows = rows_of("latency")
    own = [[row for row in rows if row["network"] == name] for name in ("apn", "packet")]
    document = compare([run_directory(tmp_path / str(place), "latency", rows=part) for place, part in enumerate(own)])
    assert (document["joined_by"], document["told_by_run"]) == (["from", "to", "phase"], ["network"])
    assert document["rows"]["in_all"] == 4
    assert "network" not in {found["column"] for found in document["texts"]}
    assert document["figures"][0]["rows"][0]["difference"][1] > 500_000


def test_runs_over_different_networks_are_compared_by_medians(tmp_path: Path) -> None:
    others = {"tokyo": "kita", "osaka": "minami"}
    first = run_directory(tmp_path / "a", "latency")
    second = run_directory(
        tmp_path / "b",
        "latency",
        rows=[row | {end: others[row[end]] for end in ("from", "to")} for row in rows_of("latency")],
        topology="elsewhere",
        change=slower,
    )
    document = compare([first, second])
    assert document["medians"] and document["joined_by"] == ["network", "phase"]
    assert ("topology", "topology") in [(one["what"], one["name"]) for one in document["set"]]
    assert "medians are compared" in " ".join(terminal(document).split())


def test_rows_that_no_key_tells_apart_keep_their_order() -> None:
    rows = [{"x": value} for value in (1, 2, 3)]
    joined = join([rows, [{"x": value + 1} for value in (1, 2, 3)]], ())
    assert [[row and row["x"] for row in joined.of(one)] for one in joined.ids] == [[1, 2], [2, 3], [3, 4]]


def test_points_of_a_sweep(tmp_path: Path) -> None:
    sweep = tmp_path / "sweep"
    for key, probes in (("0a", 5), ("1b", 9), ("2c", 12)):
        run_directory(sweep / "runs" / key, "latency", settings={"probes": probes})
    (sweep / "runs" / "3d").mkdir()
    (sweep / "sweep.json").write_text("{}")
    document = compare([sweep])
    assert [run["label"] for run in document["runs"]] == ["0a", "1b", "2c"]
    assert document["set"] == [{"what": "setting", "name": "probes", "unit": "", "values": [5, 9, 12]}]
    assert "A: 5; B: 9; C: 12" not in terminal(document), "three runs have a column each"


def test_runs_of_different_experiments_are_refused(tmp_path: Path) -> None:
    one, other = (run_directory(tmp_path / name, name) for name in ("latency", "failover"))
    with pytest.raises(InputError) as refused:
        compare([one, other])
    assert str(refused.value) == (
        f"RUN_DIR: {one} is a run of latency, {other} one of failover; compare runs of one experiment, or show both on"
        f" a page: apnemu report {one} {other}"
    )


def test_one_run_or_too_many_are_refused(two: list[Path]) -> None:
    with pytest.raises(InputError, match="one run given; it must be 2 to 26"):
        compare(two[:1])
    with pytest.raises(InputError, match="27 runs given; it must be 2 to 26"):
        compare([two[0]] * 27)


@pytest.mark.slow
def test_damaged_directories_are_refused_in_a_line_or_compared(two: list[Path], tmp_path: Path) -> None:
    """Directories in which a file was changed at random, as `tests.fuzz` does: never anything but an InputError."""
    refused = 0
    for number in range(40):
        folder = tmp_path / f"damaged-{number}"
        shutil.copytree(two[1], folder)
        spoil(folder, random.Random(number))
        try:
            document = compare([two[0], folder])
            text = terminal(document)
            compared_page(document)
            json.dumps(document, allow_nan=False)
            assert text
        except InputError as error:
            refused += 1
            assert "\n" not in str(error)
            assert "damaged" in str(error) or "run of" in str(error)
    assert 8 < refused < 40


def test_a_directory_that_is_none_is_refused(two: list[Path], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"it has no results\.json; give one of apnemu run"):
        compare([two[0], tmp_path / "empty"])


def test_a_verdict_that_no_run_wrote_is_refused(two: list[Path]) -> None:
    written = json.loads((two[1] / "results.json").read_text())
    del written["expectation"]["met"]
    (two[1] / "results.json").write_text(json.dumps(written))
    with pytest.raises(InputError, match="its expectation is of another kind"):
        compare(two)


@pytest.mark.parametrize("name", ["latency", "failover", "virtual_dc_storage"])
def test_no_english_word_is_left_on_the_page(name: str, tmp_path: Path) -> None:
    first = run_directory(tmp_path / "a", name)
    second = run_directory(tmp_path / "b", name, change=_longer, settings={"seconds": 9}, seed=4)
    with spoken("ja"):
        page = compared_page(compare([first, second]))
    known = KEPT | {*re.findall(r"[a-z0-9]+", " ".join(_names(name))), "gbit", "iops", "json", "run", "seed", "dc"}
    told = [text for text in Words(page).texts if not text.startswith(("After", "Reading", "A read"))]
    left = {
        text.strip()
        for text in told
        if any(
            len(word) > 1 and not _is_name(word.lower(), known) for word in re.findall(r"[A-Za-z][A-Za-z0-9_]*", text)
        )
    }
    answers = {run["answer"] for run in compare([first, second])["runs"]}
    assert {text for text in left if not any(text.startswith(answer[:20]) for answer in answers)} == set()


def _longer(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value * 2
        for name, value in row.items()
        if isinstance(value, int) and not isinstance(value, bool) and value and name.endswith(("_ns", "p50", "iops"))
    }


def _names(name: str) -> set[str]:
    """Names and words of the experiment's own that stand in a page in every language."""
    rows = rows_of(name)
    texts = {str(value).lower() for row in rows for value in row.values() if isinstance(value, str)}
    keys = {column.lower() for row in rows for column in row}
    return {*texts, *keys, "a", "b", "ospf", "bfd", "prepared", "restoration", *asked_of(name).experiment.key}


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="chromium, which draws the page, is not installed")
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (600, True)])
def test_a_browser_draws_it(two: list[Path], tmp_path: Path, width: int, dark: bool) -> None:
    page = tmp_path / "compared.html"
    page.write_text(compared_page(compare(two)), encoding="utf-8")
    seen = looked_at(page, tmp_path, width=width, dark=dark, scripted=False)
    assert (seen.console, seen.covered) == ([], [])
    assert seen.beyond_px <= 0


def test_the_command(two: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Page and JSON together; a refusal is one line and exit code 2."""
    page = tmp_path / "compared.html"
    assert command(("compare", *map(str, two), "--json", "--html", str(page), "--lang", "ja")) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == compare(two)
    assert said.err == f"page: {page}\n"
    assert '<html lang="ja">' in page.read_text(encoding="utf-8")
    (two[1] / "results.json").write_text("{")
    assert command(("compare", *map(str, two))) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert command(("compare", str(two[0]), str(two[0]), "--html", str(tmp_path / "no" / "page.html"))) == 2
    assert "cannot be written: No such file or directory; give another file" in capsys.readouterr().err
