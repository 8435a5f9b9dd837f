# SPDX-License-Identifier: BSD-3-Clause
"""A controller is killed under a stream of frames and started again: frames do not notice, requests for light wait."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.experiments.command import TOPOLOGIES, Done, apnemu

pytestmark = pytest.mark.guest
OWN = '''
import dataclasses
import pyarrow.compute as pc
from apnemu.question.experiment import Experiment
from apnemu.model.assignment import Assignment
from apnemu.model.activities import Application, Probes, Request
from apnemu.model.scenario import Stage
from apnemu.units import VirtualNs

S = 1_000_000_000
TABLES = """
import json, subprocess, sys, time

for until_ns in map(int, sys.argv[1:]):
    time.sleep((until_ns - time.clock_gettime_ns(time.CLOCK_MONOTONIC)) / 1e9)
    asked = [["ovs-ofctl", "-O", "OpenFlow13", "dump-flows", f"s{number}"] for number in (1, 2, 3)]
    said = {ask[-1]: subprocess.run(ask, check=True, capture_output=True, text=True).stdout for ask in asked}
    print("@record", json.dumps(said), flush=True)
"""


def asked(name, source, target, at_s=0):
    at_ns = VirtualNs(round(at_s * S))
    return Request(name=name, source=source, target=target, rate_gbps=100, at_ns=at_ns, expected_ns=VirtualNs(71 * S))


def stages(context):
    probes = Probes(pairs=(("tokyo", "osaka"),), count=800, gap_ns=VirtualNs(S // 100))
    if context.network == "packet":
        duration_ns = VirtualNs(10 * S)
        return (Stage(phase="lost", duration_ns=duration_ns, activities=(probes, *context.plant.scenario)),)
    tables = Application(
        name="tables",
        site="tokyo",
        role="job",
        argv=("{python}", "-c", TABLES, f"{{start:{S // 2}}}", f"{{start:{9 * S}}}"),
    )
    return (
        Stage(phase="light", duration_ns=VirtualNs(S), activities=(asked("before", "tokyo", "osaka"),)),
        Stage(
            phase="lost",
            duration_ns=VirtualNs(10 * S),
            activities=(
                probes,
                *context.plant.scenario,
                tables,
                asked("meanwhile", "nagoya", "osaka", 1.5),
                asked("afterwards", "tokyo", "nagoya", 7),
            ),
        ),
    )


EXPERIMENT = Experiment(
    name="own",
    question="What does light notice?",
    topology="three-sites",
    prepare=lambda plant, settings: dataclasses.replace(plant, transceivers=3, demands=()),
    arrange=lambda planned, settings: Assignment(lightpaths=(), refusals=()),
    stages=stages,
    rows=lambda table, contexts: table.to_pylist(),
    expected=lambda settings: "nothing",
)
'''
SCENARIO = """
scenario:
  - {at_s: 1, event: lose, what: controller}
  - {at_s: 3, event: repair, what: controller}
"""
FLOW = re.compile(r"duration=([\d.]+)s, .*?(priority=.*)")


def play(folder: Path, scenario: str, hashes: str = "1") -> Done:
    """Its run directory is `run`."""
    (folder / "own.py").write_text(OWN)
    (folder / "three.yaml").write_text((TOPOLOGIES / "three-sites.yaml").read_text() + scenario)
    asked = ("run", "own.py", "--topology", "three.yaml", "--out", "run")
    return apnemu(*asked, folder=folder, environment={"PYTHONHASHSEED": hashes})


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lost")
    done = play(folder, SCENARIO)
    assert done.code == 0, done.err
    return folder / "run"


@pytest.fixture(scope="module")
def records(run_dir: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((run_dir / "results.json").read_text())["results"]
    return found


def event(records: list[dict[str, Any]], name: str, network: str = "apn") -> dict[str, Any]:
    wanted = (network, "event", name)
    return next(record for record in records if (record["network"], record["kind"], record["name"]) == wanted)


@pytest.mark.parametrize("network", ["apn", "packet"])
def test_no_frame_is_lost(records: list[dict[str, Any]], network: str) -> None:
    probes = [record for record in records if (record["network"], record["kind"]) == (network, "probe")]
    lost_ns, back_ns = event(records, "lose", network)["at_ns"], event(records, "ready", network)["at_ns"]
    assert len(probes) == 800
    assert sum(lost_ns < probe["at_ns"] < back_ns for probe in probes) > 200, "frames went while it was away"
    assert [probe for probe in probes if probe["rtt_ns"] is None] == []


def test_no_rule_that_was_right_is_sent_again(records: list[dict[str, Any]]) -> None:
    """The controller says so, and the switches: each rule is older by the time that has passed."""
    said = json.loads(event(records, "ready")["detail"])
    assert (said["ready"], said["had"], said["installed"], said["removed"]) == (3, 6, 0, 0)
    before, after = (json.loads(record["detail"]) for record in records if record["kind"] == "application")
    flows = 0
    for switch, text in before.items():
        later = {rule: float(age_s) for age_s, rule in FLOW.findall(after[switch])}
        for age_s, rule in FLOW.findall(text):
            assert later[rule] - float(age_s) == pytest.approx(8.5, abs=0.1), rule
            flows += 1
    assert flows == 6


def test_who_asks_meanwhile_waits_and_who_asks_afterwards_is_served(records: list[dict[str, Any]]) -> None:
    before, meanwhile, afterwards = (event(records, f"request {n}") for n in ("before", "meanwhile", "afterwards"))
    for request in (before, meanwhile, afterwards):
        assert json.loads(request["detail"])["status"] == 201
        assert request["duration_ns"] is not None, "its light carries frames"
    ready_ns, asked_ns = event(records, "ready")["at_ns"], event(records, "lose")["at_ns"] + 500_000_000
    assert ready_ns - asked_ns < json.loads(meanwhile["detail"])["answered_ns"] < ready_ns - asked_ns + 250_000_000
    way_ns = 366 * 1e9 * 1.468 / 299_792.458  # from tokyo to the controller in nagoya, and amplifiers
    assert abs(json.loads(afterwards["detail"])["answered_ns"] - 100_000_000 - 2 * way_ns) < 1_000_000
    assert afterwards["duration_ns"] - before["duration_ns"] < 1_000_000


@pytest.mark.long
@pytest.mark.slow
def test_the_same_bytes_with_other_hashes(run_dir: Path, tmp_path: Path) -> None:
    assert play(tmp_path, SCENARIO, "12345").code == 0
    names = run_dir / "records.parquet", tmp_path / "run" / "records.parquet"
    assert names[0].read_bytes() == names[1].read_bytes()


@pytest.mark.long
@pytest.mark.slow
def test_who_asks_a_controller_that_is_never_given_back_does_not_wait_for_ever(tmp_path: Path) -> None:
    done = play(tmp_path, SCENARIO.rpartition("  - ")[0])
    assert done.code == 3
    assert "the controller has not answered for 300 virtual seconds" in done.err
    assert "repair must give it back" in done.err
