"""A topology by the name that it came with, or by a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from apnemu.errors import InputError
from apnemu.question.discovery import find_topology, known_topologies, shipped_topology, topology_word
from apnemu.topology import read_plant


def test_every_topology_that_comes_with_apnemu_is_found_by_its_name() -> None:
    names = known_topologies()
    assert {"jpn12", "jpn48", "nsfnet", "three-sites", "tokyo-metro"} <= set(names)
    assert [read_plant(find_topology(name)).name for name in names] == names


def test_a_file_goes_before_a_name_and_a_folder_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("jpn12").mkdir()
    assert find_topology("jpn12") == shipped_topology("jpn12")
    Path("nsfnet").write_text("")
    assert find_topology("nsfnet") == Path("nsfnet")


def test_a_path_is_left_to_who_reads_it() -> None:
    assert find_topology("nowhere/mine") == Path("nowhere/mine")
    assert find_topology("mine.yaml") == Path("mine.yaml")


def test_a_name_that_is_none_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError) as refused:
        find_topology("three-sties")
    assert "there is no topology 'three-sties'; did you mean three-sites; there are cost239" in str(refused.value)


def test_the_word_for_a_file_finds_it_again(tmp_path: Path) -> None:
    assert topology_word(shipped_topology("jpn12")) == "jpn12"
    own = tmp_path / "jpn12.yaml"
    assert find_topology(topology_word(own)) == own
