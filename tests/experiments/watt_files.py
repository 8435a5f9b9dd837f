# SPDX-License-Identifier: BSD-3-Clause
"""A topology with a power system whose names and figures stand nowhere else, written for a test."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

NAMES = ("Quagga-7", "Zorilla-31", "Numbat-5")
"""Jobs: two whose home is west, one at east."""
AREAS = ("west", "east")
BASE_KW = 43_219
"""What the feeder of east carries while nothing shifts."""


def written(folder: Path, *, hides: bool) -> Path:
    """The topology's file. West is dear at day, east at night, and three jobs may move between them."""
    (folder / "power").mkdir(parents=True)
    rows = ["area,from,slot_s,price_yen_per_mwh"]
    for area, day, night in (("west", 19_000, 9_000), ("east", 7_000, 14_000)):
        for hour in range(48):
            price = day if 6 <= hour % 24 < 18 else night
            rows.append(f"{area},2030-04-{1 + hour // 24:02}T{hour % 24:02}:00:00+09:00,3600,{price}")
    (folder / "power" / "zoo-day.csv").write_text("\n".join(rows) + "\n")
    jobs, feeders = (", hides: [jobs]", ", hides: [feeders]") if hides else ("", "")
    (folder / "power" / "zoo.yaml").write_text(
        f"""apnemu-power: 1
name: zoo
about: {{source: made up, licence: CC0-1.0}}
profile: zoo-day.csv
areas:
  west: {{tso: grid-west, hz: 60}}
  east: {{tso: grid-east, hz: 60}}
feeders:
  - {{name: thin, area: east, sites: [b], mw: 60, base: {BASE_KW / 1e3}}}
parties:
  agg: {{role: aggregator, at: a}}
  grid-west: {{role: power, at: a{feeders}}}
  grid-east: {{role: power, at: b{feeders}}}
  one: {{role: dc, at: a{jobs}}}
  two: {{role: dc, at: b{jobs}}}
work:
  - {{name: {NAMES[0]}, owner: one, home: a, mw: 17, hours: 12, from: "00:00", by: "24:00"}}
  - {{name: {NAMES[1]}, owner: one, home: a, mw: 9, hours: 10, from: "04:00", by: "24:00"}}
  - {{name: {NAMES[2]}, owner: two, home: b, mw: 5, hours: 20, from: "00:00", by: "24:00"}}
"""
    )
    topology = folder / "zoo.yaml"
    topology.write_text(
        """apnemu: 1
name: zoo
about: {source: made up, licence: CC0-1.0}
power: zoo
sites:
  a: {kind: cluster, lat: 35.68, lon: 139.77, power_mw: 60, area: west, owner: one, pue: 1.3}
  b: {kind: cluster, lat: 33.57, lon: 130.35, power_mw: 60, area: east, owner: two, pue: 1.2}
fibres:
  - {between: [a, b], length_km: 900}
demands:
  - {name: a-b, from: a, to: b, rate_gbps: 100}
"""
    )
    return topology


def swinging(folder: Path, *, slot_s: int) -> Path:
    """The topology's file of two sites of which now one, now the other is cheap, two slots each; work has a state."""
    (folder / "power").mkdir(parents=True)
    rows = ["area,from,slot_s,price_yen_per_mwh"]
    begin = datetime(2030, 4, 1, tzinfo=timezone(timedelta(hours=9)))
    for slot in range(2 * 24 * 3600 // slot_s):
        at = (begin + timedelta(seconds=slot * slot_s)).isoformat()
        rows += [
            f"west,{at},{slot_s},{(4_000, 16_000)[slot // 2 % 2]}",
            f"east,{at},{slot_s},{(16_000, 4_000)[slot // 2 % 2]}",
        ]
    (folder / "power" / "swing-day.csv").write_text("\n".join(rows) + "\n")
    (folder / "power" / "swing.yaml").write_text(
        """apnemu-power: 1
name: swing
about: {source: made up, licence: CC0-1.0}
profile: swing-day.csv
areas: {west: {tso: grid-west}, east: {tso: grid-east}}
parties:
  agg: {role: aggregator, at: a}
  grid-west: {role: power, at: a}
  grid-east: {role: power, at: b}
  one: {role: dc, at: a}
work:
  - {name: endless, owner: one, home: a, mw: 20, hours: all, state_bytes: 1.0e+9}
"""
    )
    topology = folder / "swing.yaml"
    topology.write_text(
        """apnemu: 1
name: swing
about: {source: made up, licence: CC0-1.0}
power: swing
sites:
  a: {kind: cluster, lat: 35.68, lon: 139.77, power_mw: 40, area: west, owner: one, pue: 1.2}
  b: {kind: cluster, lat: 33.57, lon: 130.35, power_mw: 40, area: east, owner: one, pue: 1.2}
fibres:
  - {between: [a, b], length_km: 930}
demands:
  - {name: a-b, from: a, to: b, rate_gbps: 100}
"""
    )
    return topology
