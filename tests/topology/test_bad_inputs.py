# SPDX-License-Identifier: BSD-3-Clause
"""Every mistake in tests/bad_inputs gets one line with the file, the line, the value, the limit and the way out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.errors import InputError
from apnemu.topology import read_plant

BAD = Path(__file__).parents[1] / "bad_inputs"


def _expected() -> dict[str, tuple[int, list[str]]]:
    """File: the line in the message, and words that must be in it: the value, the limit, the way out."""
    table = {}
    for row in (BAD / "expected.txt").read_text().splitlines()[1:]:
        place, *words = row.split(" | ")
        name, line = place.split(":")
        table[name] = (int(line), words)
    return table


EXPECTED = _expected()


@pytest.mark.parametrize("name", EXPECTED)
def test_message(name: str) -> None:
    line, words = EXPECTED[name]
    path = BAD / f"{name}.yaml"
    with pytest.raises(InputError) as caught:
        read_plant(path)
    text = str(caught.value)
    assert text.startswith(f"{path}:{line}: ")
    assert [word for word in words if word not in text] == []
    assert text.isprintable()
    assert len(text) - len(str(path)) < 400
    assert caught.value.exit_code == 2


def test_every_file_is_expected_and_says_its_mistake() -> None:
    assert {path.stem for path in BAD.glob("*.yaml")} == set(EXPECTED)
    assert [path.name for path in sorted(BAD.glob("*.yaml")) if not path.read_bytes().startswith(b"# ")] == []


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml: no such file; give the path"):
        read_plant(tmp_path / "none.yaml")


def test_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="this is a directory; give the path of one YAML file"):
        read_plant(tmp_path)


def test_path_is_named_as_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    with pytest.raises(InputError, match=r"^\./empty\.yaml:1: "):
        read_plant("./empty.yaml")


def test_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_bytes(b"#" * 16_000_001)
    with pytest.raises(InputError, match="longer than the limit of 16000000 bytes; write meshes as among: all"):
        read_plant(path)


@pytest.mark.parametrize("digits", ["9" * 400, "9" * 5000, "-" + "9" * 5000, "1e999", "1_0_0e400", "0o17", "-.inf"])
def test_monstrous_numbers_are_refused(tmp_path: Path, digits: str) -> None:
    text = (BAD / "length_zero.yaml").read_text().replace("length_km: 0}", f"length_km: {digits}}}")
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=r"a\.yaml:9: length_km of fibre 1 is "):
        read_plant(path)


SOUND = (Path(__file__).parents[2] / "topologies" / "three-sites.yaml").read_text()
PIECES = st.one_of(
    st.sampled_from(
        ["{", "}", "[", "]", ":", ",", "-", " ", "\n", "#", "&a ", "*a ", "!", "!!int ", "null", "true", "1e9", "''"]
    ),
    st.text(max_size=3),
)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(SOUND)), st.integers(0, 30), PIECES)
def test_any_slip_of_the_hand_gives_a_plant_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, at: int, gone: int, piece: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "slip.yaml"
    path.write_bytes((SOUND[:at] + piece + SOUND[at + gone :]).encode("utf-8", "surrogatepass"))
    try:
        read_plant(path)
    except InputError as error:
        assert str(error).startswith(f"{path}:")
        assert "\n" not in str(error)
