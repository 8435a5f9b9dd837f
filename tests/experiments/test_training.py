# SPDX-License-Identifier: BSD-3-Clause
"""Training in several data centres: the published fit, its prediction, and bytes between sites."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from apnemu.experiments.virtual_dc_training import EXPERIMENT
from apnemu.placement.training_models import MODELS
from tests.experiments.command import REPOSITORY, apnemu, settings


def training(folder: Path, *more: str, **given: object) -> list[dict[str, Any]]:
    words = ("--network", "apn", "--json", "--out", "run", *more, *settings(**given))
    found = apnemu("run", "virtual_dc_training", *words, folder=folder).json()
    assert found["expectation"]["met"]
    rows: list[dict[str, Any]] = found["results"]
    return rows


@pytest.mark.long
@pytest.mark.guest
def test_the_published_ratio_is_fitted_and_the_other_one_predicted(tmp_path: Path) -> None:
    (tmp_path / "slow").mkdir()
    (slow,) = training(tmp_path / "slow", rtt_ms=15, rate_gbps=0.3, compute_s=0.25, fit_ratio=8.36)
    assert slow["ratio"] == pytest.approx(8.36, rel=0.02)
    on, off = training(
        tmp_path, rtt_ms=0.526, rate_gbps=100, compute_s=0.25, gradient_bytes=slow["gradient_bytes"], overlap="on,off"
    )
    assert 1.0 <= on["ratio"] <= 1.03 and on["ratio"] < off["ratio"]
    for row in (slow, on, off):
        assert row["wire_bytes"] == pytest.approx(row["gradient_bytes"], rel=0.01), "2 (k - 1) / k, k = 2"
    assert (on["overlap"], off["overlap"]) == (True, False)


@pytest.mark.long
@pytest.mark.guest
def test_all_buckets_of_a_long_ring_open_the_window_together(tmp_path: Path) -> None:
    near, far = training(
        tmp_path, sites=5, distance_km="500,2500", compute_s=0.1, gradient_bytes=100_000_000, overlap="off"
    )  # fmt: skip
    assert near["step_s"] == pytest.approx(near["predicted_step_s"], rel=0.02)
    assert far["step_s"] == pytest.approx(far["predicted_step_s"], rel=0.05)


@pytest.mark.guest
def test_three_sites_with_two_workers_each(tmp_path: Path) -> None:
    (row,) = training(
        tmp_path, sites=3, workers=2, algorithm="hierarchical", distance_km=100, gradient_bytes=30_000_000,
        compute_s=0.02,
    )  # fmt: skip
    assert row["wire_bytes"] == pytest.approx(2 * 2 / 3 * 30_000_000, rel=0.01), "a ring of sites, not of workers"
    assert row["distance_km"] == 100 and row["ratio"] > 1


def workers(algorithm: str, sites: int, per_site: int, numbers: list[list[float]], port: int) -> list[list[float]]:
    """What real processes on this machine have at the end."""
    count = sites * per_site
    started = []
    for rank in range(count):
        plan = {
            "rank": rank, "algorithm": algorithm, "sites": sites, "per_site": per_site, "buckets": 3, "steps": 1,
            "gradient_bytes": 8 * len(numbers[0]), "compute_s": 0.05, "overlap": True, "together_ns": 500_000_000,
            "ports": [port + other for other in range(count)], "addresses": ["127.0.0.1"] * count,
            "pace_bytes_per_s": [0] * count, "numbers": numbers[rank],
        }  # fmt: skip
        words = [sys.executable, "-m", "apnemu.emulation.apps.training", json.dumps(plan)]
        started.append(subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True))
    try:
        said = [process.communicate(timeout=600)[0] for process in started]
    finally:
        for process in started:
            process.kill()
    return [json.loads(text.removeprefix("@record "))["numbers"] for text in said]


@pytest.mark.parametrize(("algorithm", "sites", "per_site"), [("ring", 3, 1), ("hierarchical", 2, 2)])
def test_real_numbers_are_summed(algorithm: str, sites: int, per_site: int) -> None:
    count = sites * per_site
    numbers = [[float((7 * place + 13 * rank) % 101) for place in range(500)] for rank in range(count)]
    want = [sum(column) for column in zip(*numbers, strict=True)]
    port = 21_400 if algorithm == "ring" else 21_440
    assert workers(algorithm, sites, per_site, numbers, port) == [want] * count


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"distance_km": "-1"}, "distance_km is '-1'; it must be a number from 0 to 20000"),
        ({"sites": 9}, "sites is 9; three-sites has 3 data centres"),
        ({"distance_km": 5, "rtt_ms": 1}, "give one of them"),
        ({"gradient_bytes": 22400}, "gradient_bytes is 22400; 8 buckets in 2 parts each need at least 22401"),
        ({"fit_ratio": 0.5}, "fit_ratio: a ratio of 0.5 is outside"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, object], says: str, tmp_path: Path) -> None:
    found = apnemu("run", "virtual_dc_training", "--out", "run", *settings(**given), folder=tmp_path)
    assert found.code == 2 and says in found.err


STEP: dict[str, Any] = {
    **{"network": "apn", "distance_km": 100.0, "overlap": True, "rate_gbps": 100.0, "ratio": 1.01},
    **{"step_s": 1.0, "predicted_step_s": 1.0, "wire_bytes": 1_000, "expected_wire_bytes": 1_000},
}


@pytest.mark.parametrize(
    ("changed", "met"),
    [
        ({}, True),
        ({"step_s": 1.06}, False),
        ({"network": "packet", "step_s": 1.5}, True),
        ({"network": "packet", "wire_bytes": 1_011}, False),
        ({"ratio": 0.99}, False),
        ({"ratio": 0.99, "rate_gbps": 400.0}, True),
        ({"gloo_same_sum": True}, True),
        ({"gloo_same_sum": False}, False),
    ],
)
def test_steps_over_the_apn_and_bytes_over_both_networks_are_judged(changed: dict[str, Any], met: bool) -> None:
    assert EXPERIMENT.judge([{**STEP, **changed}], EXPERIMENT.settings()).met is met


def test_every_known_model_can_be_set() -> None:
    assert EXPERIMENT.setting("model").choices == tuple(MODELS)
