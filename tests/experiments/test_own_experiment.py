# SPDX-License-Identifier: BSD-3-Clause
"""An experiment of one's own in one file: any names of columns, shown as its own, run again by the command it names."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.experiments.command import THREE_SITES, Done, apnemu

OWN = '''"""Own columns, of names that experiments of ours have too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from apnemu import Context, Curve, Experiment, Probes, Setting, Shown, Stage, at_least, judge_rows, latency_rows


@dataclass(frozen=True)
class Thing:
    length: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    probes: Annotated[int, Setting("Echo requests for each pair", low=1, high=9)] = 2


def stages(context):
    probes = Probes(pairs=context.reachable(), count=context.settings.probes, gap_ns=20_000_000)
    return (Stage(phase="mine", duration_ns=100_000_000, activities=(probes,)),)


def rows(table, contexts):
    return [
        {
            "leaves": number,
            "setup_ns": 5 * number,
            "class": "gold",
            "way": row["network"],
            "reachable": True,
            "rtt_ns_p50": row["rtt_ns_p50"],
            "network": row["network"],
        }
        for number, row in enumerate(latency_rows(table, {}))
    ]


def claims(row):
    yield at_least("round trip", row["rtt_ns_p50"], 1, "ns")


EXPERIMENT = Experiment(
    name="mine",
    question="What do I see?",
    topology="three-sites",
    settings=Settings,
    key=("leaves",),
    stages=stages,
    rows=rows,
    expected=lambda settings: "light takes time",
    judge=lambda rows, settings: judge_rows(rows, claims, ("leaves",)),
    shown=Shown(
        sentence=lambda rows, picture: f"There are {len(rows)} of mine.",
        figures=(
            Curve(title="My own curve", caption="c", x="leaves", y="rtt_ns_p50", axes=("leaves", "time"), unit="time"),
        ),
    ),
)
'''


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    folder = tmp_path_factory.mktemp("own")
    (folder / "mine.py").write_text(OWN)
    return folder, apnemu("run", "mine.py", *THREE_SITES, "--out", "run", "--json", folder=folder)


@pytest.mark.guest
def test_it_is_shown_in_its_own_words(ran: tuple[Path, Done]) -> None:
    folder, done = ran
    assert done.code == 0, done.err
    page = (folder / "run" / "report.html").read_text()
    assert "<h1>There are 4 of mine.</h1>" in page
    assert "<h3>My own curve</h3>" in page
    for column in ("leaves", "setup, ns", "class", "way", "reachable", "round trip median, ms"):
        assert f">{column}</th>" in page
    document = done.json()
    assert document["expectation"] == {
        "text": "light takes time",
        "met": True,
        "judged": 4,
        "failed": [],
        "why": "4 rows judged, all as expected",
    }


@pytest.mark.guest
def test_its_file_is_kept_and_the_page_is_made_again_without_it(ran: tuple[Path, Done]) -> None:
    folder, _ = ran
    assert (folder / "run" / "experiment.py").read_text() == OWN
    before = (folder / "run" / "report.html").read_bytes()
    (folder / "run" / "report.html").unlink()
    (folder / "mine.py").rename(folder / "elsewhere.py")
    try:
        assert apnemu("report", "run", folder=folder).code == 0
    finally:
        (folder / "elsewhere.py").rename(folder / "mine.py")
    assert (folder / "run" / "report.html").read_bytes() == before


@pytest.mark.guest
def test_a_kept_file_that_somebody_changed_is_not_loaded(ran: tuple[Path, Done], tmp_path: Path) -> None:
    folder, _ = ran
    kept = folder / "run" / "experiment.py"
    kept.write_text(OWN + "\nopen('loaded', 'w').close()\n")
    try:
        assert apnemu("report", "run", "--out", str(tmp_path / "page"), folder=folder).code == 0
    finally:
        kept.write_text(OWN)
    assert not (folder / "loaded").exists()
    assert "4 results." in (tmp_path / "page" / "report.html").read_text()


@pytest.mark.guest
def test_the_command_that_it_names_gives_the_same_records(ran: tuple[Path, Done], tmp_path: Path) -> None:
    folder, _ = ran
    command = json.loads((folder / "run" / "manifest.json").read_text())["command"]
    assert shlex.join(command[:3]) == "apnemu run mine.py"
    again = apnemu(*command[1:], "--out", "again", folder=folder)
    assert again.code == 0, again.err
    assert (folder / "again" / "records.parquet").read_bytes() == (folder / "run" / "records.parquet").read_bytes()


@pytest.mark.parametrize("column", ["time", "seed", "point", "set_load"])
def test_a_reserved_column_is_refused_before_the_run(tmp_path: Path, column: str) -> None:
    (tmp_path / "mine.py").write_text(OWN.replace('"leaves": number', f'"{column}": number'))
    done = apnemu("run", "mine.py", *THREE_SITES, "--out", "run", folder=tmp_path)
    assert done.code == 2
    assert done.err.startswith(f"EXPERIMENT: mine has a column '{column}'; ")
    assert done.err.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.guest
@pytest.mark.parametrize("place", ["rows", "judge", "sentence"])
def test_a_fault_in_it_is_its_owners(tmp_path: Path, place: str) -> None:
    spoilt = {
        "rows": ("latency_rows(table, {})", "latency_rows(table, {})[7:][0]"),
        "judge": ('row["rtt_ns_p50"], 1', 'row["no_such_column"], 1'),
        "sentence": ("{len(rows)}", "{rows[99]}"),
    }
    (tmp_path / "mine.py").write_text(OWN.replace(*spoilt[place]))
    done = apnemu("run", "mine.py", *THREE_SITES, "--out", "run", "--network", "apn", folder=tmp_path)
    assert done.code == 2
    assert done.err.splitlines()[-1].startswith("mine.py: mine failed: ")
    assert (tmp_path / "run" / "records.parquet").exists()
