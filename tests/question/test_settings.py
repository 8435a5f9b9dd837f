# SPDX-License-Identifier: BSD-3-Clause
"""Settings from a dataclass: what each type reads, what is refused and with which words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest

from apnemu.errors import InputError
from apnemu.question.discovery import known_experiments, load_experiment
from apnemu.question.experiment import Experiment
from apnemu.question.settings import Setting, declared, values_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    probes: Annotated[int, Setting("Echo requests", low=1, high=9)] = 2
    loads: Annotated[tuple[float, ...], Setting("Loads", low=0)] = (0.5, 1)
    kind: Annotated[Literal["idle", "full"], Setting("Kind of load")] = "idle"
    from_: Annotated[str, Setting("Site")] = ""
    deep: Annotated[bool, Setting("Whether all is asked")] = False
    rate: Annotated[float | None, Setting("Rate", "Gbit/s", low=0.001, example="10")] = None


ASKED = Experiment(name="asked", question="?", topology="three-sites", settings=Settings)


def test_every_type_reads_its_own_form() -> None:
    own = ASKED.resolve(["probes=3", "loads=0,1.5", "kind=full", "from=tokyo", "deep=yes", "rate=10"]).own
    assert own == Settings(probes=3, loads=(0.0, 1.5), kind="full", from_="tokyo", deep=True, rate=10.0)
    assert values_of(own)["from"] == "tokyo"


def test_defaults_stay_as_they_are_written() -> None:
    assert ASKED.resolve([]).values() == {
        "probes": 2,
        "loads": (0.5, 1),
        "kind": "idle",
        "from": "",
        "deep": False,
        "rate": None,
    }


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("probes=0", "probes is '0'; it must be a whole number from 1 to 9; for example --set probes=2"),
        ("probes=2.5", "probes is '2.5'; it must be a whole number from 1 to 9"),
        ("loads=1,-1", "loads is '-1'; it must be a number of at least 0; for example --set loads=0.5"),
        ("loads=1,nan", "loads is 'nan'; it must be a number of at least 0"),
        ("kind=busy", "kind is 'busy'; it must be idle or full; for example --set kind=idle"),
        ("from=", "from is ''; it must not be empty"),
        ("deep=maybe", "deep is 'maybe'; it must be yes or no"),
        ("rate=x", "for example --set rate=10"),
        ("prober=1", "asked has no setting 'prober'; did you mean probes"),
        ("probes", "'probes' has no '='; a setting is KEY=VALUE; for example probes=2"),
        ("buffer_bytes=1", "buffer_bytes is '1'; it must be a whole number from 1514 to 1e+10"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(given: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        ASKED.resolve([given])
    assert words in str(refused.value)


def test_an_experiment_without_settings_names_one_of_the_packet_network() -> None:
    bare: Experiment[object] = Experiment(name="bare", question="?", topology="three-sites")
    with pytest.raises(InputError, match="for example line_rate_gbps=10"):
        bare.resolve(["foo"])


def test_what_is_given_of_the_packet_network_is_kept_apart() -> None:
    chosen = ASKED.resolve(["mtu_bytes=9000", "probes=1"])
    assert (chosen.packet.mtu_bytes, chosen.own.probes) == (9000, 1)
    assert chosen.values()["mtu_bytes"] == 9000
    assert "buffer_bytes" not in chosen.values()


def test_a_setting_of_every_experiment_cannot_be_an_own_one() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Clash:
        mtu_bytes: Annotated[int, Setting("Mine")] = 1

    with pytest.raises(ValueError, match="mtu_bytes is every experiment's own already"):
        Experiment(name="clash", question="?", topology="three-sites", settings=Clash)


def test_a_field_that_says_nothing_is_refused() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Bare:
        probes: int = 1

    with pytest.raises(TypeError, match="probes must be Annotated"):
        declared(Bare)


@pytest.mark.parametrize("name", known_experiments())
def test_every_setting_of_ours_has_a_meaning_and_a_default_within_its_limits(name: str) -> None:
    for setting in load_experiment(name).declared().values():
        assert setting.about.meaning[:1].isupper(), setting.name
        values = setting.default if isinstance(setting.default, tuple) else (setting.default,)
        for value in values:
            if value not in (None, ""):
                setting.parse(str(value))
