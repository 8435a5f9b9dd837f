"""The home-made collective beside somebody else's: torch.distributed over gloo (`pip install apnemu[torch]`)."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.experiments.command import REPOSITORY
from tests.experiments.test_training import workers

GLOO = """
import json, sys, torch, torch.distributed as together
rank, count, file, numbers = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4])
together.init_process_group("gloo", init_method="file://" + file, rank=rank, world_size=count)
own = torch.tensor(numbers, dtype=torch.float64)
together.all_reduce(own)
print(json.dumps(own.tolist()))
together.destroy_process_group()
"""


@pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed: pip install apnemu[torch]")
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
        gloo = [json.loads(process.communicate(timeout=100)[0].splitlines()[-1]) for process in started]
    finally:
        for process in started:
            process.kill()
    port = 21_500 if algorithm == "ring" else 21_540
    assert workers(algorithm, sites, per_site, numbers, port) == gloo
