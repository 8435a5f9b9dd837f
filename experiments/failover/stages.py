# SPDX-License-Identifier: BSD-3-Clause
"""What is played: for each scheme a stream of frames under which the events happen."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apnemu.errors import InputError
from apnemu.experiments.failover.fates import (
    CONVERGED_NS,
    Daemons,
    chosen_events,
    daemons,
    hit_pair,
    late_ns,
    light,
)
from apnemu.experiments.failover.settings import Scheme, Settings
from apnemu.model.activities import Dense, Event, Pair, Probes, Request, Routing
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.planning.online import Survival
from apnemu.question.context import Context
from apnemu.question.light import request
from apnemu.units import VirtualNs, us_to_ns

BEFORE_NS = VirtualNs(500_000_000)
"""Time of undisturbed frames before the first event."""
AFTER_NS = VirtualNs(6_000_000_000)
"""Time after the last event, or after the routers must have noticed: routes are found within a few s."""
MOST_ROUNDS = 65_535
"""Most frames of a stream that are counted: more take a lab too long."""
DENSE_NS, DENSE_AROUND_NS, MOST_DENSE = 50_000, VirtualNs(5_000_000), 5_000
"""Time between frames around the instants at which frames must stop and come again, how far around these it lasts, and
the most such frames in one span: in a longer one they stand farther apart. The rule is one for all schemes."""
LIT_NS = 1_000_000_000
"""Time from when light should be there until frames are sent over it."""
LIGHT_AFTER_NS = VirtualNs(1_000_000_000)
"""Time after the last event, or after light should be back."""
Span = tuple[int, int]
"""Earliest and latest instant, after the first event, of something at the receiver."""


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """A stage for each scheme of this network that light or a route can be had for."""
    settings = context.settings
    if settings.dead_s <= settings.hello_s:
        raise InputError(
            f"dead_s is {settings.dead_s} and hello_s {settings.hello_s}; a neighbour must be allowed to miss a"
            " hello; make dead_s larger",
            file="--set",
        )
    events = chosen_events(context)
    gap_ns = _gap_ns(context, events)
    way_ns = sum(max(way.delay_ns for way in fibre.ways) for fibre in context.plant.fibres)
    plans = _packet_plans(context, events) if context.network == "packet" else _light_plans(context, events)
    return tuple(
        Stage(
            phase=scheme,
            duration_ns=VirtualNs(plan.from_ns + plan.lasts_ns),
            activities=(
                Probes(
                    pairs=(plan.pair,),
                    count=plan.lasts_ns // gap_ns,
                    gap_ns=VirtualNs(gap_ns),
                    after_ns=VirtualNs(plan.from_ns),
                    dense=dense(plan.spans, way_ns, gap_ns),
                ),
                *_played(events, plan.from_ns + BEFORE_NS, silent=plan.silent),
                plan.activity,
            ),
        )
        for scheme, plan in plans.items()
    )


def streams(context: Context[Settings]) -> dict[str, Probes]:
    """The stream of frames under each scheme that is played."""
    return {stage.phase: stage.of(Probes)[0] for stage in stages(context)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What is played under a scheme beside events: frames from `from_ns` on for `lasts_ns`, and what carries them.

    `spans`: when they must stop, and come again.
    """

    pair: Pair
    from_ns: int
    lasts_ns: int
    spans: tuple[Span, ...]
    activity: Request | Routing
    silent: bool = False


def _light_plans(context: Context[Settings], events: Sequence[Event]) -> dict[Scheme, _Plan]:
    """Light is asked for, carries frames, is cut, and is given back."""
    late = late_ns(context.plant, events)
    plans: dict[Scheme, _Plan] = {}
    for scheme, hit in light(context, events).items():
        service, fate = hit.service, hit.fate
        if not fate.decision.accepted:
            continue
        ends_ns = [dark.until_ns for dark in fate.dark if dark.until_ns is not None]
        plans[scheme] = _Plan(
            pair=(service.source, service.target),
            from_ns=fate.ready_ns + LIT_NS,
            lasts_ns=_light_lasts_ns(context.plant, fate, events),
            spans=(
                *((dark.from_ns, dark.from_ns) for dark in fate.dark),
                *((until_ns, until_ns + late) for until_ns in ends_ns),
            ),
            activity=request(service, fate.ready_ns, released=True),
        )
    return plans


