# SPDX-License-Identifier: BSD-3-Clause
"""The same run gives the same bytes, wherever and beside whatever it runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.experiments.command import REPOSITORY, THREE_SITES, TOPOLOGIES, apnemu, settings, start

pytestmark = [pytest.mark.guest, pytest.mark.slow, pytest.mark.long]
CORES = sorted(os.sched_getaffinity(0))
LOSS = ("run", "loss", *settings(load="0.5,1.3", seconds=0.02, share=0.2, size_bytes=300_000), "--pcap", "--json")
"""TCP, drops, injected frames and a capture of every interface."""
LATENCY = ("run", "latency", *THREE_SITES, "--network", "packet", *settings(load="full", probes=2000), "--json")
FILES = ("records.parquet", "apn.pcapng", "packet.pcapng")


def content(run_dir: Path, names: tuple[str, ...] = FILES) -> dict[str, bytes]:
    return {name: (run_dir / name).read_bytes() for name in names}


@pytest.fixture(scope="module")
def on_the_first_core(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("first")
    done = apnemu(*LOSS, "--core", str(CORES[0]), "--out", "a", folder=folder)
    assert done.code == 0, done.err
    rows = [row for row in done.json()["results"] if (row["network"], row["load"]) == ("packet", 1.3)]
    assert rows[0]["drops"] > 0
    assert rows[0]["retransmits"] > 0
    return content(folder / "a")


@contextmanager
def hog(core: int) -> Iterator[None]:
    """Something that wants all of a core."""
    program = f"import os; os.sched_setaffinity(0, {{{core}}})\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", program]) as running:
        try:
            yield
        finally:
            running.kill()


def test_on_another_core(on_the_first_core: dict[str, bytes], tmp_path: Path) -> None:
    done = apnemu(*LOSS, "--core", str(CORES[-1]), "--out", "a", folder=tmp_path)
    assert done.code == 0, done.err
    assert content(tmp_path / "a") == on_the_first_core


def test_beside_a_hog_with_other_hashes_and_a_longer_path(on_the_first_core: dict[str, bytes], tmp_path: Path) -> None:
    out = tmp_path / "another" / ("long" * 20) / "path"
    with hog(CORES[-1]):
        done = apnemu(
            *LOSS,
            *("--core", str(CORES[-1]), "--out", str(out)),
            folder=tmp_path,
            environment={"PYTHONHASHSEED": "12345", "LANG": "ja_JP.UTF-8", "TZ": "Asia/Tokyo"},
        )
    assert done.code == 0, done.err
    assert content(out) == on_the_first_core


def test_another_seed_differs(on_the_first_core: dict[str, bytes], tmp_path: Path) -> None:
    assert apnemu(*LOSS, "--seed", "2", "--out", "a", folder=tmp_path).code == 0
    other = content(tmp_path / "a")
    assert all(other[name] != on_the_first_core[name] for name in FILES)


@pytest.mark.alone
@pytest.mark.skipif(len(CORES) < 2, reason="one core")
def test_two_labs_at_once(tmp_path: Path) -> None:
    """Each gives what it gives alone. On a free machine they take 1.4 times the time; a busy one gets 2.0.

    Alone is timed before and after, and the longer counts: what else the machine does changes meanwhile.
    """
    alone = apnemu(*LATENCY, "--out", "alone", folder=tmp_path)
    assert alone.code == 0, alone.err
    begun_s = time.monotonic()
    both = [start(*LATENCY, "--out", name, folder=tmp_path) for name in ("left", "right")]
    said = [running.communicate() for running in both]
    took_s = time.monotonic() - begun_s
    assert [running.returncode for running in both] == [0, 0], said
    wanted = content(tmp_path / "alone", ("records.parquet",))
    assert content(tmp_path / "left", ("records.parquet",)) == wanted
    assert content(tmp_path / "right", ("records.parquet",)) == wanted
    alone_s = max(alone.wall_s, apnemu(*LATENCY, "--out", "after", folder=tmp_path).wall_s)
    print(f"two labs at once: {took_s / alone_s:.2f} times the time of one")
    assert took_s / alone_s <= 2.0


def test_watching_hardly_changes_a_congested_network(tmp_path: Path) -> None:
    """A captured frame's stamp takes a nanosecond: queues that overflow drop other frames, but about as many."""
    asked = [part for part in LOSS if part != "--pcap"]
    drops = []
    for name, watched in (("with", ["--pcap"]), ("without", [])):
        done = apnemu(*asked, "--network", "packet", "--set", "load=1.3", *watched, "--out", name, folder=tmp_path)
        drops.append(done.json()["results"][0]["drops"])
    assert drops[1] > 100
    assert abs(drops[0] - drops[1]) <= 0.02 * drops[1]


P2MP = ("run", "p2mp", *settings(leaves=2), "--json", "--topology", str(TOPOLOGIES / "hub-and-leaves.yaml"))
"""A warm-up, whose first frames are looked up by the switches' daemon: the smallest shift is seen."""


def from_another_checkout(folder: Path, letters: int) -> bytes:
    """The records of a checkout whose name is that long."""
    other = folder / ("x" * letters)
    for part in ("apnemu", "controllers", "experiments", "topologies"):
        shutil.copytree(REPOSITORY / part, other / part, ignore=shutil.ignore_patterns("__pycache__"))
    out = f"run-{letters}"
    done = apnemu(*P2MP, "--out", out, folder=folder, environment={"PYTHONPATH": str(other)})
    assert done.code == 0, done.err
    return content(folder / out, FILES[:1])[FILES[0]]


def test_from_checkouts_of_other_names(tmp_path: Path) -> None:
    """Before a guest was shown copies of one name, one length in five or so gave other bytes."""
    assert len({from_another_checkout(tmp_path, letters) for letters in (1, 60, 120, 200)}) == 1
