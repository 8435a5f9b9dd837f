# SPDX-License-Identifier: BSD-3-Clause
"""The same table, whoever runs the points and however often it is interrupted."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.experiments.command import REPOSITORY, apnemu, settings, start

pytestmark = pytest.mark.guest
SWEPT = ["sweep", "throughput", "--network", "apn", "--json"]
SWEPT += settings(flows="1,2", congestion_control="cubic,bbr", seconds=0.02, ramp_s=0.1)
"""BBR draws random numbers of the kernel's: they must be the point's own, too."""


@pytest.fixture(scope="module")
def one_worker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("one")
    found = apnemu(*SWEPT, "--out", "sweep", folder=folder).json()
    assert (found["points"], found["failed"], found["resumed"]) == (4, 0, 0)
    return folder / "sweep"


def table(folder: Path) -> bytes:
    return (folder / "sweep.parquet").read_bytes()


@pytest.mark.long
def test_two_workers(one_worker: Path, tmp_path: Path) -> None:
    apnemu(*SWEPT, "--workers", "2", "--out", "sweep", folder=tmp_path).json()
    assert table(tmp_path / "sweep") == table(one_worker)
    assert (tmp_path / "sweep" / "sweep.html").read_bytes() == (one_worker / "sweep.html").read_bytes()


@pytest.mark.long
def test_interrupted_and_resumed(one_worker: Path, tmp_path: Path) -> None:
    points = tmp_path / "sweep" / "points"
    with start(*SWEPT, "--workers", "2", "--out", "sweep", folder=tmp_path) as running:
        while not list(points.glob("*.json")):
            assert running.poll() is None
            time.sleep(0.02)
        running.kill()
    done = len(list(points.glob("*.json")))
    assert 0 < done < 4
    found = apnemu(*SWEPT, "--out", "sweep", folder=tmp_path).json()
    assert found["resumed"] >= done
    assert table(tmp_path / "sweep") == table(one_worker)


@contextmanager
def cluster() -> Iterator[str]:
    """A Dask scheduler and two workers of this machine's."""
    environment = {"PYTHONPATH": str(REPOSITORY), "PATH": "/usr/bin:/bin", "HOME": "/tmp"}
    dask = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        "--no-dashboard",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
    ]
    with subprocess.Popen(dask, stderr=subprocess.PIPE, text=True, env=environment) as scheduler:
        assert scheduler.stderr is not None
        said = next(line for line in scheduler.stderr if "Scheduler at" in line)
        address = re.search(r"tcp://\S+", said)
        assert address
        worker = [sys.executable, "-m", "distributed.cli.dask_worker", address[0], "--nworkers", "2", "--nthreads", "1"]
        with subprocess.Popen([*worker, "--no-dashboard"], stderr=subprocess.DEVNULL, env=environment) as workers:
            try:
                yield address[0]
            finally:
                workers.terminate()
                scheduler.terminate()
                scheduler.stderr.read()


@pytest.mark.long
def test_a_dask_cluster(one_worker: Path, tmp_path: Path) -> None:
    with cluster() as address:
        apnemu(*SWEPT, "--scheduler", address, "--out", "sweep", folder=tmp_path).json()
    assert table(tmp_path / "sweep") == table(one_worker)


def test_a_failed_point_is_kept_with_its_reason(tmp_path: Path) -> None:
    done = apnemu(*SWEPT[:3], "apn", "--json", *settings(flows=1, **{"from": "tokyo,kyoto"}, seconds=0.02, ramp_s=0.1),
                  "--out", "sweep", folder=tmp_path)  # fmt: skip
    assert done.code == 3
    assert '"failed": 1' in done.out and "no demand joins kyoto" in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--workers", "0"), "--workers: workers is 0; it must be from 1 to 1024; one for each core is usual"),
        (("--set", "flows=-1"), "--set: flows is '-1'; it must be a whole number from 1 to 1024"),
    ],
)
def test_bad_input(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = apnemu("sweep", "throughput", *arguments, folder=tmp_path)
    assert done.code == 2 and done.err.startswith(said) and done.err.count("\n") == 1


def test_another_sweep_in_the_folder(one_worker: Path) -> None:
    done = apnemu(*SWEPT, "--seed", "2", "--out", str(one_worker), folder=one_worker)
    assert done.code == 2 and "holds a sweep of another experiment, topology, controller, seed or networks" in done.err


@pytest.mark.slow
def test_an_application_of_ones_own_runs_every_point_and_another_is_not_mixed_with_it(tmp_path: Path) -> None:
    own = (REPOSITORY / "examples" / "own_controller.py").read_text()
    (tmp_path / "own.py").write_text(own)
    asked = ["sweep", "latency", "--topology", "three-sites", "--network", "packet", "--controller", "own.py"]
    asked += [*settings(load="idle", probes="2,3"), "--settle", "1", "--out", "sweep", "--json"]
    found = apnemu(*asked, folder=tmp_path).json()
    assert (found["points"], found["failed"], found["unmet"]) == (2, 0, 0), found
    logs = [log.read_text() for log in (tmp_path / "sweep" / "runs").glob("*/manifest.json")]
    assert len(logs) == 2 and all("own.py" in log for log in logs)
    (tmp_path / "own.py").write_text(own + "\n")
    refused = apnemu(*asked, folder=tmp_path)
    assert refused.code == 2
    assert "sweep holds a sweep of another experiment, topology, controller, seed or networks" in refused.err
