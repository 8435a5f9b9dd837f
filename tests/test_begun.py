# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu new` begins files that work as they are; `apnemu plan` says first what gets no light."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from apnemu.cli import app
from apnemu.cli.begun import KINDS
from apnemu.controllers.checking import check_imports
from apnemu.errors import InputError
from apnemu.question.discovery import load_experiment
from apnemu.topology import read_plant
from tests.experiments.command import apnemu, settings

LINE = """apnemu: 1
name: line
sites:
  a: {kind: edge, lat: 35.0, lon: 130.0}
  b: {kind: edge, lat: 35.0, lon: 145.0}
fibres: [{between: [a, b], length_km: 9500}]
"""
DEMANDS = """demands:
  - {name: near, from: a, to: b, rate_gbps: 100}
  - {name: too-much, from: a, to: b, rate_gbps: 400}
"""


@pytest.fixture(autouse=True)
def empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def told(*words: str, code: int = 0) -> str:
    ran = CliRunner().invoke(app, list(words))
    assert ran.exit_code == code, ran.output
    return ran.stdout


def test_what_is_begun_has_its_name_and_can_be_read() -> None:
    for kind in KINDS:
        said = told("new", kind, f"my_{kind}").splitlines()
        assert said[0].startswith(f"my_{kind}.") and all(f"my_{kind}." in line for line in said)
    assert load_experiment("my_experiment.py").name == "my_experiment"
    assert read_plant("my_topology.yaml").name == "my_topology"
    check_imports(Path("my_controller.py"), "os-ken")
    for file in Path().iterdir():
        text = file.read_text("utf-8")
        assert "examples/" not in text and file.name in text
    assert "sound" in told("check", "my_topology.yaml")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("net", "mine"), "KIND: kind is 'net'; it must be experiment or topology or controller or test or ci"),
        (("topology", "../mine"), "NAME: name is '../mine'; it must be a small letter"),
        (("experiment", "my-own"), "NAME: name is 'my-own'; it must be"),
        (("topology", "there"), "there.yaml: it is there already; give another name"),
    ],
)
def test_what_is_not_begun(words: tuple[str, ...], said: str) -> None:
    Path("there.yaml").write_text("mine")
    ran = CliRunner().invoke(app, ["new", *words])
    assert isinstance(ran.exception, InputError) and str(ran.exception).startswith(said)
    assert [(file.name, file.read_text()) for file in Path().iterdir()] == [("there.yaml", "mine")]


@pytest.mark.guest
def test_a_new_experiment_runs_at_once(tmp_path: Path) -> None:
    told("new", "experiment", "mine")
    document = apnemu("run", "mine.py", *settings(frame_bytes="98", probes=1), "--json", folder=tmp_path).json()
    assert (document["experiment"], document["expectation"]["met"]) == ("mine", True)


def test_what_is_refused_is_said_first_and_strictly_ends_with_1() -> None:
    Path("line.yaml").write_text(LINE + DEMANDS)
    words = ("plan", "line.yaml", "--reach-table")
    lines = told(*words).splitlines()
    assert [line.split(":")[:2] for line in lines[:2]] == [["refused", " near"], ["refused", " too-much"]]
    assert all(": reach: the shortest route has 9500 km" in line for line in lines[:2])
    assert lines[2:] == ["no light: every demand is refused"]
    assert told(*words, "--strict", code=1).splitlines() == lines
    assert '"demand": "near"' in told(*words, "--json", "--strict", code=1)
    Path("line.yaml").write_text(LINE.replace("9500", "1500") + DEMANDS)
    lines = told(*words, code=0).splitlines()
    assert lines[0].startswith("refused: too-much: ") and lines[1].strip() == "Lightpaths"
    Path("line.yaml").write_text(LINE)
    assert told(*words, "--strict") == "no light: the topology has no demands; add some\n"
