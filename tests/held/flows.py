# SPDX-License-Identifier: BSD-3-Clause
"""TCP's goodput beside iperf3's and beside its closed form, at points drawn from a seed.

    python -m tests.held.flows --points 60 --seed 1 [--gbps 10,100,400] [--windows] [--worst 0.01] [--out FILE]

A point is a length of 1 to 6,000 km, a line of 10, 100 or 400 Gbit/s, an MTU of 1,500 or 9,000 bytes, and CUBIC, Reno,
BBR or DCTCP. On one lightpath in one lab a flow of apnemu's and one of iperf3's go one after the other. Both count
whole round trips after slow start, since a flow that its window bounds goes in bursts. Each point is a line of JSON;
the exit code is 1 where a difference is above `--worst`. `--gbps` leaves out the points of other lines, which differ in
what they cost: 10 to 50 s of CPU each.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import apnemu
from apnemu.blueprint.tcp import TCP_HEADERS_BYTES, TCP_WINDOW_BYTES, UNSCALED_BYTES
from apnemu.units import NS_PER_S, fibre_delay_ns, gbps_to_bytes_per_s

HERE = Path(__file__).parent
KINDS = tuple(product((10, 100, 400), (1500, 9000), ("cubic", "reno", "bbr", "dctcp")))
FIRST_SEGMENTS, LAST_ROUNDS = 10, 5
"""Segments of TCP's first round trip (RFC 6928), and round trips from a window that fits to a steady state."""
COUNTED_S = 0.1
CYCLE_ROUNDS = 8
"""Round trips of BBR's cycle of pacing gains (1.25, 0.75, six times 1): counted are whole ones, after one more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What is compared at: the settings of `beside_iperf`."""

    length_km: float
    rate_gbps: int
    mtu: int
    congestion_control: str
    tcp_window_bytes: int = TCP_WINDOW_BYTES

    @property
    def rtt_s(self) -> float:
        return 2 * fibre_delay_ns(self.length_km) / NS_PER_S

    @property
    def window_bytes(self) -> float:
        """What is under way in a round trip, at most."""
        return min(self.rtt_s * gbps_to_bytes_per_s(self.rate_gbps), self.tcp_window_bytes)

    def settings(self) -> dict[str, Any]:
        """The point, and times of whole round trips: after slow start, and counted."""
        first = FIRST_SEGMENTS * (self.mtu - TCP_HEADERS_BYTES)
        rounds = math.ceil(math.log2(max(1, self.window_bytes / first))) + LAST_ROUNDS
        counted = math.ceil(COUNTED_S / self.rtt_s)
        if self.congestion_control == "bbr":
            rounds += CYCLE_ROUNDS
            counted = math.ceil(counted / CYCLE_ROUNDS) * CYCLE_ROUNDS
        counted_s = counted * self.rtt_s
        return {**asdict(self), "flows": 1, "ramp_s": round(rounds * self.rtt_s + 0.03, 6), "seconds": counted_s}


def drawn(count: int, seed: int, windows: bool = False) -> Iterator[Point]:
    """Draw points: every kind of line and control in turn, in an order and at lengths of the seed.

    With `windows` each has a window of its own, from 1 MiB to 512 MiB.
    """
    draws = random.Random(f"flows {seed}")
    kinds: list[tuple[int, int, str]] = []
    for _ in range(count):
        kinds = kinds or draws.sample(KINDS, len(KINDS))
        rate_gbps, mtu, control = kinds.pop()
        length_km = round(draws.uniform(1, 6000), 3)
        point = Point(length_km=length_km, rate_gbps=rate_gbps, mtu=mtu, congestion_control=control)
        scale = draws.randint(4, 13) if windows else 14
        yield replace(point, tcp_window_bytes=UNSCALED_BYTES << scale)


def compared(point: Point, controls: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Run a point, in one lab with several controls where they are given.

    Returns a row for each, with goodputs in Gbit/s and the shares by which apnemu's differs from the others'.
    """
    settings = point.settings() | {"congestion_control": list(controls or (point.congestion_control,))}
    with tempfile.TemporaryDirectory(prefix="held-") as place:
        ran = apnemu.run(
            HERE / "beside_iperf.py",
            topology=HERE / "lightpath.yaml",
            settings=settings,
            networks=("apn",),
            out=Path(place) / "run",
        )
        rows = ran.rows
    return [
        {
            **asdict(point),
            **{name: row[name] for name in ("congestion_control", "goodput_gbps", "iperf3_gbps", "most_gbps", "bound")},
            "beside_iperf3": round(row["goodput_gbps"] / row["iperf3_gbps"] - 1, 6),
            "beside_closed_form": round(row["goodput_gbps"] / row["most_gbps"] - 1, 6),
        }
        for row in rows
    ]


def main() -> int:
    """Compare, and print the worst."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--points", type=int, default=60)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--worst", type=float, default=0.01)
    asked.add_argument("--out", type=Path)
    asked.add_argument("--gbps", default="10,100,400")
    asked.add_argument("--windows", action="store_true", help="a window of its own for each point")
    given = asked.parse_args()
    lines = {int(text) for text in given.gbps.split(",")}
    found: list[dict[str, Any]] = []
    for point in (each for each in drawn(given.points, given.seed, given.windows) if each.rate_gbps in lines):
        found += compared(point)
        print(json.dumps(found[-1]), flush=True)
        if given.out:
            given.out.write_text("".join(json.dumps(row) + "\n" for row in found))
    worst = {name: max(abs(row[name]) for row in found) for name in ("beside_iperf3", "beside_closed_form")}
    print(f"{len(found)} points, worst differences: {worst}")
    return 1 if max(worst.values()) > given.worst else 0


if __name__ == "__main__":
    sys.exit(main())
