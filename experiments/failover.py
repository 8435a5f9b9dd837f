"""A fibre is cut under a steady stream of frames: how long is the receiver without, and how many never come?

On the all-photonics network light is asked for from the controller, under one of its schemes of protection, and cut
once it is lit: two lightpaths of which the receiver takes one (`1+1`), or one that is set up anew over a route that was
reserved before (`restoration-prepared`) or is sought then (`restoration-computed`).

On the packet network real routing daemons find another way: OSPF alone, where the routers are not told of lost light
(`ospf`: a neighbour is gone when its hellos stay out), with BFD (`ospf-bfd`), and where a port without light says so at
once (`ospf-link`). For the latter two hellos are sent every second, which shortens the start and decides nothing.

Where an amplifier's gain sags, light that no longer closes is lost and no port goes down: the line system tells the
controller. The packet network's light is regenerated at every hop, which is taken to bear it: routers notice nothing.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import InputError
from apnemu.model.activities import Event, EventKind, Pair, Probes, Request, Routing
from apnemu.model.assignment import Assignment
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.planning.graph import Graph
from apnemu.planning.online import Service, Survival, dark_fibres, survival
from apnemu.planning.reach import closes
from apnemu.question.experiment import Context, Experiment, Program, Row, Setting
from apnemu.question.stages import route
from apnemu.report.outages import outage
from apnemu.units import NS_PER_S, VirtualNs, us_to_ns

BEFORE_NS = VirtualNs(500_000_000)
"""Of undisturbed frames before the first event."""
AFTER_NS = VirtualNs(6_000_000_000)
"""After the last event, or after the routers must have noticed: routes are found within a few s."""
CONVERGED_NS = 2_000_000_000
"""Beyond noticing: flooding, OSPF's waits between two computations (FRR: 0, 50, at most 5000 ms), and new routes."""
MOST_FRAMES = 65_535
MS = 1_000_000
LIT_NS = 1_000_000_000
"""From when light should be there until frames are sent over it."""
LIGHT_AFTER_NS = VirtualNs(1_000_000_000)
"""After the last event, or after light should be back."""
FINE_US = 100.0
"""Between frames, at most, under 1+1: an outage of some ms is to be resolved."""
TOLERANCE_NS = 1_000_000
"""Messages to and from the controller and its devices, which take no declared time."""
HAPPENS = get_args(EventKind)
CONTROLLER_STARTS_NS = 2_000_000_000
"""A controller that is given back starts its program, and the switches find it."""
LIGHT = ("1+1", "restoration-prepared", "restoration-computed")
PACKET = ("ospf", "ospf-bfd", "ospf-link")
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
    """The first demand whose route the first event hits and whose own sites it leaves; routers notice no sag."""
    first = next((event for event in events if event.kind != "sag"), events[0])
    dead = set(first.fibres) | {fibre.name for fibre in context.plant.fibres if {fibre.a, fibre.b} & set(first.sites)}
    for pair in context.reachable():
        if not set(pair) & set(first.sites) and dead & {fibre.name for _, fibre in route(context, pair)}:
            return pair
    raise InputError(
        f"the first event ({first.kind} {first.what}) hits the route of no demand of {context.plant.name};"
        " name a fibre that one passes: --set event=FIBRE, or add a demand"
    )


def prepare(plant: Plant, settings: Mapping[str, Any]) -> Plant:
    """A data centre has the transceivers that the most demanding scheme needs."""
    return dataclasses.replace(plant, transceivers=2)


def arrange(planned: Assignment, settings: Mapping[str, Any]) -> Assignment:
    """Nothing is lit before it is asked for."""
    return Assignment(lightpaths=(), refusals=())


def schemes(settings: Mapping[str, Any]) -> dict[str, tuple[Routing, bool]]:
    """Scheme -> its daemons, and whether light is lost without a word."""
    slow = Routing(hello_s=settings["hello_s"], dead_s=settings["dead_s"])
    bfd = dataclasses.replace(FAST, bfd_ms=settings["bfd_ms"], bfd_multiplier=settings["bfd_multiplier"])
    known = {"ospf": (slow, True), "ospf-bfd": (bfd, True), "ospf-link": (FAST, False)}
    return {name: known[name] for name in dict.fromkeys(settings["scheme"]) if name in known}


