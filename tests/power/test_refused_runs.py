# SPDX-License-Identifier: BSD-3-Clause
"""Bad inputs of the experiments about power, by the command line as a whole: exit code 2, one line, and a way out.

The command runs within this process; a lab that it would start is a fault, since all of this is known before.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from apnemu import cli
from apnemu.running import corridor
from tests.experiments.command import apnemu
from tests.power.sound import POWER, TOPOLOGY, profile, write
from tests.power.test_bad_inputs import CASES, D, P, T

SETTINGS: list[tuple[str, list[str]]] = [
    # what follows `apnemu run`, words of the message: what it is, and the way out
    ("watt_day --topology jpn12", ["jpn12 has no power system", "add power: NAME"]),
    ("watt_day --topology nowhere", ["nowhere", "two-areas", "or give a file"]),
    ("watt_day --topology missing.yaml", ["missing.yaml", "no such file"]),
    ("watt_day --network radio", ["'radio'", "it must be apn or packet"]),
    ("watt_day --lang fr", ["'fr'", "en, ja"]),
    ("watt_day --seed -1", ["-1"]),
    ("watt_day --set shift=sideways", ["'sideways'", "for example --set shift=none"]),
    ("watt_day --set idle=often", ["'often'", "never or priced or free"]),
    ("watt_day --set forecast=oracle", ["'oracle'", "perfect or naive or noisy"]),
    ("watt_day --set flow=seen", ["'seen'", "known or blind"]),
    ("watt_day --set control=nobody", ["'nobody'", "aggregator or alone"]),
    ("watt_day --set sigma=-0.1", ["'-0.1'", "from 0 to 10"]),
    ("watt_day --set sigma=nan", ["'nan'", "from 0 to 10"]),
    ("watt_day --set error=beta", ["'beta'", "normal or uniform"]),
    ("watt_day --set days=0", ["'0'", "from 1 to 31"]),
    ("watt_day --set days=9", ["days is 9", "ask for fewer"]),
    ("watt_day --set decision_s=1800", ["'1800'", "from 0 to 1700"]),
    ("watt_day --set horizon=0", ["'0'", "from 1 to 336"]),
    ("watt_day --set lease=49", ["'49'", "from 1 to 48"]),
    ("watt_day --set yen_per_tco2=-1", ["'-1'", "for example"]),
    ("watt_day --set outage=controler@12:00-13:00", ["controler@12:00-13:00", "such as aggregator@12:00-14:00"]),
    ("watt_day --set outage=centre@13:00-12:00", ["centre@13:00-12:00", "such as"]),
    ("watt_day --set outage=tso@99:00-99:30", ["tso@99:00-99:30", "ends at 24:00", "mend it"]),
    ("watt_day --set outage=noon", ["noon", "NAME@HH:MM-HH:MM"]),
    ("watt_day --set shfit=none", ["'shfit'", "did you mean shift"]),
    ("watt_day --set shift", ["'shift' has no '='", "KEY=VALUE"]),
    ("wat_day", ["wat_day", "watt_day"]),
    ("siting --topology jpn12", ["jpn12"]),
    ("siting --set order=power,power", ["each condition may come once", "take the others out"]),
    ("siting --set order=luck", ["'luck'", "for example"]),
    ("siting --set need_mw=0", ["'0'", "from 0.001"]),
    ("siting --set years=0", ["'0'", "from 1 to 100"]),
    ("siting --set release_after_years=soon", ["'soon'", "for example never,2"]),
    ("siting --set connection=loose", ["'loose'", "firm or tripped or following"]),
    ("siting --set road_km=-1", ["'-1'", "from 0"]),
    ("dispersal --set form=3x", ["3x", "for example"]),
    ("dispersal --set form=0x10", ["0x10"]),
    ("dispersal --set pooled_share=2", ["'2'", "from 0 to 1"]),
    ("dispersal --set job_mw=0", ["'0'", "from 0.001"]),
    ("dispersal --set growth=nan", ["'nan'", "from 0.001"]),
    ("dispersal --set jobs=10", ["'10'", "from 1000"]),
    ("dispersal --set model=nobody", ["'nobody'"]),
    ("dispersal --set split=perhaps", ["'perhaps'", "yes or no"]),
]


@pytest.fixture(autouse=True)
def no_lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def started(*arguments: object, **named: object) -> None:
        raise AssertionError("a lab would have been started")

    monkeypatch.setattr(corridor, "emulate", started)
    monkeypatch.chdir(tmp_path)


def refusal(words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that `apnemu WORDS` says of what it refuses."""
    monkeypatch.setattr(sys, "argv", ["apnemu", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    told = capsys.readouterr()
    assert ended.value.code == 2, told.err
    assert told.out == ""
    assert told.err.count("\n") == 1, told.err
    return told.err


@pytest.mark.parametrize(("asked", "words"), SETTINGS, ids=[asked.replace(" ", "_") for asked, _ in SETTINGS])
def test_settings(
    asked: str, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = refusal(["run", *asked.split()], monkeypatch, capsys)
    assert [word for word in words if word not in told] == [], told


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].replace(" ", "_"))
def test_files_of_a_day(
    case: tuple[str, str, str, str, str, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, changed, there, wrote, place, words = case
    texts = {T: TOPOLOGY, P: POWER, D: profile()}
    texts[changed] = texts[changed].replace(there, wrote, 1)
    topology = write(tmp_path, topology=texts[T], power=texts[P], day=texts[D])
    told = refusal(["run", "watt_day", "--topology", str(topology)], monkeypatch, capsys)
    assert f"/{place}: " in told
    assert [word for word in words if word not in told] == [], told


def test_another_process_ends_alike(tmp_path: Path) -> None:
    done = apnemu("run", "watt_day", "--topology", "jpn12", folder=tmp_path)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert list(tmp_path.iterdir()) == []
