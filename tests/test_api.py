# SPDX-License-Identifier: BSD-3-Clause
"""apnemu from Python: a run as values, the same when it is opened again, and errors of the drawn tree."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import apnemu


def test_every_public_name_is_there() -> None:
    for name in apnemu.__all__:
        assert getattr(apnemu, name) is not None
    assert set(apnemu.__all__) <= set(dir(apnemu))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = apnemu.nothing


def test_importing_it_loads_nothing_else() -> None:
    """A guest imports it too, and each module costs time there."""
    program = "import sys; before = {*sys.modules}; import apnemu; print(*sorted({*sys.modules} - before))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout.split() == ["apnemu"]


def test_a_plan_and_a_topology() -> None:
    plant = apnemu.load_topology("three-sites")
    assert [site.name for site in plant.sites] == ["tokyo", "nagoya", "osaka"]
    (path,) = apnemu.plan(plant).lightpaths
    assert path == apnemu.plan("three-sites").lightpaths[0]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"experiment": "latencies"}, "there is no experiment 'latencies'"),
        ({"experiment": "latency", "topology": "jpn13"}, "there is no topology 'jpn13'"),
        ({"experiment": "latency", "settings": {"probes": 0}}, "probes is '0'; it must be a whole number from 1"),
        ({"experiment": "latency", "settings": {"load": ["idle", "busy"]}}, "load is 'busy'; it must be idle or full"),
    ],
)
def test_bad_input_is_an_input_error(asked: dict[str, object], words: str) -> None:
    with pytest.raises(apnemu.InputError) as refused:
        apnemu.run(**asked)  # type: ignore[arg-type]  # that is what is tried
    assert words in str(refused.value)


@pytest.mark.guest
def test_a_run_is_values_and_the_same_when_it_is_opened(tmp_path: Path) -> None:
    seen: list[str] = []
    run = apnemu.run(
        "latency",
        topology="three-sites",
        settings={"probes": 2, "load": ["idle"]},
        networks=["apn"],
        out=tmp_path / "run",
        progress=lambda network, progress: seen.append(network),
    )
    assert run.verdict.met is True
    assert run.verdict.judged == len(run.rows) == 2
    assert run.answer.startswith("Tokyo–Osaka: 5.44 ms over the APN")
    assert set(run.records["kind"].to_pylist()) >= {"probe"}
    assert run.page.read_text().startswith("<!doctype html>")
    assert run.manifest["status"] == "done"
    assert set(seen) == {"apn"}
    again = apnemu.open_run(run.path)
    assert (again.rows, again.answer, again.verdict) == (run.rows, run.answer, run.verdict)
    assert again.page.read_bytes() == run.page.read_bytes()
    frame = pytest.importorskip("pandas") and again.to_pandas()
    assert list(frame["rtt_ns_p50"]) == [row["rtt_ns_p50"] for row in run.rows]


def test_what_is_no_run_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(apnemu.InputError, match="is not the directory of a run that ended"):
        apnemu.open_run(tmp_path)
