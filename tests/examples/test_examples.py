# SPDX-License-Identifier: BSD-3-Clause
"""Every example does what its first lines say: the commands of `examples/README.md`, at small settings."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from apnemu.question.discovery import load_experiment
from apnemu.topology import read_plant
from tests.experiments.command import REPOSITORY, apnemu, settings

EXAMPLES = REPOSITORY / "examples"
PLUGIN_OPTION = "--apnemu-runs"


def test_every_example_has_a_command_and_a_test() -> None:
    files = {file.name for file in EXAMPLES.iterdir() if file.is_file()} - {"README.md"}
    listed = set(re.findall(r"^\| `([\w.]+)`", (EXAMPLES / "README.md").read_text("utf-8"), re.MULTILINE))
    assert files == listed
    tests = Path(__file__).read_text("utf-8")
    assert [name for name in files if f'"{name}"' not in tests] == []


def test_experiments_and_the_topology_can_be_read() -> None:
    for name, settings_of in (("own_experiment.py", "frame_bytes"), ("own_application.py", "questions")):
        assert settings_of in load_experiment(str(EXAMPLES / name)).declared()
    plant = read_plant(EXAMPLES / "own_topology.yaml")
    assert [demand.name for demand in plant.demands] == ["mirror", "backup"]
    assert len(plant.scenario) == 2


@pytest.mark.guest
def test_own_topology(tmp_path: Path) -> None:
    asked = ("run", "latency", "--topology", str(EXAMPLES / "own_topology.yaml"), *settings(probes=2), "--json")
    document = apnemu(*asked, folder=tmp_path).json()
    assert {(row["from"], row["to"]) for row in document["results"]} == {
        ("tokyo", "sendai"),
        ("sendai", "tokyo"),
        ("nagano", "sendai"),
        ("sendai", "nagano"),
    }
    assert document["expectation"]["met"] is True, document["expectation"]["why"]


@pytest.mark.guest
def test_own_experiment(tmp_path: Path) -> None:
    asked = ("run", str(EXAMPLES / "own_experiment.py"), *settings(frame_bytes="98,1514", probes=2), "--json")
    document = apnemu(*asked, folder=tmp_path).json()
    assert document["expectation"]["met"] is True, document["expectation"]["why"]
    assert document["expectation"]["judged"] == 2
    # A frame and its answer are 1,416 bytes longer each: over 100 Gbit/s of light, and over such lines.
    page = (tmp_path / document["run_dir"] / "report.html").read_text()
    assert re.search(r"longer by 22\d ns over apn and \d+ ns over packet", page)


@pytest.mark.guest
@pytest.mark.slow
def test_own_controller(tmp_path: Path) -> None:
    controller = ("--network", "packet", "--controller", str(EXAMPLES / "own_controller.py"))
    asked = ("run", "latency", "--topology", "three-sites", *controller, *settings(probes=4), "--json")
    rows = apnemu(*asked, folder=tmp_path).json()["results"]
    assert {(row["from"], row["to"]) for row in rows} == {("tokyo", "osaka"), ("osaka", "tokyo")}
    for row in rows:
        assert (row["sent"], row["lost"]) == (4, 0)
        assert abs(row["rtt_ns_p50"] - row["predicted_rtt_ns"]) <= 1_000


@pytest.mark.guest
@pytest.mark.slow
@pytest.mark.parametrize("name", ["fibres", "learns", "peer"])
def test_network(tmp_path: Path, name: str) -> None:
    """Each passes as a user's own, and leaves nothing."""
    for file in ("test_network.py", "own_controller.py"):
        shutil.copy(EXAMPLES / file, tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp", "temp", "-k", name]
    done = subprocess.run([*command, "test_network.py"], cwd=tmp_path, capture_output=True, text=True)
    assert re.search(r"^1 passed, 2 deselected", done.stdout, re.MULTILINE), done.stdout + done.stderr
    assert [path for path in (tmp_path / "temp").rglob("*") if path.is_file()] == []


def test_own_ci() -> None:
    """It is YAML of the form of GitHub's workflows, and each step is a script that a shell can read."""
    text = (EXAMPLES / "own_ci.yml").read_text("utf-8")
    document = YAML(typ="safe").load(text)
    assert set(document) == {"name", "on", "env", "jobs"}
    steps = [step for job in document["jobs"].values() for step in job["steps"]]
    for step in steps:
        assert set(step) <= {"run", "uses", "with", "if", "id"}
        script = re.sub(r"\$\{\{.*?\}\}", "x", step.get("run", ""))
        assert subprocess.run(["bash", "-n"], input=script, text=True).returncode == 0
    assert f"{PLUGIN_OPTION} network-runs" in text and "make -C apnemu kernel-wheel" in text
    targets = re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
    assert "kernel-wheel" in targets


@pytest.mark.guest
def test_own_application(tmp_path: Path) -> None:
    asked = ("run", str(EXAMPLES / "own_application.py"), *settings(questions=3), "--json", "--out", "run")
    document = apnemu(*asked, folder=tmp_path).json()
    assert document["expectation"]["met"] is True, document["expectation"]["why"]
    assert [row["answers"] for row in document["results"]] == [3, 3]
    assert (tmp_path / "run" / "apps" / "apn" / "asked-client.log").read_text().count("@record") == 3


@pytest.mark.guest
def test_own_traffic(tmp_path: Path) -> None:
    asked = ("run", str(EXAMPLES / "own_traffic.py"), *settings(frames=3), "--json")
    document = apnemu(*asked, folder=tmp_path).json()
    assert document["expectation"]["met"] is True, document["expectation"]["why"]
    assert [row["frames"] for row in document["results"]] == [3, 3]


@pytest.mark.guest
def test_from_python(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "from_python.py")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "three-sites: 3 sites, 552.6 km of fibre"
    assert any(line.startswith("expected: ") and "met: True" in line for line in lines)
    assert (tmp_path / lines[-1].rpartition("the page: ")[2]).is_file()


@pytest.mark.guest
@pytest.mark.slow
def test_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Executed from its first cell to its last in a kernel of its own; the plot is a picture."""
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    notebook = nbformat.read(EXAMPLES / "notebook.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "it is kept without outputs"
    nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    said = "".join(output.get("text", "") for output in outputs)
    assert "True - " in said, said
