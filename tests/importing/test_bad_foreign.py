# SPDX-License-Identifier: BSD-3-Clause
"""Every mistake in tests/bad_inputs/foreign gets one line with file, line and way out, and nothing is fetched."""

from __future__ import annotations

import resource
import socket
import time
from pathlib import Path

import pytest

from apnemu.errors import InputError
from apnemu.importing import Wishes, read_foreign
from apnemu.importing.opened import MOST_BYTES

BAD = Path(__file__).parents[1] / "bad_inputs" / "foreign"
EXPECTED = {
    place.split(":")[0]: (int(place.split(":")[1]), words)
    for place, *words in (row.split(" | ") for row in (BAD / "expected.txt").read_text().splitlines()[1:])
}
LONGEST = 1000
"""A refusal of what has no known form names all forms."""


@pytest.mark.parametrize("name", EXPECTED)
def test_message(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the network is asked for something")

    monkeypatch.setattr(socket.socket, "connect", never)
    line, words = EXPECTED[name]
    path = BAD / name
    with pytest.raises(InputError) as caught:
        read_foreign(path, Wishes())
    text = str(caught.value)
    assert text.startswith(f"{path}:{line}: " if line else f"{path}: ")
    assert [word for word in words if word not in text] == []
    assert text.isprintable() and len(text) - len(str(path)) < LONGEST


def test_every_file_is_expected() -> None:
    assert {path.name for path in BAD.iterdir()} - {"expected.txt"} == set(EXPECTED)


def test_entities_take_neither_time_nor_memory(tmp_path: Path) -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    file = tmp_path / "laughs.graphml"
    file.write_text(
        f'<!DOCTYPE graphml [<!ENTITY e0 "ha">{levels}]>\n<graphml><graph id="&e11;">&e11;</graph></graphml>'
    )
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(InputError, match=r"document type|not XML"):
        read_foreign(file, Wishes())
    assert time.process_time() - begun < 5 and resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "large.graphml"
    with file.open("wb") as stream:
        stream.write(b"<graphml>")
        stream.truncate(MOST_BYTES + 1)
    with pytest.raises(InputError, match="longer than the limit of 64000000 bytes"):
        read_foreign(file, Wishes())


def test_more_nodes_than_a_topology_has_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    file.write_text("from,to,length_km\n" + "".join(f"a,b{number},1\n" for number in range(1001)))
    with pytest.raises(InputError, match="more than 1000 nodes; a topology has at most that"):
        read_foreign(file, Wishes())


def test_a_format_that_is_named_is_used_and_an_unknown_one_refused(tmp_path: Path) -> None:
    file = tmp_path / "links"
    file.write_text("one\ttwo\n1\t2\n")
    with pytest.raises(InputError, match=r"links:1: columns are one, two"):
        read_foreign(file, Wishes(links=file), word="csv")
    with pytest.raises(InputError, match="there is no form 'visio'; it must be one of graphml"):
        read_foreign(file, Wishes(), word="visio")
