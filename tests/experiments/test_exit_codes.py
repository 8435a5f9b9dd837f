# SPDX-License-Identifier: BSD-3-Clause
"""0 done, 1 not what was expected, 2 bad input, 3 the lab failed; and one line that says why."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from apnemu import cli
from apnemu.running import directory  # noqa: F401  # whoever has no rights may not read our code either
from tests.experiments.command import THREE_SITES, TOPOLOGIES, Done, apnemu, start
from tests.lab.conftest import processes_in, wait_until

RUN = ("run", "latency", *THREE_SITES)
NOBODY = 65534
BAD = {
    "unknown experiment": (
        ("run", "latnecy"),
        "EXPERIMENT: there is no experiment 'latnecy'; there are ",
    ),
    "an experiment's file that is not there": (
        ("run", "own.py"),
        "EXPERIMENT: there is no file own.py; give a Python file",
    ),
    "unknown setting": ((*RUN, "--set", "prboes=3"), "--set: latency has no setting 'prboes'; did you mean probes"),
    "setting without =": (
        (*RUN, "--set", "probes"),
        "--set: 'probes' has no '='; a setting is KEY=VALUE; for example load=idle",
    ),
    "bad number": (
        (*RUN, "--set", "probes=many"),
        "--set: probes is 'many'; it must be a whole number from 1 to 65535; for example --set probes=20",
    ),
    "number too high": (
        (*RUN, "--set", "background_load=3"),
        "--set: background_load is '3'; it must be a number from 0 to 2",
    ),
    "no number": ((*RUN, "--set", "gap_us=nan"), "--set: gap_us is 'nan'; it must be a number from 1 to 1e+06"),
    "bad choice": (
        (*RUN, "--set", "load=busy"),
        "--set: load is 'busy'; it must be idle or full; for example --set load=idle",
    ),
    "unknown network": (
        (*RUN, "--network", "apn,atm"),
        "--network: 'atm' is no network of latency; it must be apn or packet; a comma joins both",
    ),
    "network that is not asked": (
        ("run", "queue", "--network", "apn"),
        "--network: 'apn' is no network of queue; it must be packet",
    ),
    "bad time": ((*RUN, "--time", "imaginary"), "--time: 'imaginary' is no kind of time; it must be virtual or real"),
    "bad seed": ((*RUN, "--seed", "-1"), "--seed: seed is -1; it must be from 0 to 2**64 - 1"),
    "run directory in use": ((*RUN, "--out", "used"), "--out: used is there and not an empty folder; give a new one"),
    "missing topology": (("run", "latency", "--topology", "nowhere.yaml"), "nowhere.yaml: "),
    "broken topology": (("run", "latency", "--topology", "broken.yaml"), "broken.yaml:3: "),
    "missing controller": (
        (*RUN, "--controller", "no.py"),
        "--controller: there is no file no.py; give a Ryu application",
    ),
    "unknown runtime": (
        (*RUN, "--controller-runtime", "nox"),
        "--controller-runtime: 'nox' is not installed; it must be os-ken",
    ),
    "bad core": ((*RUN, "--core", "first"), "--core: 'first' is no list of cores; for example --core 0,1"),
    "core that is not there": (
        (*RUN, "--core", f"{min(os.sched_getaffinity(0))},4096"),
        "--core: core 4096 is not one that this command may use; it may use ",
    ),
    "nothing to measure": (
        ("run", "latency", "--topology", "quiet.yaml", "--out", "new"),
        "quiet.yaml: the apn network of quiet joins no two data centres; "
        "ask for a demand that can be served: see apnemu plan",
    ),
    "missing kernel source": (
        ("lab", "build", "--source", "nowhere"),
        "--source: there is no nowhere; give a tarball or a folder of Linux's source",
    ),
    "missing network to import": (
        ("import", "nowhere.json", "--out", "new.yaml"),
        "nowhere.json: no such file; give a network in GraphML",
    ),
    "a system call of a second": (
        (*RUN, "--syscall-cost-ns", "1000000000"),
        "Invalid value for '--syscall-cost-ns': Input should be less than or equal to 1000000; see apnemu --help",
    ),
    "more memory than a lab takes": (
        ("lab", "exec", "--memory-mb", "99999999", "--", "true"),
        "Invalid value for '--memory-mb': Input should be less than or equal to 1048576; see apnemu --help",
    ),
    "an export into a file": (
        ("plan", "quiet.yaml", "--export-gnpy", "quiet.yaml"),
        "--export-gnpy: quiet.yaml cannot be made: File exists; give another folder",
    ),
    "a folder that cannot be made": (
        ("lab", "exec", "--folder", "quiet.yaml/new", "--", "true"),
        "--folder: quiet.yaml/new cannot be made: Not a directory; give another folder",
    ),
    "unknown from": (
        ("run", "throughput", "--out", "new", "--set", "from=kyoto"),
        "--set: no demand joins kyoto and osaka on the apn network of three-sites; joined are tokyo-osaka, osaka-tokyo",
    ),
    "unknown to": (
        ("run", "loss", "--out", "new", "--set", "from=tokyo", "--set", "to=nagoya"),
        "--set: no demand joins tokyo and nagoya on the apn network of three-sites; joined are tokyo-osaka",
    ),
    "light that does not reach": (
        ("run", "virtual_dc_storage", "--out", "new", "--set", "distance_km=100,1000", "--set", "rate_gbps=400"),
        "--set: no light of rate_gbps=400 joins two places 1000 km apart (reach: the shortest route has 1000 km, 400",
    ),
    "transceiver that is none": (
        ("run", "virtual_dc_database", "--out", "new", "--set", "rate_gbps=1600"),
        "--set: no light of rate_gbps=1600 joins two places 0 km apart (rate: 1600 Gbit/s asked, the fastest mode is",
    ),
    "more frames than the lab holds": (
        ("run", "control_loop", "--network", "packet", "--out", "new", "--set", "seconds=3600"),
        "--set: load is 0.7 for 3.6e+03 virtual s: 4162 million frames of others, and the lab holds 15 million; ask",
    ),
    "rate that is next to nothing": (
        ("run", "virtual_dc_training", "--out", "new", "--set", "rate_gbps=1e-9"),
        "--set: rate_gbps is 1e-09; give 0 (as the topology) or at least 0.001",
    ),
    "unknown option": (("run", "latency", "--speed", "3"), "No such option: --speed"),
    "unknown command": (("walk",), "No such command 'walk'"),
    "no run directory": (("report", "used"), "RUN_DIR: used is not the directory of a run that ended"),
    "topology to check": (("check", "broken.yaml"), "broken.yaml:3: "),
    "topology to plan": (("plan", "nowhere.yaml", "--json"), "nowhere.yaml: "),
    "topology by a name that is none": (
        ("run", "latency", "--topology", "jpn13"),
        "TOPOLOGY: there is no topology 'jpn13'; there are ",
    ),
}


QUIET = """
apnemu: 1
name: quiet
sites:
  a: {kind: edge, lat: 0, lon: 0}
  b: {kind: edge, lat: 0, lon: 0}
