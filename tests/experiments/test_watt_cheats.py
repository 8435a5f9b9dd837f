# SPDX-License-Identifier: BSD-3-Clause
"""A party of a watt-bit day that cheats is refused, is in the audit log, and hurts itself alone."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types
import pytest
from scapy.utils import RawPcapNgReader

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
LEAVER = '''"""An agent that speaks over TCP and UDP to a host outside the zone that binds its data."""
import json, socket, sys
from apnemu.emulation.apps.watt import __main__ as program
from apnemu.emulation.apps.watt.agent import Agent
from apnemu.units import NS_PER_S

papers = json.loads(sys.argv[2])
outside = papers["own"]["moving"]["ways"]["addresses"]["c"]
tries = []

class Leaver(Agent):
    def begin(self):
        super().begin()
        for slot in (3, 9):
            self._desk.at(self._calendar.opens_ns(slot) + NS_PER_S, self.leave)

    def leave(self):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            tries.append(socket.socket(socket.AF_INET, kind | socket.SOCK_NONBLOCK))
            tries[-1].connect_ex((outside, 7999))
        tries[-1].send(b"what the owner keeps inside" * 40)

program.Agent = Leaver
program.serve(papers, int(sys.argv[1]))
'''
OWN = '''"""The day with a rogue at b."""
from dataclasses import replace
from apnemu.experiments.watt_day import EXPERIMENT as DAY

ROGUE = PROGRAM

def stages(context):
    def swapped(one):
        return replace(one, argv=("{python}", "-c", ROGUE, *one.argv[3:])) if one.name == "agent-b" else one
    return tuple(replace(stage, activities=tuple(map(swapped, stage.activities))) for stage in DAY.stages(context))

EXPERIMENT = replace(DAY, name="rogue_day", stages=stages)
'''


@pytest.mark.long
@pytest.mark.guest
@pytest.mark.slow
def test_an_agent_that_cheats_is_refused_and_hurts_itself_alone(tmp_path: Path) -> None:
    topology = written(tmp_path / "given", hides=False)
    own = tmp_path / "rogue_day.py"
    own.write_text(OWN.replace("PROGRAM", repr(ROGUE)))
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


def zoned(folder: Path) -> Path:
    """Sites a and b in a zone, c outside it at the same fibres; one job's state moves between a and b."""
    topology = written(folder, hides=False)
    given = topology.read_text().replace("owner: one,", "owner: one, zone: pair,")
    given = given.replace("owner: two,", "owner: two, zone: pair,")
    site = "  c: {kind: cluster, lat: 34.67, lon: 135.50, power_mw: 1, area: west, owner: three, pue: 1.1}\n"
    fibres = "  - {between: [b, c], length_km: 600}\n  - {between: [a, c], length_km: 600}\n"
    topology.write_text(given.replace("fibres:\n", f"{site}zones: {{pair: {{sites: [a, b]}}}}\nfibres:\n{fibres}"))
    power = folder / "power" / "zoo.yaml"
    power.write_text(power.read_text().replace("mw: 17,", "mw: 17, state_bytes: 1.0e+9,"))
    return topology


@pytest.mark.long
@pytest.mark.guest
@pytest.mark.slow
def test_an_agent_that_speaks_outside_its_zone_is_blocked_and_logged(tmp_path: Path) -> None:
    """Nothing of it is on any fibre that leaves the zone, nor at the host outside."""
    topology = zoned(tmp_path / "given")
    own = tmp_path / "rogue_day.py"
    own.write_text(OWN.replace("PROGRAM", repr(LEAVER)))
    day = ("--network", "apn", "--pcap", "--set", "scale=100", *DAY)
    row = apnemu("run", str(own), "--topology", str(topology), *day, folder=tmp_path).json()["results"][0]
    assert row["overload_mwh"] == 0 and row["twice_mwh"] == 0 and row["deadline_misses"] == 0 and row["light_left"] == 0
    seen, outside = frames(tmp_path / "run"), ports_outside(tmp_path / "run")
    assert seen and outside and not outside & set(seen)
    events = [record for record in pq.read_table(tmp_path / "run" / "records.parquet").to_pylist() if record["name"]]
    for kind in ("tcp", "udp"):
        for name in ("blocked", "audit"):
            said = [json.loads(event["detail"]) for event in events if event["name"] == name]
            own = [line for line in said if line["what"].startswith(f"{kind} ") and line["what"].endswith(":7999")]
            assert own and not any(line.get("allowed") for line in own)


def frames(run: Path) -> Counter[str]:
    """Frames that a run's capture has of each port."""
    with RawPcapNgReader(str(run / "apn.pcapng")) as reader:
        return Counter(about.ifname.decode() for _, about in reader)


def ports_outside(run: Path) -> set[str]:
    """Switches' ports of the site c, and those at the other ends of its fibres."""
    document = json.loads((run / "blueprint.json").read_text())["apn"]
    at = {switch["name"]: switch["site"] for switch in document["switches"]}
    wires = [(wire["a"], wire["b"]) for wire in document["wires"]]
    leads = [ends for ends in wires if "c" in {at.get(end["node"]) for end in ends}]
    return {end["interface"] for ends in leads for end in ends if end["node"] in at}
