# SPDX-License-Identifier: BSD-3-Clause
"""Mistakes in an experiment of one's own: one line with the way out, before the run where it can be; nothing is lost.

The experiments here are computed, so that no lab is needed.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import apnemu
from apnemu.running.finished import read_finished, write_report

OWN = """
from __future__ import annotations
from dataclasses import asdict, dataclass
from typing import Annotated, Any
from apnemu import Column, Curve, Experiment, Setting, Shown, Stage, Verdict, at_most, judge_rows

@dataclass(frozen=True)
class Seen:
    time: int = 1

def computed(plant, settings, seed):
    return [{"a": 1, "b": 2}]

EXPERIMENT = Experiment(name="own", question="?", topology="three-sites", computed=computed, MORE)
"""


def ran(folder: Path, more: str, **changed: str) -> apnemu.Run:
    text = OWN.replace("MORE", more)
    for old, new in changed.items():
        text = text.replace({"made": '[{"a": 1, "b": 2}]', "name": '"own"', "computed": "computed=computed"}[old], new)
    (folder / "own.py").write_text(text)
    return apnemu.run(folder / "own.py", out=folder / "run")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("met=lambda rows, settings: True", "in place of met is judge(results, settings) -> Verdict"),
        ('settings=(Setting(name="a", default=1),)', "settings are fields of a frozen dataclass now"),
        ('settings=(Setting("a"),)', "settings are fields of a frozen dataclass now"),
        ("judge=lambda rows: True", "judge is called with (results, settings), which yours does not take"),
        ("judge=lambda rows, settings: True", "judge of own returned True; it must return a Verdict, which judge_rows"),
        ("expected='light'", "expected is 'light'; it must be a function of (settings)"),
        ("expected=lambda settings: None", "expected of own returned nothing; it must return a str"),
        ("expected=lambda settings: 1 / 0", "own.py: own failed: ZeroDivisionError"),
        ("prepare=lambda plant, settings: None", "prepare of own returned nothing; it must return a Plant"),
        ("arrange=lambda planned, settings: None", "arrange of own returned nothing"),
        ("networks='apn'", "networks is 'apn'; it must be"),
        ("key='network'", "key is 'network'; it must be a tuple of names of columns"),
        ("shown=None", "shown is None; it must be a Shown"),
        ("shown=Shown(sentence=lambda rows: '')", "sentence is called with (results, picture)"),
    ],
)
def test_it_is_told_before_the_run(tmp_path: Path, more: str, words: str) -> None:
    with pytest.raises(apnemu.InputError) as refused:
        ran(tmp_path, more)
    assert words in str(refused.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("name", '"../up"', "name is '../up'; it must be letters, digits, _ and -"),
        ("computed", "by_quality=False", "own plays nothing; give it stages and rows, or computed"),
    ],
)
def test_what_cannot_run_is_told_before_the_run(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(apnemu.InputError) as refused:
        ran(tmp_path, "", **{old: new})
    assert words in str(refused.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("column", ["[asdict(Seen())]", '[{name: 1 for name in ("time", "a")}]'])
def test_a_reserved_name_that_no_source_shows_is_refused(tmp_path: Path, column: str) -> None:
    with pytest.raises(apnemu.InputError, match="own has a column 'time'"):
        ran(tmp_path, "", made=column)


@pytest.mark.parametrize(
    "more",
    [
        "judge=lambda rows, settings: Verdict(judged=rows[0]['none'])",
        "judge=lambda rows, settings: judge_rows(rows, lambda row: [True], ())",
        "shown=Shown(sentence=lambda rows, picture: rows[0]['none'])",
        "shown=Shown(sentence=lambda rows, picture: 5)",
        "shown=Shown(figures=(lambda rows, picture: 1 / 0,))",
        "shown=Shown(columns=(Column(key='a', heading='a', text=lambda row: 1 / 0),))",
        "shown=Shown(pairs=lambda rows, picture: 1 / 0)",
    ],
)
def test_what_was_measured_is_kept_when_it_cannot_be_judged_or_shown(tmp_path: Path, more: str) -> None:
    with pytest.raises(apnemu.InputError) as refused:
        ran(tmp_path, more)
    assert str(refused.value).startswith(str(tmp_path / "own.py"))
    assert str(refused.value).endswith(f"what was measured is kept in {tmp_path / 'run' / 'results.json'}")
    assert apnemu.open_run(tmp_path / "run").rows == [{"a": 1, "b": 2}]


def test_claims_may_be_none_one_or_several(tmp_path: Path) -> None:
    more = "judge=lambda rows, settings: judge_rows(rows, CLAIMS, ('none', 'network'))"
    for number, (claims, judged) in enumerate((("lambda row: None", 0), ("lambda row: at_most('a', row['a'], 0)", 1))):
        (tmp_path / str(number)).mkdir()
        verdict = ran(tmp_path / str(number), more.replace("CLAIMS", claims)).verdict
        assert verdict.judged == judged
    assert verdict.failed == ({"none": None, "network": None},)


def test_results_are_json_for_every_reader(tmp_path: Path) -> None:
    made = ran(tmp_path, "", made='[{"a": float("nan"), "b": float("inf")}]')
    text = (made.path / "results.json").read_text()
    assert json.loads(text, parse_constant=pytest.fail)["results"] == [{"a": None, "b": None}]


@pytest.mark.parametrize(
    "more",
    [
        "shown=Shown(figures=Curve(title='t', caption='c', x='a', y='b', axes=('a', 'b')))",
        "shown=Shown(columns=('a',))",
        "shown=Shown(figures=(Curve(title='t', caption='c', x='a', y='b', axes=('a', 'b'), unit='ms'),))",
        "shown=Shown(figures=(Curve(title='t', caption='c', x='a', y='b', axes=('a', 'b'), split='a'),))",
    ],
)
def test_what_cannot_be_shown_is_refused_when_it_is_declared(tmp_path: Path, more: str) -> None:
    with pytest.raises(apnemu.InputError, match="it must be"):
        ran(tmp_path, more)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "values",
    ["(None, 1)", "('text', 1)", "(float('nan'), 2)", "([1], 2)", "({'k': 1}, 2)", "(10**400, 2)", "(b, True)"],
)
def test_a_curve_leaves_out_what_is_no_number(tmp_path: Path, values: str) -> None:
    curve = "Curve(title='Mine', caption='c', x='a', y='b', axes=('a', 'b'), split=('c',), reference='b', unit='UNIT')"
    made = f"[{{'a': a, 'b': b, 'c': ['k']}} for b in (3, 4) for a in {values}]"
    for unit in ("time", "count", "number", "share", "gbps"):
        (tmp_path / unit).mkdir()
        page = ran(tmp_path / unit, f"shown=Shown(figures=({curve.replace('UNIT', unit)},))", made=made).page
        assert "All results: Own" in page.read_text()


def test_a_topology_may_lie_beside_its_experiment(tmp_path: Path) -> None:
    shipped = apnemu.load_topology("three-sites")
    text = (Path(apnemu.__file__).parent / "topologies" / "three-sites.yaml").read_text()
    (tmp_path / "mine.yaml").write_text(text)
    (tmp_path / "own.py").write_text(OWN.replace('"three-sites"', '"mine.yaml"').replace("MORE", ""))
    made = apnemu.run(tmp_path / "own.py", out=tmp_path / "run")
    assert made.document["results"] == [{"a": 1, "b": 2}]
    assert apnemu.load_topology(made.path / "topology.yaml").sites == shipped.sites
    (tmp_path / "mine.yaml").unlink()
    with pytest.raises(apnemu.InputError, match=r"mine\.yaml: no such file"):
        apnemu.run(tmp_path / "own.py", out=tmp_path / "again")


def test_a_report_of_several_runs_names_the_one_that_cannot_be_shown(tmp_path: Path) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "bad").mkdir()
    good = ran(tmp_path / "good", "")
    with pytest.raises(apnemu.InputError):
        ran(tmp_path / "bad", "shown=Shown(figures=(lambda rows, picture: 1 / 0,))")
    both = [read_finished(good.path), read_finished(tmp_path / "bad" / "run")]
    with pytest.raises(apnemu.InputError) as refused:
        write_report(tmp_path / "page", both)
    assert str(refused.value).startswith(f"{tmp_path / 'bad' / 'run' / 'experiment.py'}: own failed")
