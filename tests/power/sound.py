# SPDX-License-Identifier: BSD-3-Clause
"""A small sound power system in files, which tests change: two areas, a feeder, three sites, work of every kind."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

TOPOLOGY = """\
apnemu: 1
name: here
power: there
sites:
  tokyo: {kind: cluster, lat: 35.68, lon: 139.77, power_mw: 300, area: east, owner: dc-1, zone: japan, feed_mw: 500,
          pue: [[0.25, 1.6], [1.0, 1.3]], battery: {mwh: 20, mw: 10, round_trip: 0.85}}
  nagoya: {kind: local, lat: 35.149, lon: 136.91, power_mw: 20, area: west, owner: dc-2, pue: 1.2, pooled: no}
  osaka: {kind: edge, lat: 34.67, lon: 135.50, power_mw: 100, area: west, owner: dc-1,
          plant: {mw: 5, yen_per_mwh: 15000, kgco2_per_mwh: 400}}
  ix: {kind: exchange, lat: 34.69, lon: 135.50}
fibres:
  - {between: [tokyo, nagoya], length_km: 366.0}
  - {between: [nagoya, osaka], length_km: 186.6}
  - {between: [osaka, ix], length_km: 12}
demands:
  - {name: t-o, from: tokyo, to: osaka, rate_gbps: 100}
"""
POWER = """\
apnemu-power: 1
name: there
currency: JPY
profile: day.csv
areas:
  east: {tso: tso-1, hz: 50, supply: [[400, 8000, 0], [300, 9000, 450]]}
  west: {tso: tso-2, hz: 60, supply: [[900, 7000, 100]]}
ties:
  - {name: converter, between: [east, west], mw: [100, 200], kind: dc}
feeders:
  - {name: itoshima-66, area: west, sites: [osaka], mw: 80, base: 40}
parties:
  agg: {role: aggregator, at: osaka}
  tso-1: {role: power, at: tokyo}
  tso-2: {role: power, at: osaka, hides: [feeders]}
  dc-1: {role: dc, at: tokyo, hides: [jobs]}
work:
  - {name: train-1, owner: dc-1, home: tokyo, mw: 20, hours: 12, from: "09:00", by: "24:00",
     state_bytes: 2.0e+12, whole: yes}
  - {name: web, owner: dc-2, home: nagoya, mw: 10, class: fixed}
zones:
  japan: {sites: all}
  west-only: {sites: [osaka, nagoya]}
gpu: {yen_per_it_mwh: 147000}
moves: {nj_per_bit: 20, stop_s: 30}
"""


def profile(hours: int = 48, slot_s: int = 3600) -> str:
    """A profile of both areas: east dear by day, west cheap by night."""
    rows = ["area,from,slot_s,demand_mw,price_yen_per_mwh,kgco2_per_mwh"]
    begin = datetime.fromisoformat("2030-04-01T00:00:00+09:00")
    for area, day, night in (("east", 16000, 12000), ("west", 12000, 8000)):
        for slot in range(hours * 3600 // slot_s):
            at = begin + timedelta(seconds=slot * slot_s)
            rows.append(f"{area},{at.isoformat()},{slot_s},300,{day if 8 <= at.hour < 20 else night},450")
    return "\n".join(rows) + "\n"


def write(folder: Path, *, topology: str = TOPOLOGY, power: str = POWER, day: str | None = None) -> Path:
    """The three files in a folder; returns the topology."""
    (folder / "power").mkdir(exist_ok=True)
    (folder / "here.yaml").write_text(topology)
    (folder / "power" / "there.yaml").write_text(power)
    (folder / "power" / "day.csv").write_text(profile() if day is None else day)
    return folder / "here.yaml"
