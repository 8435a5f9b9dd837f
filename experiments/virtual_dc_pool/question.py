# SPDX-License-Identifier: BSD-3-Clause
"""Several data centres as one large one: how long does a job take that none of them has room for?

Sites of the given sizes stand at a distance from the first, which holds the data. What transfers cost is measured in
the lab between those sites, each size alone and many in a row; the job is then placed on them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apnemu.errors import InputError
from apnemu.experiments.virtual_dc_pool.rows import rows
from apnemu.experiments.virtual_dc_pool.settings import Settings, between, distances, slots, ways
from apnemu.experiments.virtual_dc_pool.shown import SHOWN
from apnemu.model.activities import Flow, Pair
from apnemu.model.demand import Demand
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment
from apnemu.question.plants import star
from apnemu.question.verdict import Claim, Verdict, at_least, judge_rows
from apnemu.units import VirtualNs, s_to_ns

SLOW_START_RTTS = 24
"""A window of ten segments doubles each round trip: some 14 of them to fill 400 Gbit/s over 3,000 km, and spare."""
SPARE_NS = 30_000_000
LEAST_GAP = 1 - 1e-6
LEAST_GROWTH = 0.999
"""Share of its makespan at the next nearer distance that a form's makespan must have."""


def prepare(plant: Plant, settings: Settings) -> Plant:
    """A star, and light from the second site to the third: from accelerators to storage, where they are apart."""
    if len(settings.sizes_mw) < 2:
        raise InputError("sizes_mw has one size; a pool needs two sites; --set sizes_mw=100,50", file="--set")
    if min(slots(settings)) < 1:
        raise InputError(
            f"slot_mw is {settings.slot_mw:g}; the smallest of sizes_mw, {min(settings.sizes_mw):g}, must hold"
            " one; give less",
            file="--set",
        )
    laid = star(plant, distances(settings), rate_gbps=settings.rate_gbps, copies=len(settings.sizes_mw) - 1)
    more = tuple(
        Demand(name=f"{a}-{b}", source=a, target=b, rate_gbps=settings.rate_gbps) for a, b in between(settings)
    )
    return dataclasses.replace(laid, demands=(*laid.demands, *more))


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """Two stages for each way that a form may use."""
    return tuple(stage for way in ways(context.settings) for stage in _measuring(context, way))


def _measuring(context: Context[Settings], way: Pair) -> list[Stage]:
    """Each size alone, one after another; then as much as goes."""
    settings = context.settings
    sizes = sorted({settings.input_bytes, settings.between_bytes, settings.output_bytes} - {0})
    if way not in context.reachable():
        raise InputError(f"no light joins {way[0]} and {way[1]}; ask for less distance_km or rate_gbps", file="--set")
    rtt_ns = context.predicted_rtts(1514)[way]
    byte_ns = 1e9 / context.tcp_bytes_per_s(way)
    flows, start_ns = [], 0
    for size in sizes:
        flows.append(
            Flow(name=f"{size} bytes", source=way[0], target=way[1], start_ns=VirtualNs(start_ns), size_bytes=size)
        )
        start_ns += round(SLOW_START_RTTS * rtt_ns + 2 * size * byte_ns) + SPARE_NS
    ramp_ns = SLOW_START_RTTS * rtt_ns + SPARE_NS
    endless = Flow(name="many in a row", source=way[0], target=way[1], ramp_ns=VirtualNs(ramp_ns))
    name = f"{way[0]}>{way[1]}"
    endless_ns = VirtualNs(ramp_ns + s_to_ns(settings.seconds))
    return [
        Stage(phase=f"{name} alone", duration_ns=VirtualNs(start_ns), activities=tuple(flows)),
        Stage(phase=f"{name} rate", duration_ns=endless_ns, activities=(endless,)),
    ]


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        "no makespan is below its lower bound, one data centre of the summed size is never slower than a pool of the "
        "same network, and each form's makespan does not fall with distance"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every row, beside its bounds and beside the same form at the next nearer distance."""

    def claims(row: Mapping[str, Any]) -> Iterator[Claim]:
        yield at_least("makespan", row["makespan_s"], row["lower_bound_s"], "s")
        yield at_least("makespan in that of one data centre", row["gap"], LEAST_GAP)
        nearer = _nearer(row, results)
        if nearer is not None and nearer["makespan_s"] is not None:
            what = f"makespan beside {nearer['makespan_s']:g} s at {nearer['distance_km']:g} km"
            yield at_least(what, row["makespan_s"], nearer["makespan_s"] * LEAST_GROWTH, "s")

    return judge_rows(results, claims, KEY)


def _nearer(row: Mapping[str, Any], results: Sequence[Row]) -> Row | None:
    """The row of the same network and form at the next nearer distance."""
    same = [other for other in results if (other["network"], other["form"]) == (row["network"], row["form"])]
    nearer = [other for other in same if other["distance_km"] < row["distance_km"]]
    return max(nearer, key=lambda other: float(other["distance_km"]), default=None)


KEY = ("network", "form", "distance_km")
EXPERIMENT = Experiment(
    name="virtual_dc_pool",
    question="How long does a job take on several data centres that none of them has room for?",
    topology="three-sites",
    settings=Settings,
    key=KEY,
    prepare=prepare,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=SHOWN,
)
