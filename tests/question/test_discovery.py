# SPDX-License-Identifier: BSD-3-Clause
"""Experiments and topologies by name and by file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from apnemu.errors import InputError
from apnemu.question.discovery import (
    find_topology,
    known_experiments,
    known_topologies,
    load_experiment,
    shipped_topology,
    topology_word,
)
from apnemu.topology import read_plant


@pytest.mark.parametrize("name", known_experiments())
def test_every_experiment_goes_by_its_own_name(name: str) -> None:
    experiment = load_experiment(name)
    assert experiment.name == name
    assert experiment.topology in known_topologies()
    assert experiment.key


def test_a_file_may_have_postponed_annotations_and_dataclasses(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "from apnemu import Experiment\n"
        "@dataclass(frozen=True, slots=True, kw_only=True)\n"
        "class Thing:\n"
        "    length_km: float = 1.0\n"
        "EXPERIMENT = Experiment(name='own', question='?', topology='three-sites')\n"
    )
    assert load_experiment(str(file)).name == "own"


def test_a_changed_file_is_another_experiment(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    text = "from apnemu import Experiment\nEXPERIMENT = Experiment(name='NAME', question='?', topology='three-sites')\n"
    for name in ("first", "second"):
        file.write_text(text.replace("NAME", name))
        assert load_experiment(str(file)).name == name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("latencies", "there are blocking, control_loop"),
        ("nowhere.py", "there is no file nowhere.py"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(name: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        load_experiment(name)
    assert words in str(refused.value)


def test_a_file_without_its_ending_is_hinted_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text("")
    with pytest.raises(InputError, match=r"there is no experiment 'mine'; .*; did you mean mine\.py"):
        load_experiment("mine")


def test_an_edit_within_a_second_and_of_equal_length_is_seen(tmp_path: Path) -> None:
    """Python's own cache of compiled files tells them apart by seconds and length."""
    file = tmp_path / "own.py"
    for name in ("a", "b"):
        made = f"Experiment(name='{name}', question='?', topology='three-sites')"
        file.write_text(f"from apnemu import Experiment\nEXPERIMENT = {made}\n")
        os.utime(file, (1, 1))
        assert load_experiment(str(file)).name == name
    assert not (tmp_path / "__pycache__").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("from apnemu.experiment import Experiment", "all names come from `apnemu` itself now"),
        ("from apnemu.model.scenario import Flow", "all names come from `apnemu` itself now"),
        ("raise SystemExit(3)", "cannot be loaded: SystemExit: 3"),
    ],
)
def test_a_file_of_apnemu_0_1_is_told_what_is_new(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "own.py").write_text(text)
    with pytest.raises(InputError) as refused:
        load_experiment(str(tmp_path / "own.py"))
    assert words in str(refused.value)


def test_a_file_that_cannot_be_loaded_is_its_owners(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text("1 / 0\n")
    with pytest.raises(InputError, match=r"own\.py cannot be loaded: ZeroDivisionError"):
        load_experiment(str(file))


def test_a_topology_is_a_name_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_topology("jpn12").name == "jpn12.yaml"
    assert find_topology("mine/net.yaml") == Path("mine/net.yaml")
    (tmp_path / "jpn12").write_text("a file of that name goes first")
    assert find_topology("jpn12") == Path("jpn12")
    with pytest.raises(InputError, match=r"there is no topology 'jpn13'; there are cost239, .*; did you mean jpn12"):
        find_topology("jpn13")


def test_every_topology_that_comes_with_apnemu_is_found_by_its_name() -> None:
    names = known_topologies()
    assert {"jpn12", "jpn48", "nsfnet", "three-sites", "tokyo-metro"} <= set(names)
    assert [read_plant(find_topology(name)).name for name in names] == names


def test_a_folder_of_a_topologys_name_does_not_stand_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("jpn12").mkdir()
    assert find_topology("jpn12") == shipped_topology("jpn12")


def test_the_word_for_a_topology_finds_it_again(tmp_path: Path) -> None:
    assert topology_word(shipped_topology("jpn12")) == "jpn12"
    own = tmp_path / "jpn12.yaml"
    assert find_topology(topology_word(own)) == own
