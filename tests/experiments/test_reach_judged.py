# SPDX-License-Identifier: BSD-3-Clause
"""Reach as it is judged and drawn: what fails is named, sites at the delay bound must have been measured."""

from __future__ import annotations

import re
from typing import Any

import pytest

from apnemu.experiments.reach import EXPERIMENT

SITES = [{"name": name, "lat": 35 + at, "lon": 139 + at} for at, name in enumerate(("tokyo", "near", "edge", "far"))]
PICTURE: dict[str, Any] = {
    "sites": SITES,
    "fibres": [{"a": "tokyo", "b": name} for name in ("near", "edge", "far")],
}


def row(site: str, network: str, rtt_ms: float, *, measured: bool, can: bool) -> dict[str, Any]:
    rtt_ns = round(rtt_ms * 1e6)
    return {
        **{
            "demand": "tokyo",
            "site": site,
            "network": network,
            "reachable": can,
            "reason": "" if can else "delay: far",
        },
        **{"rtt_ns": rtt_ns, "measured_rtt_ns": rtt_ns if measured else None},
        **{"population_share": 0.25, "power_share": 0.1},
    }


def rows() -> list[dict[str, Any]]:
    """Sites under a bound of 5 ms; over light `edge` is the furthest inside, `far` the nearest outside."""
    return [
        row("near", "apn", 1, measured=False, can=True),
        row("edge", "apn", 4, measured=True, can=True),
        row("far", "apn", 6, measured=True, can=False),
        row("near", "packet", 1.5, measured=True, can=True),
        row("edge", "packet", 5.5, measured=True, can=False),
        row("far", "packet", 7, measured=False, can=False),
    ]


@pytest.mark.parametrize(
    ("at", "changed", "why"),
    [
        (
            1,
            {"measured_rtt_ns": 4_001_001},
            "edge, APN): round trip 4,001,001 ns, expected 4,000,000 ns within 1.00 µs",
        ),
        (2, {"measured_rtt_ns": None}, "far, APN): round trip was not measured, expected a value"),
        (5, {"reason": ""}, "far, packet network): a reason given no, expected yes"),
        (
            0,
            {"reachable": False, "reason": "loss: much"},
            "near, packet network): hosting over the APN no, expected yes",
        ),
    ],
)
def test_what_fails_is_named(at: int, changed: dict[str, Any], why: str) -> None:
    settings = EXPERIMENT.resolve([]).own
    assert EXPERIMENT.judge(rows(), settings).met
    results = rows()
    results[at] |= changed
    verdict = EXPERIMENT.judge(results, settings)
    assert verdict.met is False
    assert why in verdict.why


def test_the_map_tells_sites_apart_by_the_networks_that_reach_them() -> None:
    (drawn,) = EXPERIMENT.shown.groups(rows(), PICTURE)[0][1]
    titles = re.findall("<title>(.*?)</title>", drawn)
    assert titles == [
        "Near: APN 1.00 ms; packet network 1.50 ms",
        "Edge: APN 4.00 ms; packet network 5.50 ms (delay: far)",
        "Far: APN 6.00 ms (delay: far); packet network 7.00 ms (delay: far)",
    ]
    assert re.findall("</svg>([^<]*)</li>", drawn) == ["over either network", "over the APN alone", "over neither"]
    assert drawn.count('class="fibre"') == 3
    assert EXPERIMENT.shown.answer(rows(), PICTURE) == (
        "A service for Tokyo: over the APN 2 of 3 sites can, with 50 % of people and 20 % of power; over the packet"
        " network 1 of 3 sites can, with 25 % of people and 10 % of power."
    )
