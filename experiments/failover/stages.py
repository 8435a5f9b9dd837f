# SPDX-License-Identifier: BSD-3-Clause
"""What is played: for each scheme a stream of frames under which the events happen."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from apnemu.errors import InputError
from apnemu.experiments.failover.fates import Daemons, Hit, chosen_events, daemons, hit_pair, light
from apnemu.experiments.failover.settings import FINE_US, Scheme, Settings
from apnemu.model.activities import Event, Pair, Probes, Request
from apnemu.model.scenario import Stage
from apnemu.planning.online import Survival
from apnemu.question.context import Context
from apnemu.units import VirtualNs, us_to_ns

BEFORE_NS = VirtualNs(500_000_000)
"""Time of undisturbed frames before the first event."""
AFTER_NS = VirtualNs(6_000_000_000)
"""Time after the last event, or after the routers must have noticed: routes are found within a few s."""
MOST_FRAMES = 65_535
LIT_NS = 1_000_000_000
"""Time from when light should be there until frames are sent over it."""
LIGHT_AFTER_NS = VirtualNs(1_000_000_000)
"""Time after the last event, or after light should be back."""
CONTROLLER_STARTS_NS = 2_000_000_000
"""Time in which a controller that is given back starts its program, and the switches find it."""


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """A stage for each scheme of this network that light or a route can be had for."""
    settings = context.settings
    if settings.dead_s <= settings.hello_s:
        raise InputError(
            f"dead_s is {settings.dead_s} and hello_s {settings.hello_s}; a neighbour must be allowed to miss a"
            " hello; make dead_s larger",
            file="--set",
        )
    events, gap = chosen_events(context), gaps(context)
    if context.network == "packet":
        pair = hit_pair(context, events)
        return tuple(
            _packet_stage(gap.of(scheme), scheme, routers, pair, events)
            for scheme, routers in daemons(settings).items()
        )
    return tuple(
        _light_stage(gap.of(scheme), scheme, hit, events)
        for scheme, hit in light(context, events).items()
        if hit.fate.decision.accepted
    )


def _light_stage(gap_ns: int, scheme: Scheme, hit: Hit, events: Sequence[Event]) -> Stage:
    """Light is asked for, carries frames, is cut, and is given back."""
    service, fate = hit.service, hit.fate
    from_ns = fate.ready_ns + LIT_NS
    lasts_ns = light_lasts_ns(fate, events)
    probes = _probes((service.source, service.target), lasts_ns, gap_ns)
    return Stage(
        phase=scheme,
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


def _packet_stage(gap_ns: int, scheme: Scheme, routers: Daemons, pair: Pair, events: Sequence[Event]) -> Stage:
    duration_ns = packet_lasts_ns(routers, events)
    probes = _probes(pair, duration_ns, gap_ns)
    played = _played(events, BEFORE_NS, silent=routers.silent)
    return Stage(phase=scheme, duration_ns=VirtualNs(duration_ns), activities=(probes, *played, routers.routing))


def light_lasts_ns(fate: Survival, events: Sequence[Event]) -> int:
    """How long frames are sent over light."""
    dark_ns = max((dark.until_ns or 0 for dark in fate.dark), default=0)
    starts_ns = CONTROLLER_STARTS_NS if any(event.controller for event in events) else 0
    return BEFORE_NS + max(events[-1].at_ns, dark_ns) + starts_ns + LIGHT_AFTER_NS


def packet_lasts_ns(routers: Daemons, events: Sequence[Event]) -> int:
    """How long frames are sent over the packet network."""
    return BEFORE_NS + events[-1].at_ns + routers.most_ns + AFTER_NS


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """Times between frames: `common_ns` is the same under all schemes, on both networks, and frames are counted by it.
    Under 1+1 there are more, each `fine_ns`, of which `common_ns` is a multiple: its outage is of some ms."""

    common_ns: int
    fine_ns: int

    def of(self, scheme: Scheme) -> int:
        """Time between frames under a scheme."""
        return self.fine_ns if scheme == "1+1" else self.common_ns


def gaps(context: Context[Settings]) -> Gaps:
    """Times between frames as wanted, or longer, so that under no scheme there are more frames than can be numbered."""
    settings, events = context.settings, chosen_events(context)
    lasts_ns: dict[Scheme, int] = {
        name: light_lasts_ns(hit.fate, events) for name, hit in light(context, events).items()
    }
    lasts_ns |= {name: packet_lasts_ns(routers, events) for name, routers in daemons(settings).items()}
    least_ns = {name: duration_ns // MOST_FRAMES + 1 for name, duration_ns in lasts_ns.items()}
    common_ns = max(us_to_ns(settings.packet_gap_us), *least_ns.values())
    fine_ns = max(us_to_ns(min(settings.packet_gap_us, FINE_US)), least_ns.get("1+1", 0))
    return Gaps(common_ns=-(-common_ns // fine_ns) * fine_ns, fine_ns=fine_ns)


def _probes(pair: Pair, duration_ns: int, gap_ns: int) -> Probes:
    return Probes(pairs=(pair,), count=duration_ns // gap_ns, gap_ns=VirtualNs(gap_ns))


def _played(events: Sequence[Event], after_ns: int, *, silent: bool = False) -> tuple[Event, ...]:
    return tuple(dataclasses.replace(event, at_ns=VirtualNs(event.at_ns + after_ns), silent=silent) for event in events)
