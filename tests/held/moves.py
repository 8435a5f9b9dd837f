# SPDX-License-Identifier: BSD-3-Clause
"""Moves of a watt-bit day beside pre-copy, `virtual_dc_migration` and iperf3, at points drawn from a seed.

    python -m tests.held.moves --points 10 --seed 1 [--iperf3]

A point is a length, a state, the rate at which it is written, light of 10, 40, 100 or 400 Gbit/s, a stop and a scale.
One job moves in a day of its own, and a machine of the same figures in an experiment of its own; with `--iperf3` a flow
has the same light, too. Rounds are the same, bytes within 0.1 %, times within 1 % of the closed form and 0.1 % of each
other. Each point is a line of JSON; the exit code is 1 where something is not so. A point costs two minutes of CPU.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

import apnemu
from apnemu.blueprint.tcp import payload_share
from apnemu.emulation.apps.watt.mover import Ways
from apnemu.emulation.apps.watt.moving import Moving
from apnemu.placement.precopy import course
from apnemu.units import NS_PER_S, fibre_delay_ns, gbps_to_bytes_per_s
from tests.held import flows

REACH_KM = {10: 3000, 40: 2000, 100: 2000, 400: 400}
LEAST_GBPS = 0.1
"""Least rate of a path of `virtual_dc_migration`: what a move's is divided to."""
MOST_BYTES, MOST_S = 2e9, 1200.0
"""Most that a point sends, and that its move takes: it is to be over within a slot."""
BYTES, FORM, BESIDE = 0.001, 0.01, 0.001
"""Shares by which bytes may differ, a time from the closed form, and the two experiments from each other."""
MTU = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What is held: a state at full size, written at a rate, over light; and by what all of it is divided."""

    length_km: float
    rate_gbps: int
    state_bytes: int
    dirty_bytes_per_s: float
    stop_s: int
    scale: int
    seed: int

    def ways(self) -> Ways:
        """How the agent of a moves it, as far as its course depends on it."""
        sites = dict.fromkeys("ab", float(self.rate_gbps))
        return Ways(
            day="d",
            number=0,
            site="a",
            gbps=sites,
            share=payload_share(MTU),
            rtt_s={"b": 2 * fibre_delay_ns(self.length_km) / NS_PER_S},
            light_s=80.0,
            points={},
            addresses={},
            dirty_bytes_per_s=self.dirty_bytes_per_s,
        )

    def moving(self) -> Moving:
        """The move."""
        size, scale = self.state_bytes, self.scale
        return Moving(job="job", owner="agent-a", origin="a", target="b", slot=1, bytes=size, scale=scale)


def drawn(points: int, seed: int) -> Iterator[Point]:
    """Points of a seed, at which no round is so near to the last that a thousandth would decide."""
    draw = random.Random(f"{seed} moves")
    while points:
        point = _point(draw)
        plan = point.ways().plan(point.moving())
        near = [course(dataclasses.replace(plan, bytes_per_s=plan.bytes_per_s * off)).rounds for off in (0.995, 1.005)]
        found = course(plan)
        if {found.rounds} == {*near} and found.total_s < MOST_S and found.moved_bytes / point.scale < MOST_BYTES:
            points -= 1
            yield point


def _point(draw: random.Random) -> Point:
    rate_gbps = draw.choice(list(REACH_KM))
    scale = round(10 ** draw.uniform(0, min(3.0, math.log10(rate_gbps / LEAST_GBPS))))
    return Point(
        length_km=round(draw.uniform(30, REACH_KM[rate_gbps]), 3),
        rate_gbps=rate_gbps,
        state_bytes=round(10 ** draw.uniform(8.5, 9.3) * scale),
        dirty_bytes_per_s=round(draw.uniform(0.0, 0.6) * gbps_to_bytes_per_s(rate_gbps)),
        stop_s=draw.randrange(0, 120),
        scale=scale,
        seed=draw.randrange(1, 1000),
    )


def written(point: Point, folder: Path) -> Path:
    """The topology's file: one job at a, which is dearer than b by more than its move costs."""
    (folder / "power").mkdir(parents=True)
    rows = ["area,from,slot_s,price_yen_per_mwh"]
    for area, price in (("x", 20_000), ("y", 5_000)):
        rows += [f"{area},2030-04-0{1 + n // 8}T{n % 8 * 3:02d}:00:00+09:00,10800,{price}" for n in range(16)]
    (folder / "power" / "drawn-day.csv").write_text("\n".join(rows) + "\n")
    (folder / "power" / "drawn.yaml").write_text(
        f"""apnemu-power: 1
name: drawn
profile: drawn-day.csv
areas: {{x: {{}}, y: {{}}}}
moves: {{nj_per_bit: 20, stop_s: {point.stop_s}}}
parties: {{agg: {{role: aggregator, at: a}}}}
work:
  - {{name: job, owner: o, home: a, mw: 20, hours: 6, from: "03:00", by: "09:00", state_bytes: {point.state_bytes}.0,
      whole: yes}}
"""
    )
    topology = folder / "drawn.yaml"
    topology.write_text(
        f"""apnemu: 1
name: drawn
power: drawn
sites:
  a: {{kind: cluster, lat: 35.0, lon: 135.0, power_mw: 20, area: x, owner: o, pue: 1.3}}
  b: {{kind: cluster, lat: 35.0, lon: 135.2, power_mw: 20, area: y, owner: o, pue: 1.3}}
fibres:
  - {{between: [a, b], length_km: {point.length_km}}}
demands:
  - {{name: a-b, from: a, to: b, rate_gbps: {point.rate_gbps}}}
"""
    )
    return topology


