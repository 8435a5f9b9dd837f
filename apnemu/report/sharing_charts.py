"""What a tenant waits for as its neighbour sends more, one figure for each way of sharing, all on one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.report import words
from apnemu.report.plots import Series, figure, plot
from apnemu.report.svg import linear_scale, log_scale

TITLES = {
    "own": "A wavelength of its own",
    "slots": "Hard time slots of one wavelength",
    "statistical": "One queue before one wavelength",
}


def sharing_figures(rows: Sequence[Mapping[str, Any]]) -> list[Markup]:
    """Tenant a's 99th percentile above what a lone probe takes, over what tenant b offers."""
    of_a = [row for row in rows if row["tenant"] == "a" and row["delay_ns_p99"] is not None]
    if not of_a:
        return []
    x = linear_scale([row["load"] for row in of_a])
    y = log_scale([_over(row) for row in of_a], words.decade)
    return [
        figure(
            TITLES[scheme],
            f"Tenant a's probes, 99th percentile of the delay one way above a lone probe's;"
            f" {words.count(own[0]['wavelengths'], 'wavelength')} for both tenants.",
            plot([_series(own)], x, y, ("load that tenant b offers, share of the wavelength", "time")),
        )
        for scheme in dict.fromkeys(row["scheme"] for row in of_a)
        for own in [[row for row in of_a if row["scheme"] == scheme]]
    ]


def _series(rows: Sequence[Mapping[str, Any]]) -> Series:
    points = sorted((row["load"], _over(row)) for row in rows)
    return Series(
        network="apn", points=tuple((load, over, f"load {load:g}: {words.duration(over)}") for load, over in points)
    )


def _over(row: Mapping[str, Any]) -> int:
    return max(0, int(row["delay_ns_p99"]) - int(row["predicted_delay_ns"]))
