# SPDX-License-Identifier: BSD-3-Clause
"""Sites that can host a service for a place by delay, jitter and loss, over either network; why others cannot."""

from __future__ import annotations

from collections.abc import Mapping

from apnemu.model.activities import Pair
from apnemu.model.plant import Plant
from apnemu.model.reason import write_reasons
from apnemu.question.bounds import Bounds, Felt
from apnemu.question.context import Row


def reach_rows(
    plant: Plant,
    network: str,
    demand: str,
    felt: Mapping[str, Felt],
    bounds: Bounds,
    measured: Mapping[Pair, int | None],
) -> list[Row]:
    """A row for each site but the demand's own, in the file's order; shares are of the whole plant's."""
    people = sum(site.population or 0 for site in plant.data_centres)
    power_mw = sum(site.power_mw or 0 for site in plant.data_centres)
    rows = []
    for site in plant.data_centres:
        if site.name == demand:
            continue
        feeling = felt[site.name]
        why = feeling.why_not(bounds)
        rows.append(
            {
                "demand": demand,
                "site": site.name,
                "network": network,
                "reachable": not why,
                "rtt_ns": feeling.rtt_ns,
                "reason": write_reasons(why),
                "jitter_ns": round(feeling.jitter_ns) if feeling.jitter_ns != float("inf") else None,
                "loss": feeling.loss,
                "population_share": round((site.population or 0) / people, 6) if people else None,
                "power_share": round((site.power_mw or 0) / power_mw, 6) if power_mw else None,
                "measured_rtt_ns": measured.get((demand, site.name)),
            }
        )
    return rows


def boundary(rtts_ns: Mapping[str, int | None], most_ns: int) -> list[str]:
    """The furthest site whose round trip is within the bound, and the nearest beyond it; fewer where there are none.

    >>> boundary({"a": 5, "b": 9, "c": None, "d": 7, "e": 12}, 8)
    ['d', 'b']
    """
    known = sorted((rtt_ns, name) for name, rtt_ns in rtts_ns.items() if rtt_ns is not None)
    inside = [name for rtt_ns, name in known if rtt_ns <= most_ns]
    outside = [name for rtt_ns, name in known if rtt_ns > most_ns]
    return [*inside[-1:], *outside[:1]]
