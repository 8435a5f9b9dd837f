# SPDX-License-Identifier: BSD-3-Clause
"""apnemu as people install it: what its wheel holds, and that it works from an empty folder, with no checkout near."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from apnemu import __version__
from tests.packaging.environments import REPOSITORY, Installed, copy_of_the_checkout, install, interpreter

pytestmark = pytest.mark.wheel
VERSIONS = ("3.11", "3.12")
"""Pythons that `requires-python` admits."""
OWN_EXPERIMENT = """
from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from apnemu import Experiment, Probes, Setting, Stage, at_most, judge_rows, latency_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    count: Annotated[int, Setting("Echo requests", low=1, high=100)] = 3


def stages(context):
    probes = Probes(pairs=context.reachable()[:1], count=context.settings.count, gap_ns=20_000_000)
    return (Stage(phase="probed", duration_ns=200_000_000, activities=(probes,)),)


def rows(table, contexts):
    return [dict(row) for row in latency_rows(table, {})]


def claims(row):
    yield at_most("probes lost", row["lost"], 0)


EXPERIMENT = Experiment(
    name="mine",
    question="Does an echo come back?",
    topology="three-sites",
    settings=Settings,
    key=("from", "to", "network"),
    stages=stages,
    rows=rows,
    expected=lambda settings: "every probe comes back",
    judge=lambda results, settings: judge_rows(results, claims, ("from", "to", "network")),
)
"""
OWN_TOPOLOGY = """
apnemu: 1
name: mine
sites:
  here: {kind: edge, lat: 0, lon: 0}
  there: {kind: edge, lat: 0, lon: 0.5}
fibres:
  - {between: [here, there], length_km: 80}
demands:
  - {name: x, from: here, to: there, rate_gbps: 100}
"""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A wheel made from a checkout, and one from the sdist of that checkout."""
    folder = tmp_path_factory.mktemp("dist")
    checkout = copy_of_the_checkout(folder)
    made: list[Path] = []
    for name, options in (("checkout", ["--wheel"]), ("sdist", [])):  # without options: an sdist, and a wheel from it
        command = [sys.executable, "-m", "build", *options, "--outdir", str(folder / name), str(checkout)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        made.append(next((folder / name).glob("*.whl")))
    return made[0], made[1]


@pytest.fixture(scope="module", params=VERSIONS)
def installed(
    request: pytest.FixtureRequest, wheels: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Installed:
    """The wheel for one Python, the sdist for the other, each in an environment of its own."""
    python = interpreter(request.param)
    if python is None:
        pytest.skip(f"this machine has no Python {request.param} that can make environments")
    sdist = next(wheels[1].parent.glob("*.tar.gz"))
    given = wheels[0] if request.param == VERSIONS[0] else sdist
    place = install(python, given, tmp_path_factory.mktemp(f"python{request.param}"))
    (place.folder / "my.py").write_text(OWN_EXPERIMENT)
    (place.folder / "mine.yaml").write_text(OWN_TOPOLOGY)
    return place


def files_of(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_wheel_from_the_sdist_is_the_one_from_the_checkout(wheels: tuple[Path, Path]) -> None:
    from_checkout, from_sdist = map(files_of, wheels)
    assert sorted(from_checkout) == sorted(from_sdist)
    record = f"apnemu-{__version__}.dist-info/RECORD"
    assert [name for name in from_checkout if from_checkout[name] != from_sdist[name] and name != record] == []


def test_everything_of_the_package_is_in_the_wheel_and_nothing_else(wheels: tuple[Path, Path]) -> None:
    """Parts that a checkout has at its top are real files there; the README's picture stays behind."""
    of_the_package = {
        str(Path(place, name).relative_to(REPOSITORY))
        for place, _, names in os.walk(REPOSITORY / "apnemu", followlinks=True)
        for name in names
        if "__pycache__" not in place and not name.endswith(".png")
    }
    inside = set(files_of(wheels[0]))
    assert {name for name in inside if not name.startswith(f"apnemu-{__version__}.dist-info/")} == of_the_package
    wanted = ("topologies/jpn12.yaml", "topologies/equipment/default.yaml", "topologies/mn.py", "py.typed")
    assert {f"apnemu/{name}" for name in wanted} <= inside


def test_nothing_but_apnemu_is_put_into_site_packages(installed: Installed) -> None:
    listed = "from importlib.metadata import files; print(*sorted({f.parts[0] for f in files('apnemu')}))"
    assert installed.text("python", "-c", listed).split() == ["..", "apnemu", f"apnemu-{__version__}.dist-info"]
    scripts = "from importlib.metadata import files; print(*(f.name for f in files('apnemu') if f.parts[0] == '..'))"
    assert installed.text("python", "-c", scripts).split() == ["apnemu"]
    origin = installed.text("python", "-c", "import apnemu; print(apnemu.__file__)").strip()
    assert Path(origin).is_relative_to(installed.python.parents[1])


def test_what_needs_no_lab_works_from_an_empty_folder(installed: Installed) -> None:
    assert installed.text("apnemu", "--version") == f"apnemu {__version__}\n"
    assert installed.text("python", "-m", "apnemu", "--version") == f"apnemu {__version__}\n"
    assert "jpn12: sound; 12 sites" in installed.text("apnemu", "check", "jpn12")
    assert "mine.yaml: sound; 2 sites" in installed.text("apnemu", "check", "mine.yaml")
    names = [entry["name"] for entry in json.loads(installed.text("apnemu", "topologies", "--json"))]
    assert {"jpn12", "jpn48", "three-sites"} <= set(names)
    planned = json.loads(installed.text("apnemu", "plan", "jpn12", "--json"))
    assert len(planned["lightpaths"]) == 66
    assert planned["judged_by"] == "quality"
    asked = json.loads(installed.text("apnemu", "experiments", "--json"))
    assert {"latency", "failover", "virtual_dc_training"} <= {entry["name"] for entry in asked}
    computed = installed.text("apnemu", "run", "blocking", "--topology", "nsfnet", "--set", "requests=1000", "--json")
    assert json.loads(computed)["results"]


@pytest.mark.guest
def test_the_lab_works_from_an_empty_folder(installed: Installed) -> None:
    assert installed.text("apnemu", "lab", "exec", "--", "date", "+%Y") == "2030\n"
    assert installed.text("apnemu", "lab", "exec", "--", "false", code=1) == ""


@pytest.mark.guest
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("shipped", ("latency", "--topology", "three-sites", "--set", "probes=2")),
        ("own-topology", ("latency", "--topology", "mine.yaml", "--set", "probes=2")),
        ("own-experiment", ("my.py", "--set", "count=2")),
    ],
    ids=["shipped", "own topology", "own experiment"],
)
def test_a_run_works_from_an_empty_folder(installed: Installed, name: str, arguments: tuple[str, ...]) -> None:
    document = json.loads(installed.text("apnemu", "run", *arguments, "--out", name, "--json"))
    assert document["results"]
    assert document["expectation"]["met"] is True
    page = installed.folder / name / "report.html"
    before = page.read_bytes()
    page.unlink()
    assert installed.text("apnemu", "report", name) == f"page: {name}/report.html\n"
    assert page.read_bytes() == before
    command = json.loads((installed.folder / name / "manifest.json").read_text())["command"]
    if name == "shipped":
        assert command[3:5] == ["--topology", "three-sites"]
