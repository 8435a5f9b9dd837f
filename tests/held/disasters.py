# SPDX-License-Identifier: BSD-3-Clause
"""Disasters on countries that are drawn from a seed, beside networkx and a plain look at circles.

    python -m tests.held.disasters --points 4 --seed 1

At each point a country is drawn (sites, fibres, some with waypoints, landings, cables, circles), a disaster is played
on it, and its rows are held against what another program says of the same file. Each row is a line of JSON; the exit
code is 1 where something differs, or not all is as the experiment expects. A point costs half a minute of CPU.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import networkx as nx

import apnemu

Place = tuple[float, float]
STEPS = 400
"""Places that are looked at along each part of a fibre's way."""
NEARLY_KM = 2.0
"""Distance from a circle's edge at which a drawn thing is not held against it: steps have a length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """What is drawn: places of sites, fibres as (a, b, waypoints), landings, cables as (landings, Gbit/s), circles."""

    sites: Mapping[str, Place]
    fibres: Sequence[tuple[str, str, Sequence[Place]]]
    landings: Mapping[str, Place]
    cables: Sequence[tuple[Sequence[str], float]]
    circles: Sequence[tuple[float, float, float]]
    poles: Sequence[int]
    seed: int


def drawn(points: int, seed: int) -> Iterator[Country]:
    """Countries of a seed, in which the circles take one data centre at least and leave four."""
    draw = random.Random(f"{seed} disasters")
    while points:
        country = _draw(draw)
        taken = [name for name, place in country.sites.items() if inside(country, place)]
        if taken and len(country.sites) - len(taken) >= 4 and not _doubtful(country):
            points -= 1
            yield country


def _draw(draw: random.Random) -> Country:
    def place() -> Place:
        return round(draw.uniform(33, 40), 3), round(draw.uniform(131, 141), 3)

    count = draw.randint(7, 9)
    sites = {f"site-{chr(97 + number)}": place() for number in range(count)}
    names = list(sites)
    ends = [(a, b) for a, b in zip(names, [*names[1:], names[0]], strict=True)]
    ends += [(a, b) for a, b in (draw.sample(names, 2) for _ in range(4)) if not {(a, b), (b, a)} & set(ends)]
    fibres = [(a, b, [place()] if draw.random() < 0.2 else []) for a, b in dict.fromkeys(ends)]
    landings = {f"beach-{number}": place() for number in range(4)}
    cables = [
        (draw.sample(list(landings), draw.randint(1, 3)), float(draw.randrange(1000, 90_000, 500)))
        for _ in range(draw.randint(5, 12))
    ]
    middles = [sites[draw.choice(names)], landings["beach-1"]]
    circles = [
        (round(lat + draw.uniform(-0.2, 0.2), 3), round(lon + draw.uniform(-0.2, 0.2), 3), float(draw.randint(40, 160)))
        for lat, lon in middles
    ]
    return Country(
        sites=sites,
        fibres=fibres,
        landings=landings,
        cables=cables,
        circles=circles,
        poles=draw.choice([(1, 2), (3,), (2, 4), (4,)]),
        seed=draw.randrange(1, 1000),
    )


def km(a: Place, b: Place) -> float:
    """Way over ground, by the law of cosines and not as the product computes it."""
    (n1, e1), (n2, e2) = ((math.radians(lat), math.radians(lon)) for lat, lon in (a, b))
    cosine = math.sin(n1) * math.sin(n2) + math.cos(n1) * math.cos(n2) * math.cos(e1 - e2)
    return 6371.0088 * math.acos(max(-1.0, min(1.0, cosine)))


def inside(country: Country, place: Place) -> bool:
    """Whether a place lies in a circle."""
    return any(km(place, (lat, lon)) <= radius for lat, lon, radius in country.circles)


def along(a: Place, b: Place) -> Iterator[Place]:
    """Places on the great circle from one to the other."""
    vectors = []
    for lat, lon in (a, b):
        n, e = math.radians(lat), math.radians(lon)
        vectors.append((math.cos(n) * math.cos(e), math.cos(n) * math.sin(e), math.sin(n)))
    for step in range(STEPS + 1):
        x, y, z = (p + (q - p) * step / STEPS for p, q in zip(*vectors, strict=True))
        yield math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))


def way(country: Country, number: int) -> list[Place]:
    """Places on the way of a fibre."""
    a, b, over = country.fibres[number]
    return [at for near, far in pairwise([country.sites[a], *over, country.sites[b]]) for at in along(near, far)]


def _doubtful(country: Country) -> bool:
    """Whether something lies so near to a circle's edge that steps along the way cannot tell."""
    things = [[place] for place in (*country.sites.values(), *country.landings.values())]
    things += [way(country, number) for number in range(len(country.fibres))]
    return any(
        abs(min(km(place, (lat, lon)) for place in places) - radius) < NEARLY_KM
        for places in things
        for lat, lon, radius in country.circles
    )


