# SPDX-License-Identifier: BSD-3-Clause
"""Course of a call in closed form: what each site does without, from when until when, and when all of it is off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apnemu.emulation.apps.watt.mover import Ways as Movers
from apnemu.emulation.apps.watt.moving import Moving as State
from apnemu.emulation.apps.watt.response.levers import Part
from apnemu.emulation.apps.watt.response.load import NEVER, Site
from apnemu.emulation.apps.watt.response.moving import Moves, one_of
from apnemu.experiments.demand_response.scene import Scene
from apnemu.experiments.demand_response.settings import Case, Settings
from apnemu.experiments.demand_response.timeline import SLACK_MW
from apnemu.experiments.demand_response.ways import Ways
from apnemu.units import NS_PER_H, NS_PER_S, s_to_ns

W_PER_MW = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Power of a site that is off from one instant to another, both in ns after the call."""

    site: str
    mw: float
    from_ns: int
    until_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Instant at which what was called for, or all that there is, is off; for how long; when the operator knows."""

    reached_ns: int
    held_ns: int
    answered_ns: int


def steps_of(
    scene: Scene,
    ways: Ways,
    settings: Settings,
    case: Case,
    asked: Mapping[str, tuple[int, Site, Sequence[Part]]],
) -> list[Step]:
    """Steps of a call; `asked` has the kW, the state and the parts of jobs of each site that is asked."""
    found: list[Step] = []
    hold_ns = settings.hold_s * NS_PER_S
    for name, (kw, site, parts) in asked.items():
        begins_ns = ways.way_ns(scene.operator_at, scene.hub) + ways.way_ns(scene.hub, name)
        begins_ns += s_to_ns(settings.acts_s(case.by))
        if case.by in ("battery", "plant"):
            own = scene.power.site[name]
            most = own.battery.mw if case.by == "battery" and own.battery else own.plant.mw if own.plant else 0.0
            mw, lasts_ns = min(kw / 1e3, most, scene.facility_mw(name)), hold_ns
            if case.by == "battery" and own.battery and mw:
                lasts_ns = min(hold_ns, round(own.battery.mwh / mw * NS_PER_H))
            found.append(Step(site=name, mw=mw, from_ns=begins_ns, until_ns=begins_ns + lasts_ns))
            continue
        moved_ns = moved_after_ns(scene, ways, settings, case, name, parts) if case.by == "move" else 0
        load = site.it_w()
        for part in parts:
            mw = (site.facility_w(load) - site.facility_w(load - part.w)) / W_PER_MW
            load -= part.w
            at_ns, until_ns = begins_ns + moved_ns, begins_ns + hold_ns
            if case.by == "move":
                until_ns = NEVER  # what has moved stays
            ends_ns = NEVER if part.job.left is None else part.job.left // part.job.w
            found.append(Step(site=name, mw=mw, from_ns=at_ns, until_ns=min(until_ns, ends_ns)))
    return found


def mover_of(scene: Scene, ways: Ways, settings: Settings, case: Case, name: str) -> Movers:
    """How the agent of a site moves state in a call."""
    return ways.movers(name, list(scene.agents).index(name), case.phase, scene, settings)


def state_of(parts: Sequence[Part], name: str, scene: Scene, settings: Settings) -> State:
    """State that leaves a site in a call."""
    moves = Moves(site=name, agents={}, scale=settings.scale or 1, until_ns=0, stop_ns=0)
    return one_of(parts, name, moves, scene.to)


def moved_after_ns(scene: Scene, ways: Ways, settings: Settings, case: Case, name: str, parts: Sequence[Part]) -> int:
    """Time from the order to move on until the site knows that all of it is elsewhere; 0 where nothing moves."""
    light = ways.for_move(name, scene.to, settings)
    if not parts or light.path is None:
        return 0
    moving, movers = state_of(parts, name, scene, settings), mover_of(scene, ways, settings, case, name)
    return light.lit_ns + ways.sending_ns(name, scene.to, moving, movers) + ways.way_ns(scene.to, name)


def course_of(steps: Sequence[Step], scene: Scene, ways: Ways, called_mw: float, hold_s: float) -> Course | None:
    """What the steps of all sites come to; None where there are none.

    What is off at an instant is the sum of the steps that have begun and not ended.
    """
    most = max((_off(steps, step.from_ns) for step in steps), default=0.0)
    level = min(called_mw, most) - SLACK_MW
    if not steps or level <= 0:
        return None
    reached_ns = min(step.from_ns for step in steps if _off(steps, step.from_ns) >= level)
    over_ns = min(
        (step.until_ns for step in steps if step.until_ns > reached_ns and _off(steps, step.until_ns) < level),
        default=reached_ns,
    )
    told = {step.site: max(one.from_ns for one in steps if one.site == step.site) for step in steps}
    answered_ns = max(at_ns + ways.way_ns(site, scene.hub) for site, at_ns in told.items())
    return Course(
        reached_ns=reached_ns,
        held_ns=min(over_ns - reached_ns, round(hold_s * NS_PER_S)),
        answered_ns=answered_ns + ways.way_ns(scene.hub, scene.operator_at),
    )


def _off(steps: Sequence[Step], at_ns: int) -> float:
    return sum(step.mw for step in steps if step.from_ns <= at_ns < step.until_ns)