fibres: [{between: [a, b], length_km: 50}]
"""

DEMANDS = """
  - {name: big, from: a, to: b, rate_gbps: 9000}
  - {name: small, from: a, to: b, rate_gbps: 100}
  - {name: bigger, from: a, to: b, rate_gbps: 10000}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a run directory that is used, a topology with a mistake in its third line, and one without demands."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "used").mkdir()
    (folder / "used" / "thesis.txt").write_text("three years")
    (folder / "broken.yaml").write_text("apnemu: 1\nname: broken\nsitse: {}\n")
    (folder / "quiet.yaml").write_text(QUIET)
    return folder


PROGRESS = re.compile(r"(virtual s in )?\d+ s(, about \d+ s left)?$")


def line_of(done: Done) -> str:
    """The line that it said, beside those of progress, which a slow machine has time for."""
    assert done.out == ""
    assert "Traceback" not in done.err
    assert done.err.endswith("\n")
    (line,) = [line for line in done.err.splitlines() if not PROGRESS.search(line)]
    return line


@pytest.mark.parametrize(("arguments", "wanted"), BAD.values(), ids=BAD.keys())
def test_bad_input(folder: Path, arguments: Sequence[str], wanted: str) -> None:
    done = apnemu(*arguments, folder=folder)
    assert line_of(done).startswith(wanted)
    assert done.code == 2
    assert sorted(path.name for path in folder.iterdir()) == ["broken.yaml", "quiet.yaml", "used"], (
        "nothing is left of it"
    )
    assert [path.name for path in (folder / "used").iterdir()] == ["thesis.txt"]