def write(country: Country, folder: Path) -> Path:
    """The country as a topology and its power file; returns the topology."""
    (folder / "power").mkdir()
    lines = ["apnemu: 1", "name: drawn", "power: drawn", "sites:"]
    lines += [
        f"  {name}: {{kind: local, lat: {lat}, lon: {lon}, power_mw: {10 + number}}}"
        for number, (name, (lat, lon)) in enumerate(country.sites.items())
    ]
    lines.append("fibres:")
    for a, b, over in country.fibres:
        length = sum(km(near, far) for near, far in pairwise([country.sites[a], *over, country.sites[b]])) * 1.2 + 5
        places = f", waypoints: {[list(place) for place in over]}" if over else ""
        lines.append(f"  - {{between: [{a}, {b}], length_km: {length:.1f}{places}}}")
    (folder / "drawn.yaml").write_text("\n".join(lines) + "\n")
    power = ["apnemu-power: 1", "name: drawn", f"hazards: {{flood: {{circles: {[list(c) for c in country.circles]}}}}}"]
    power.append("landings:")
    power += [f"  {name}: {{lat: {lat}, lon: {lon}}}" for name, (lat, lon) in country.landings.items()]
    power.append("cables:")
    power += [
        f"  - {{name: c-{number}, to: sea, landings: [{', '.join(at)}], gbps: {gbps}}}"
        for number, (at, gbps) in enumerate(country.cables)
    ]
    (folder / "power" / "drawn.yaml").write_text("\n".join(power) + "\n")
    return folder / "drawn.yaml"


def oracle(country: Country) -> dict[str, Any]:
    """What the hazard takes and leaves, by another program and a plain look."""
    sites = [name for name, place in country.sites.items() if inside(country, place)]
    graph = nx.Graph()
    graph.add_nodes_from(name for name in country.sites if name not in sites)
    lost = 0
    for number, (a, b, _) in enumerate(country.fibres):
        if {a, b} & set(sites) or any(inside(country, place) for place in way(country, number)):
            lost += 1
        else:
            graph.add_edge(a, b)
    ashore = {name for name, place in country.landings.items() if not inside(country, place)}
    cables = [gbps for at, gbps in country.cables if set(at) & ashore]
    return {
        "sites_lost": len(sites),
        "fibres_lost": lost,
        "pairs_left": sum(len(part) * (len(part) - 1) // 2 for part in nx.connected_components(graph)),
        "cables_lost": len(country.cables) - len(cables),
        "gbps_left": sum(cables),
    }


def measured(country: Country) -> list[dict[str, Any]]:
    """Play a disaster; returns its rows, each with what the oracle says and what differs."""
    with tempfile.TemporaryDirectory(prefix="held-") as place:
        ran = apnemu.run(
            "disaster",
            topology=write(country, Path(place)),
            settings={"poles": list(country.poles), "lit_pairs": 5},
            seed=country.seed,
            out=Path(place) / "run",
        )
    said = oracle(country)
    found = []
    for row in ran.rows:
        must = {**said, "kept_at_once": (row["poles"] - 1) / row["poles"]}
        if row["replication"] == "sync" and row["data_lost_bytes"] is not None:
            must["data_lost_bytes"] = 0
        off = {name: [row[name], value] for name, value in must.items() if row[name] != value}
        kept = ("poles", "replication", "restore_s", "data_lost_bytes", "most_lost_bytes", "pairs_lit", "refused")
        found.append({**{name: row[name] for name in kept}, **must, "off": off, "met": ran.verdict.met})
        found[-1]["why"] = ran.verdict.why
    return found


def main() -> int:
    """Measure, and say what differs."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--points", type=int, default=4)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    bad = 0
    for country in drawn(given.points, given.seed):
        for row in measured(country):
            bad += bool(row["off"]) or row["met"] is not True
            print(json.dumps(row), flush=True)
    print(f"{bad} rows differ")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