def _packet_plans(context: Context[Settings], events: Sequence[Event]) -> dict[Scheme, _Plan]:
    pair = hit_pair(context, events)
    return {
        scheme: _Plan(
            pair=pair,
            from_ns=0,
            lasts_ns=_packet_lasts_ns(routers, events),
            spans=tuple(
                (event.at_ns + least_ns, event.at_ns + most_ns)
                for event in events
                for least_ns, most_ns in ((0, 0), (routers.least_ns, routers.most_ns + CONVERGED_NS))
            ),
            activity=routers.routing,
            silent=routers.silent,
        )
        for scheme, routers in daemons(context.settings).items()
    }


def _light_lasts_ns(plant: Plant, fate: Survival, events: Sequence[Event]) -> int:
    """How long frames are sent over light."""
    dark_ns = max((dark.until_ns or 0 for dark in fate.dark), default=0)
    return BEFORE_NS + max(events[-1].at_ns, dark_ns) + late_ns(plant, events) + LIGHT_AFTER_NS


def _packet_lasts_ns(routers: Daemons, events: Sequence[Event]) -> int:
    """How long frames are sent over the packet network."""
    return BEFORE_NS + events[-1].at_ns + routers.most_ns + AFTER_NS


def _gap_ns(context: Context[Settings], events: Sequence[Event]) -> int:
    """Time between frames that are counted, the same under all schemes on both networks: as wanted, or longer, so that
    under no scheme there are more of them than a lab can play."""
    lasts_ns = [
        *(_light_lasts_ns(context.plant, hit.fate, events) for hit in light(context, events).values()),
        *(_packet_lasts_ns(routers, events) for routers in daemons(context.settings).values()),
    ]
    return max(us_to_ns(context.settings.packet_gap_us), *(one_ns // MOST_ROUNDS + 1 for one_ns in lasts_ns))


def dense(spans: Iterable[Span], way_ns: int, gap_ns: int) -> tuple[Dense, ...]:
    """Spans of a stream with further frames, so that some arrive around each of these spans.

    `way_ns` is the longest time that a frame may be under way, `gap_ns` that between other frames. Spans that meet are
    one.

    >>> [(d.from_ns, d.until_ns, d.gap_ns) for d in dense([(0, 0), (60_000_000, 60_000_000)], 10_000_000, 2_000_000)]
    [(485000000, 505000000, 50000), (545000000, 565000000, 50000)]
    >>> [(d.from_ns, d.until_ns, d.gap_ns) for d in dense([(0, 10**9), (10**9, 2 * 10**9)], 10_000_000, 2_000_000)]
    [(485000000, 2505000000, 404000)]
    """
    merged: list[list[int]] = []
    for earliest_ns, latest_ns in sorted(spans):
        from_ns = max(0, BEFORE_NS + earliest_ns - way_ns - DENSE_AROUND_NS)
        until_ns = BEFORE_NS + latest_ns + DENSE_AROUND_NS
        if merged and from_ns <= merged[-1][1]:
            merged[-1][1] = max(until_ns, merged[-1][1])
        else:
            merged.append([from_ns, until_ns])
    found = (
        Dense(
            from_ns=VirtualNs(from_ns),
            until_ns=VirtualNs(until_ns),
            gap_ns=VirtualNs(max(DENSE_NS, (until_ns - from_ns) // MOST_DENSE)),
        )
        for from_ns, until_ns in merged
    )
    return tuple(each for each in found if each.gap_ns < gap_ns)


def _played(events: Sequence[Event], after_ns: int, *, silent: bool = False) -> tuple[Event, ...]:
    return tuple(dataclasses.replace(event, at_ns=VirtualNs(event.at_ns + after_ns), silent=silent) for event in events)