def test_a_folder_without_rights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Root may look anywhere, so for once it is somebody else."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    monkeypatch.setattr(sys, "argv", ["apnemu", "report", str(closed / "run")])
    user = os.geteuid()
    os.seteuid(user or NOBODY)
    try:
        with pytest.raises(SystemExit) as ended:
            cli.main()
    finally:
        os.seteuid(user)
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        f"{closed / 'run' / 'results.json'}: Permission denied; give another one, or rights to it\n"
    )


def test_debug_shows_where(folder: Path) -> None:
    done = apnemu("--debug", "check", "broken.yaml", folder=folder)
    assert done.code == 2
    assert done.err.startswith("Traceback (most recent call last):\n")
    assert done.err.splitlines()[-1].startswith("broken.yaml:3: ")


OWN_EXPERIMENT = """
import dataclasses
from apnemu import at_most, judge_rows
from apnemu.experiments.latency import EXPERIMENT as LATENCY
def claims(row):
    yield at_most("round trip", row["rtt_ns_p50"], row["predicted_rtt_ns"] - 1_000, "ns")
EXPERIMENT = dataclasses.replace(
    LATENCY, name="own", networks=("apn",), expected=lambda settings: "light is faster than light",
    judge=lambda rows, settings: judge_rows(rows, claims, ("from", "to")),
)
"""


@pytest.mark.guest
@pytest.mark.parametrize("as_json", [True, False])
def test_an_answer_that_was_not_expected(tmp_path: Path, as_json: bool) -> None:
    (tmp_path / "own.py").write_text(OWN_EXPERIMENT)
    asked = ("run", "own.py", *THREE_SITES, "--set", "probes=1", "--out", "run")
    done = apnemu(*asked, *(["--json"] if as_json else []), folder=tmp_path)
    assert done.code == 1
    assert "Traceback" not in done.err
    document = json.loads((tmp_path / "run" / "results.json").read_text())
    expectation = document["expectation"]
    assert (expectation["text"], expectation["met"]) == ("light is faster than light", False)
    assert expectation["judged"] == len(expectation["failed"]) == 2
    assert {"from": "tokyo", "to": "osaka"} in expectation["failed"]
    assert "round trip 5,443,520 ns, expected at most 5,442,512 ns" in expectation["why"]
    if as_json:
        assert done.json() == document
    else:
        assert "light is faster than light" in done.out


BAD_FILES = {
    "no Python": ("def", "EXPERIMENT: own.py cannot be loaded: SyntaxError: invalid syntax (own.py, line 1); mend it"),
    "no experiment": (
        "EXPERIMENT = 3",
        "EXPERIMENT: own.py has no value EXPERIMENT; see experiments/latency.py for one",
    ),
}


