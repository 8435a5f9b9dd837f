# SPDX-License-Identifier: BSD-3-Clause
"""The application around a logic that decides once, in OS-Ken, with switches that note what they are sent."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from os_ken.ofproto.ofproto_protocol import ProtocolDesc

from apnemu.controllers import lightpath
from apnemu.controllers.frameworks import BLUEPRINT, LOGIC, READY
from apnemu.controllers.planned_app import PlannedApplication
from tests.compiled import compiled, shipped

THREE_SITES = compiled(shipped("three-sites"), "apn")


class Switch(ProtocolDesc):
    """A connected switch that speaks OpenFlow 1.3 and keeps what it is sent."""

    def __init__(self, dpid: int) -> None:
        super().__init__(version=4)
        self.id = dpid
        self.sent: list[Any] = []

    def send_msg(self, message: Any) -> None:
        self.sent.append(message)

    def event(self) -> Any:
        return SimpleNamespace(msg=SimpleNamespace(datapath=self))


@pytest.fixture
def ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The lab's end of the pipe by which the application says that all switches are ready."""
    (tmp_path / "blueprint.json").write_text(json.dumps(THREE_SITES.to_json()))
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    for name, value in {LOGIC: "lightpath", BLUEPRINT: tmp_path / "blueprint.json", READY: writing}.items():
        monkeypatch.setenv(name, str(value))
    yield reading
    os.close(reading)
    os.close(writing)


def test_a_switch_is_sent_its_rules_and_then_asked_whether_it_has_them(ready: int) -> None:
    application = PlannedApplication()
    for switch in [Switch(switch.dpid) for switch in THREE_SITES.switches]:
        application.connected(switch.event())
        *rules, barrier = switch.sent
        assert [type(message).__name__ for message in rules] == ["OFPFlowMod"] * len(rules)
        assert len(rules) == len(lightpath.rules(THREE_SITES, switch.id)) > 0
        assert type(barrier).__name__ == "OFPBarrierRequest"


def test_the_lab_hears_once_when_the_last_switch_is_ready(ready: int) -> None:
    application = PlannedApplication()
    first, *others = [Switch(switch.dpid) for switch in THREE_SITES.switches]
    for switch in others:
        application.installed(switch.event())
        application.installed(switch.event())
    with pytest.raises(BlockingIOError):
        os.read(ready, 100)
    application.installed(first.event())
    application.installed(first.event())
    assert os.read(ready, 100).splitlines() == [json.dumps({"ready": len(THREE_SITES.switches)}).encode()]
