# SPDX-License-Identifier: BSD-3-Clause
"""Outages and set-up times beside what must be, at topologies, cuts and controllers' sites drawn from a seed.

    python -m tests.held.cuts --points 12 --seed 1 [--topologies jpn12,nsfnet] [--worst-ns 1000000]

At each point a fibre is cut under all schemes that keep light alive (`failover`), and light is asked for by one client
and by ten (`provisioning`), with the controller at a site. Each row is a line of JSON, with the part that messages of
the controller take; the exit code is 1 where something is off by more than `--worst-ns`, or not as the experiment
expects. A point costs half a minute of CPU.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import apnemu
from apnemu.experiments.failover.settings import LIGHT
from apnemu.question.discovery import shipped_topology
from apnemu.topology import read_plant

TOPOLOGIES = ("jpn12", "nsfnet", "tokyo-metro", "jpn48")
COUNTED_EVERY_US = 50_000.0
"""Time between frames that are counted: where an outage begins and ends they are dense, whatever it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What is cut, and where the controller stands."""

    topology: str
    controller: str
    cut: str
    seed: int


def drawn(points: int, seed: int, topologies: Sequence[str] = TOPOLOGIES) -> Iterator[Point]:
    """Points of a seed, in turn over the topologies."""
    draw = random.Random(f"{seed} cuts")
    plants = {name: read_plant(shipped_topology(name)) for name in topologies}
    for number in range(points):
        name = topologies[number % len(topologies)]
        yield Point(
            topology=name,
            controller=draw.choice([site.name for site in plants[name].sites]),
            cut=draw.choice(list(plants[name].fibre)),
            seed=draw.randrange(1, 1000),
        )


def measured(point: Point) -> list[dict[str, Any]]:
    """Run a point; returns what was measured beside what is predicted, in ns, and whether all was as expected.

    `off_ns` is None where nothing is to go dark, or no light is given.
    """
    asked: dict[str, dict[str, Any]] = {
        "failover": {"event": point.cut, "scheme": list(LIGHT), "packet_gap_us": COUNTED_EVERY_US},
        "provisioning": {"requests": [1, 10]},
    }
    found = []
    for name, settings in asked.items():
        with tempfile.TemporaryDirectory(prefix="held-") as place:
            ran = apnemu.run(
                name,
                topology=point.topology,
                settings={**settings, "controller": point.controller},
                networks=("apn",),
                seed=point.seed,
                out=Path(place) / "run",
            )
        for row in ran.rows:
            what, is_ns = ("scheme", "outage_ns") if name == "failover" else ("request", "setup_ns")
            must_ns = row[f"predicted_{is_ns}"]
            off_ns = None if must_ns is None or row[is_ns] is None else row[is_ns] - must_ns
            kept = {"what": row[what], "from": row["from"], "to": row["to"], is_ns: row[is_ns], "dcn_ns": row["dcn_ns"]}
            found.append({**asdict(point), **kept, "off_ns": off_ns, "met": ran.verdict.met})
    return found


def main() -> int:
    """Measure, and print the worst."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--points", type=int, default=12)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--worst-ns", type=int, default=1_000_000)
    asked.add_argument("--topologies", default=",".join(TOPOLOGIES))
    given = asked.parse_args()
    found: list[dict[str, Any]] = []
    for point in drawn(given.points, given.seed, given.topologies.split(",")):
        for row in measured(point):
            found.append(row)
            print(json.dumps(row), flush=True)
    off_ns = [abs(row["off_ns"]) for row in found if row["off_ns"] is not None]
    print(f"{len(off_ns)} of {len(found)} rows have a prediction; the worst is off by {max(off_ns, default=0)} ns")
    return 1 if max(off_ns, default=0) > given.worst_ns or any(row["met"] is False for row in found) else 0


if __name__ == "__main__":
    sys.exit(main())