@pytest.mark.parametrize(("text", "wanted"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_an_experiment_file_that_is_wrong(tmp_path: Path, text: str, wanted: str) -> None:
    (tmp_path / "own.py").write_text(text)
    done = apnemu("run", "own.py", *THREE_SITES, folder=tmp_path)
    assert wanted in line_of(done)
    assert done.code == 2


@pytest.mark.guest
def test_a_controller_that_ends_at_once(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("raise SystemExit('the licence has run out')\n")
    done = apnemu(*RUN, "--network", "packet", "--controller", "mine.py", "--out", "run", folder=tmp_path)
    said = line_of(done)
    assert done.code == 3
    assert "the packet guest's program ended with 3: the controller ended with 1: the licence has run out" in said
    assert Path(said.rpartition("; see ")[2]).name == "console.log"
    assert (tmp_path / said.rpartition("; see ")[2]).is_file()
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["status"] == "running"
    assert not (tmp_path / "run" / "results.json").exists()


@pytest.mark.guest
def test_a_guest_that_is_killed(tmp_path: Path) -> None:
    asked = (*RUN, "--network", "apn", "--out", "run", "--set", "probes=65535")

    def guests() -> list[str]:
        folders = [path.parent for path in (tmp_path / "run").glob("*/console.log")]
        return [line for folder in folders for line in processes_in(folder)]

    with start(*asked, folder=tmp_path) as running:
        assert wait_until(lambda: bool(guests()), limit_s=30)
        os.kill(min(int(line.split()[0]) for line in guests()), signal.SIGKILL)
        out, err = running.communicate()
    said = line_of(Done(code=running.returncode, out=out, err=err, wall_s=0))
    assert running.returncode == 3
    assert "the guest's kernel was ended from outside by SIGKILL" in said
    assert guests() == []
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["status"] == "running"


@pytest.mark.guest
def test_demands_without_light_are_told(tmp_path: Path) -> None:
    """Rows are of what was served; that there are others is said, and stands in the manifest."""
    (tmp_path / "two.yaml").write_text(QUIET + "demands:" + DEMANDS)
    asked = ("run", "latency", "--topology", "two.yaml", "--set", "probes=1", "--network", "apn", "--out", "run")
    done = apnemu(*asked, "--json", folder=tmp_path)
    told = (
        "No light for 2 of what was asked for: big (rate: 9000 Gbit/s asked, the fastest mode is 400zr with 400 Gbit/s;"
        " split the demand, or add a mode to the equipment) and others; apnemu plan lists all."
    )
    assert told in done.err.splitlines()
    assert [row["from"] for row in done.json()["results"]] == ["a", "b"]
    assert told in json.loads((tmp_path / "run" / "manifest.json").read_text())["approximations"]


@pytest.mark.guest
def test_a_program_that_the_lab_does_not_find(tmp_path: Path) -> None:
    done = apnemu("lab", "net", str(TOPOLOGIES / "three-sites.yaml"), "--", "no-such-program", folder=tmp_path)
    assert done.code == 3
    assert done.err.splitlines()[-1] == (
        "apnemu: no-such-program cannot be run: No such file or directory; give a program that the lab finds"
    )
    assert "Traceback" not in done.err


BROKEN_RUNS = {
    "no JSON": (
        '{"experiment": ',
        "its results.json is no JSON (Expecting value: line 1 column 16 (char 15)); run it again",
    ),
    "a list": ("[]", "its results.json has no experiment, time, results; run it again"),
    "no blueprint": (
        '{"experiment": "latency", "time": "virtual", "results": []}',
        "it has no blueprint.json; give one of apnemu run",
    ),
}


@pytest.mark.parametrize(("text", "wanted"), BROKEN_RUNS.values(), ids=BROKEN_RUNS.keys())
def test_a_run_directory_that_is_broken(tmp_path: Path, text: str, wanted: str) -> None:
    (tmp_path / "results.json").write_text(text)
    done = apnemu("report", ".", "--out", "page", folder=tmp_path)
    assert line_of(done) == f"RUN_DIR: . is not the directory of a run that ended: {wanted}"
    assert done.code == 2
    assert not (tmp_path / "page").exists()
