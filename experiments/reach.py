"""Where can a data centre stand for a city, if delay, jitter and loss are bounded: over light, and over packets?"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import InputError
from apnemu.model.activities import Probes
from apnemu.model.demand import Demand
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.question.experiment import Context, Experiment, Row, Setting
from apnemu.question.stages import PROBE_BYTES, settled_ns
from apnemu.report.reach_rows import Bounds, Felt, boundary, over_light, over_packets, reach_rows
from apnemu.report.rows import latency_rows
from apnemu.units import VirtualNs, us_to_ns

TOLERANCE_NS = 1_000


def prepare(plant: Plant, settings: Mapping[str, Any]) -> Plant:
    """Light from the demand's site to every other data centre; nobody else's traffic while the boundary is measured."""
    demand = settings["demand"].lower()
    names = [site.name for site in plant.data_centres]
    if demand not in names:
        near = difflib.get_close_matches(demand, names, n=1)
        hint = f"did you mean {near[0]}" if near else f"there are {', '.join(names)}"
        raise InputError(
            f"demand is '{settings['demand']}'; {plant.name} has no such data centre; {hint}", file="--set"
        )
    demands = tuple(
        Demand(name=name, source=demand, target=name, rate_gbps=settings["rate_gbps"])
        for name in names
        if name != demand
    )
    background = dataclasses.replace(plant.packet.background, load=0.0)
    return dataclasses.replace(plant, demands=demands, packet=dataclasses.replace(plant.packet, background=background))


def bounds(settings: Mapping[str, Any]) -> Bounds:
    return Bounds(
        rtt_ns=us_to_ns(settings["rtt_ms"] * 1000), jitter_ns=settings["jitter_us"] * 1000, loss=settings["loss"]
    )


def felt(context: Context) -> dict[str, Felt]:
    plant, demand = context.plant, context.settings["demand"].lower()
    rtts_ns = context.predicted_rtts(PROBE_BYTES)
    pairs = [(demand, site.name) for site in plant.data_centres if site.name != demand]
    if context.network == "apn":
        return {pair[1]: over_light(context.assignment, rtts_ns, pair) for pair in pairs}
    load = context.settings["load"]
    return {pair[1]: over_packets(plant, context.hops, rtts_ns, pair, load) for pair in pairs}


def stages(context: Context) -> tuple[Stage, ...]:
    """The furthest site inside the delay bound, and the nearest outside."""
    pairs = tuple(
        (context.settings["demand"].lower(), site) for site in boundary(felt(context), bounds(context.settings))
    )
    if not pairs:
        return (Stage(phase="boundary", duration_ns=VirtualNs(1_000_000)),)
    gap_ns = VirtualNs(4 * settled_ns(context))
    probes = Probes(pairs=pairs, count=context.settings["probes"], gap_ns=gap_ns, frame_bytes=PROBE_BYTES)
    duration_ns = gap_ns * len(pairs) * context.settings["probes"] + settled_ns(context)
    return (Stage(phase="boundary", duration_ns=VirtualNs(duration_ns), activities=(probes,)),)


def rows(table: pa.Table, contexts: Sequence[Context]) -> list[Row]:
    seen = {(row["from"], row["to"], row["network"]): row["rtt_ns_p50"] for row in latency_rows(table, {})}
    found: list[Row] = []
    for context in contexts:
        measured = {(a, b): rtt_ns for (a, b, network), rtt_ns in seen.items() if network == context.network}
        demand = context.settings["demand"].lower()
        found += reach_rows(context.plant, context.network, demand, felt(context), bounds(context.settings), measured)
    return found


def expected(settings: Mapping[str, Any]) -> str:
    return (
        "every site that can host over the packet network can over the APN where light is given, every other has its "
        f"reason, and the sites at the delay bound measure what was predicted within {TOLERANCE_NS} ns"
    )


def met(results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    apn = {row["site"]: row for row in results if row["network"] == "apn"}
    return all(
        row["reachable"] == (row["reason"] == "")
        and (row["measured_rtt_ns"] is None or abs(row["measured_rtt_ns"] - row["rtt_ns"]) <= TOLERANCE_NS)
        and (
            row["network"] == "apn"
            or not row["reachable"]
            or row["site"] not in apn
            or apn[row["site"]]["rtt_ns"] is None
            or apn[row["site"]]["reachable"]
        )
        for row in results
    )


EXPERIMENT = Experiment(
    name="reach",
    question="Where can a data centre stand for a city, if delay, jitter and loss are bounded?",
    topology="jpn48",
    settings=(
        Setting(name="demand", default="tokyo", meaning="the city that is served: a data centre of the topology"),
        Setting(name="rtt_ms", default=5.0, low=0.000001, high=10_000, meaning="largest round trip of a lone packet"),
        Setting(name="jitter_us", default=50.0, low=0, high=1e9, meaning="largest p99 of what queues add to it"),
        Setting(name="loss", default=1e-6, low=0, high=1, meaning="largest share of frames lost"),
        Setting(name="load", default=0.7, low=0, high=2, meaning="of others on the packet network's lines"),
        Setting(name="rate_gbps", default=100, low=1, high=1600, meaning="of each lightpath"),
        Setting(name="probes", default=5, low=1, high=1000, whole=True, meaning="echo requests to each boundary site"),
    ),
    prepare=prepare,
    stages=stages,
    rows=rows,
    expected=expected,
    met=met,
)
