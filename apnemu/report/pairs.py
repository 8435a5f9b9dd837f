"""Latency rows by pair of sites, with what the plant says about the pair: distance and the fibre's own delay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx  # type: ignore[import-untyped]  # it ships no types

from apnemu.report.rows import LatencyRow
from apnemu.units import fibre_delay_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two sites and what was measured between them over each network, in one phase.

    `length_km` is the shortest way over the plant's fibres and `floor_ns` light's round trip through it: no network
    over this plant can be faster. None where the picture has no such way.
    """

    source: str
    target: str
    length_km: float | None
    floor_ns: int | None
    rows: Mapping[str, LatencyRow]


def phases(rows: Sequence[LatencyRow]) -> list[str]:
    """In the order of their first row."""
    return list(dict.fromkeys(row.get("phase", "") for row in rows))


def networks(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The networks of some rows: the APN first, the packet network second, any other after them.

    >>> networks([{"network": "packet"}, {"network": "other"}, {"network": "apn"}])
    ['apn', 'packet', 'other']
    """
    found = dict.fromkeys(row["network"] for row in rows)
    return sorted(found, key=lambda name: {"apn": 0, "packet": 1}.get(name, 2))


def pairs(rows: Sequence[LatencyRow], picture: Mapping[str, Any], phase: str) -> list[Pair]:
    """The pairs measured in a phase, nearest first; those without a distance come last, in their order."""
    grouped: dict[tuple[str, str], dict[str, LatencyRow]] = {}
    for row in rows:
        if row.get("phase", "") == phase:
            grouped.setdefault((row["from"], row["to"]), {})[row["network"]] = row
    lengths = _lengths(picture)
    found = []
    for (source, target), by_network in grouped.items():
        length_km = lengths.get(source, {}).get(target)
        floor_ns = None if length_km is None else 2 * fibre_delay_ns(length_km)
        found.append(Pair(source=source, target=target, length_km=length_km, floor_ns=floor_ns, rows=by_network))
    return sorted(found, key=lambda pair: float("inf") if pair.length_km is None else pair.length_km)


def chief(rows: Sequence[LatencyRow], picture: Mapping[str, Any]) -> tuple[str, str] | None:
    """The pair to name first: the two sites with most power among those measured, ties in the picture's order.

    Without that pair among the rows, the first row's.
    """
    measured = {row[end] for row in rows for end in ("from", "to")}
    sites = [site for site in picture["sites"] if site["name"] in measured]
    greatest = {site["name"] for site in sorted(sites, key=lambda site: -(site.get("power_mw") or 0.0))[:2]}
    for row in rows:
        if {row["from"], row["to"]} == greatest:
            return row["from"], row["to"]
    return (rows[0]["from"], rows[0]["to"]) if rows else None


def _lengths(picture: Mapping[str, Any]) -> Mapping[str, Mapping[str, float]]:
    """Shortest ways over the fibres, all pairs: O(sites x fibres x log sites)."""
    graph = nx.Graph()
    graph.add_nodes_from(site["name"] for site in picture["sites"])
    for fibre in picture["fibres"]:
        known = graph.get_edge_data(fibre["a"], fibre["b"], {"km": float("inf")})["km"]
        graph.add_edge(fibre["a"], fibre["b"], km=min(known, fibre["length_km"]))
    return dict(nx.all_pairs_dijkstra_path_length(graph, weight="km"))
