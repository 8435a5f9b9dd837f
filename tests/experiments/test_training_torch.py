# SPDX-License-Identifier: BSD-3-Clause
"""The home-made collective beside somebody else's: torch.distributed over gloo (`pip install apnemu[torch]`)."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.experiments.command import REPOSITORY, apnemu, settings
from tests.experiments.test_training import training, workers

GLOO = """
import json, sys, torch, torch.distributed as together
rank, count, file, numbers = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4])
together.init_process_group("gloo", init_method="file://" + file, rank=rank, world_size=count)
own = torch.tensor(numbers, dtype=torch.float64)
together.all_reduce(own)
print(json.dumps(own.tolist()))
together.destroy_process_group()
"""

CASE = {"distance_km": 100, "collective": "gloo", "gradient_bytes": 3_000_000, "compute_s": 0.02}
HAS_TORCH = find_spec("torch") is not None
with_torch = pytest.mark.skipif(not HAS_TORCH, reason="torch is not installed: pip install apnemu[torch]")


@with_torch
@pytest.mark.guest
@pytest.mark.slow
@pytest.mark.parametrize(("algorithm", "count"), [("ring", 1), ("hierarchical", 2)])
def test_gloo_sums_in_the_lab_as_the_workers_do(algorithm: str, count: int, tmp_path: Path) -> None:
    given = {**CASE, "algorithm": algorithm, "workers": count}
    (row,) = training(tmp_path, **given)
    assert row["gloo_same_sum"] is True
    assert row["rtt_ns"] < row["own_sum_ns"] < 1.2 * row["rtt_ns"], "two parts, one after the other: there, and back"
    assert row["gloo_sum_ns"] > row["rtt_ns"], "through the fibre and not beside it"


@with_torch
@pytest.mark.guest
@pytest.mark.slow
def test_gloo_gives_the_same_bytes_again(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
        training(folder, **CASE)
    first, second = ((folder / "run" / "records.parquet").read_bytes() for folder in folders)
    assert first == second


@pytest.mark.skipif(HAS_TORCH, reason="torch is installed")
def test_without_torch_it_says_how_to_get_it(tmp_path: Path) -> None:
    found = apnemu("run", "virtual_dc_training", "--out", "run", *settings(collective="gloo"), folder=tmp_path)
    assert found.code == 2 and found.err.count("\n") == 1
    assert "--set: collective is 'gloo'; it needs PyTorch 2.4 or newer, which " in found.err
    assert "pip install torch --index-url https://" in found.err and "or give --set collective=own" in found.err
    assert not (tmp_path / "run").exists()


@with_torch
@pytest.mark.parametrize(("algorithm", "sites", "per_site"), [("ring", 3, 1), ("hierarchical", 2, 2)])
def test_gloo_has_the_same_sum(algorithm: str, sites: int, per_site: int, tmp_path: Path) -> None:
    count = sites * per_site
    numbers = [[((7 * place + 13 * rank) % 101) / 8 for place in range(300)] for rank in range(count)]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", GLOO, str(rank), str(count), str(tmp_path / "meet"), json.dumps(numbers[rank])],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(count)
    ]
    try:
        gloo = [json.loads(process.communicate(timeout=600)[0].splitlines()[-1]) for process in started]
    finally:
        for process in started:
            process.kill()
    port = 21_500 if algorithm == "ring" else 21_540
    assert workers(algorithm, sites, per_site, numbers, port) == gloo
