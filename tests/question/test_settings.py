# SPDX-License-Identifier: BSD-3-Clause
"""Settings from a dataclass: what each type reads, what is refused and with which words."""

from __future__ import annotations

import re
from dataclasses import dataclass, make_dataclass
from typing import Annotated, Any, Literal

import numpy as np
import pytest

from apnemu.errors import InputError
from apnemu.question.discovery import known_experiments, load_experiment
from apnemu.question.experiment import Experiment
from apnemu.question.packet_network import with_packet_settings
from apnemu.question.pairs import PairSettings
from apnemu.question.settings import Setting, as_text, declared, values_of
from tests.compiled import shipped


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


def test_a_window_of_tcp_is_the_largest_that_its_scale_can_say() -> None:
    plant = shipped("three-sites")
    for asked, window_bytes in ((4_194_304, 65_535 << 6), (6_000_000, 65_535 << 6), (65_535, 65_535)):
        chosen = ASKED.resolve([f"tcp_window_bytes={asked}"])
        assert with_packet_settings(plant, chosen.packet).tcp_window_bytes == window_bytes
    assert with_packet_settings(plant, ASKED.resolve([]).packet).tcp_window_bytes == 65_535 << 14
    with pytest.raises(InputError, match="tcp_window_bytes is '4MiB'; it must be a whole number from 65535"):
        ASKED.resolve(["tcp_window_bytes=4MiB"])


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


def test_a_value_from_python_is_read_as_one_from_the_command_line() -> None:
    given = {"probes": np.int64(3), "loads": np.array([0.5, 1.5]), "deep": np.bool_(True), "from": "tokyo"}
    own = ASKED.resolve([f"{name}={as_text(value)}" for name, value in given.items()]).own
    assert own == Settings(probes=3, loads=(0.5, 1.5), deep=True, from_="tokyo")
    assert as_text(range(3)) == "0,1,2"


def test_an_example_can_be_given() -> None:
    for setting in (*declared(Settings).values(), *declared(Empty).values()):
        setting.parse(setting.example)


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    texts: Annotated[tuple[str, ...], Setting("Texts")] = ()
    rates: Annotated[tuple[float, ...] | None, Setting("Rates")] = None
    truth: Annotated[bool, Setting("Whether")] = True
    word: Annotated[Literal["x", "y"] | None, Setting("Word")] = None


@pytest.mark.parametrize("text", ["inf", "-inf", "nan", "1e999"])
def test_a_number_is_finite(text: str) -> None:
    """JSON has no other, and neither has anything that is played."""
    with pytest.raises(InputError, match="it must be a number"):
        declared(Empty)["rates"].parse(text)


@pytest.mark.parametrize(
    ("hint", "default", "words"),
    [
        (Annotated[int, Setting("A", low=5)], 1, "the default of x is '1'; it must be a whole number of at least 5"),
        (Annotated[int, Setting("A")], "a", "the default of x is 'a'; it must be a whole number"),
        (Annotated[int, Setting("A")], True, "the default of x is 'yes'; it must be a whole number"),
        (Annotated[str, Setting("A")], 5, "the default of x is 5; it must be a text"),
        (Annotated[float, Setting("A")], float("inf"), "the default of x is 'inf'; it must be a number"),
        (Annotated[tuple[int, ...], Setting("A")], 5, "x has the default 5; it must be a tuple"),
        (Annotated[Literal["x"], Setting("A")], "y", "the default of x is 'y'; it must be x"),
        (Annotated[Literal[1, 2], Setting("A")], 1, "the words of a Literal must be texts"),
        (Annotated[list[int], Setting("A")], 1, "it must be int, float, bool, str, Literal, or a tuple of one"),
    ],
)
def test_a_field_that_cannot_be_is_refused_when_it_is_declared(hint: Any, default: Any, words: str) -> None:
    made = make_dataclass("Made", [("x", hint, default)], frozen=True)
    with pytest.raises(TypeError, match=re.escape(words)):
        declared(made)


def test_a_limit_is_finite() -> None:
    with pytest.raises(ValueError, match="a limit of 'A' is inf; leave it out"):
        Setting("A", high=float("inf"))


def test_a_subclass_without_dataclass_over_it_is_refused() -> None:
    class Forgotten(PairSettings):
        probes: Annotated[int, Setting("Echo requests")] = 1

    for settings in (Forgotten, int, (Setting("Echo requests"),)):
        with pytest.raises(TypeError, match=r"write @dataclass over the class|settings must be a dataclass"):
            declared(settings)  # type: ignore[arg-type]  # that is what is tried


def test_settings_that_do_not_go_together_are_refused_by_the_dataclass_itself() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Together:
        low: Annotated[int, Setting("Least")] = 1
        high: Annotated[int, Setting("Most")] = 2

        def __post_init__(self) -> None:
            if self.low > self.high:
                raise ValueError(f"low={self.low} is above high={self.high}")

    asked = Experiment(name="asked", question="?", topology="three-sites", settings=Together)
    with pytest.raises(InputError, match="--set: asked refuses these settings: low=3 is above high=2"):
        asked.resolve(["low=3"])