def moved(point: Point, folder: Path) -> dict[str, Any]:
    """What the agent noted of its move, and the row of the day."""
    asked = {"shift": "space", "scale": point.scale, "dirty_bytes_per_s": point.dirty_bytes_per_s}
    ran = apnemu.run(
        "watt_day",
        topology=written(point, folder / "files"),
        settings=asked,
        networks=("apn",),
        seed=point.seed,
        out=folder / "day",
    )
    records = pq.read_table(folder / "day" / "records.parquet").to_pylist()
    notes = [json.loads(record["detail"]) for record in records if record["kind"] == "application"]
    (made,) = [note for note in notes if "rounds" in note]
    (row,) = ran.rows
    assert row["moves"] == 1 and row["light_left"] == 0 and row["deadline_misses"] == 0
    return {name: made[name] for name in ("rounds", "moved_bytes", "total_ns", "downtime_ns", "round_bytes")}


def migrated(point: Point, folder: Path) -> dict[str, Any]:
    """What a machine of the same figures takes in `virtual_dc_migration`."""
    told = point.ways().told(point.moving())
    names = ("memory_bytes", "page_bytes", "dirty_bytes_per_s", "stop_bytes", "most_rounds")
    asked = {"distance_km": point.length_km, "rate_gbps": point.rate_gbps / point.scale}
    ran = apnemu.run(
        "virtual_dc_migration",
        settings={**asked, **{name: told[name] for name in names}},
        networks=("apn",),
        seed=point.seed,
        out=folder / "machine",
    )
    (row,) = ran.rows
    return {name: row[name] for name in ("rounds", "moved_bytes", "total_ns", "downtime_ns")}


def measured(point: Point, iperf3: bool = False) -> dict[str, Any]:
    """A point's move beside all that it is held against, and what is `off`."""
    with tempfile.TemporaryDirectory(prefix="held-") as place:
        ours, theirs = moved(point, Path(place)), migrated(point, Path(place))
    form = course(point.ways().plan(point.moving()))
    row: dict[str, Any] = {**dataclasses.asdict(point), **ours, "machine": theirs}
    row["bytes_beside_form"] = ours["moved_bytes"] * point.scale / form.moved_bytes - 1
    row["total_beside_form"] = ours["total_ns"] / (form.total_s * NS_PER_S) - 1
    row["bytes_beside_machine"] = ours["moved_bytes"] / theirs["moved_bytes"] - 1
    row["total_beside_machine"] = ours["total_ns"] / theirs["total_ns"] - 1
    row["off"] = [name for name in ("bytes_beside_form", "bytes_beside_machine") if abs(row[name]) > BYTES]
    row["off"] += ["total_beside_form"] if abs(row["total_beside_form"]) > FORM else []
    row["off"] += ["total_beside_machine"] if abs(row["total_beside_machine"]) > BESIDE else []
    row["off"] += [] if ours["rounds"] == theirs["rounds"] == form.rounds else [f"{form.rounds} rounds"]
    if iperf3 and point.rate_gbps in (10, 100, 400):
        flow = flows.Point(length_km=point.length_km, rate_gbps=point.rate_gbps, mtu=MTU, congestion_control="cubic")
        (beside,) = flows.compared(flow)
        row["iperf3_gbps"] = beside["iperf3_gbps"]
        first_s = ours["total_ns"] / NS_PER_S - 1.5 * point.ways().rtt_s["b"]
        carried = ours["moved_bytes"] * point.scale * 8e-9 / (first_s - (ours["rounds"] - 1) * point.ways().rtt_s["b"])
        row["beside_iperf3"] = carried / beside["iperf3_gbps"] - 1
        row["off"] += ["beside_iperf3"] if abs(row["beside_iperf3"]) > FORM else []
    return row


def main() -> int:
    """Measure, and say what is off."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--points", type=int, default=10)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--iperf3", action="store_true", help="a flow over the same light, too")
    given = asked.parse_args()
    failed = 0
    for point in drawn(given.points, given.seed):
        row = measured(point, given.iperf3)
        print(json.dumps(row), flush=True)
        failed += bool(row["off"])
    print(f"{given.points - failed} of {given.points} points are as expected")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
