# SPDX-License-Identifier: BSD-3-Clause
"""Question: where can a data centre stand for a city, if delay, jitter and loss are bounded, by light or packets?"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import InputError
from apnemu.experiments.reach.rows import boundary, reach_rows
from apnemu.experiments.reach.shown import BRIEF, reach_map, sentence
from apnemu.model.activities import Probes
from apnemu.model.demand import Demand
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.question.bounds import Bounds, Felt, over_light, over_packets
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment
from apnemu.question.round_trips import latency_rows
from apnemu.question.settings import Setting
from apnemu.question.traffic import PROBE_BYTES, over_routers, settled_ns
from apnemu.question.verdict import Claim, Verdict, judge_rows, near, same
from apnemu.report.shown import Shown
from apnemu.units import VirtualNs, us_to_ns

TOLERANCE_NS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    demand: Annotated[str, Setting("City that is served: a data centre of the topology", of="site")] = "tokyo"
    rtt_ms: Annotated[float, Setting("Largest round trip of a lone packet", "ms", low=0.000001, high=10_000)] = 5.0
    jitter_us: Annotated[float, Setting("Largest wait in queues, 99th percentile", "us", low=0, high=1e9)] = 50.0
    loss: Annotated[float, Setting("Largest share of frames lost", low=0, high=1)] = 1e-6
    load: Annotated[
        float, Setting("Load of others on the packet network's lines, as a share of their rate", low=0, high=2)
    ] = 0.7
    rate_gbps: Annotated[float, Setting("Rate of each lightpath", "Gbit/s", low=1, high=1600)] = 100
    probes: Annotated[int, Setting("Echo requests to each site at the delay bound", low=1, high=1000)] = 5


def prepare(plant: Plant, settings: Settings) -> Plant:
    """Light from the demand's site to every other data centre; nobody else's traffic while the boundary is measured."""
    demand = settings.demand.lower()
    names = [site.name for site in plant.data_centres]
    if demand not in names:
        similar = difflib.get_close_matches(demand, names, n=1)
        hint = f"did you mean {similar[0]}" if similar else f"there are {', '.join(names)}"
        raise InputError(f"demand is '{settings.demand}'; {plant.name} has no such data centre; {hint}", file="--set")
    demands = tuple(
        Demand(name=name, source=demand, target=name, rate_gbps=settings.rate_gbps) for name in names if name != demand
    )
    background = dataclasses.replace(plant.packet.background, load=0.0)
    return dataclasses.replace(plant, demands=demands, packet=dataclasses.replace(plant.packet, background=background))


def bounds(settings: Settings) -> Bounds:
    """What the service bears."""
    return Bounds(rtt_ns=us_to_ns(settings.rtt_ms * 1000), jitter_ns=settings.jitter_us * 1000, loss=settings.loss)


def felt(context: Context[Settings]) -> dict[str, Felt]:
    """Site -> what the service would feel there over this network."""
    plant, demand = context.plant, context.settings.demand.lower()
    rtts_ns = context.predicted_rtts(PROBE_BYTES)
    pairs = [(demand, site.name) for site in plant.data_centres if site.name != demand]
    if context.network == "apn":
        return {pair[1]: over_light(context.assignment, rtts_ns, pair) for pair in pairs}
    load = context.settings.load
    return {pair[1]: over_packets(plant, context.hops, rtts_ns, pair, load) for pair in pairs}


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """Probes to the furthest site inside the delay bound and to the nearest outside."""
    settings = context.settings
    rtts_ns = {site: feeling.rtt_ns for site, feeling in felt(context).items()}
    pairs = tuple((settings.demand.lower(), site) for site in boundary(rtts_ns, bounds(settings).rtt_ns))
    if not pairs:
        return (Stage(phase="boundary", duration_ns=VirtualNs(1_000_000)),)
    gap_ns = VirtualNs(4 * settled_ns(over_routers(context)))
    probes = Probes(pairs=pairs, count=settings.probes, gap_ns=gap_ns, frame_bytes=PROBE_BYTES)
    duration_ns = gap_ns * len(pairs) * settings.probes + settled_ns(context)
    return (Stage(phase="boundary", duration_ns=VirtualNs(duration_ns), activities=(probes,)),)


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each site and network."""
    medians = {(row["from"], row["to"], row["network"]): row["rtt_ns_p50"] for row in latency_rows(table, {})}
    results: list[Row] = []
    for context in contexts:
        measured = {(a, b): rtt_ns for (a, b, network), rtt_ns in medians.items() if network == context.network}
        demand, bears = context.settings.demand.lower(), bounds(context.settings)
        results += reach_rows(context.plant, context.network, demand, felt(context), bears, measured)
    return results


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        "every site that can host over the packet network can over the APN where light is given, every other has its "
        f"reason, and the sites at the delay bound measure what was predicted within {TOLERANCE_NS} ns"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every site over each network; those at the delay bound were probed, and all probes lost is no figure."""
    apn = {row["site"]: row for row in results if row["network"] == "apn"}
    probed = {
        (network, site)
        for network in dict.fromkeys(row["network"] for row in results)
        for site in boundary(
            {row["site"]: row["rtt_ns"] for row in results if row["network"] == network}, bounds(settings).rtt_ns
        )
    }
    return judge_rows(results, lambda row: _claims(row, apn, (row["network"], row["site"]) in probed), KEY)


def _claims(row: Mapping[str, Any], apn: Mapping[str, Mapping[str, Any]], probed: bool) -> Iterator[Claim]:
    yield same("a reason given", bool(row["reason"]), not row["reachable"])
    if probed or row["measured_rtt_ns"] is not None:
        yield near("round trip", row["measured_rtt_ns"], row["rtt_ns"], TOLERANCE_NS, "ns")
    over_apn = apn.get(row["site"])
    if row["network"] != "apn" and row["reachable"] and over_apn is not None and over_apn["rtt_ns"] is not None:
        yield same("hosting over the APN", over_apn["reachable"], True)


KEY = ("demand", "site", "network")
EXPERIMENT = Experiment(
    name="reach",
    question="Where can a data centre stand for a city, if delay, jitter and loss are bounded?",
    topology="jpn48",
    settings=Settings,
    key=KEY,
    prepare=prepare,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=Shown(sentence=sentence, figures=(reach_map,), brief=BRIEF),
)
