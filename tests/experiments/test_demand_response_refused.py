# SPDX-License-Identifier: BSD-3-Clause
"""Bad settings of a call of the grid: exit code 2, one line, the way out, and no run's directory."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from apnemu import cli

BAD = [
    ("by=capp", "by is 'capp'"),
    ("by=", "by is ''"),
    ("by=cap,,move", "by is ''"),
    ("mw=0", "mw is '0'"),
    ("mw=-5", "mw is '-5'"),
    ("mw=nan", "mw is 'nan'"),
    ("mw=inf", "mw is 'inf'"),
    ("mw=20MW", "mw is '20MW'"),
    ("mw=1e9", "at most 100000|to 100000"),
    ("mw", "has no '='"),
    ("hold_s=0", "hold_s is '0'"),
    ("hold_s=1.5", "hold_s is '1.5'"),
    ("hold_s=100000", "from 1 to 86400"),
    ("rebound=-1", "rebound is '-1'"),
    ("rebound=11", "from 0 to 10"),
    ("rebound=all", "rebound is 'all'"),
    ("fault=line-3", "there is no such feeder; for example --set fault=line-"),
    ("fault=kanmon", "there is no such feeder"),
    ("connection=following", "firm or tripped"),
    ("connection=frm", "connection is 'frm'"),
    ("area=tokio", "for example --set area=tokyo"),
    ("area=kansai", "no work runs in kansai then"),
    ("to=tokyo", "outside the area tokyo"),
    ("to=nagoya", "for example --set to=osaka"),
    ("to=kyoto", "'kyoto'"),
    ("clock=25:00", "from 00:00 to 23:59"),
    ("clock=12", "must be HH:MM"),
    ("clock=12:60", "from 00:00 to 23:59"),
    ("clock=noon", "must be HH:MM"),
    ("clock=12:00:00", "HH:MM"),
    ("within_s=0", "within_s is '0'"),
    ("cap_s=-1", "cap_s is '-1'"),
    ("cap_share=0", "cap_share is '0'"),
    ("cap_share=70", "from 0.01 to 1"),
    ("battery_s=soon", "battery_s is 'soon'"),
    ("pause_s=4000", "from 0 to 3600"),
    ("plant_s=-1", "plant_s is '-1'"),
    ("rate_gbps=0", "rate_gbps is '0'"),
    ("rate_gbps=2000", "from 1 to 1600"),
    ("scale=-1", "scale is '-1'"),
    ("scale=2.5", "scale is '2.5'"),
    ("holds_s=5", "did you mean hold_s"),
]
BAD_TOPOLOGY = [
    ("jpn12", "mw=20", "has no power system"),
    ("jpn12-power", "fault=line-1", "has no feeders"),
    ("jpn12-power", "area=okinawa", "no work runs in okinawa then"),
    ("two-areas", "area=tokyo", "for example --set area=area-a"),
]


def refused(capsys: Any, monkeypatch: Any, *arguments: str) -> str:
    """What the command line says where it refuses: one line, exit code 2."""
    monkeypatch.setattr(sys, "argv", ["apnemu", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    assert ended.value.code == 2 and said.out == "", said
    assert said.err.count("\n") == 1 and ";" in said.err, said.err
    return str(said.err)


@pytest.mark.parametrize(("given", "words"), BAD, ids=[given for given, _ in BAD])
def test_bad_settings(given: str, words: str, capsys: Any, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    said = refused(capsys, monkeypatch, "run", "demand_response", "--set", given)
    assert any(word in said for word in words.split("|")), said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("topology", "given", "words"), BAD_TOPOLOGY)
def test_bad_topologies(topology: str, given: str, words: str, capsys: Any, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    said = refused(capsys, monkeypatch, "run", "demand_response", "--topology", topology, "--set", given)
    assert any(word in said for word in words.split("|")), said
