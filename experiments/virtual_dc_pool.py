"""Several data centres as one large one: how long does a job take that none of them has room for?

Sites of the given sizes stand at a distance from the first, which holds the data. What transfers cost is measured in
the lab between those sites, each size alone and many in a row; the job is then placed on them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import InputError
from apnemu.model.activities import Flow, Pair
from apnemu.model.demand import Demand
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.placement.job import Job
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment
from apnemu.question.plants import NEAR, far_names, star
from apnemu.question.settings import Setting
from apnemu.question.traffic import PROBE_BYTES
from apnemu.report.pool_rows import pool_rows
from apnemu.topology.size_classes import read_size_classes
from apnemu.units import VirtualNs, s_to_ns

SLOW_START_RTTS = 24
"""A window of ten segments doubles each round trip: some 14 of them to fill 400 Gbit/s over 3,000 km, and spare."""
SPARE_NS = 30_000_000


def slots(settings: Mapping[str, Any]) -> list[int]:
    return [int(size_mw // settings["slot_mw"]) for size_mw in settings["sizes_mw"]]


def job(settings: Mapping[str, Any]) -> Job:
    return Job(
        tasks=settings["tasks"] or 2 * sum(slots(settings)),
        rounds=settings["rounds"],
        cpu_s=settings["cpu_s"],
        gpu_s=settings["gpu_s"],
        input_bytes=settings["input_bytes"],
        between_bytes=settings["between_bytes"],
        output_bytes=settings["output_bytes"],
    )


def distances(settings: Mapping[str, Any]) -> list[float]:
    """Those asked for, once each, and none at all, which stands for the inside of a data centre."""
    return list(dict.fromkeys((0.0, *settings["distance_km"])))


def places(settings: Mapping[str, Any]) -> dict[float, list[str]]:
    others = len(settings["sizes_mw"]) - 1
    return {
        distance_km: [NEAR, *far_names(number, others)]
        for number, distance_km in enumerate(distances(settings))
        if distance_km in settings["distance_km"]
    }


def prepare(plant: Plant, settings: Mapping[str, Any]) -> Plant:
    """A star, and light from the second site to the third: from accelerators to storage, where they are apart."""
    if len(settings["sizes_mw"]) < 2:
        raise InputError("sizes_mw has one size; a pool needs two sites; --set sizes_mw=100,50", file="--set")
    if min(slots(settings)) < 1:
        raise InputError(
            f"slot_mw is {settings['slot_mw']:g}; the smallest of sizes_mw, {min(settings['sizes_mw']):g}, must hold"
            " one; give less",
            file="--set",
        )
    laid = star(plant, distances(settings), rate_gbps=settings["rate_gbps"], copies=len(settings["sizes_mw"]) - 1)
    more = tuple(
        Demand(name=f"{a}-{b}", source=a, target=b, rate_gbps=settings["rate_gbps"]) for a, b in between(settings)
    )
    return dataclasses.replace(laid, demands=(*laid.demands, *more))


def between(settings: Mapping[str, Any]) -> list[Pair]:
    if len(settings["sizes_mw"]) < 3 or "disaggregated" not in settings["form"]:
        return []
    return [(sites[1], sites[2]) for sites in places(settings).values()]


def ways(settings: Mapping[str, Any]) -> list[Pair]:
    """Every direction that a form may use, the reference first."""
    asked: list[Pair] = [(NEAR, far_names(0, len(settings["sizes_mw"]) - 1)[0])]
    for sites in places(settings).values():
        for site in sites[1:]:
            asked += [(NEAR, site), (site, NEAR)]
    return list(dict.fromkeys([*asked, *between(settings)]))


def stages(context: Context) -> tuple[Stage, ...]:
    return tuple(stage for way in ways(context.settings) for stage in _measuring(context, way))


def _measuring(context: Context, way: Pair) -> list[Stage]:
    """Each size alone, one after another; then as much as goes."""
    settings = context.settings
    sizes = sorted({settings[name] for name in ("input_bytes", "between_bytes", "output_bytes")} - {0})
    if way not in context.reachable():
        raise InputError(f"no light joins {way[0]} and {way[1]}; ask for less distance_km or rate_gbps", file="--set")
    rtt_ns = context.predicted_rtts(1514)[way]
    byte_ns = 8 / context.line_rate_gbps(way)
    flows, start_ns = [], 0
    for size in sizes:
        flows.append(
            Flow(name=f"{size} bytes", source=way[0], target=way[1], start_ns=VirtualNs(start_ns), size_bytes=size)
        )
        start_ns += round(SLOW_START_RTTS * rtt_ns + 2 * size * byte_ns) + SPARE_NS
    ramp_ns = SLOW_START_RTTS * rtt_ns + SPARE_NS
    endless = Flow(name="many in a row", source=way[0], target=way[1], ramp_ns=VirtualNs(ramp_ns))
    name = f"{way[0]}>{way[1]}"
    endless_ns = VirtualNs(ramp_ns + s_to_ns(settings["seconds"]))
    return [
        Stage(phase=f"{name} alone", duration_ns=VirtualNs(start_ns), activities=tuple(flows)),
        Stage(phase=f"{name} rate", duration_ns=endless_ns, activities=(endless,)),
    ]


def rows(table: pa.Table, contexts: Sequence[Context]) -> list[Row]:
    settings = contexts[0].settings
    classes = read_size_classes()
    named = {"size_classes": " + ".join(classes.of(size_mw) for size_mw in settings["sizes_mw"])}
    reference = ways(settings)[0]
    return [
        {**row, **named}
        for context in contexts
        for row in pool_rows(
            table,
            context.network,
            job(settings),
            slots(settings),
            places(settings),
            reference,
            settings["form"],
            context.predicted_rtts(PROBE_BYTES),
        )
    ]


def expected(settings: Mapping[str, Any]) -> str:
    return (
        "no makespan is below its lower bound, one data centre of the summed size is never slower than a pool of the "
        "same network, and each form's makespan does not fall with distance"
    )


def met(results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    sound = all(row["makespan_s"] >= row["lower_bound_s"] and row["gap"] >= 1 - 1e-6 for row in results)
    return sound and all(_grows(results, network, form) for network in ("apn", "packet") for form in settings["form"])


def _grows(results: Sequence[Row], network: str, form: str) -> bool:
    found = sorted(
        (row["distance_km"], row["makespan_s"]) for row in results if (row["network"], row["form"]) == (network, form)
    )
    return all(further[1] >= nearer[1] * 0.999 for nearer, further in pairwise(found))


EXPERIMENT = Experiment(
    name="virtual_dc_pool",
    question="How long does a job take on several data centres that none of them has room for?",
    topology="three-sites",
    settings=(
        Setting(name="distance_km", default=(0, 100, 1000), low=0, high=6000, many=True, meaning="from the first site"),
        Setting(
            name="sizes_mw",
            default=(100, 50, 50),
            low=0.001,
            high=10_000,
            many=True,
            meaning="of the sites, first home",
        ),
        Setting(name="slot_mw", default=1, low=0.001, high=1000, meaning="of IT power that one task's place takes"),
        Setting(
            name="form",
            default=("one", "copies", "disaggregated"),
            choices=("one", "copies", "disaggregated"),
            many=True,
            meaning="one data centre, small whole ones, or processors, accelerators and storage apart",
        ),
        Setting(name="rate_gbps", default=100, low=1, high=1600, meaning="of every lightpath"),
        Setting(name="tasks", default=0, low=0, high=100_000, whole=True, meaning="in a round; 0 is two for each slot"),
        Setting(name="rounds", default=10, low=1, high=1_000_000, whole=True, meaning="with a barrier behind each"),
        Setting(name="cpu_s", default=0.5, low=0, high=1e6, meaning="of a task on a processor, declared"),
        Setting(name="gpu_s", default=2.0, low=0.000001, high=1e6, meaning="of a task on an accelerator, declared"),
        Setting(
            name="input_bytes", default=50_000_000, low=0, high=1e11, whole=True, meaning="from storage, each task"
        ),
        Setting(
            name="between_bytes", default=50_000_000, low=0, high=1e11, whole=True, meaning="processor to accelerator"
        ),
        Setting(name="output_bytes", default=5_000_000, low=0, high=1e11, whole=True, meaning="to storage, each task"),
        Setting(name="seconds", default=0.02, low=0.001, high=100, meaning="virtual, for each measured rate"),
    ),
    prepare=prepare,
    stages=stages,
    rows=rows,
    expected=expected,
    met=met,
)
