# SPDX-License-Identifier: BSD-3-Clause
"""apnemu from Python: a run as values, the same when it is opened again, and errors of the drawn tree."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import apnemu
from apnemu.running import directory
from apnemu.running.asked import contexts, resolve
from apnemu.running.guests import blueprint_of
from tests.recorded.case import case_of


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


def computed(name: str) -> apnemu.Experiment[object]:
    return apnemu.Experiment(
        name=name,
        question="?",
        topology="three-sites",
        computed=lambda plant, settings, seed: [{"a": seed}],
        judge=lambda rows, settings: apnemu.judge_rows(rows, lambda row: apnemu.at_least("a", row["a"], 1), ("a",)),
    )


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"networks": ("wifi",)}, "--network: 'wifi' is no network of mine; it must be apn or packet"),
        ({"networks": ()}, "--network: '' is no network of mine"),
        ({"times": ("soon",)}, "--time: 'soon' is no kind of time"),
        ({"seed": -1}, "--seed: seed is -1"),
        ({"seed": 1.5}, "--seed: seed is 1.5"),
        ({"controller": "nowhere.py"}, "--controller: there is no file nowhere.py"),
        ({"controller_runtime": "pox"}, "--controller-runtime: 'pox' is not installed"),
        ({"cores": (-1,)}, "--core: core -1 is not one"),
        ({"wall_limit_s": 0}, "--wall-limit-s: wall_limit_s is 0"),
        ({"topology": "mine.yaml"}, "mine.yaml: no such file"),
    ],
)
def test_an_option_is_refused_as_the_command_line_does(tmp_path: Path, asked: dict[str, Any], words: str) -> None:
    with pytest.raises(apnemu.InputError) as refused:
        apnemu.run(computed("mine"), out=tmp_path / "run", **asked)
    assert words in str(refused.value)
    assert not (tmp_path / "run").exists()


def test_options_may_be_words_or_numbers_of_numpy(tmp_path: Path) -> None:
    run = apnemu.run(computed("mine"), out=tmp_path / "run", networks="apn", times="virtual", seed=np.int64(3))  # type: ignore[arg-type]
    assert run.rows == [{"a": 3}]
    assert run.manifest["seed"] == 3


@pytest.mark.parametrize("name", ["mine", "latency"])
def test_an_experiment_that_is_a_value_claims_no_command(tmp_path: Path, name: str) -> None:
    """Not even where one of ours has its name: that one would be another run, and would show it otherwise."""
    run = apnemu.run(computed(name), out=tmp_path / "run")
    assert run.manifest["command"] == []
    assert "the experiment was given as a value from Python" in run.page.read_text()
    run.page.unlink()
    again = apnemu.open_run(run.path)
    assert again.page.is_file()
    assert again.verdict == run.verdict


def test_an_experiment_of_ours_that_is_a_value_has_its_command(tmp_path: Path) -> None:
    from apnemu.experiments.blocking import EXPERIMENT

    run = apnemu.run(EXPERIMENT, settings={"requests": 1000, "load": [30]}, out=tmp_path / "run")
    assert run.manifest["command"][:3] == ["apnemu", "run", "blocking"]


@pytest.mark.parametrize("met", [True, False, None])
def test_a_run_of_apnemu_0_1_is_opened(tmp_path: Path, met: bool | None) -> None:
    run = apnemu.run(computed("mine"), out=tmp_path / "run")
    document = json.loads((run.path / "results.json").read_text())
    document["expectation"] = {"text": "as it was", "met": met}
    (run.path / "results.json").write_text(json.dumps(document))
    run.page.unlink()
    old = apnemu.open_run(run.path)
    assert old.verdict.met is met
    assert old.document["expectation"]["met"] is met
    assert old.answer == "1 result."
    assert "as it was" in old.page.read_text()


def test_a_run_that_lacks_what_every_run_has_is_refused(tmp_path: Path) -> None:
    run = apnemu.run(computed("mine"), out=tmp_path / "run")
    (run.path / "results.json").write_text('{"experiment": "mine", "time": "virtual", "results": []}')
    with pytest.raises(apnemu.InputError, match=r"its results\.json has no .*expectation"):
        apnemu.open_run(run.path)


def test_runs_that_begin_together_have_folders_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda number: directory.make(None, "mine"), range(200)))
    assert len(set(folders)) == 200


def test_a_file_called_runs_is_no_fault_of_apnemus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("runs").write_text("")
    with pytest.raises(apnemu.InputError, match="--out: runs cannot be made"):
        apnemu.run(computed("mine"))


def test_a_runs_own_blueprint_is_read(tmp_path: Path) -> None:
    asked = resolve(case_of("throughput").request)
    (context, *_) = contexts(asked, tmp_path / "guests", "virtual")
    built = blueprint_of(asked.request, context)
    run = apnemu.run(computed("mine"), out=tmp_path / "run")
    with pytest.raises(apnemu.InputError, match="it has no blueprints; its experiment is computed without a lab"):
        assert run.blueprints
    document = {"picture": asked.picture, context.network: built.to_json()}
    (run.path / "blueprint.json").write_text(json.dumps(document))
    assert apnemu.open_run(run.path).blueprints == {context.network: built}
    (run.path / "blueprint.json").write_text(json.dumps({**document, context.network: {"picture": {}}}))
    with pytest.raises(apnemu.InputError, match=r"blueprint\.json: it holds no blueprint of a run \(KeyError"):
        assert apnemu.open_run(run.path).blueprints
