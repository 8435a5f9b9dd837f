# SPDX-License-Identifier: BSD-3-Clause
"""A disk in another data centre: round trips of a command, the depth that fills a wavelength, the same bytes again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apnemu.experiments.virtual_dc_storage import EXPERIMENT
from tests.experiments.command import apnemu, settings

SMALL: dict[str, object] = {"seconds": 0.02, "training_bytes": 0}
ASKED = {"distance_km", "rtt_ns", "block_bytes", "queue_depth", "rw", "iops", "bandwidth_gbps", "latency_ns_p50",
         "latency_ns_p99", "network", "what"}  # fmt: skip


def storage(folder: Path, *more: str, **given: object) -> list[dict[str, Any]]:
    found = apnemu(
        "run", "virtual_dc_storage", *more, "--json", "--out", "run", *settings(**SMALL | given), folder=folder
    ).json()
    assert found["expectation"]["met"] is (None if "packet" in more else True)
    rows: list[dict[str, Any]] = found["results"]
    return rows


@pytest.mark.long
@pytest.mark.guest
def test_round_trips_and_the_depth_that_fills_the_line(tmp_path: Path) -> None:
    asked: dict[str, object] = {"rate_gbps": 100, "distance_km": 100, "queue_depth": "8,16", "training_bytes": 2**28}
    asked["block_bytes"] = "4096,1048576"
    rows = storage(tmp_path, "--network", "apn", **asked)
    assert all(row.keys() >= ASKED for row in rows)
    seen = {(row["distance_km"], row["rw"], row["block_bytes"], row["queue_depth"]): row for row in rows[:-1]}
    for rw, block, trips in (("read", 4096, 1), ("read", 1 << 20, 1), ("write", 4096, 1), ("write", 1 << 20, 2)):
        base, far = seen[0, rw, block, 1], seen[100, rw, block, 1]
        more_ns = far["latency_ns_p50"] - base["latency_ns_p50"]
        assert abs(more_ns - trips * (far["rtt_ns"] - base["rtt_ns"])) < 1000
    assert seen[100, "read", 1 << 20, 8]["bandwidth_gbps"] < 65 < 90 < seen[100, "read", 1 << 20, 16]["bandwidth_gbps"]
    assert 8 < seen[100, "read", 1 << 20, 1]["filling_queue_depth"] <= 16
    training = rows[-1]
    assert (training["what"], training["jobs"], training["read_or_written_bytes"]) == ("training input", 4, 2**28)


@pytest.mark.long
@pytest.mark.guest
def test_a_write_that_has_its_data_with_it_takes_one_round_trip(tmp_path: Path) -> None:
    asked: dict[str, object] = {"distance_km": 50, "block_bytes": 65536, "queue_depth": 1, "rw": "write"}
    latencies = []
    for inline in (16384, 65536):
        (tmp_path / str(inline)).mkdir()
        base, far = storage(tmp_path / str(inline), "--network", "apn", **asked, inline_data_bytes=inline)
        latencies.append((far["latency_ns_p50"] - base["latency_ns_p50"]) / (far["rtt_ns"] - base["rtt_ns"]))
    assert latencies == pytest.approx([2, 1], abs=0.01)


@pytest.mark.long
@pytest.mark.guest
def test_twice_is_the_same_and_others_are_felt(tmp_path: Path) -> None:
    asked = {"distance_km": 0, "block_bytes": 131072, "queue_depth": 8, "rw": "read", "load": 0.7}
    found = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        rows = storage(tmp_path / name, "--network", "packet", **asked)
        found.append((tmp_path / name / "run" / "records.parquet").read_bytes())
    assert found[0] == found[1]
    assert rows[-1]["bandwidth_gbps"] < 5, "of 10 Gbit/s others have 7"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"block_bytes": 5000}, "block_bytes is 5000; the disk has sectors of 4096 bytes; give a multiple"),
        ({"queue_depth": 256}, "queue_depth is 256; of 1048576 bytes each that is 256 MiB under way"),
        ({"training_bytes": 5}, "training_bytes is 5; 4 jobs read blocks of 1048576 bytes; give at least"),
        ({"load": 0.9}, "million frames of others, and the lab plays 2 million; give fewer block_bytes"),
        ({"rw": "append"}, "rw is 'append'; it must be read or write; for example --set rw=read"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, object], said: str, tmp_path: Path) -> None:
    done = apnemu("run", "virtual_dc_storage", "--out", "run", *settings(**given), folder=tmp_path)
    assert done.code == 2
    assert said in done.err
    assert not (tmp_path / "run").exists()


POINT: dict[str, Any] = {
    **{"network": "apn", "distance_km": 100, "what": "sweep", "rw": "read", "block_bytes": 4096, "queue_depth": 1},
    **{"latency_ns_p50": 1_000_000, "predicted_alone_ns": 1_000_000},
    **{"bandwidth_gbps": 10.0, "predicted_bandwidth_gbps": 10.0},
}


@pytest.mark.parametrize(
    ("changed", "met"),
    [
        ({}, True),
        ({"latency_ns_p50": 1_060_000}, False),
        ({"latency_ns_p50": 1_060_000, "queue_depth": 8}, True),
        ({"bandwidth_gbps": 8.9, "queue_depth": 8}, False),
        ({"bandwidth_gbps": 8.9, "queue_depth": 8, "rw": "write", "block_bytes": 131_072}, None),
        ({"network": "packet", "bandwidth_gbps": 1.0}, None),
        ({"distance_km": 0}, None),
        ({"what": "training input"}, None),
    ],
)
def test_the_sweep_at_a_distance_over_the_apn_is_judged(changed: dict[str, Any], met: bool | None) -> None:
    verdict = EXPERIMENT.judge([{**POINT, **changed}], EXPERIMENT.settings())
    assert verdict.met is met
    assert verdict.why
