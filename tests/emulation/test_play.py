# SPDX-License-Identifier: BSD-3-Clause
"""The protocol of players, played in real time without a network: who is called when, and in which order."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from apnemu.emulation.loop import Loop, now_ns
from apnemu.emulation.net import Net
from apnemu.emulation.notes import Notes
from apnemu.emulation.play import PLAYERS
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.emulation.player import play_stage
from apnemu.errors import LabError
from apnemu.model import activities
from apnemu.model.activities import Activity, UnknownActivity
from apnemu.model.scenario import SETTLE_NS, Stage
from apnemu.units import VirtualNs

MS = 1_000_000
calls: list[str] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock(Activity):
    """An activity of this test's own."""

    at_ns: VirtualNs


class First(Playing):
    """Writes down every call; the stage waits for its last knock."""

    def __init__(self, scene: Scene, stage: Stage) -> None:
        super().__init__(scene, stage)
        self._to_come = len(stage.of(Knock))

    def _called(self, what: str) -> None:
        calls.append(f"{type(self).__name__} {what}")

    def prepare(self) -> None:
        self._called("prepare")

    def start(self, loop: Loop, start_ns: int) -> int:
        self._called("start")
        for knock in self.stage.of(Knock):
            loop.at(start_ns + knock.at_ns, partial(self._knock, start_ns + knock.at_ns))
        return 0

    def awaited(self) -> Callable[[], bool] | None:
        return lambda: not self._to_come

    def stop(self, loop: Loop) -> None:
        self._called("stop")

    def settle(self, loop: Loop) -> None:
        self._called("settle")

    def note(self) -> None:
        self._called("note")
        self.scene.notes.write("event", name=type(self).__name__, at_ns=now_ns())

    def close(self, loop: Loop) -> None:
        self._called("close")

    def _knock(self, due_ns: int) -> None:
        assert now_ns() >= due_ns
        self._to_come -= 1
        self._called("knock")


class Second(First):
    """Likewise, started after it."""


class Silent(Playing):
    """Overrides nothing: the protocol's own methods are enough."""


def played(folder: Path, stage: Stage) -> tuple[list[dict[str, Any]], int]:
    """The records of a stage, and how long it took."""
    notes = Notes(folder / "records.jsonl", "apn")
    scene = Scene(net=cast(Net, None), folder=folder, notes=notes, controller=None, ends=cast(Any, None), namespaces={})
    calls.clear()
    begun_ns = now_ns()
    try:
        play_stage(scene, stage, (First, Silent, Second))
    finally:
        notes.close()
    lines = (folder / "records.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines], now_ns() - begun_ns


def test_players_start_in_their_order_and_end_in_the_reverse(tmp_path: Path) -> None:
    knock = Knock(at_ns=VirtualNs(MS))
    records, _ = played(tmp_path, Stage(phase="p", duration_ns=VirtualNs(2 * MS), load=0.5, activities=(knock,)))
    assert calls == [
        *("First prepare", "Second prepare", "First start", "Second start"),
        *("First knock", "Second knock", "Second stop", "First stop"),
        *("Second settle", "Second note", "Second close", "First settle", "First note", "First close"),
    ]
    assert [(record["name"], record["phase"], record["load"]) for record in records] == [
        ("Second", "p", 0.5),
        ("First", "p", 0.5),
    ]


def test_a_stage_goes_on_for_what_is_awaited(tmp_path: Path) -> None:
    late = Knock(at_ns=VirtualNs(30 * MS))
    _, took_ns = played(tmp_path, Stage(phase="p", duration_ns=VirtualNs(MS), activities=(late,)))
    assert calls.index("First knock") < calls.index("Second stop")
    assert took_ns >= SETTLE_NS


def test_an_activity_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    unknown = UnknownActivity(kind="Juggling")
    with pytest.raises(LabError, match=r"stage 'p' has an activity 'Juggling'; known are .*Probes, .*emulation\.play"):
        played(tmp_path, Stage(phase="p", duration_ns=VirtualNs(MS), activities=(unknown,)))
    assert calls == []


def test_every_activity_has_a_player() -> None:
    """A kind that no player's file names is never played, and nobody says so."""
    sources = [Path(cast(str, __import__(kind.__module__, fromlist=["x"]).__file__)).read_text() for kind in PLAYERS]
    own = [name for name, kind in Activity.kinds.items() if kind.__module__ == activities.__name__]
    own.remove(UnknownActivity.__name__)
    assert len(own) >= 10
    assert [name for name in own if not any(f".of({name})" in source for source in sources)] == []
