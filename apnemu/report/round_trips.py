# SPDX-License-Identifier: BSD-3-Clause
"""Round trips by pair of sites, with what the plant says about the pair: distance and the fibre's own delay."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from apnemu.report.plant_map import mean_km
from apnemu.units import fibre_delay_ns

NS_PER_KM = fibre_delay_ns(1e6) / 1e6
"""Light's time through a kilometre of fibre."""

LatencyRow = TypedDict(
    "LatencyRow",
    {
        "from": str,
        "to": str,
        "network": str,
        "phase": str,
        "rtt_ns_min": int | None,
        "rtt_ns_p50": int | None,
        "rtt_ns_p99": int | None,
        "rtt_ns_max": int | None,
        "jitter_ns": int | None,
        "one_way_ns_p50": int | None,
        "sent": int,
        "lost": int,
        "predicted_rtt_ns": int | None,
    },
)
"""Round trips between two sites over one network in one phase; None where every probe was lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two sites and what was measured between them over each network, in one phase.

    `length_km` is the shortest way over the plant's fibres, half of it there and back, and `floor_ns` light's
    round trip through it: no network over this plant can be faster. None where the picture has no such way.
    """

    source: str
    target: str
    length_km: float | None
    floor_ns: int | None
    rows: Mapping[str, LatencyRow]


def pairs(rows: Sequence[LatencyRow], picture: Mapping[str, Any], phase: str) -> list[Pair]:
    """The pairs measured in a phase, nearest first; those without a distance come last, in their order."""
    grouped: dict[tuple[str, str], dict[str, LatencyRow]] = {}
    for row in rows:
        if row.get("phase", "") == phase:
            grouped.setdefault((row["from"], row["to"]), {})[row["network"]] = row
    lengths, floors = _lengths(picture), _floors(picture)
    found = []
    for (source, target), by_network in grouped.items():
        length_km = lengths.get(source, {}).get(target)
        floor_ns = None if length_km is None else round(floors[source][target])
        found.append(Pair(source=source, target=target, length_km=length_km, floor_ns=floor_ns, rows=by_network))
    return sorted(found, key=lambda pair: float("inf") if pair.length_km is None else pair.length_km)


def chief(ends: Sequence[tuple[str, str]], picture: Mapping[str, Any]) -> tuple[str, str] | None:
    """The pair to name first: the two sites of the given pairs with the most power, ties in the picture's order.

    If these two are no pair, the first pair is; None where there are no pairs.
    """
    among = {site for pair in ends for site in pair}
    sites = [site for site in picture["sites"] if site["name"] in among]
    greatest = {site["name"] for site in sorted(sites, key=lambda site: -(site.get("power_mw") or 0.0))[:2]}
    return next((pair for pair in ends if {*pair} == greatest), ends[0] if ends else None)


def off_closed_form_ns(row: LatencyRow) -> int | None:
    """Difference from the closed form of an empty network: that of the probe that lies furthest from it, with its sign;
    None if either is missing.

    >>> row = {"rtt_ns_min": 95, "rtt_ns_max": 103, "predicted_rtt_ns": 100}
    >>> off_closed_form_ns(row), off_closed_form_ns({**row, "rtt_ns_max": 109})
    (-5, 9)
    """
    predicted_ns = row.get("predicted_rtt_ns")
    if row["rtt_ns_min"] is None or row["rtt_ns_max"] is None or predicted_ns is None:
        return None
    return max(row["rtt_ns_max"] - predicted_ns, row["rtt_ns_min"] - predicted_ns, key=abs)


def _lengths(picture: Mapping[str, Any]) -> Mapping[str, Mapping[str, float]]:
    """Lengths of the shortest routes over the fibres between all pairs of sites."""
    return _shortest(picture, mean_km)


def _floors(picture: Mapping[str, Any]) -> Mapping[str, Mapping[str, float]]:
    """Light's round trip over the fastest routes between all pairs of sites; of measured fibres what was measured."""

    def round_trip(fibre: Mapping[str, Any]) -> float:
        known_ns = fibre.get("round_trip_ns")
        return 2 * mean_km(fibre) * NS_PER_KM if known_ns is None else float(known_ns)

    return _shortest(picture, round_trip)


def _shortest(picture: Mapping[str, Any], weight: Callable[[Mapping[str, Any]], float]) -> dict[str, dict[str, float]]:
    """Sums over the routes that have the least, between all pairs of sites: O(sites x fibres x log sites)."""
    import networkx as nx  # type: ignore[import-untyped]  # it ships no types; most commands do not need it

    graph = nx.Graph()
    graph.add_nodes_from(site["name"] for site in picture["sites"])
    for fibre in picture["fibres"]:
        known = graph.get_edge_data(fibre["a"], fibre["b"], {"sum": float("inf")})["sum"]
        graph.add_edge(fibre["a"], fibre["b"], sum=min(known, weight(fibre)))
    return dict(nx.all_pairs_dijkstra_path_length(graph, weight="sum"))
