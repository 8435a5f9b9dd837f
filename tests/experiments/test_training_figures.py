# SPDX-License-Identifier: BSD-3-Clause
"""The figures of a training page: every point is there with its figures, scheme by scheme, in the right order."""

from __future__ import annotations

import re
from typing import Any

from apnemu.experiments.virtual_dc_training import EXPERIMENT


def row(network: str, rtt_ms: float, ratio: float, *, overlap: bool = True) -> dict[str, Any]:
    return {
        "network": network,
        "sites": 2,
        "rtt_ns": round(rtt_ms * 1e6),
        "rate_gbps": 100.0,
        "compute_s": 0.25,
        "overlap": overlap,
        "algorithm": "ring",
        "ratio": ratio,
        "step_s": 0.26 * ratio,
        "one_dc_step_s": 0.26,
        "predicted_ratio": ratio,
    }


ROWS = [
    row("apn", 10, 1.02),
    row("apn", 5, 1.01),
    row("packet", 10, 1.5),
    row("apn", 10, 1.1, overlap=False),
]


def circles(svg: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r'<circle class="mark apn" cx="([\d.]+)%" cy="([\d.]+)"', svg)]


def figures(rows: list[dict[str, Any]]) -> list[str]:
    ((heading, drawn),) = EXPERIMENT.shown.groups(rows, {})
    assert heading == ""
    return [str(figure) for figure in drawn]


def test_two_figures_for_each_scheme_on_one_scale() -> None:
    drawn = figures(ROWS)
    titles = [re.search(r"<h3>(.*?)</h3>", figure)[1] for figure in drawn]  # type: ignore[index]
    with_overlap, without = "ring, with overlap", "ring, without overlap"
    assert titles == [
        *(f"Longer than in one data centre: {with_overlap}", f"Longer than in one data centre: {without}"),
        *(f"A step: {with_overlap}", f"A step: {without}"),
    ]
    (near, far), (slow,) = circles(drawn[0]), circles(drawn[1])
    assert near[0] < far[0] == slow[0], "5 ms left of 10 ms, whichever the scheme"
    assert near[1] > far[1] > slow[1], "1 % below 2 % below 10 %"
    assert "packet network, 10.0 ms, 100 Gbit/s: 0.3900 s, 1.5000 times one data centre" in drawn[0]
    assert "closed form, APN" in drawn[0] and "in one data centre" in drawn[2]


def test_one_distance_has_no_curve_of_the_closed_form() -> None:
    longer, step = figures(ROWS[:1])
    assert "closed form" not in longer and "polyline" not in longer
    assert step.count("polyline") == 1, "one data centre alone"


def test_without_the_apn_there_is_no_closed_form() -> None:
    longer, step = figures([row("packet", 5, 1.2), row("packet", 10, 1.5)])
    assert longer.count("polyline") == 1 and "closed form" not in longer
    assert step.count("polyline") == 2 and "in one data centre" in step
