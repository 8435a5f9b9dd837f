"""Measured transfers to links, and links to what a job takes on each form of a pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import LabError
from apnemu.placement.job import Form, Job, lower_bound_s, pool_of
from apnemu.placement.links import Link
from apnemu.placement.schedule import schedule
from apnemu.units import ns_to_s

INSIDE = "inside"
"""The place that everything of one data centre is at."""
Row = dict[str, Any]


def measured_links(table: pa.Table, network: str) -> dict[tuple[str, str], Link]:
    """A shared link for each pair of sites with transfers: sized ones alone, an endless one for the rate.

    Raises:
        LabError: a transfer that did not end.
    """
    alone: dict[tuple[str, str], dict[int, float]] = {}
    rates: dict[tuple[str, str], float] = {}
    for record in table.filter(pc.equal(table["network"], network)).to_pylist():
        way = (record["source"], record["target"])
        if record["kind"] == "flow":
            if record["duration_ns"] is None:
                raise LabError(
                    f"{record['sent']} bytes from {way[0]} to {way[1]} did not arrive within the stage over {network}; "
                    f"{record['bytes']} did"
                )
            alone.setdefault(way, {})[record["sent"]] = ns_to_s(record["duration_ns"])
        elif record["kind"] == "interval" and record["duration_ns"]:
            rates[way] = record["bytes"] / ns_to_s(record["duration_ns"])
    return {way: Link(alone_s=sizes, bytes_per_s=rates[way], shared=True) for way, sizes in alone.items()}


def pool_rows(
    table: pa.Table,
    network: str,
    job: Job,
    slots: Sequence[int],
    places: Mapping[float, Sequence[str]],
    reference: tuple[str, str],
    forms: Sequence[Form],
    rtts_ns: Mapping[tuple[str, str], int],
) -> list[Row]:
    """A row for each distance and form.

    `places` are the sites at each distance in km, in the slots' order; `reference` the pair of sites at no distance,
    whose link stands for the inside of any data centre (there each slot has a port of its own: not shared). `rtts_ns`
    are the closed form's, from the first site to the second.
    """
    links = measured_links(table, network)
    inner = Link(alone_s=links[reference].alone_s, bytes_per_s=links[reference].bytes_per_s, shared=False)
    one = pool_of("one", dict(zip(map(str, range(len(slots))), slots, strict=True)), inside=INSIDE)
    best_s = schedule(job, one, {(INSIDE, INSIDE): inner}).makespan_s
    rows: list[Row] = []
    for distance_km, sites in places.items():
        costs = links | {(site, site): inner for site in (*sites, INSIDE)}
        for form in forms:
            pool = pool_of(form, dict(zip(sites, slots, strict=True)), inside=INSIDE)
            found = schedule(job, pool, costs)
            rows.append(
                {
                    "network": network,
                    "form": form,
                    "distance_km": distance_km,
                    "rtt_ns": rtts_ns[sites[0], sites[1]],
                    "sites": len(sites),
                    "slots": sum(slots),
                    "largest_site_slots": max(slots),
                    "tasks": job.tasks,
                    "makespan_s": round(found.makespan_s, 9),
                    "lower_bound_s": round(lower_bound_s(job, pool), 9),
                    "one_dc_makespan_s": round(best_s, 9),
                    "gap": round(found.makespan_s / best_s, 6),
                    "utilisation": round(found.utilisation, 6),
                    "tasks_at": ", ".join(f"{site} {count}" for site, count in found.tasks_at.items()),
                    "link_gbps": round(links[sites[0], sites[1]].bytes_per_s * 8 / 1e9, 6),
                }
            )
    return rows
