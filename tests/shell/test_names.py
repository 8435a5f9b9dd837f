# SPDX-License-Identifier: BSD-3-Clause
"""Names at the shell: what a person's word means, what is shown for Mininet's, durations, completion."""

from __future__ import annotations

from pathlib import Path

import pytest

from apnemu.blueprint.document import Blueprint
from apnemu.emulation.shell.clock import duration_ns
from apnemu.emulation.shell.names import Names
from apnemu.errors import InputError
from apnemu.running.request import Control
from apnemu.running.unlit_network import write_network
from apnemu.shell.session import words_of
from tests.experiments.command import TOPOLOGIES

TWINS = """
apnemu: 1
name: twins
sites:
  a: {kind: cluster, lat: 35.0, lon: 139.0, label: 東京}
  b: {kind: cluster, lat: 36.0, lon: 139.0}
  x: {kind: exchange, lat: 35.5, lon: 139.5}
fibres:
  - {between: [a, b], length_km: 100, name: north}
  - {between: [a, b], length_km: 120, name: south}
  - {between: [b, x], length_km: 80}
  - {between: [x, a], length_km: 80, label: 海底}
"""


@pytest.fixture(params=["apn", "packet"])
def blueprint(request: pytest.FixtureRequest, tmp_path: Path) -> Blueprint:
    (tmp_path / "twins.yaml").write_text(TWINS)
    return written(tmp_path, tmp_path / "twins.yaml", request.param).blueprint


def written(folder: Path, topology: Path, network: str):  # type: ignore[no-untyped-def]
    control = Control(framework="os-ken", application=None, options=(), settle_s=None)
    return write_network(folder, topology, transceivers=2, seed=1, network=network, control=control)  # type: ignore[arg-type]


def test_a_word_means_a_site_a_fibre_or_a_host(blueprint: Blueprint) -> None:
    names = Names(blueprint, {"a": "東京", "x-a": "海底"})
    assert names.fibre_or_site("north") == ("north", "")
    assert names.fibre_or_site("x-b") == names.fibre_or_site("b-x") == ("b-x", "")
    assert names.fibre_or_site("海底") == ("x-a", "")
    assert names.fibre_or_site("東京") == ("", "a")
    assert (names.node("a"), names.node("東京"), names.node("b-h1")) == ("a-h1", "a-h1", "b-h1")
    assert names.node("x") is None
    kind = "roadm" if blueprint.network == "apn" else "router"
    assert names.node(f"a-{kind}") == "s1"
    assert names.resolved("b") == names.address["b-h1"]
    assert names.resolved("-c") == "-c"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("a-b", "'a-b' is the name of 2 fibres and no site; there are north, south; name one of them"),
        ("nowhere", "'nowhere' is no fibre and no site; there are north, south, b-x, x-a; name one of them"),
    ],
)
def test_a_word_that_means_nothing_or_two_is_refused(blueprint: Blueprint, word: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Names(blueprint, {}).fibre_or_site(word)


def test_where_there_is_no_data_centre_is_said(blueprint: Blueprint) -> None:
    with pytest.raises(InputError, match="x has no data centre; a, b have one"):
        Names(blueprint, {}).data_centre("x")


def test_nothing_shown_is_a_number_of_a_switch_or_a_port(blueprint: Blueprint) -> None:
    """Every interface and switch of the blueprint has a name for people, and no two have the same."""
    names = Names(blueprint, {})
    ends = [end for wire in blueprint.wires for end in (wire.a, wire.b) if end.interface.startswith("s")]
    shown = [names.shown(f'in_port="{end.interface}"') for end in ends]
    assert len(set(shown)) == len(shown)
    assert all("-eth" not in text and "s1" not in text for text in shown)
    kind = "roadm" if blueprint.network == "apn" else "router"
    assert names.shown("s1 lo: s1-eth1:s2-eth1 c0") == f"a-{kind} lo: a:north:b:north a-controller"
    assert names.shown("10.0.3.1 uses s12-eth3, abs1 and its1-eth2") == "10.0.3.1 uses s12-eth3, abs1 and its1-eth2"


@pytest.mark.parametrize(
    ("text", "expected_ns"),
    [("10s", 10_000_000_000), ("5min", 300_000_000_000), ("0.2 ms", 200_000), ("1h", 3600 * 10**9)],
)
def test_durations(text: str, expected_ns: int) -> None:
    assert duration_ns(text) == expected_ns


@pytest.mark.parametrize("text", ["", "s", "-1s", "10 parsecs", "1e3", "nan", "99999999d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no duration; it must be a number with one of ns, us, ms, s, min, h, d"):
        duration_ns(text)


def test_completion_knows_the_network(tmp_path: Path) -> None:
    words = words_of(written(tmp_path, TOPOLOGIES / "jpn12.yaml", "apn").blueprint)
    assert len(words.sites) == 12
    assert set(words.fibres) <= set(words.following(["cut"]))
    assert set(words.sites) <= set(words.following(["light", "request"]))
    assert {"request", "release"} <= set(words.following(["light"]))
    assert not {"cut", "light"} & set(words.following(["ping"], "tokyo-h1"))
