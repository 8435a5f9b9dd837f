# SPDX-License-Identifier: BSD-3-Clause
"""GNPy's own command line, on the files that apnemu writes, says what apnemu says: within 0.01 dB."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from apnemu.model.demand import Demand
from apnemu.model.plant import Plant
from apnemu.optics import export_gnpy, quality, read_gnpy
from apnemu.planning import plan
from apnemu.planning.graph import Graph
from apnemu.topology import read_plant
from tests.optics.lines import EXAMPLES, TOPOLOGIES

SAME_DB = 0.01
pytestmark = pytest.mark.slow
PROGRAMS = Path(sys.executable).parent


def gnpy_says(*words: str | Path) -> str:
    ran = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=600, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def final_gsnr_db(text: str) -> float:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    found = re.search(r"Final GSNR \(0\.1 nm\): ([0-9.]+) dB", plain)
    assert found is not None, text[-500:]
    return float(found[1])


@pytest.mark.parametrize(("source", "target"), [("sapporo", "hakata"), ("naha", "tokyo")])
def test_path_request_on_jpn12(tmp_path: Path, kept: Path, source: str, target: str) -> None:
    """Every mode over two routes, with dispersion beyond what some bear."""
    plant = read_plant(TOPOLOGIES / "jpn12.yaml")
    routes = [route.fibres for route in islice(Graph(plant).routes(source, target), 2)]
    export_gnpy(plant, tmp_path, routes=[(source, route) for route in routes])
    answer = tmp_path / "answer.json"
    program = PROGRAMS / "gnpy-path-request"
    files = (tmp_path / "network.json", tmp_path / "services.json", "-e", tmp_path / "equipment.json", "-o", answer)
    gnpy_says(program, *files)
    theirs = _metrics(answer)
    ours = quality(plant, routes, folder=kept)
    assert len(theirs) == len(routes) * len(plant.modes)
    for route in routes:
        for verdict in ours[route].verdicts:
            metric = theirs["/".join((source, *route, verdict.mode))]
            assert metric["SNR-0.1nm"] == pytest.approx(verdict.gsnr_db, abs=SAME_DB)
            assert metric["OSNR-0.1nm"] == pytest.approx(verdict.osnr_ase_db, abs=SAME_DB)
            assert metric["lowest_SNR-0.1nm"] == pytest.approx(verdict.worst_gsnr_db, abs=SAME_DB)
            assert (metric["CD_penalty"] == float("inf")) == any("dispersion" in word for word in verdict.beyond)


def _metrics(answer: Path) -> dict[str, dict[str, float]]:
    responses = json.loads(answer.read_text())["gnpy-path-computation:responses"]["response"]
    found = {}
    for response in responses:
        properties = response.get("path-properties") or response["no-path"]["path-properties"]
        metrics = {metric["metric-type"]: metric["accumulative-value"] for metric in properties["path-metric"]}
        found[response["response-id"]] = {name: float(value) for name, value in metrics.items()}
    return found


def test_transmission_example_on_a_plan(tmp_path: Path, kept: Path) -> None:
    """A planned lightpath over ROADMs, by GNPy's --spectrum and --path."""
    plant = read_plant(TOPOLOGIES / "three-sites.yaml")
    from apnemu.optics import judge_of

    lightpath = plan(plant, judge=judge_of(plant, folder=kept)).lightpaths[0]
    export_gnpy(plant, tmp_path)
    said = gnpy_says(
        PROGRAMS / "gnpy-transmission-example",
        tmp_path / "network.json",
        f"trx({lightpath.source})",
        f"trx({lightpath.target})",
        "-e",
        tmp_path / "equipment.json",
        "--spectrum",
        tmp_path / f"spectrum-{lightpath.mode}.json",
        "--path",
        " | ".join(f"roadm({site})" for site in lightpath.route),
    )
    assert lightpath.gsnr_db == pytest.approx(final_gsnr_db(said), abs=SAME_DB)


@pytest.mark.parametrize(
    ("topology", "equipment", "ends"),
    [
        ("edfa_example_network.json", "eqpt_config.json", ("Site_A", "Site_B")),
        ("Sweden_OpenROADMv5_example_network.json", "eqpt_config_openroadm_ver5.json", ("trx_Stockholm", "trx_Malmö")),
    ],
)
def test_plan_on_an_imported_network(tmp_path: Path, topology: str, equipment: str, ends: tuple[str, str]) -> None:
    network = read_gnpy(EXAMPLES / topology, equipment=EXAMPLES / equipment)
    plant, modes = _planned(network, ends)
    lightpath = plan(plant, k=1, judge=network.judge_of(plant)).lightpaths[0]
    export_gnpy(modes, tmp_path)
    said = gnpy_says(
        PROGRAMS / "gnpy-transmission-example",
        EXAMPLES / topology,
        *ends,
        "-e",
        EXAMPLES / equipment,
        "--spectrum",
        tmp_path / f"spectrum-{lightpath.mode}.json",
    )
    assert lightpath.gsnr_db == pytest.approx(final_gsnr_db(said), abs=SAME_DB)


def _planned(network, ends: tuple[str, str]) -> tuple[Plant, Plant]:  # type: ignore[no-untyped-def]
    like = read_plant(TOPOLOGIES / "three-sites.yaml")
    source, target = (network.sites[uid] for uid in ends)
    demand = Demand(name="d", source=source, target=target, rate_gbps=100)
    return replace(network.plant(like), demands=(demand,)), like


def test_plan_and_its_export_agree(tmp_path: Path) -> None:
    """`apnemu plan --quality --export-gnpy`, beside GNPy's own command line on what it wrote."""
    command = [sys.executable, "-m", "apnemu.cli", "plan", TOPOLOGIES / "three-sites.yaml", "--quality", "--json"]
    said = subprocess.run([*command, "--export-gnpy", tmp_path], check=True, capture_output=True, text=True).stdout
    answer = tmp_path / "answer.json"
    files = (tmp_path / "network.json", tmp_path / "services.json", "-e", tmp_path / "equipment.json", "-o", answer)
    gnpy_says(PROGRAMS / "gnpy-path-request", *files)
    theirs = _metrics(answer)
    for path in json.loads(said)["lightpaths"]:
        found = [metric for name, metric in theirs.items() if name.endswith(path["mode"])]
        assert found
        assert found[0]["SNR-0.1nm"] == pytest.approx(path["gsnr_db"], abs=SAME_DB)
