"""A fibre is cut under a steady stream of frames: how long is the receiver without, and how many never come?

On the packet network real routing daemons find another way: OSPF alone, where the routers are not told of lost light
(`ospf`: a neighbour is gone when its hellos stay out), with BFD (`ospf-bfd`), and where a port without light says so at
once (`ospf-link`). For the latter two hellos are sent every second, which shortens the start and decides nothing.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import InputError
from apnemu.experiment import Context, Experiment, Program, Row, Setting
from apnemu.model.plant import Plant
from apnemu.model.scenario import Event, Pair, Probes, Routing, Stage
from apnemu.report.outages import outage
from apnemu.stages import route
from apnemu.units import NS_PER_S, VirtualNs, us_to_ns

BEFORE_NS = VirtualNs(500_000_000)
"""Of undisturbed frames before the first event."""
AFTER_NS = VirtualNs(6_000_000_000)
"""After the last event, or after the routers must have noticed: routes are found within a few s."""
CONVERGED_NS = 2_000_000_000
"""Beyond noticing: flooding, OSPF's waits between two computations (FRR: 0, 50, at most 5000 ms), and new routes."""
MOST_FRAMES = 65_535
MS = 1_000_000
FAST = Routing(hello_s=1, dead_s=4)


def chosen_events(plant: Plant, settings: Mapping[str, Any], busiest: str) -> tuple[Event, ...]:
    """The fibre that `event` names, else the topology's own scenario, else the busiest fibre; the first at once."""
    named = settings["event"]
    if named and named not in plant.fibre:
        raise InputError(
            f"event is '{named}'; {plant.name} has no such fibre; for example --set event={busiest}", file="--set"
        )
    if named or not plant.scenario:
        fibre = named or busiest
        return (Event(at_ns=VirtualNs(0), kind="cut", what=fibre, fibres=(fibre,)),)
    first_ns = plant.scenario[0].at_ns
    return tuple(dataclasses.replace(event, at_ns=VirtualNs(event.at_ns - first_ns)) for event in plant.scenario)


def busiest_fibre(context: Context) -> str:
    """On the routes of most demands; of equal ones the first in the file."""
    passed: Counter[str] = Counter()
    for demand in context.plant.demands:
        if (demand.source, demand.target) in context.hops:
            passed.update(fibre.name for _, fibre in route(context, (demand.source, demand.target)))
    return max(context.plant.fibre, key=lambda name: passed[name])


def hit_pair(context: Context, events: Sequence[Event]) -> Pair:
    """The first demand whose route the first event hits and whose own sites it leaves."""
    first = events[0]
    dead = set(first.fibres) | {fibre.name for fibre in context.plant.fibres if {fibre.a, fibre.b} & set(first.sites)}
    for pair in context.reachable():
        if not set(pair) & set(first.sites) and dead & {fibre.name for _, fibre in route(context, pair)}:
            return pair
    raise InputError(
        f"the first event ({first.kind} {first.what}) hits the route of no demand of {context.plant.name};"
        " name a fibre that one passes: --set event=FIBRE, or add a demand"
    )


def schemes(settings: Mapping[str, Any]) -> dict[str, tuple[Routing, bool]]:
    """Scheme -> its daemons, and whether light is lost without a word."""
    slow = Routing(hello_s=settings["hello_s"], dead_s=settings["dead_s"])
    bfd = dataclasses.replace(FAST, bfd_ms=settings["bfd_ms"], bfd_multiplier=settings["bfd_multiplier"])
    known = {"ospf": (slow, True), "ospf-bfd": (bfd, True), "ospf-link": (FAST, False)}
    return {name: known[name] for name in dict.fromkeys(settings["scheme"])}


def noticed_ns(scheme: str, routing: Routing) -> tuple[int, int]:
    """The least and the longest time until a neighbour is known to be gone, from the declared timers."""
    if scheme == "ospf":
        return (routing.dead_s - routing.hello_s) * NS_PER_S, routing.dead_s * NS_PER_S
    if scheme == "ospf-bfd":
        return (routing.bfd_multiplier - 1) * routing.bfd_ms * MS, routing.bfd_multiplier * routing.bfd_ms * MS
    return 0, 0


