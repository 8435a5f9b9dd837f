# SPDX-License-Identifier: BSD-3-Clause
"""A topology's events that a run leaves out are said to be left out: while it runs, and in its manifest."""

from __future__ import annotations

import json
from pathlib import Path

from apnemu.experiments.failover import EXPERIMENT as FAILOVER
from apnemu.running.manifest import scenario_unplayed
from apnemu.running.unlit_network import Control, write_network
from apnemu.topology import read_plant
from tests.experiments.command import TOPOLOGIES, apnemu, settings

EVENTS = """scenario:
  - {at_s: 1, event: cut, what: tokyo-nagoya}
  - {at_s: 2, event: repair, what: all}
"""
LEFT_OUT = "does not play any of the 2 events in the scenario of three-sites; apnemu run failover plays them."


def with_events(folder: Path) -> Path:
    file = folder / "mine.yaml"
    file.write_text((TOPOLOGIES / "three-sites.yaml").read_text() + EVENTS)
    return file


def test_a_run_says_so(tmp_path: Path) -> None:
    asked = ("run", "blocking", "--topology", str(with_events(tmp_path)), *settings(requests=1000, load=5))
    done = apnemu(*asked, "--json", folder=tmp_path)
    said = f"This run of blocking {LEFT_OUT}"
    assert said in done.err.splitlines()
    assert said in json.loads((tmp_path / done.json()["run_dir"] / "manifest.json").read_text())["approximations"]


def test_without_events_there_is_nothing_to_say(tmp_path: Path) -> None:
    asked = ("run", "blocking", "--topology", str(TOPOLOGIES / "three-sites.yaml"), *settings(requests=1000, load=5))
    assert "scenario" not in apnemu(*asked, folder=tmp_path).err


def test_a_network_on_demand_says_so(tmp_path: Path) -> None:
    said = write_network(tmp_path, with_events(tmp_path), transceivers=2, seed=1, control=Control()).notes
    assert said == (f"The network on demand {LEFT_OUT}",)


def test_one_event_is_one(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text((TOPOLOGIES / "three-sites.yaml").read_text() + EVENTS.rpartition("  -")[0])
    (line,) = scenario_unplayed(read_plant(file), "It")
    assert line.startswith("It does not play the one event in the scenario")


def test_failover_plays_them_unless_it_is_told_what_to_cut() -> None:
    assert FAILOVER.plays_scenario(FAILOVER.resolve([]).own)
    assert not FAILOVER.plays_scenario(FAILOVER.resolve(["event=tokyo-nagoya"]).own)
