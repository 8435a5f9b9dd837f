# SPDX-License-Identifier: BSD-3-Clause
"""A party of a watt-bit day that cheats is refused, is in the audit log, and hurts itself alone."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types
import pytest

from tests.experiments.command import apnemu
from tests.experiments.watt_files import written

DAY = ("--set", "shift=both", "--set", "idle=free", "--json", "--wall-limit-s", "1500", "--out", "run")

ROGUE = '''"""An agent that forges a state's sender, sends an order again, and says that it has less room than it has.
"""
import json, sys
from apnemu.emulation.apps.watt import __main__ as program
from apnemu.emulation.apps.watt.agent import Agent
from apnemu.emulation.apps.watt.messages import LENGTH, seal
from apnemu.emulation.apps.watt.post import Post
from apnemu.units import NS_PER_S

orders = []
in_order = Post._in_order

def seen(self, line, body):
    message = in_order(self, line, body)
    if message["kind"] == "order":
        orders.append((message["from"], body))
    return message

class Rogue(Agent):
    def begin(self):
        super().begin()
        for slot, act in ((5, self.forge), (8, self.replay)):
            self._desk.at(self._calendar.opens_ns(slot) + NS_PER_S, act)

    def forge(self):
        post = self._desk.post
        state = {"site": "a", "kw_min": [0], "kw_max": [0], "room_kw": [0], "battery_wh": 0, "jobs": []}
        common = {"v": 1, "kind": "state", "from": "agent-a", "to": "aggregator", "slot": 5, "good_until_slot": 5}
        at = self._desk.now_ns()
        self.raw("aggregator", seal({**state, **common, "seq": at, "sent_ns": at}, post._keys["aggregator"]))

    def replay(self):
        sender, body = orders[0]
        self.raw("agent-a", LENGTH.pack(len(body)) + body)
        self.raw(sender, LENGTH.pack(len(body)) + body)

    def raw(self, peer, frame):
        line = self._desk.post._lines[peer]
        line.going += frame
        self._desk.post._write(line)

Post._in_order = seen
program.Agent = Rogue
papers = json.loads(sys.argv[2])
papers["own"]["room_kw"] = 20_000
program.serve(papers, int(sys.argv[1]))
'''
OWN = f'''"""The day with a rogue at b."""
from dataclasses import replace
from apnemu.experiments.watt_day import EXPERIMENT as DAY

ROGUE = {ROGUE!r}

def stages(context):
    def swapped(one):
        return replace(one, argv=("{{python}}", "-c", ROGUE, *one.argv[3:])) if one.name == "agent-b" else one
    return tuple(replace(stage, activities=tuple(map(swapped, stage.activities))) for stage in DAY.stages(context))

EXPERIMENT = replace(DAY, name="rogue_day", stages=stages)
'''


@pytest.mark.guest
@pytest.mark.slow
def test_an_agent_that_cheats_is_refused_and_hurts_itself_alone(tmp_path: Path) -> None:
    topology = written(tmp_path / "given", hides=False)
    own = tmp_path / "rogue_day.py"
    own.write_text(OWN)
    done = apnemu("run", str(own), "--topology", str(topology), *DAY, folder=tmp_path)
    row = done.json()["results"][0]
    records = pq.read_table(tmp_path / "run" / "records.parquet").to_pylist()
    notes = [json.loads(record["detail"]) for record in records if record["kind"] == "application"]
    audits = [note for note in notes if "audit" in note]
    assert row["refused_messages"] == len(audits) >= 3
    assert all(not audit["allowed"] for audit in audits)
    said = {(audit["party"], audit["audit"]): audit["what"] for audit in audits}
    assert said["aggregator", "agent-b"] == "message from agent-a over the connection of agent-b"
    assert said["agent-a", "agent-b"] == "message to agent-b"
    assert said["centre", "agent-b"] == "message to agent-b"
    assert row["overload_mwh"] == 0 and row["twice_mwh"] == 0 and row["deadline_misses"] == 0
    slots: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for note in notes:
        if "home_kw" in note:
            slots[note["site"]].append(note)
    assert all(note["kw"] <= 20_000 for note in slots["b"])
    assert all(note["order_slot"] is not None for note in slots["a"])
    assert max(note["kw"] for note in slots["b"]) > 5_000
