# SPDX-License-Identifier: BSD-3-Clause
"""Calls of the grid beside their closed forms, at power systems, settings and parties' places drawn from a seed.

    python -m tests.held.calls --points 6 --seed 1

At each point a topology is made: data centres around a ring of fibres, two areas, work that is fluid, whole, endless or
fixed, batteries, plants, lines side by side. It is called by every lever, or one of its lines fails. Each row is a line
of JSON; the exit code is 1 where something is not as the experiment expects. A point costs a minute of CPU.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import apnemu

SITES = ("sapporo", "sendai", "tokyo", "nagoya", "osaka", "hakata")
LEVERS = ("cap", "battery", "pause", "plant", "move")
SHOWN = ("by", "mw", "connection", "called_mw", "delivered_mw", "delivered_s", "predicted_s", "held_s", "held_mwh")
MORE = ("rebound_mwh", "predicted_rebound_mwh", "undone_it_mwh", "jobs_lost", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Topology and power file of a point as text, and the settings of its run."""

    number: int
    topology: str
    power: str
    settings: dict[str, Any] = field(default_factory=dict)
    seed: int


def drawn(points: int, seed: int) -> Iterator[Point]:
    """Points of a seed."""
    draw = random.Random(f"{seed} calls")
    for number in range(points):
        yield _point(draw, number)


def _point(draw: random.Random, number: int) -> Point:
    sites = list(SITES[: draw.randrange(3, len(SITES) + 1)])
    east = sites[: draw.randrange(1, len(sites))]
    lines, loads = [], dict.fromkeys(sites, 0)
    works = []
    for site in east:
        for kind in draw.sample(("fluid", "whole", "endless", "fixed"), draw.randrange(1, 5)):
            mw = draw.randrange(2, 30)
            loads[site] += mw
            works.append(_work(draw, site, kind, mw))
    for site in sites:
        room = loads[site] + draw.randrange(20, 120)
        keys = {"kind": "cluster", "lat": 35 + sites.index(site) / 10, "lon": 137}
        keys |= {"power_mw": room, "area": "east" if site in east else "west", "owner": "o"}
        keys |= {"pue": draw.choice((1.1, 1.4, "[[0.2, 1.9], [0.6, 1.5], [1.0, 1.45]]"))}
        if draw.random() < 0.5:
            keys["battery"] = f"{{mwh: {draw.randrange(1, 40)}, mw: {draw.randrange(1, 20)}, round_trip: 0.8}}"
        if draw.random() < 0.5:
            keys["plant"] = f"{{mw: {draw.randrange(1, 30)}, yen_per_mwh: 20000}}"
        if draw.random() < 0.5:
            keys |= {"feed": "tripped", "within_s": draw.randrange(5, 60)}
        lines.append(f"  {site}: {{{', '.join(f'{name}: {value}' for name, value in keys.items())}}}")
    ring = [(a, sites[(at + 1) % len(sites)]) for at, a in enumerate(sites)]
    fibres = [f"  - {{between: [{a}, {b}], length_km: {draw.randrange(50, 900)}}}" for a, b in ring]
    feeders = [
        f"  - {{name: line-{at}, area: east, sites: [{fed}], mw: {draw.randrange(20, 90)}, base: {loads[fed] / 2}}}"
        for at, fed in ((1, east[0]), (2, east[0]))
    ]
    parties = [
        f"  {name}: {{role: {role}, at: {draw.choice(sites)}}}"
        for name, role in (("agg", "aggregator"), ("grid-e", "power"), ("grid-w", "power"), ("o", "dc"))
    ]
    topology = ["apnemu: 1", f"name: drawn-{number}", "power: drawn", "sites:", *lines, "fibres:", *fibres]
    power = [
        *("apnemu-power: 1", "name: drawn", "profile: drawn.csv", "areas:"),
        *("  east: {tso: grid-e}", "  west: {tso: grid-w}", "feeders:", *feeders, "parties:", *parties),
        *("work:", *works),
    ]
    asked: dict[str, Any] = {"by": list(LEVERS), "clock": f"{draw.randrange(9, 12):02d}:{draw.randrange(60):02d}"}
    asked |= {"hold_s": draw.randrange(30, 2000), "rebound": draw.choice((0, 0.5, 1, 2)), "area": "east"}
    asked["mw"] = [draw.randrange(1, 1 + max(2, sum(loads.values()) // 2))]
    if number % 2:
        asked |= {"fault": draw.choice(("line-1", "line-2")), "connection": ["firm", "tripped"], "by": ["cap", "move"]}
    texts = ("\n".join(text) + "\n" for text in (topology, power))
    return Point(number=number, topology=next(texts), power=next(texts), settings=asked, seed=draw.randrange(1, 1000))


def _work(draw: random.Random, site: str, kind: str, mw: int) -> str:
    keys: dict[str, Any] = {"name": f"{kind.capitalize()}_{site}.1", "owner": "o", "home": site, "mw": mw}
    if kind == "fixed":
        keys["class"] = "fixed"
    elif kind != "endless":
        keys |= {"hours": draw.randrange(5, 10), "from": '"07:00"', "by": f'"{draw.randrange(17, 30):02d}:00"'}
        keys |= {"whole": "yes" if kind == "whole" else "no", "pausable": draw.choice(("yes", "no"))}
    if kind != "fixed":
        keys["state_bytes"] = f"{draw.uniform(1e10, 2e12):.3e}"
    return f"  - {{{', '.join(f'{name}: {value}' for name, value in keys.items())}}}"


def written(point: Point, folder: Path) -> Path:
    """Write a point's topology with its power system into a folder; returns the topology's path."""
    (folder / "power").mkdir(parents=True)
    rows = ["area,from,slot_s,price_yen_per_mwh"]
    for area in ("east", "west"):
        rows += [f"{area},2030-04-0{day}T{hour:02d}:00:00+09:00,3600,9000" for day in (1, 2, 3) for hour in range(24)]
    (folder / "power" / "drawn.csv").write_text("\n".join(rows) + "\n")
    (folder / "power" / "drawn.yaml").write_text(point.power)
    path = folder / f"drawn-{point.number}.yaml"
    path.write_text(point.topology)
    return path


def measured(point: Point) -> list[dict[str, Any]]:
    """Run a point; returns what was measured of each call beside what is predicted."""
    with tempfile.TemporaryDirectory(prefix="held-") as place:
        ran = apnemu.run(
            "demand_response",
            topology=str(written(point, Path(place) / "files")),
            settings=point.settings,
            seed=point.seed,
            out=Path(place) / "run",
        )
    about = {"number": point.number, "met": ran.verdict.met, "why": ran.verdict.why}
    return [{**about, **{name: row[name] for name in (*SHOWN, *MORE)}} for row in ran.rows]


def main() -> int:
    """Measure, and say what is not as expected."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--points", type=int, default=6)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    failed = 0
    for point in drawn(given.points, given.seed):
        rows = measured(point)
        for row in rows:
            print(json.dumps(row), flush=True)
        if any(row["met"] is False for row in rows):
            failed += 1
            print(json.dumps(asdict(point)), flush=True)
    print(f"{given.points - failed} of {given.points} points are as expected")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