def joined_in_the_end(plant: Plant, pair: Pair, events: Sequence[Event]) -> bool:
    """Whether any way is left between two sites after all events."""
    cut: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    for event in [event for event in events if event.kind != "sag"]:
        fibres, sites = frozenset(event.fibres), frozenset(event.sites)
        cut, lost = (cut - fibres, lost - sites) if event.kind == "repair" else (cut | fibres, lost | sites)
    left = Graph(plant).without(dark_fibres(plant, cut, lost), lost)
    return next(left.routes(*pair), None) is not None


def noticed_ns(scheme: str, routing: Routing) -> tuple[int, int]:
    """The least and the longest time until a neighbour is known to be gone, from the declared timers."""
    if scheme == "ospf":
        return (routing.dead_s - routing.hello_s) * NS_PER_S, routing.dead_s * NS_PER_S
    if scheme == "ospf-bfd":
        return (routing.bfd_multiplier - 1) * routing.bfd_ms * MS, routing.bfd_multiplier * routing.bfd_ms * MS
    return 0, 0


def light(context: Context, events: Sequence[Event]) -> dict[str, tuple[Service, Survival]]:
    """Scheme -> the first demand whose light the first event hits and the scheme brings back, and what it must feel.

    Else the first that is hit, else the first that has light, else the first of all.
    """
    plant, found = context.plant, {}
    if not plant.demands:
        raise InputError(f"{plant.name} has no demand; add one, from one data centre to another", file="topology")
    first = events[0]
    sagging = dict.fromkeys(first.fibres, first.db) if first.kind == "sag" else {}
    dead = () if sagging else dark_fibres(plant, frozenset(first.fibres), frozenset(first.sites))
    for scheme in [name for name in LIGHT if name in context.settings["scheme"]]:
        best: tuple[int, Service, Survival] | None = None
        for demand in plant.demands:
            service = Service(
                name=scheme,
                source=demand.source,
                target=demand.target,
                rate_gbps=demand.rate_gbps,
                protection=scheme,  # type: ignore[arg-type]  # LIGHT's names
            )
            fate = survival(plant, service, events)
            working = fate.decision.working
            hit = working is not None and (set(working.fibres) & set(dead) or not closes(plant, working, sagging))
            rank = 0 if working is None else 1 if not hit else 3 if fate.restored else 2
            if best is None or rank > best[0]:
                best = (rank, service, fate)
            if rank == 3:
                break
        assert best is not None
        found[scheme] = best[1:]
    return found


def stages(context: Context) -> tuple[Stage, ...]:
    settings = context.settings
    if settings["dead_s"] <= settings["hello_s"]:
        raise InputError(
            f"dead_s is {settings['dead_s']} and hello_s {settings['hello_s']}; a neighbour must be allowed to miss a"
            " hello; make dead_s larger",
            file="--set",
        )
    events = chosen_events(context.plant, settings, busiest_fibre(context))
    if context.network == "packet":
        return _packet_stages(context, events)
    fates = light(context, events)
    return tuple(
        _light_stage(context, service, fate, events) for service, fate in fates.values() if fate.decision.accepted
    )


def _light_stage(context: Context, service: Service, fate: Survival, events: Sequence[Event]) -> Stage:
    """Light is asked for, carries frames, is cut, and is given back."""
    from_ns = fate.ready_ns + LIT_NS
    lasts_ns = _light_lasts_ns(fate, events)
    probes = _probes(context, (service.source, service.target), lasts_ns, service.name)
    return Stage(
        phase=service.name,
        duration_ns=VirtualNs(from_ns + lasts_ns),
        activities=(
            dataclasses.replace(probes, after_ns=VirtualNs(from_ns)),
            *_played(events, from_ns + BEFORE_NS),
            Request(
                name=service.name,
                source=service.source,
                target=service.target,
                rate_gbps=service.rate_gbps,
                protection=service.protection,
                expected_ns=VirtualNs(fate.ready_ns),
                released=True,
            ),
        ),
    )


def _light_lasts_ns(fate: Survival, events: Sequence[Event]) -> int:
    """How long frames are sent over light."""
    dark_ns = max((dark.until_ns or 0 for dark in fate.dark), default=0)
    return BEFORE_NS + max(events[-1].at_ns, dark_ns) + LIGHT_AFTER_NS