def stages(context: Context) -> tuple[Stage, ...]:
    settings = context.settings
    if settings["dead_s"] <= settings["hello_s"]:
        raise InputError(
            f"dead_s is {settings['dead_s']} and hello_s {settings['hello_s']}; a neighbour must be allowed to miss a"
            " hello; make dead_s larger",
            file="--set",
        )
    events = chosen_events(context.plant, settings, busiest_fibre(context))
    pair = hit_pair(context, events)
    found = []
    for scheme, (routing, silent) in schemes(settings).items():
        duration_ns = BEFORE_NS + events[-1].at_ns + noticed_ns(scheme, routing)[1] + AFTER_NS
        gap_ns = max(us_to_ns(settings["packet_gap_us"]), duration_ns // MOST_FRAMES + 1)
        probes = Probes(pairs=(pair,), count=duration_ns // gap_ns, gap_ns=VirtualNs(gap_ns))
        played = tuple(
            dataclasses.replace(event, at_ns=VirtualNs(event.at_ns + BEFORE_NS), silent=silent) for event in events
        )
        found.append(
            Stage(phase=scheme, duration_ns=VirtualNs(duration_ns), probes=probes, events=played, routing=routing)
        )
    return tuple(found)


def rows(table: pa.Table, contexts: Sequence[Context]) -> list[Row]:
    return [row for context in contexts for row in _rows(table, context)]


def _rows(table: pa.Table, context: Context) -> list[Row]:
    found = []
    for scheme, (routing, _) in schemes(context.settings).items():
        own = table.filter(pc.and_(pc.equal(table["phase"], scheme), pc.equal(table["network"], context.network)))
        records = own.to_pylist()
        seen = outage(records)
        events = [record for record in records if record["kind"] == "event"]
        least_ns, most_ns = noticed_ns(scheme, routing)
        found.append(
            {
                "network": context.network,
                "scheme": scheme,
                "event": "; ".join(f"{record['name']} {record['source']}" for record in events),
                "outage_ns": seen.outage_ns,
                "predicted_outage_ns": most_ns,
                "frames_lost": seen.frames_lost,
                "restored": seen.restored,
                "predicted_least_ns": least_ns,
                "frames_sent": seen.frames_sent,
                "from": seen.source,
                "to": seen.target,
                "one_way_before_ns": seen.before_ns,
                "one_way_after_ns": seen.after_ns,
            }
        )
    return found


def expected(settings: Mapping[str, Any]) -> str:
    return (
        "frames arrive again; the routers' outage is no shorter than their timers say and at most"
        f" {CONVERGED_NS / NS_PER_S:g} s longer"
    )


def met(results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    return bool(results) and all(_met(row) for row in results)


def _met(row: Row) -> bool:
    if not row["restored"]:
        return False
    return bool(row["predicted_least_ns"] <= row["outage_ns"] <= row["predicted_outage_ns"] + CONVERGED_NS)


EXPERIMENT = Experiment(
    name="failover",
    question="How long is a receiver without frames when a fibre is cut?",
    topology="jpn12",
    networks=("packet",),
    needs=(Program(path="/usr/lib/frr/ospfd", package="frr", why="OSPF and BFD of the packet network's routers"),),
    settings=(
        Setting(
            name="scheme",
            default=("ospf", "ospf-bfd", "ospf-link"),
            choices=("ospf", "ospf-bfd", "ospf-link"),
            many=True,
            meaning="how the packet network learns of a cut",
        ),
        Setting(name="event", default="", meaning="fibre to cut; else the topology's scenario, else the busiest fibre"),
        Setting(name="packet_gap_us", default=2000.0, low=100, high=1e6, meaning="between frames"),
        Setting(name="hello_s", default=10, low=1, high=60, whole=True, meaning="OSPF; RFC 2328's sample is 10"),
        Setting(name="dead_s", default=40, low=2, high=300, whole=True, meaning="OSPF; RFC 2328's sample is 40"),
        Setting(name="bfd_ms", default=300, low=50, high=1000, whole=True, meaning="between BFD packets; FRR's is 300"),
        Setting(name="bfd_multiplier", default=3, low=2, high=50, whole=True, meaning="of BFD; FRR's is 3"),
    ),
    stages=stages,
    rows=rows,
    expected=expected,
    met=met,
)
