# SPDX-License-Identifier: BSD-3-Clause
"""A day in the lab on which every party is killed around slots' beginnings, alone and two at once, while work moves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types
import pytest

from tests.experiments.command import apnemu

SLOT_S, PERIOD = 900, 3
"""Length of a slot, and slots from one outage's to the next one's."""
LASTS_S = 1000
"""Time that a party is dead: the next slot is decided without it, and the one after that with it."""
ROLES = ("aggregator", "centre", "tso", "forecaster", "controller")
PAIRS = (
    *(("controller", role) for role in ROLES[:4]),
    ("aggregator", "centre"),
    ("tso", "forecaster"),
    ("aggregator", "tso"),
    ("centre", "forecaster"),
)
AROUND_S = (-1, 0, 1)


def written(folder: Path) -> Path:
    """The topology's file: what is cheap changes places every second slot, so that two jobs move again and again."""
    (folder / "power").mkdir(parents=True)
    rows = ["area,from,slot_s,price_yen_per_mwh"]
    for number, area in enumerate(("x", "y", "z")):
        for slot in range(96):
            at = f"2030-04-01T{slot // 4:02d}:{slot % 4 * 15:02d}:00+09:00"
            dear = number == 2 or slot // 2 % 2 == number
            rows.append(f"{area},{at},{SLOT_S},{30_000 if dear else 4_000}")
    (folder / "power" / "killed.csv").write_text("\n".join(rows) + "\n")
    (folder / "power" / "killed.yaml").write_text(
        """apnemu-power: 1
name: killed
about: {source: made up, licence: CC0-1.0}
profile: killed.csv
gpu: {yen_per_it_mwh: 30000}
areas: {x: {tso: grid}, y: {tso: grid}, z: {tso: grid}}
ties:
  - {name: x-y, between: [x, y], mw: 60, kind: ac, reactance: 0.02}
parties:
  agg: {role: aggregator, at: c}
  grid: {role: power, at: c}
  one: {role: dc, at: a}
  two: {role: dc, at: b}
work:
  - {name: first, owner: one, home: a, mw: 20, hours: 24, from: "00:00", by: "24:00", state_bytes: 2.0e+11}
  - {name: second, owner: two, home: b, mw: 10, hours: 24, from: "00:00", by: "24:00", state_bytes: 1.0e+11}
"""
    )
    topology = folder / "killed.yaml"
    topology.write_text(
        """apnemu: 1
name: killed
about: {source: made up, licence: CC0-1.0}
power: killed
sites:
  a: {kind: cluster, lat: 35.68, lon: 139.77, power_mw: 40, area: x, owner: one, pue: 1.2}
  b: {kind: cluster, lat: 33.57, lon: 130.35, power_mw: 40, area: y, owner: two, pue: 1.2}
  c: {kind: edge, lat: 34.67, lon: 135.5, power_mw: 1, area: z, owner: one, pue: 1.2, pooled: no}
fibres:
  - {between: [a, c], length_km: 500}
  - {between: [b, c], length_km: 600}
controller: {at: c}
"""
    )
    return topology


def outages(killed: Sequence[tuple[tuple[str, ...], int]]) -> tuple[list[str], list[int]]:
    """Settings of outages, one after another, and the slot at whose beginning each is."""
    asked, slots = [], []
    for number, (roles, s) in enumerate(killed):
        slot = 1 + PERIOD * number
        slots.append(slot)
        since = slot * SLOT_S + s
        asked += [f"{role}@{_clock(since)}-{_clock(since + LASTS_S)}" for role in roles]
    return asked, slots


def _clock(s: int) -> str:
    return f"{s // 3600:02d}:{s % 3600 // 60:02d}:{s % 60:02d}"


@pytest.mark.guest
@pytest.mark.slow
def test_whoever_is_killed_around_a_slots_beginning_all_is_well_a_slot_later(tmp_path: Path) -> None:
    """31 outages in one day: each party alone and with the controller, a second before, at and after a slot's
    beginning, other pairs, and all at once."""
    killed = [*(((role,), s) for role, s in product(ROLES, AROUND_S)), *product(PAIRS[:4], AROUND_S)]
    killed += [(pair, 0) for pair in PAIRS[4:7]] + [(ROLES, 0)]
    asked, slots = outages(killed)
    topology = written(tmp_path / "given")
    given = ("--network", "apn", "--set", "shift=none,space", "scale=1000", f"outage={','.join(asked)}", "--json")
    out = ("--out", str(tmp_path / "run"), "--wall-limit-s", "3000")
    none, row = apnemu("run", "watt_day", "--topology", str(topology), *given, *out, folder=tmp_path).json()["results"]
    assert row["overload_mwh"] == 0 and row["twice_mwh"] == 0 and row["light_left"] == 0
    assert row["deadline_misses"] == 0 and none["deadline_misses"] == 0
    assert row["planned_yen"] * (1 - 1e-3) <= row["cost_yen"] <= none["cost_yen"]
    assert row["moves"] > len(killed)
    table = pq.read_table(tmp_path / "run" / "records.parquet").to_pylist()
    notes = [json.loads(each["detail"]) for each in table if each["kind"] == "application" and each["detail"]]
    ordered = {(note["site"], note["slot"]): note["order_slot"] for note in notes if "order_slot" in note}
    for slot in slots:
        back = slot + 2
        assert all(ordered[site, back] == back for site in "abc"), killed[slots.index(slot)]
