# SPDX-License-Identifier: BSD-3-Clause
"""Light on demand, measured: declared times and little else, whatever else is asked for; the same bytes again."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from apnemu.experiments.provisioning.question import EXPERIMENT, TOLERANCE_NS, Settings, predict
from apnemu.planning.online import Light, Service
from apnemu.topology import read_plant
from apnemu.units import NS_PER_S
from tests.experiments.command import THREE_SITES, Done, apnemu, settings

FEW = (
    "run",
    "provisioning",
    *THREE_SITES,
    *settings(requests="1,6", transceivers=3, controller="osaka"),
    "--pcap",
    "--json",
)
"""Seven times two ends on nine transceivers: some get no light."""
COMPUTING_NS, DEVICES_NS = NS_PER_S // 10, 70 * NS_PER_S + NS_PER_S // 2
"""Of `topologies/equipment/default.yaml`: the controller; a WSS, then laser, amplifiers and FEC."""
ROUND_TRIPS_NS = 1_000_000
WAY_KM = {"tokyo": 552.6, "nagoya": 186.6, "osaka": 0.0}
"""To the controller in Osaka; the way is 10 us at least."""
LIGHT_NS_PER_KM = 4896.7
THREE_SITES_KM = 552.6


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    folder = tmp_path_factory.mktemp("few")
    return folder / "a", apnemu(*FEW, "--out", "a", folder=folder, environment={"PYTHONHASHSEED": "1"})


def accepted(done: Done) -> list[dict[str, Any]]:
    rows = [row for row in done.json()["results"] if row["accepted"]]
    for row in rows:
        assert abs(row["setup_ns"] - row["predicted_setup_ns"]) <= ROUND_TRIPS_NS, row
    return rows


@pytest.mark.guest
def test_a_setup_takes_the_declared_times_and_control_round_trips(few: tuple[Path, Done]) -> None:
    done = few[1]
    assert done.code == 0, done.err
    rows = done.json()["results"]
    assert len(rows) == 7
    for row in accepted(done):
        there_ns = max(10_000, WAY_KM[row["from"]] * LIGHT_NS_PER_KM)
        number = round((row["answered_ns"] - 2 * there_ns) / COMPUTING_NS)
        answers_ns = 2 * max(WAY_KM[site] for site in row["route"].split("-")) * LIGHT_NS_PER_KM
        assert answers_ns + there_ns <= row["dcn_ns"] < answers_ns + 2 * there_ns + 10_000
        light_ns = row["setup_ns"] - number * COMPUTING_NS - DEVICES_NS - answers_ns - there_ns
        assert 0 < light_ns < LIGHT_NS_PER_KM * THREE_SITES_KM + there_ns + ROUND_TRIPS_NS
    refused = [row["reason"] for row in rows if not row["accepted"]]
    assert refused and all(reason.startswith("transceivers: 1 needed at ") for reason in refused)


@pytest.mark.guest
def test_the_same_bytes_with_other_hashes(few: tuple[Path, Done], tmp_path: Path) -> None:
    again = apnemu(*FEW, "--out", "b", folder=tmp_path, environment={"PYTHONHASHSEED": "12345", "TZ": "Asia/Tokyo"})
    assert again.json()["results"] == few[1].json()["results"]
    for name in ("records.parquet", "apn.pcapng"):
        assert (tmp_path / "b" / name).read_bytes() == (few[0] / name).read_bytes()


@pytest.mark.guest
@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_a_hundred_at_an_instant(tmp_path: Path, seed: int) -> None:
    """With echoes every 5 s of silence two of 82 were 1.6 and 1.8 ms late; with frames that waited together, 0.9 ms."""
    done = apnemu("run", "provisioning", "--seed", str(seed), "--json", folder=tmp_path)
    assert done.code == 0, done.err
    assert len(accepted(done)) > 80


NEAR_AND_FAR = """
apnemu: 1
name: near-and-far
controller: {at: a}
sites:
  a: {kind: cluster, lat: 35.0, lon: 135.0}
  b: {kind: cluster, lat: 35.0, lon: 135.1}
  c: {kind: cluster, lat: 35.1, lon: 135.0}