def _packet_lasts_ns(scheme: str, routing: Routing, events: Sequence[Event]) -> int:
    return BEFORE_NS + events[-1].at_ns + noticed_ns(scheme, routing)[1] + AFTER_NS


def _packet_stages(context: Context, events: Sequence[Event]) -> tuple[Stage, ...]:
    found, pair = [], hit_pair(context, events)
    for scheme, (routing, silent) in schemes(context.settings).items():
        duration_ns = _packet_lasts_ns(scheme, routing, events)
        probes = _probes(context, pair, duration_ns, scheme)
        played = _played(events, BEFORE_NS, silent=silent)
        found.append(Stage(phase=scheme, duration_ns=VirtualNs(duration_ns), activities=(probes, *played, routing)))
    return tuple(found)


def _gap_ns(settings: Mapping[str, Any], duration_ns: int, scheme: str) -> int:
    """Between frames: as wanted, or longer, so that there are no more than can be numbered."""
    wanted: float = settings["packet_gap_us"]
    return max(us_to_ns(min(wanted, FINE_US) if scheme == "1+1" else wanted), duration_ns // MOST_FRAMES + 1)


def _probes(context: Context, pair: Pair, duration_ns: int, scheme: str) -> Probes:
    gap_ns = _gap_ns(context.settings, duration_ns, scheme)
    return Probes(pairs=(pair,), count=duration_ns // gap_ns, gap_ns=VirtualNs(gap_ns))


def _played(events: Sequence[Event], after_ns: int, *, silent: bool = False) -> tuple[Event, ...]:
    return tuple(dataclasses.replace(event, at_ns=VirtualNs(event.at_ns + after_ns), silent=silent) for event in events)


def rows(table: pa.Table, contexts: Sequence[Context]) -> list[Row]:
    found: list[Row] = []
    for context in contexts:
        if context.network == "apn":
            found += _light_rows(table, context)
        else:
            found += _packet_rows(table, context)
    return found


def _packet_rows(table: pa.Table, context: Context) -> list[Row]:
    events = chosen_events(context.plant, context.settings, busiest_fibre(context))
    found, pair = [], hit_pair(context, events)
    for scheme, (routing, _) in schemes(context.settings).items():
        least_ns, most_ns = noticed_ns(scheme, routing)
        row = _row(table, context, scheme, _packet_lasts_ns(scheme, routing, events))
        row |= {"predicted_outage_ns": most_ns, "predicted_least_ns": least_ns, "slack_ns": CONVERGED_NS}
        if all(event.kind == "sag" for event in events):
            row |= {"predicted_outage_ns": None, "predicted_least_ns": None}
        found.append(row | {"predicted_restored": joined_in_the_end(context.plant, pair, events)})
    return found


def _light_rows(table: pa.Table, context: Context) -> list[Row]:
    events = chosen_events(context.plant, context.settings, busiest_fibre(context))
    found = []
    for scheme, (service, fate) in light(context, events).items():
        if not fate.decision.accepted:
            found.append(_refused(scheme, service, fate, events))
            continue
        row = _row(table, context, scheme, _light_lasts_ns(fate, events))
        longest = fate.longest
        lasts_ns = None if longest is None else longest.lasts_ns
        row |= {
            "predicted_outage_ns": lasts_ns,
            "predicted_least_ns": lasts_ns,
            "slack_ns": _slack_ns(context, events, row["gap_ns"]),
            "predicted_restored": fate.restored,
            "declared_ns": None if longest is None else longest.declared_ns,
            "how": "" if longest is None else longest.how,
        }
        found.append(row)
    return found


def _slack_ns(context: Context, events: Sequence[Event], gap_ns: int) -> int:
    """A frame comes at most 1.5 gaps after the one before, at both ends of an outage. Where an event takes several
    fibres, their ports speak in any order, and a computed route may have to be computed again for each."""
    fibres = max(len(dark_fibres(context.plant, frozenset(one.fibres), frozenset(one.sites))) for one in events)
    again = max(0, fibres - 1) * context.plant.devices.controller_computing_ns
    started = CONTROLLER_STARTS_NS if any(event.controller for event in events) else 0
    return TOLERANCE_NS + 3 * gap_ns + again + started


def _refused(scheme: str, service: Service, fate: Survival, events: Sequence[Event]) -> Row:
    """No demand can be served so: there is no light that could be cut."""
    return {
        "network": "apn",
        "scheme": scheme,
        "event": "; ".join(f"{event.kind} {event.what}" for event in events),
        "outage_ns": None,
        "frames_lost": 0,
        "restored": False,
        "frames_sent": 0,
        "gap_ns": None,
        "from": service.source,
        "to": service.target,
        "one_way_before_ns": None,
        "one_way_after_ns": None,
        "predicted_outage_ns": None,
        "predicted_least_ns": None,
        "slack_ns": None,
        "predicted_restored": False,
        "declared_ns": None,
        "how": f"refused: {fate.decision.reason}",
    }


def _row(table: pa.Table, context: Context, scheme: str, lasts_ns: int) -> Row:
    """What was seen."""
    own = table.filter(pc.and_(pc.equal(table["phase"], scheme), pc.equal(table["network"], context.network)))
    records = [record for record in own.to_pylist() if record["kind"] != "event" or record["name"] in HAPPENS]
    seen = outage(records)
    events = [record for record in records if record["kind"] == "event"]
    return {
        "network": context.network,
        "scheme": scheme,
        "event": "; ".join(f"{record['name']} {record['source']}" for record in events),
        "outage_ns": seen.outage_ns,
        "frames_lost": seen.frames_lost,
        "restored": seen.restored,
        "frames_sent": seen.frames_sent,
        "gap_ns": _gap_ns(context.settings, lasts_ns, scheme),
        "from": seen.source,
        "to": seen.target,
        "one_way_before_ns": seen.before_ns,
        "one_way_after_ns": seen.after_ns,
    }


def expected(settings: Mapping[str, Any]) -> str:
    return (
        "light comes back as declared device times and the fibres say, within the frames' gaps and"
        f" {TOLERANCE_NS / MS:g} ms; the routers' outage is no shorter than their timers say and at most"
        f" {CONVERGED_NS / NS_PER_S:g} s longer"
    )


def met(results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    return any(row["frames_sent"] for row in results) and all(_met(row) for row in results)


def _met(row: Row) -> bool:
    if row["restored"] != row["predicted_restored"]:
        return False
    if not row["restored"]:
        return True
    if row["predicted_outage_ns"] is None:
        return bool(row["frames_lost"] == 0)
    least_ns, most_ns = row["predicted_least_ns"], row["predicted_outage_ns"] + row["slack_ns"]
    if row["network"] == "apn":
        least_ns -= row["slack_ns"]
    return bool(least_ns <= row["outage_ns"] <= most_ns)


EXPERIMENT = Experiment(
    name="failover",
    question="How long is a receiver without frames when a fibre is cut?",
    topology="jpn12",
    needs=(Program(path="/usr/lib/frr/ospfd", package="frr", why="OSPF and BFD of the packet network's routers"),),
    settings=(
        Setting(
            name="scheme",
            default=(*LIGHT, *PACKET),
            choices=(*LIGHT, *PACKET),
            many=True,
            meaning="how light is kept alive, and how the packet network learns of a cut",
        ),
        Setting(name="event", default="", meaning="fibre to cut; else the topology's scenario, else the busiest fibre"),
        Setting(
            name="packet_gap_us",
            default=2000.0,
            low=100,
            high=1e6,
            meaning=f"between frames; under 1+1 at most {FINE_US:g}",
        ),
        Setting(name="hello_s", default=10, low=1, high=60, whole=True, meaning="OSPF; RFC 2328's sample is 10"),
        Setting(name="dead_s", default=40, low=2, high=300, whole=True, meaning="OSPF; RFC 2328's sample is 40"),
        Setting(name="bfd_ms", default=300, low=50, high=1000, whole=True, meaning="between BFD packets; FRR's is 300"),
        Setting(name="bfd_multiplier", default=3, low=2, high=50, whole=True, meaning="of BFD; FRR's is 3"),
    ),
    prepare=prepare,
    arrange=arrange,
    stages=stages,
    rows=rows,
    expected=expected,
    met=met,
    plays_scenario=lambda settings: not settings["event"],
)
