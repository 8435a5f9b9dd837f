# SPDX-License-Identifier: BSD-3-Clause
"""Measured transfers to links, and links to what a job takes on each form of a pool."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import InputError
from apnemu.experiments.virtual_dc_pool.settings import Settings, job, places, slots, ways
from apnemu.placement.job import Pool, lower_bound_s, pool_of
from apnemu.placement.links import Link
from apnemu.placement.schedule import Schedule, schedule
from apnemu.question.context import Context, Row
from apnemu.question.traffic import PROBE_BYTES
from apnemu.topology.size_classes import read_size_classes
from apnemu.units import ns_to_s

WAY_OUT = "give more seconds, larger buffer_bytes, or a line_rate_gbps nearer to rate_gbps"
INSIDE = "inside"
"""Name of the place where everything of one data centre is."""


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each network, distance and form, with the size classes of the sites."""
    classes = read_size_classes()
    named = {"size_classes": " + ".join(classes.of(size_mw) for size_mw in contexts[0].settings.sizes_mw)}
    return [{**row, **named} for context in contexts for row in _of_network(table, context)]


def measured_links(table: pa.Table, network: str) -> dict[tuple[str, str], Link]:
    """A shared link for each pair of sites with transfers: sized ones alone, an endless one for the rate.

    Raises InputError for a transfer of which too little arrived to tell its time or its rate.
    """
    alone: dict[tuple[str, str], dict[int, float]] = {}
    rates: dict[tuple[str, str], float] = {}
    for record in table.filter(pc.equal(table["network"], network)).to_pylist():
        way = (record["source"], record["target"])
        if record["kind"] == "flow":
            if record["duration_ns"] is None:
                raise InputError(
                    f"{record['sent']} bytes from {way[0]} to {way[1]} did not arrive within the stage over {network}; "
                    f"{record['bytes']} did; {WAY_OUT}",
                    file="--set",
                )
            alone.setdefault(way, {})[record["sent"]] = ns_to_s(record["duration_ns"])
        elif record["kind"] == "interval":
            if not record["duration_ns"] or not record["bytes"]:
                raise InputError(
                    f"nothing arrived from {way[0]} to {way[1]} over {network} while its rate was measured: TCP was"
                    f" sending again what a queue had dropped; {WAY_OUT}",
                    file="--set",
                )
            rates[way] = record["bytes"] / ns_to_s(record["duration_ns"])
    return {way: Link(alone_s=sizes, bytes_per_s=rates[way], shared=True) for way, sizes in alone.items()}


def _of_network(table: pa.Table, context: Context[Settings]) -> list[Row]:
    """The job on each form at each distance.

    The link between the pair of sites at no distance stands for the inside of any data centre; there each slot has a
    port of its own: not shared.
    """
    settings = context.settings
    links = measured_links(table, context.network)
    reference = links[ways(settings)[0]]
    inner = Link(alone_s=reference.alone_s, bytes_per_s=reference.bytes_per_s, shared=False)
    numbers = map(str, range(len(slots(settings))))
    one = pool_of("one", dict(zip(numbers, slots(settings), strict=True)), inside=INSIDE)
    best_s = schedule(job(settings), one, {(INSIDE, INSIDE): inner}).makespan_s
    results: list[Row] = []
    for distance_km, sites in places(settings).items():
        costs = links | {(site, site): inner for site in (*sites, INSIDE)}
        for form in settings.form:
            pool = pool_of(form, dict(zip(sites, slots(settings), strict=True)), inside=INSIDE)
            done = schedule(job(settings), pool, costs)
            where = {"network": context.network, "form": form, "distance_km": distance_km}
            link = links[sites[0], sites[1]]
            results.append({**where, **_row(context, sites, pool, done, best_s), "link_gbps": _gbps(link)})
    return results


def _row(context: Context[Settings], sites: Sequence[str], pool: Pool, done: Schedule, best_s: float) -> Row:
    own_slots, placed = slots(context.settings), job(context.settings)
    return {
        "rtt_ns": context.predicted_rtts(PROBE_BYTES)[sites[0], sites[1]],
        "sites": len(sites),
        "slots": sum(own_slots),
        "largest_site_slots": max(own_slots),
        "tasks": placed.tasks,
        "makespan_s": round(done.makespan_s, 9),
        "lower_bound_s": round(lower_bound_s(placed, pool), 9),
        "one_dc_makespan_s": round(best_s, 9),
        "gap": round(done.makespan_s / best_s, 6),
        "utilisation": round(done.utilisation, 6),
        "tasks_at": ", ".join(f"{site} {count}" for site, count in done.tasks_at.items()),
    }


def _gbps(link: Link) -> float:
    return round(link.bytes_per_s * 8 / 1e9, 6)