fibres:
  - {between: [a, b], length_km: 4}
  - {between: [a, c], length_km: 9}
"""


def test_the_controller_takes_requests_as_they_come_in_over_its_network(tmp_path: Path) -> None:
    """Of forty requests, 1 us apart, those from nearer by overtake; each waits for all that came before."""
    (tmp_path / "near.yaml").write_text(NEAR_AND_FAR)
    plant = dataclasses.replace(read_plant(tmp_path / "near.yaml"), transceivers=64)
    sources = ["c"] * 15 + ["b", "c"] * 12 + ["b"]
    asked = [
        Service(name=f"{number}", source=source, target="a", rate_gbps=100) for number, source in enumerate(sources)
    ]
    light = Light(plant, transceivers={"a": 64, "b": 64, "c": 64})
    answered_ns = [one.done_ns for one in predict(plant, asked, light)]
    comes_us = [number + 4.8967 * {"b": 4, "c": 9}[source] for number, source in enumerate(sources)]
    order = sorted(range(len(sources)), key=comes_us.__getitem__)
    assert order != list(range(len(sources))) and order != sorted(range(len(sources)), key=lambda n: sources[n])
    way_ns = {"b": 4 * LIGHT_NS_PER_KM, "c": 9 * LIGHT_NS_PER_KM}
    for place, number in enumerate(order):
        far_ns = 3 * way_ns[sources[number]]  # an order, its answer, and the light, which has FEC too
        waited_ns = comes_us[order[0]] * 1000 + (place + 1) * COMPUTING_NS - number * 1000
        assert answered_ns[number] == pytest.approx(waited_ns + DEVICES_NS + far_ns, abs=200_000)


def row(**changed: Any) -> dict[str, Any]:
    same = {"request": "2-1", "requests": 2, "accepted": True, "predicted_accepted": True, "reason": ""}
    return {**same, "given_twice": 0, "setup_ns": 70 * NS_PER_S, "predicted_setup_ns": 70 * NS_PER_S, **changed}


REFUSED = {"accepted": False, "predicted_accepted": False, "setup_ns": None, "predicted_setup_ns": None}


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({"accepted": False, "reason": "no slot"}, "light given no, expected yes"),
        ({"predicted_accepted": False, "predicted_setup_ns": None}, "light given yes, expected no"),
        ({"given_twice": 8}, "steps of spectrum given twice 8, expected 0"),
        (
            {"setup_ns": 70 * NS_PER_S + TOLERANCE_NS + 1},
            "request to first frame 70,001,000,001 ns, expected 70,000,000,000 ns within 1.00 ms",
        ),
        ({"setup_ns": None}, "request to first frame was not measured, expected a value"),
        (REFUSED, "a reason told no, expected yes"),
    ],
)
def test_the_worst_request_is_named(broken: dict[str, Any], why: str) -> None:
    verdict = EXPERIMENT.judge([row(), row(request="2-2", **broken)], Settings())
    assert verdict.failed == ({"request": "2-2"},)
    assert verdict.why == f"1 of 2 rows judged; the worst (request 2-2): {why}"


def test_a_refusal_with_a_reason_is_as_expected() -> None:
    verdict = EXPERIMENT.judge(
        [row(setup_ns=70 * NS_PER_S + TOLERANCE_NS), row(**REFUSED, reason="no slot")], Settings()
    )
    assert (verdict.met, verdict.judged) == (True, 2)
    assert EXPERIMENT.judge([], Settings()).met is None


def test_a_figure_for_each_number_of_requests_with_what_is_declared_dashed() -> None:
    rows = [row(requests=1), *(row(setup_ns=(70 + number) * NS_PER_S) for number in range(2)), row(**REFUSED)]
    ((_, (figure,)),) = EXPERIMENT.shown.groups(rows, {})
    assert "From the request to the first frame: 2 requests" in figure
    assert "70.0 s at 1" in figure and "71.0 s at 2" in figure
    assert 'class="reference"' in figure and "declared times alone" in figure
